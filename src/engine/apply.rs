//! Apply: decides about one Organization from the directory and writes the plan, in one transaction and with no network.

use super::{
    Engine, RunError,
    assign::assign,
    closure::{Cast, Whom, gather},
    decide::{Decision, Source, Terms, decide_about},
    measure,
    progress::ApplyProgress,
};
use crate::{
    model::{
        audit::{Action, Actor},
        directory::{Reading, Readings},
        filter::{Filters, Section},
        held::attention as held_attention,
        held::{Contended, RowChange},
        ids::{DirectoryUserId, EndUserId, OrganizationId, RunId},
        plan::{Counts, Outcome, Plan, Reason},
    },
    store::{
        self, StoreError,
        change_set::{ChangeSet, Target},
        due::AsOf,
        held::{KeptRow, Replacing},
        lease::{self, Lease},
        run::{Breadth, Planned},
    },
    sync::{
        closure::is_unsettled,
        contended::Recount,
        filter::unreadable,
        guard::{Rows, Share},
        one_person::waits_for,
    },
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// How often a transaction is tried when somebody edits the same people at the same moment.
const TRIES: u32 = 3;

/// Rows that an administrator approved.
#[derive(Clone, Copy, Debug)]
pub struct Approval<'a> {
    /// Those of the Organization that is applied.
    pub rows: &'a [KeptRow],
    /// The same, to be found by person.
    pub wanted: &'a Rows,
    /// Who approved them.
    pub actor: &'a Actor,
}

/// What applies Organizations in a run.
#[derive(Clone, Copy)]
pub struct Apply<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// Who may write.
    pub lease: Lease,
    /// The run.
    pub run: RunId,
    /// Who is in the Microsoft tenant, and what of it could be read. Where everybody is given, Assets are left alone.
    pub source: Source<'a>,
    /// As of what the whole of an Organization is applied; none where it is only a part.
    pub as_of: Option<AsOf<'a>>,
    /// Newly disabled of mapped over all its Organizations, where there are several.
    pub together: Option<Share>,
    /// Whom to tell how far it is.
    pub progress: Option<&'a ApplyProgress<'a>>,
    /// Only what was approved is applied.
    pub approval: Option<Approval<'a>>,
    /// Only this person is applied.
    pub only: Option<DirectoryUserId>,
}

