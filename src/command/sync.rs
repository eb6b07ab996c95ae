//! `entrain sync`: one refresh and apply in the foreground, or with `--plan` what it would do.

use super::{CommandError, format::Format, line::say, open_with_secrets, progress::Teller, sync_person};
use crate::{
    engine::{
        Engine,
        preview::Directory,
        run::{RunEnd, run_tenant},
    },
    model::{
        directory::DirectoryUser,
        held::HeldRow,
        ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
        plan::{Counts, Outcome, PlanSummary},
        run::Trigger,
    },
    server::{
        ending::{TO_END, late},
        serve::stop_on_signals,
        settings::Settings,
    },
    store,
    sync::summary::summarise,
};
use chrono::Utc;
use serde::Serialize;
use serde_json::json;
use std::{
    collections::{BTreeSet, HashMap},
    process::ExitCode,
};

/// Changes to make.
const CHANGES: u8 = 2;
/// Changes that the guard would hold.
const HELD: u8 = 3;

/// Options of `entrain sync`.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub struct Sync {
    /// The Microsoft tenant behind this Organization: its name or id
    #[arg(long, group = "what")]
    organization: Option<String>,
    /// This Microsoft tenant: its name, domain or id
    #[arg(long, group = "what")]
    tenant: Option<String>,
    /// Every connected Microsoft tenant
    #[arg(long, group = "what")]
    all: bool,
    /// Of that Organization only this person: their user principal name or object id at Microsoft
    #[arg(long, requires = "organization", conflicts_with = "plan")]
    user: Option<String>,
    /// Write nothing; print what a run would do. Exit code 2 when there is something to do, 3 when the
    /// guard would hold some of it
    #[arg(long)]
    plan: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Sync {
    pub(super) async fn run(self) -> Result<ExitCode, CommandError> {
        let settings = Settings::load()?;
        let (database, mut engine) = open_with_secrets(&settings).await?;
        // Ctrl-C hands back what is under way, or its Microsoft tenant would wait until the lease is over.
        engine.stop = stop_on_signals();
        let result = async {
            store::migrate::migrate(&engine.pool).await?;
            if let Some(user) = &self.user {
                self.print_person(&engine, user).await
            } else if self.plan {
                // It writes nothing, so there is nothing to hand back.
                tokio::select! {
                    printed = self.print_plans(&engine) => printed,
                    () = engine.stop.cancelled() => Err(CommandError::Failed("stopped".into())),
                }
            } else {
                self.print_runs(&engine).await
            }
        };
        let result = tokio::select! {
            result = result => result,
            // With the database away not even the end of a run can be recorded.
            () = late(&engine.stop, TO_END) => Err(CommandError::Failed(
                "stopped, though the database did not answer in time: the next run says of this one that it was cut off"
                    .into(),
            )),
        };
        database.close().await;
        result
    }

    /// The Microsoft tenants meant, and the one Organization if one is named.
    async fn targets(
        &self,
        engine: &Engine,
    ) -> Result<(BTreeSet<MicrosoftTenantId>, Option<OrganizationId>), CommandError> {
        let pool = &engine.pool;
        if let Some(name) = &self.organization {
            let organization = single(store::organization::find(pool, name).await?, "Organization", name)?;
            let tenant = store::microsoft_tenant::of_organization(pool, organization)
                .await?
                .ok_or_else(|| {
                    CommandError::Failed(format!("the Tenant of \"{name}\" is not mapped to a Microsoft tenant"))
                })?;
            return Ok((BTreeSet::from([tenant]), Some(organization)));
        }
        if let Some(name) = &self.tenant {
            let tenant = single(
                store::microsoft_tenant::find(pool, name).await?,
                "Microsoft tenant",
                name,
            )?;
            return Ok((BTreeSet::from([tenant]), None));
        }
        Ok((store::microsoft_tenant::ids(pool).await?.into_iter().collect(), None))
    }

    /// One person of one Organization.
    async fn print_person(&self, engine: &Engine, user: &str) -> Result<ExitCode, CommandError> {
        let (tenants, organization) = self.targets(engine).await?;
        let (Some(tenant), Some(organization)) = (tenants.first(), organization) else {
            return Err(CommandError::Usage("--user needs --organization".into()));
        };
        let done = sync_person::run(engine, *tenant, organization, user).await?;
        match self.format {
            Format::Text => say(&done.words),
            Format::Json => println!("{:#}", done.document),
        }
        Ok(done.code)
    }

    async fn print_runs(&self, engine: &Engine) -> Result<ExitCode, CommandError> {
        let (tenants, _) = self.targets(engine).await?;
        let (mut documents, mut failed) = (vec![], false);
        for tenant in tenants {
            if engine.stop.is_cancelled() {
                failed = true;
                break;
            }
            let name = store::microsoft_tenant::get(&engine.pool, tenant).await?.display_name;
            let teller = Teller::new(&name);
            let watch = |progress| teller.progress(&name, progress);
            let end = run_tenant(engine, tenant, Trigger::Command, Utc::now(), Some(&watch)).await?;
            let (run, error) = match end {
                RunEnd::Succeeded(run) => (Some(run), None),
                RunEnd::Failed(run, error) => (Some(run), Some(error.to_string())),
                RunEnd::Busy => (
                    None,
                    Some("a worker is running this Microsoft tenant now; try again later".into()),
                ),
            };
            failed |= error.is_some();
            let organizations = match run {
                Some(run) => store::run::organizations(&engine.pool, run).await?,
                None => vec![],
            };
            match &error {
                Some(error) => teller.done(&format!("{name}: {error}")),
                None => teller.done(&format!("{name}: done")),
            }
            if self.format == Format::Text {
                for organization in &organizations {
                    let words = if organization.planned {
                        counts_words(&organization.counts)
                    } else {
                        "nothing changed".to_owned()
                    };
                    say(&format!("{}: {words}", organization.name));
                    if let Some(attention) = &organization.attention {
                        say(&format!("  {attention}"));
                    }
                    if organization.held > 0 {
                        println!("  {} held: approve or drop them on the run's page", organization.held);
                    }
                }
            }
            documents.push(json!({
                "microsoftTenant": { "id": tenant, "name": name }, "run": run, "error": error,
                "organizations": organizations,
            }));
        }
        if self.format == Format::Json {
            println!("{:#}", json!({ "runs": documents }));
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn print_plans(&self, engine: &Engine) -> Result<ExitCode, CommandError> {
        let (tenants, only) = self.targets(engine).await?;
        let (mut documents, mut changes, mut held) = (vec![], false, false);
        for tenant in tenants {
            let name = store::microsoft_tenant::get(&engine.pool, tenant).await?.display_name;
            let teller = Teller::new(&format!("{name}: reading"));
            let directory = Directory::read(engine, tenant, Utc::now(), |_| {}).await?;
            teller.done(&format!("{name}: read {} users", directory.users.len()));
            let enabled = store::user_sync::enabled(&engine.pool, tenant).await?;
            let together = directory.together(engine, tenant).await?;
            for organization in enabled {
                if only.is_some_and(|only| only != organization) {
                    continue;
                }
                let Some(sync) = store::user_sync::get(&engine.pool, organization, tenant).await? else {
                    continue;
                };
                let decision = directory.decide(engine, &sync, tenant, together).await?;
                changes |= decision.plan.writes();
                held |= !decision.held.is_empty();
                let summary = summarise((&sync.filters, &decision.plan), directory.everybody(), None, usize::MAX);
                let rows = held_rows(&decision.held, &directory.users);
                let row = store::organization::get(&engine.pool, organization).await?;
                if self.format == Format::Text {
                    print_plan(&row.name, &summary);
                    print_held(&rows);
                }
                documents.push(json!({
                    "organization": { "id": organization, "name": row.name }, "matching": summary.matching,
                    "users": summary.users, "counts": summary.counts, "people": summary.people, "held": rows,
                }));
            }
        }
        if self.format == Format::Json {
            println!("{:#}", json!({ "plans": documents }));
        }
        Ok(if held {
            ExitCode::from(HELD)
        } else if changes {
            ExitCode::from(CHANGES)
        } else {
            ExitCode::SUCCESS
        })
    }
}

pub(super) fn single<T>(mut found: Vec<T>, kind: &str, name: &str) -> Result<T, CommandError> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(CommandError::Usage(format!(
            "several {kind}s are called \"{name}\"; name one by its id"
        ))),
        (None, _) => Err(CommandError::Usage(format!("there is no {kind} \"{name}\""))),
    }
}

