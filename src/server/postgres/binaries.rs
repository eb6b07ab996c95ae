//! Where Postgres's programs are.

use super::EmbeddedPostgresError;
use std::{
    env, fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// The oldest version that the tests pass on.
const OLDEST: u32 = 15;

/// The folder with `initdb`, `pg_ctl` and `postgres`.
#[derive(Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// The first of the machine's that can run `cluster`: of the version that made it, or, before it is made, new enough.
    pub(super) async fn find(cluster: &Path) -> Result<Self, EmbeddedPostgresError> {
        let made_by = fs::read_to_string(cluster.join("PG_VERSION"))
            .ok()
            .map(|version| version.trim().to_owned());
        for folder in candidates().await {
            let Some(major) = major_version(&folder).await else {
                continue;
            };
            if made_by
                .as_ref()
                .map_or(major >= OLDEST, |version| *version == major.to_string())
            {
                return Ok(Self(folder));
            }
        }
        Err(made_by.map_or(EmbeddedPostgresError::Missing, |version| {
            EmbeddedPostgresError::Version {
                folder: cluster.to_owned(),
                version,
            }
        }))
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Folders to look in, best first.
async fn candidates() -> Vec<PathBuf> {
    // Whoever names a folder means that one: another found silently would be a surprise.
    if let Some(folder) = env::var_os("ENTRAIN_POSTGRES_BIN") {
        return vec![folder.into()];
    }
    let mut folders = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output().await {
        folders.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    // Debian keeps a folder per version; the newest first.
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort_by(|a, b| b.cmp(a));
    folders.extend(debian.into_iter().map(|(_, folder)| folder));
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    // `make setup` puts one here where the machine has none: beside the working folder, or above target/debug/entrain.
    let checkouts = env::current_dir()
        .into_iter()
        .chain(env::current_exe().ok().into_iter().flat_map(|program| {
            let above: Vec<PathBuf> = program.ancestors().skip(1).take(3).map(Path::to_owned).collect();
            above
        }));
    folders.extend(checkouts.map(|folder| folder.join(".cache/postgres/native/bin")));
    folders.retain(|folder| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| folder.join(name).is_file())
    });
    folders
}

/// 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`; none where the program doesn't run.
async fn major_version(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres"))
        .arg("--version")
        .output()
        .await
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
