//! `entrain admin`: local administrators, and accounts that wait for somebody of elsewhere.

use super::{CommandError, format::Format, line::say, open, rotate_key};
use crate::{
    model::{
        access::{AccountRow, Role},
        audit::Actor,
    },
    server::{oidc::invite, password, session, settings::Settings},
    store::{self, identity::INVITED_DAYS},
};
use chrono::Utc;
use serde_json::json;
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
    /// Every account, with its role and whether it may sign in
    List {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Lets somebody of elsewhere in: adds an account without a password, or takes the one with this email, and has it
    /// wait for whoever has this address at a provider
    Invite {
        /// Their user principal name at Microsoft, or the verified email address at the other provider
        #[arg(long)]
        email: String,
        /// How the screens greet them
        #[arg(long, default_value = "")]
        name: String,
        /// administrator, technician or viewer; what an account that exists already has stays
        #[arg(long, default_value = "viewer", value_parser = role)]
        role: Role,
        /// The id of their Microsoft tenant, or `openid` for the other provider; needed where there is more than one
        #[arg(long)]
        from: Option<String>,
    },
    /// Gives an account another password and ends its sessions. The password comes from where `create` has it from;
    /// without either one is made and printed once
    #[command(visible_alias = "reset")]
    Password {
        /// What the account signs in with
        email: String,
    },
    /// Encrypts what is stored in confidence with a new master key: ENTRAIN_MASTER_KEY is the new one and
    /// ENTRAIN_MASTER_KEY_OLD the one in use until now; beside the embedded database a new one is made
    RotateKey,
}

fn role(key: &str) -> Result<Role, String> {
    Role::from_key(key).ok_or_else(|| format!("\"{key}\" is no role; write administrator, technician or viewer"))
}

impl Admin {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        match self.command {
            AdminCommand::RotateKey => rotate_key::run().await,
            AdminCommand::Password { email } => reset(&email).await,
            AdminCommand::List { format } => list(format).await,
            AdminCommand::Create { email, name } => create(&email, &name).await,
            AdminCommand::Invite {
                email,
                name,
                role,
                from,
            } => invite(&email, &name, role, from.as_deref()).await,
        }
    }
}

async fn create(email: &str, name: &str) -> Result<ExitCode, CommandError> {
    let given = given_password()?;
    let made = given.is_none();
    let password = match given {
        Some(password) => password,
        None => session::random_text(15)?,
    };
    let (database, engine) = open(&Settings::load()?).await?;
    let result = async {
        store::migrate::migrate(&engine.pool).await?;
        let actor = Actor::command("entrain admin create");
        session::create_administrator(&engine.pool, &actor, email, name, &password).await?;
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

async fn list(format: Format) -> Result<ExitCode, CommandError> {
    let (database, engine) = open(&Settings::load()?).await?;
    let result = async {
        store::migrate::migrate(&engine.pool).await?;
        Ok::<_, CommandError>(store::account_list::all(&engine.pool, &store::in_utc(Utc::now())).await?)
    };
    let result = result.await;
    database.close().await;
    let accounts = result?;
    match format {
        Format::Text if accounts.is_empty() => say("There is no account yet: entrain admin create adds one."),
        Format::Text => accounts.iter().for_each(|account| say(&in_words(account))),
        Format::Json => {
            let accounts: Vec<_> = accounts.iter().map(document).collect();
            println!("{:#}", json!({ "accounts": accounts }));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(account: &AccountRow) -> String {
    let mut words = format!("{}, {}", account.email, account.role.label());
    // Who was given no name is called by the address.
    if account.name != account.email {
        words.push_str(&format!(", {}", account.name));
    }
    if account.disabled.is_some() {
        words.push_str(", disabled");
    }
    if let Some(invitation) = &account.invited {
        words.push_str(if invitation.is_over {
            ", invitation ended"
        } else {
            ", invited"
        });
    }
    words
}

fn document(account: &AccountRow) -> serde_json::Value {
    let organizations: Vec<_> = account.organizations.iter().map(|(_, name)| name).collect();
    json!({
        "id": account.id,
        "email": account.email,
        "name": account.name,
        "role": account.role.key(),
        "organizations": organizations,
        "disabled": account.disabled.is_some(),
        "invited": account.invited.as_ref().is_some_and(|invitation| !invitation.is_over),
    })
}

async fn reset(email: &str) -> Result<ExitCode, CommandError> {
    let given = given_password()?;
    let made = given.is_none();
    let password = match given {
        Some(password) => password,
        None => session::random_text(15)?,
    };
    let (database, engine) = open(&Settings::load()?).await?;
    let result = async {
        store::migrate::migrate(&engine.pool).await?;
        let actor = Actor::command("entrain admin password");
        password::reset(&engine.pool, &actor, email, &password).await?;
        Ok::<_, CommandError>(())
    };
    let result = result.await;
    database.close().await;
    result?;
    if made {
        println!("{email} has another password, shown this once: {password}");
    } else {
        println!("{email} has another password.");
    }
    println!("Its sessions have ended.");
    Ok(ExitCode::SUCCESS)
}

async fn invite(email: &str, name: &str, role: Role, from: Option<&str>) -> Result<ExitCode, CommandError> {
    let settings = Settings::load()?;
    let realm = invite::realm(&settings.sign_in, from).map_err(CommandError::Failed)?;
    let (database, engine) = open(&settings).await?;
    let result = async {
        store::migrate::migrate(&engine.pool).await?;
        invite::invite(&engine.pool, email, name, role, &realm).await?;
        Ok::<_, CommandError>(())
    };
    let result = result.await;
    database.close().await;
    result?;
    println!(
        "{email} may sign in from now on, with an account of {realm}. The invitation is good for {INVITED_DAYS} days."
    );
    Ok(ExitCode::SUCCESS)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{access::Invitation, ids::AccountId, time::Moment};

    #[test]
    fn an_invitation_that_ended_is_not_listed_as_one_that_can_be_followed() {
        let now = Utc::now();
        for (is_over, words) in [(false, "invited"), (true, "invitation ended")] {
            let account = AccountRow {
                id: AccountId::default(),
                email: "ann@contoso.example".into(),
                name: "ann@contoso.example".into(),
                role: Role::Viewer,
                organizations: vec![],
                disabled: None,
                invited: Some(Invitation {
                    from: "microsoft:contoso".into(),
                    domain: None,
                    made: Moment::new(now, &now),
                    until: Moment::new(now, &now),
                    is_over,
                }),
            };
            assert_eq!(in_words(&account), format!("ann@contoso.example, Viewer, {words}"));
            assert_eq!(document(&account)["invited"], json!(!is_over));
        }
    }
}
