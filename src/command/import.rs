//! `entrain import`: reads a CSV file in. Rows that can't be used are written beside it, with the reason.

use super::{CommandError, format::Format, line::say, open, progress::Meter};
use crate::{
    model::{
        audit::Actor,
        exchange::{ImportRow, ImportState, Kind},
        ids::OrganizationId,
    },
    server::{
        exchange::{
            export::{self, What},
            import::{self, Import},
        },
        settings::Settings,
    },
    store,
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Options of `entrain import`.
#[derive(Debug, clap::Args)]
pub struct ImportCommand {
    #[command(subcommand)]
    what: ImportWhat,
}

#[derive(Debug, clap::Subcommand)]
enum ImportWhat {
    /// Customers, by name
    Organizations {
        #[command(flatten)]
        file: FileOptions,
    },
    /// People, by Organization and email, else by Organization and name
    EndUsers {
        #[command(flatten)]
        file: FileOptions,
        /// All of them are of this Organization: its name or id. The file then needs no column Organization
        #[arg(long)]
        organization: Option<String>,
    },
    /// Devices, by Organization and serial number, else MAC address, else name
    Assets {
        #[command(flatten)]
        file: FileOptions,
        /// All of them are of this Organization: its name or id. The file then needs no column Organization
        #[arg(long)]
        organization: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
struct FileOptions {
    /// A CSV file whose first row names the columns: UTF-8 or Windows-1252, with comma, semicolon or tab
    file: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl ImportCommand {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let (kind, options, organization) = match self.what {
            ImportWhat::Organizations { file } => (Kind::Organizations, file, None),
            ImportWhat::EndUsers { file, organization } => (Kind::EndUsers, file, organization),
            ImportWhat::Assets { file, organization } => (Kind::Assets, file, organization),
        };
        let file = File::open(&options.file)
            .map_err(|error| CommandError::Usage(format!("{}: {error}", options.file.display())))?;
        let (database, engine) = open(&Settings::load()?).await?;
        let result = async {
            store::migrate::migrate(&engine.pool).await?;
            let organization = match organization {
                Some(name) => Some(named(&engine.pool, &name).await?),
                None => None,
            };
            read_in(&engine.pool, kind, &options, organization, file).await
        };
        let result = result.await;
        database.close().await;
        result
    }
}

async fn named(pool: &PgPool, name: &str) -> Result<(OrganizationId, String), CommandError> {
    let id = super::sync::single(store::organization::find(pool, name).await?, "Organization", name)?;
    Ok((id, store::organization::get(pool, id).await?.name))
}

async fn read_in(
    pool: &PgPool,
    kind: Kind,
    options: &FileOptions,
    organization: Option<(OrganizationId, String)>,
    file: File,
) -> Result<ExitCode, CommandError> {
    let name = options
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let import = Import {
        kind,
        writer: format!("import {name}"),
        file_name: name.clone(),
        organization,
        actor: Actor::command("entrain import"),
    };
    let meter = Meter::new(&name);
    let id = import::begin(pool, &import).await?;
    let now = store::in_utc(Utc::now());
    let row = import::run(pool, id, &import, file, &now, |done, total| meter.told(done, total)).await;
    meter.end();
    let row = row?;
    let rejects = write_rejects(pool, &row, &options.file).await?;
    match options.format {
        Format::Text => print(&row, rejects.as_deref()),
        Format::Json => {
            let document = json!({
                "import": row.id, "kind": row.kind, "file": row.file_name, "error": row.error,
                "numbers": row.numbers, "unknownColumns": row.unknown_columns,
                "readOnlyColumns": row.read_only_columns, "rejects": rejects,
            });
            println!("{document:#}");
        }
    }
    match row.error {
        Some(error) if options.format == Format::Text => Err(CommandError::Failed(format!("{name}: {error}"))),
        Some(_) => Ok(ExitCode::FAILURE),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Writes FILE.rejects.csv, where there are any; an older one goes, as it would tell of another time.
async fn write_rejects(pool: &PgPool, row: &ImportRow, file: &Path) -> Result<Option<PathBuf>, CommandError> {
    let mut path = file.as_os_str().to_owned();
    path.push(".rejects.csv");
    let path = PathBuf::from(path);
    let failed = |error: std::io::Error| CommandError::Failed(format!("{}: {error}", path.display()));
    if row.numbers.rejected == 0 {
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(None),
        };
    }
    let what = What::Rejects {
        import: row.id,
        columns: row.columns.clone(),
    };
    let mut out = File::create(&path).map_err(failed)?;
    let mut pieces = export::start(pool.clone(), what, export::Format::Csv { mark: true });
    while let Some(piece) = pieces.recv().await {
        out.write_all(&piece?).map_err(failed)?;
    }
    Ok(Some(path))
}

fn print(row: &ImportRow, rejects: Option<&Path>) {
    if row.state == ImportState::Succeeded || row.numbers.read > 0 {
        say(&format!("{}: {}", row.file_name, row.numbers.words()));
    }
    if row.windows_1252 {
        println!("The file is not UTF-8 and was read as Windows-1252.");
    }
    if !row.unknown_columns.is_empty() {
        say(&format!(
            "Columns that mean nothing here: {}.",
            row.unknown_columns.join(", ")
        ));
    }
    if !row.read_only_columns.is_empty() {
        say(&format!(
            "Columns that an import leaves alone: {}.",
            row.read_only_columns.join(", ")
        ));
    }
    if let Some(rejects) = rejects {
        say(&format!("The rejected rows, with the reasons: {}", rejects.display()));
    }
}
