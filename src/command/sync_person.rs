//! `entrain sync --user`: one person of one Organization.

use super::CommandError;
use crate::{
    engine::{
        Engine,
        one_person::{Decision, PersonEnd, Whom, sync_person},
    },
    model::ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
};
use chrono::Utc;
use serde_json::{Value, json};
use std::process::ExitCode;

/// How it ended, for a person and for a program.
pub struct Done {
    /// One line.
    pub words: String,
    /// The document.
    pub document: Value,
    /// The exit code.
    pub code: ExitCode,
}

/// Syncs one person now, named by user principal name or object id.
pub async fn run(
    engine: &Engine,
    tenant: MicrosoftTenantId,
    organization: OrganizationId,
    user: &str,
) -> Result<Done, CommandError> {
    let whom = match user.trim().parse::<DirectoryUserId>() {
        Ok(id) => Whom::Id(id),
        Err(_) => Whom::Upn(user.trim().to_owned()),
    };
    let end = sync_person(engine, tenant, organization, whom, Utc::now()).await?;
    let (run, outcome, error) = match end {
        PersonEnd::Busy => (
            None,
            None,
            Some("a worker is running this Microsoft tenant now; it brings this person too".to_owned()),
        ),
        PersonEnd::Failed(run, error) => (Some(run), None, Some(error.to_string())),
        PersonEnd::Done(run, decision) => (Some(run), Some(decision), None),
    };
    let words = match (&outcome, &error) {
        (Some(decision), _) => decision_words(*decision),
        (None, Some(error)) => error.clone(),
        (None, None) => String::new(),
    };
    let code = if error.is_some() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    };
    let key = match &outcome {
        Some(Decision::Decided(outcome)) => Some(outcome.key()),
        Some(Decision::LeftToFullRun) => Some("leftToFullRun"),
        None => None,
    };
    Ok(Done {
        document: json!({ "user": user, "run": run, "outcome": key, "result": words, "error": error }),
        words: format!("{user}: {words}"),
        code,
    })
}

fn decision_words(decision: Decision) -> String {
    match decision {
        Decision::Decided(outcome) => outcome.label().to_lowercase(),
        Decision::LeftToFullRun => "nothing written: another End User still holds the new address and gives it up in \
                                    the same step; run the whole Microsoft tenant"
            .into(),
    }
}
