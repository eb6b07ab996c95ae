//! What a Microsoft tenant lets us read right now: one new token, and one small read for each permission, all at once.
//! Never a stored flag, and never what the token says of itself. Asks and tells; who wants it kept keeps it.

use super::{Engine, RunError, error::LONGEST_WORDS};
use crate::{
    graph::{GraphError, GraphErrorKind, TenantClient},
    model::{
        ids::GroupId,
        permission::{Probe, Question, grant_words},
        permission_report::{PermissionReport, PermissionRow, ProbeState, Trouble},
        tenant::{ConnectionStatus, MicrosoftTenantRow},
        time::Moment,
    },
    store::{self, Now, lease::Lease, microsoft_tenant::Failure},
    sync::{
        normalise::clean,
        permission::{hidden_members, later, seen_by_runs, settled, without_token},
    },
};
use futures::future::join_all;
use std::{collections::BTreeMap, time::Duration};

/// How long somebody waits for one answer, with all that the client asks again.
const PATIENCE: Duration = Duration::from_secs(20);

type States = BTreeMap<Probe, ProbeState>;

/// Asks for everything, and tells when each last worked.
pub async fn report(engine: &Engine, row: MicrosoftTenantRow, now: &Now) -> Result<PermissionReport, RunError> {
    let (pool, id) = (&engine.pool, row.id);
    let stored = store::microsoft_tenant::get(pool, id).await?;
    let client = engine.client_of(&stored)?.interactive();
    let is_partner = store::probe::is_partner(pool, id).await?;
    let hidden = store::probe::hidden_groups(pool, id).await?;
    let states = states(&client, &hidden, is_partner).await;
    let kept = store::probe::last_successes(pool, id).await?;
    let known = later(kept, seen_by_runs(&stored.readings, stored.last_pass_at));
    let rows = states
        .into_iter()
        .filter(|(probe, _)| is_partner || *probe != Probe::Customers);
    let rows = rows.map(|(probe, state)| {
        let last = match state {
            ProbeState::Works => Some(now.to_utc()),
            _ => known.get(&probe).copied(),
        };
        PermissionRow {
            probe,
            state,
            last_success: last.map(|at| Moment::new(at, now)),
        }
    });
    Ok(PermissionReport {
        rows: rows.collect(),
        tenant: row,
    })
}

/// Keeps what a report found, for the next one to tell when each last worked. Lost consent is the tenant's status from
/// then on, as the next run would find nothing else; it counts for nothing.
pub async fn keep(engine: &Engine, report: &PermissionReport) -> Result<(), RunError> {
    let (pool, id) = (&engine.pool, report.tenant.id);
    store::probe::keep(pool, id, &report.rows).await?;
    if let Some(Trouble { remedy, .. }) = report.lost_consent() {
        store::microsoft_tenant::set_status(pool, id, ConnectionStatus::ConsentNeeded, remedy, Failure::OfOurs).await?;
    }
    Ok(())
}

/// Keeps when what a run has just lost last worked.
pub(super) async fn keep_lost(engine: &Engine, lease: Lease, lost: &[Probe]) -> Result<(), RunError> {
    if !lost.is_empty() {
        store::probe::keep_last_pass(&engine.pool, lease, lost).await?;
    }
    Ok(())
}

/// A new token, as a cached one says nothing of today, and the answers to everything that it may open.
async fn states(client: &TenantClient, hidden: &[(GroupId, bool)], is_partner: bool) -> States {
    client.forget_token().await;
    let signed_in = answered(Probe::SignIn, client.sign_in()).await;
    if signed_in != ProbeState::Works {
        return without_token(signed_in);
    }
    let reads = Probe::all().filter_map(|probe| match probe.entry().question {
        Question::Read { path, query } if is_partner || probe != Probe::Customers => Some((probe, path, query)),
        _ => None,
    });
    let reads = reads.map(async |(probe, path, query)| (probe, answered(probe, client.look(path, query)).await));
    let mut states: States = join_all(reads).await.into_iter().collect();
    states.insert(Probe::SignIn, signed_in);
    let is_there = states.get(&Probe::Groups) == Some(&ProbeState::Works);
    let state = if is_there {
        of_hidden(client, hidden).await
    } else {
        ProbeState::NotTried("Groups come first: without them nobody knows which ones hide their members.".into())
    };
    states.insert(Probe::HiddenMembers, state);
    settled(states)
}

/// The members of groups that hide them, as far as a run has found any.
async fn of_hidden(client: &TenantClient, groups: &[(GroupId, bool)]) -> ProbeState {
    let probe = Probe::HiddenMembers;
    let mut answers = vec![];
    for (group, had) in groups {
        let path = format!("groups/{group}/members");
        let mut told = false;
        let look = async {
            match client.look(&path, "$select=id&$top=1").await {
                Ok(some) => told = some,
                // Deleted since the last run, so it hides nobody.
                Err(error) if error.is_gone() => {}
                Err(error) => return Err(error),
            }
            Ok(())
        };
        match answered(probe, look).await {
            ProbeState::Works => answers.push((told, *had)),
            other => return other,
        }
        if told {
            break;
        }
    }
    match hidden_members(&answers) {
        Some(true) => ProbeState::Works,
        Some(false) => ProbeState::NotTried(format!(
            "A group that had members when it was last read tells of nobody now. Either they left it, or the permission \
             is missing, which Microsoft does not say. {}",
            granted_by(probe).unwrap_or_default()
        )),
        None if groups.is_empty() => ProbeState::NotTried("No group with hidden membership is known.".into()),
        None => ProbeState::NotTried("The groups that hide their members tell of nobody: they may be empty.".into()),
    }
}

/// What an answer means, or that none came in time.
async fn answered<T>(probe: Probe, asked: impl Future<Output = Result<T, GraphError>>) -> ProbeState {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(_)) => ProbeState::Works,
        Ok(Err(error)) => state_of(probe, error),
        Err(_) => ProbeState::NoAnswer(Trouble {
            remedy: "Microsoft is slow or refuses in passing: try again, and look at Microsoft's service health."
                .into(),
            answer: format!("No answer within {} s.", PATIENCE.as_secs()),
            wants_consent: false,
        }),
    }
}

fn state_of(probe: Probe, error: GraphError) -> ProbeState {
    use GraphErrorKind as Kind;
    let (kind, is_transient) = (error.kind, error.is_transient());
    let granted_by = granted_by(probe).filter(|_| kind == Kind::PermissionMissing);
    let answer = clean(&error.to_string(), LONGEST_WORDS);
    let error = RunError::from(error);
    let trouble = Trouble {
        remedy: granted_by.unwrap_or_else(|| error.summary()),
        answer,
        wants_consent: error.connection_status() == Some(ConnectionStatus::ConsentNeeded),
    };
    match kind {
        _ if is_transient => ProbeState::NoAnswer(trouble),
        Kind::Token { .. } | Kind::Unauthorized | Kind::PermissionMissing | Kind::Forbidden => {
            ProbeState::Refused(trouble)
        }
        Kind::PremiumRequired | Kind::IntuneRequired => ProbeState::NeedsLicense(trouble),
        _ => ProbeState::NoAnswer(trouble),
    }
}

fn granted_by(probe: Probe) -> Option<String> {
    probe.entry().role.map(|role| grant_words(role.name))
}
