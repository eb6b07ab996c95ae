//! **Sync Now** for one person, as a screen asks for it.

use super::state::AppState;
use crate::{
    api::ApiError,
    engine::one_person::{Decision, PersonEnd, Whom, sync_person},
    model::{
        audit::{Action, Actor, NewAuditEvent, Subject},
        ids::{EndUserId, OrganizationId},
        plan::Outcome,
    },
    store,
};
use chrono::Utc;
use std::time::Duration;

/// How long a browser waits; the run goes on after that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads this one person from Microsoft and writes what differs. Gives the notice for the page.
pub async fn sync_now(
    state: &AppState,
    organization: OrganizationId,
    id: EndUserId,
    actor: &Actor,
) -> Result<&'static str, ApiError> {
    let pool = &state.engine.pool;
    let tenant = store::microsoft_tenant::of_organization(pool, organization).await?;
    let held = store::end_user::details::get(pool, organization, id, tenant).await?;
    let (Some(tenant), Some(user)) = (tenant, held.account) else {
        return Err(ApiError::Refused(
            "No Microsoft account belongs to this End User, so there is nothing to sync. The next full sync links \
             people by their address."
                .into(),
        ));
    };
    let event = NewAuditEvent {
        action: Action::SyncNow,
        subject: Subject::EndUser,
        subject_id: id.0,
        subject_name: held.fields.name,
        organization: Some(organization),
        changes: vec![],
    };
    store::audit::record(pool, actor, &event).await?;
    let engine = state.engine.clone();
    // On its own, so that a browser that leaves does not cut the run off.
    let work = state
        .tasks
        .spawn(async move { sync_person(&engine, tenant, organization, Whom::Id(user), Utc::now()).await });
    let Ok(done) = tokio::time::timeout(PATIENCE, work).await else {
        return Ok("person-sync-goes-on");
    };
    match done.map_err(|error| {
        tracing::error!(%error, "the sync of one person stopped");
        ApiError::Internal
    })?? {
        PersonEnd::Busy => Err(ApiError::Refused(
            "A run of this Microsoft tenant is at work; it brings this person too. Reload in a moment.".into(),
        )),
        PersonEnd::Failed(_, error) => Err(error.into()),
        PersonEnd::Done(_, decision) => Ok(notice(decision)),
    }
}

const fn notice(decision: Decision) -> &'static str {
    match decision {
        Decision::LeftToFullRun => "person-left",
        Decision::Decided(Outcome::Held) => "person-held",
        Decision::Decided(Outcome::Unchanged) => "person-up-to-date",
        Decision::Decided(Outcome::OutOfScope) => "person-out-of-scope",
        Decision::Decided(Outcome::Skip | Outcome::Conflict | Outcome::Superseded | Outcome::Undo) => {
            "person-not-written"
        }
        Decision::Decided(Outcome::Create | Outcome::Link | Outcome::Update | Outcome::Disable | Outcome::Enable) => {
            "person-synced"
        }
    }
}