fn counts_words(counts: &Counts) -> String {
    let words: Vec<_> = Outcome::ALL
        .into_iter()
        .filter(|outcome| counts.get(*outcome) > 0)
        .map(|outcome| format!("{} {}", counts.get(outcome), outcome.label().to_lowercase()))
        .collect();
    if words.is_empty() {
        "nobody".into()
    } else {
        words.join(", ")
    }
}

/// A held row, as the document and the text tell it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Held<'a> {
    user: DirectoryUserId,
    name: &'a str,
    address: &'a str,
    part: &'static str,
    old: String,
    new: String,
    why: &'static str,
}

fn held_rows<'a>(held: &[HeldRow], users: &'a [DirectoryUser]) -> Vec<Held<'a>> {
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    held.iter()
        .filter_map(|row| {
            let user = by_id.get(&row.user)?;
            Some(Held {
                user: row.user,
                name: user.shown_name(),
                address: user.shown_address(),
                part: row.change.part().label(),
                old: row.change.old(),
                new: row.change.new_value(),
                why: row.rule.words(),
            })
        })
        .collect()
}

fn print_held(rows: &[Held<'_>]) {
    for row in rows {
        say(&format!("  {:<14} {} <{}>: {}", "Held", row.name, row.address, row.why));
        say(&format!(
            "  {:<14}   {}: \"{}\" -> \"{}\"",
            "", row.part, row.old, row.new
        ));
    }
}

fn print_plan(organization: &str, summary: &PlanSummary) {
    say(&format!(
        "{organization}: {} of {} Microsoft users match: {}",
        summary.matching,
        summary.users,
        counts_words(&summary.counts)
    ));
    for person in summary
        .people
        .iter()
        .filter(|person| !matches!(person.outcome, Outcome::Unchanged | Outcome::Held))
    {
        say(&format!(
            "  {:<14} {} <{}>: {}",
            person.outcome.label(),
            person.name,
            person.address,
            person.why
        ));
        for change in &person.changes {
            say(&format!(
                "  {:<14}   {}: \"{}\" -> \"{}\"",
                "",
                change.field.label(),
                change.old,
                change.new
            ));
        }
    }
}
