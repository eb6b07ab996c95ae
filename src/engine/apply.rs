//! Apply: plans one Organization from the directory and writes the plan, in one transaction and with no network.

use super::{Engine, RunError};
use crate::{
    model::{
        directory::{DirectoryUser, Reading, Readings},
        filter::Filters,
        ids::{DirectoryUserId, EndUserId, OrganizationId, RunId},
        plan::{Counts, Outcome, Plan},
    },
    store::{
        self, StoreError,
        change_set::{ChangeSet, Target},
        lease::{self, Lease},
    },
    sync::{
        filter::unreadable,
        plan::{PlanInput, plan},
    },
};
use std::collections::HashMap;
use uuid::Uuid;

/// How often a transaction is tried when somebody edits the same people at the same moment.
const TRIES: u32 = 3;

/// Applies an Organization. `None` when its user sync was disabled meanwhile.
pub async fn apply(
    engine: &Engine,
    lease: Lease,
    run: RunId,
    organization: OrganizationId,
    users: &[DirectoryUser],
    readings: &Readings,
) -> Result<Option<Counts>, RunError> {
    let target = Target {
        run,
        organization,
        tenant: lease.tenant,
    };
    let mut tries = 0;
    loop {
        tries += 1;
        match apply_once(engine, lease, target, users, readings).await {
            Err(RunError::Store(StoreError::Concurrent)) if tries < TRIES => {}
            result => return result,
        }
    }
}

async fn apply_once(
    engine: &Engine,
    lease: Lease,
    target: Target,
    users: &[DirectoryUser],
    readings: &Readings,
) -> Result<Option<Counts>, RunError> {
    let mut tx = store::change_set::begin(&engine.pool).await?;
    lease::check(&mut tx, lease).await?;
    let Some(sync) = store::user_sync::lock_enabled(&mut tx, target.organization, target.tenant).await? else {
        return Ok(None);
    };
    let end_users = store::end_user::states(&mut *tx, target.organization, target.tenant).await?;
    let exclusions = store::end_user::exclusions(&mut *tx, target.organization, target.tenant).await?;
    let plan = plan(&PlanInput {
        filters: &sync.filters,
        users,
        end_users: &end_users,
        exclusions: &exclusions,
        readings,
    });
    let set = ChangeSet {
        new_ids: new_ids(&plan),
        plan: &plan,
    };
    let attention = attention(&sync.filters, readings);
    store::change_set::write(&mut tx, target, &set).await?;
    store::run::record(&mut tx, target, &set, users, attention.as_deref()).await?;
    store::user_sync::set_applied(&mut tx, target.organization, target.tenant, attention.as_deref()).await?;
    tx.commit().await?;
    Ok(Some(plan.counts()))
}

/// Ids of version 7, so that new rows lie together in the index.
fn new_ids(plan: &Plan) -> HashMap<DirectoryUserId, EndUserId> {
    plan.people
        .iter()
        .filter(|person| person.outcome == Outcome::Create)
        .map(|person| (person.user, EndUserId(Uuid::now_v7())))
        .collect()
}

/// What an Organization needs from a person before it can be applied, with the remedy.
pub fn attention(filters: &Filters, readings: &Readings) -> Option<String> {
    let sections = unreadable(filters, readings);
    let section = sections.first()?;
    Some(match &readings.groups {
        Reading::Refused { remedy } => {
            format!(
                "The filter on {} can't be applied, as groups could not be read. {remedy}",
                section.label()
            )
        }
        Reading::NeverRead => format!("The filter on {} waits until groups have been read.", section.label()),
        Reading::Read => format!(
            "The filter on {} names a group whose members Microsoft hides. Grant Member.Read.Hidden, or choose \
             another group.",
            section.label()
        ),
    })
}
