//! `entrain export`: writes CSV or JSON lines to standard output or a file.

use super::{CommandError, open};
use crate::{
    model::ids::OrganizationId,
    server::{
        exchange::export::{self, Format, What},
        settings::Settings,
    },
    store::{self, activity::RunFilter, exchange_asset::AssetFilter, exchange_export::EndUserFilter},
};
use sqlx::PgPool;
use std::{
    fs::File,
    io::{ErrorKind, Write, stdout},
    path::PathBuf,
    process::ExitCode,
};

/// Options of `entrain export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// What to write
    #[arg(value_enum)]
    what: Exported,
    /// Of this Organization alone: its name or id
    #[arg(long)]
    organization: Option<String>,
    /// Runs: a row for each person whom a run tells of, with reason, old and new values
    #[arg(long)]
    people: bool,
    /// CSV, or one JSON object a line
    #[arg(long, value_enum, default_value_t)]
    format: Lines,
    /// Begin the CSV with the byte order mark by which Excel knows UTF-8
    #[arg(long)]
    byte_order_mark: bool,
    /// Write into this file instead of to standard output
    #[arg(long)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Exported {
    Organizations,
    EndUsers,
    Assets,
    Runs,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Lines {
    /// For spreadsheets; cells that a spreadsheet would run get an apostrophe in front
    #[default]
    Csv,
    /// For programs: JSON lines
    #[value(alias = "jsonl")]
    Json,
}

impl Export {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        if self.people && self.what != Exported::Runs {
            return Err(CommandError::Usage("--people goes with `entrain export runs`".into()));
        }
        if self.organization.is_some() && self.what == Exported::Organizations {
            return Err(CommandError::Usage(
                "--organization goes with end-users, assets and runs".into(),
            ));
        }
        let (database, engine) = open(&Settings::load()?).await?;
        let result = async {
            store::migrate::migrate(&engine.pool).await?;
            self.write(&engine.pool).await
        };
        let result = result.await;
        database.close().await;
        result
    }

    async fn write(&self, pool: &PgPool) -> Result<ExitCode, CommandError> {
        let organization = match &self.organization {
            Some(name) => Some(super::sync::single(
                store::organization::find(pool, name).await?,
                "Organization",
                name,
            )?),
            None => None,
        };
        let format = match self.format {
            Lines::Csv => Format::Csv {
                mark: self.byte_order_mark,
            },
            Lines::Json => Format::JsonLines,
        };
        let mut out: Box<dyn Write + Send> = match &self.output {
            Some(path) => Box::new(
                File::create(path).map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))?,
            ),
            None => Box::new(stdout()),
        };
        let mut pieces = export::start(pool.clone(), self.what(organization), format);
        while let Some(piece) = pieces.recv().await {
            match out.write_all(&piece?) {
                // Whoever reads has read enough: `entrain export ... | head`.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                result => {
                    result
                        .map_err(|error| CommandError::Failed(format!("the export could not be written: {error}")))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn what(&self, organization: Option<OrganizationId>) -> What {
        let runs = RunFilter {
            organization,
            ..RunFilter::default()
        };
        match self.what {
            Exported::Organizations => What::Organizations {
                search: String::new(),
                theirs: None,
            },
            Exported::EndUsers => What::EndUsers(EndUserFilter {
                organization,
                ..EndUserFilter::default()
            }),
            Exported::Assets => What::Assets(AssetFilter {
                organization,
                ..AssetFilter::default()
            }),
            Exported::Runs if self.people => What::RunPeople(runs),
            Exported::Runs => What::Runs(runs),
        }
    }
}
