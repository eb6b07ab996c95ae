//! `entrain migrate`.

use super::{CommandError, open};
use crate::{server::settings::Settings, store};
use std::process::ExitCode;

/// Options of `entrain migrate`.
#[derive(Debug, clap::Args)]
pub struct Migrate {}

impl Migrate {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let (database, engine) = open(&Settings::load()?).await?;
        let result = store::migrate::migrate(&engine.pool).await;
        database.close().await;
        result?;
        eprintln!("The database is up to date.");
        Ok(ExitCode::SUCCESS)
    }
}