impl Apply<'_> {
    /// Applies an Organization. `None` when its user sync was disabled meanwhile.
    pub async fn organization(&self, organization: OrganizationId) -> Result<Option<Counts>, RunError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(organization).await {
                Err(RunError::Store(StoreError::Concurrent)) if tries < TRIES => {}
                result => return result,
            }
        }
    }

    async fn once(&self, organization: OrganizationId) -> Result<Option<Counts>, RunError> {
        let target = Target {
            run: self.run,
            organization,
            tenant: self.lease.tenant,
        };
        let mut tx = store::change_set::begin(&self.engine.pool).await?;
        lease::check(&mut tx, self.lease).await?;
        store::undo::tell_run(&mut tx, self.run).await?;
        let Some(sync) = store::user_sync::lock_enabled(&mut tx, organization, target.tenant).await? else {
            return Ok(None);
        };
        let cast = gather(&mut tx, self.source.whom, organization, target.tenant).await?;
        if self.as_of.is_some() {
            // After they told who is to be planned; both see the same.
            store::due::take_touches(&mut tx, organization).await?;
        }
        let terms = Terms {
            together: self.together,
            approved: self.approval.map(|approval| approval.wanted),
        };
        if let Some(progress) = self.progress {
            progress.planning().await;
        }
        let mut decision = decide_about(&mut tx, self.source, &sync, &cast, terms).await?;
        if let Some(only) = self.only {
            decision.plan.people.retain(|person| person.user == only);
            decision.recounts.retain(|recount| recount.user() == only);
            // An address that another End User gives up in the same plan is for the whole plan to write.
            let people = &mut decision.plan.people;
            people.retain(|person| waits_for(person, &cast.end_users).is_none());
        }
        let set = ChangeSet {
            new_ids: new_ids(&decision.plan),
            plan: &decision.plan,
        };
        let writes = decision.plan.people.iter().filter(|person| person.writes()).count();
        if let Some(progress) = self.progress {
            progress.writing(writes).await;
        }
        let heard = |done: usize, of: usize| {
            if let Some(progress) = self.progress {
                // An End User takes a row or more of each kind; what is told is how far the whole of it is.
                progress.is_writing(writes.saturating_mul(done) / of.max(1), writes);
            }
        };
        store::change_set::write(&mut tx, target, &set, &heard).await?;
        if self.as_of.is_none() {
            // A row that is held no more belongs to somebody who was perhaps not written either.
            store::due::look_again_at_held(&mut tx, organization, target.tenant).await?;
        }
        let held = self.remember(&mut tx, target, &decision, &cast).await?;
        let unreadable = attention(&sync.filters, self.source.readings);
        let planned = Planned {
            users: &cast.users,
            breadth: self.as_of.map_or(Breadth::Part, |_| cast.breadth),
            known: cast.known,
        };
        let standing = store::run::record(&mut tx, target, &set, planned, unreadable.as_deref(), held).await?;
        // Where the filters can't be read, nothing but the marks is written.
        let assigned = match (self.source.whom, cast.assets, &unreadable) {
            (Whom::Due(known), true, None) => assign(&mut tx, target, known).await?,
            _ => 0,
        };
        if let Some(as_of) = self.as_of {
            let is_applied = unreadable.is_none();
            let attention = unreadable.or_else(|| held_attention(held));
            let attention = attention.as_deref();
            store::user_sync::set_applied(&mut tx, organization, target.tenant, as_of, is_applied, attention).await?;
            let unsettled = decision.plan.people.iter().filter(|person| is_unsettled(person));
            let unsettled: Vec<_> = unsettled.map(|person| person.user).collect();
            store::due::look_again(&mut tx, organization, &unsettled).await?;
        } else {
            // A part of the Organization was applied: that says nothing about the rest of it, of which more may be possible
            // now.
            store::due::touch_people(&mut tx, organization, &concerned(&decision.plan)).await?;
            store::held::tell(&mut tx, organization, target.tenant, held).await?;
        }
        store::user_sync::set_standing(&mut tx, organization, target.tenant, &standing).await?;
        if let Some(approval) = self.approval {
            self.audit(&mut tx, organization, approval, &decision.plan).await?;
        }
        tx.commit().await?;
        measure::wrote_end_users(&decision.plan);
        measure::wrote("asset_assignment", "sync", assigned);
        if let Some(progress) = self.progress {
            progress.wrote(writes).await;
        }
        Ok(Some(decision.plan.counts()))
    }

    /// Held rows and the memory of dropped and restored ones. Returns how many rows are held now.
    async fn remember(
        &self,
        tx: &mut PgConnection,
        target: Target,
        decision: &Decision,
        cast: &Cast<'_>,
    ) -> Result<usize, RunError> {
        let replacing = Replacing {
            only: self.only,
            leaves: self.approval.is_some(),
        };
        let held = store::held::replace(&mut *tx, target, &decision.held, &cast.users, replacing).await?;
        store::held::forget_dropped(&mut *tx, target, &decision.forgotten).await?;
        for recount in &decision.recounts {
            write_recount(&mut *tx, target, recount).await?;
        }
        Ok(held)
    }

    /// The audit tells which of the approved rows were still planned, and were applied.
    async fn audit(
        &self,
        tx: &mut PgConnection,
        organization: OrganizationId,
        approval: Approval<'_>,
        applied: &Plan,
    ) -> Result<(), RunError> {
        let written: HashMap<DirectoryUserId, Vec<RowChange>> = applied
            .people
            .iter()
            .map(|person| (person.user, crate::sync::guard::rows(person)))
            .collect();
        let is_written = |row: &&KeptRow| written.get(&row.user).is_some_and(|rows| rows.contains(&row.change));
        let rows: Vec<_> = approval.rows.iter().filter(is_written).collect();
        let actor = approval.actor;
        Ok(store::held::record(&mut *tx, actor, Action::Approve, self.run, organization, &rows).await?)
    }
}

async fn write_recount(tx: &mut PgConnection, target: Target, recount: &Recount) -> Result<(), StoreError> {
    match recount.clone() {
        Recount::Forgotten { user, field } => {
            store::contended::forget(tx, target.organization, target.tenant, user, field).await
        }
        Recount::Restored {
            user,
            end_user,
            field,
            value,
            runs,
            state,
        } => {
            let record = Contended {
                user,
                end_user,
                field,
                value,
                runs,
                state,
                writer: String::new(),
            };
            store::contended::remember(tx, target.organization, target.tenant, &record).await
        }
    }
}

/// The accounts of which a part of a plan says how they stand now, and those from whom they took over.
fn concerned(plan: &Plan) -> Vec<DirectoryUserId> {
    let from = plan.people.iter().filter_map(|person| match person.reason {
        Reason::TakesOver { from, .. } => Some(from),
        _ => None,
    });
    plan.people.iter().map(|person| person.user).chain(from).collect()
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
    if *section == Section::LicenseStatus {
        return Some(format!(
            "The filter on {} can't be applied, as Microsoft did not tell the licenses of everybody. Grant \
             User.Read.All, or choose All there.",
            section.label()
        ));
    }
    Some(match &readings.groups {
        Reading::Refused { remedy, .. } => {
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
