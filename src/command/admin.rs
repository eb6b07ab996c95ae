//! `entrain admin`: local administrators.

use super::{CommandError, open};
use crate::{
    server::{session, settings::Settings},
    store,
};
use std::{
    io::{IsTerminal, stdin},
    process::ExitCode,
};

/// Options of `entrain admin`.
#[derive(Debug, clap::Args)]
pub struct Admin {
    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AdminCommand {
    /// Adds an administrator. The password comes from ENTRAIN_ADMIN_PASSWORD or, if piped, from standard input;
    /// without either one is made and printed once
    Create {
        /// What the administrator signs in with
        #[arg(long)]
        email: String,
        /// How the screens greet them
        #[arg(long, default_value = "")]
        name: String,
    },
}

impl Admin {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let AdminCommand::Create { email, name } = self.command;
        let given = given_password()?;
        let made = given.is_none();
        let password = match given {
            Some(password) => password,
            None => session::random_text(15)?,
        };
        let (database, engine) = open(&Settings::load()?).await?;
        let result = async {
            store::migrate::migrate(&engine.pool).await?;
            session::create_administrator(&engine.pool, &email, &name, &password).await?;
            Ok::<_, CommandError>(())
        };
        let result = result.await;
        database.close().await;
        result?;
        if made {
            println!("Administrator {email} added. The password, shown this once: {password}");
        } else {
            println!("Administrator {email} added.");
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn given_password() -> Result<Option<String>, CommandError> {
    if let Ok(password) = std::env::var("ENTRAIN_ADMIN_PASSWORD") {
        return Ok(Some(password));
    }
    if stdin().is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    stdin()
        .read_line(&mut line)
        .map_err(|error| CommandError::Failed(format!("the password can't be read from standard input: {error}")))?;
    let password = line.trim_end_matches(['\r', '\n']);
    Ok((!password.is_empty()).then(|| password.to_owned()))
}
