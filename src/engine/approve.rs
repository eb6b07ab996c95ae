//! **Approve**, **Drop** and **Let in again** of held rows. An approval is a run of its own, without refresh.

use super::{
    Engine, RunError,
    apply::{Apply, Approval},
    closure::Whom,
    decide::{Source, together},
    run::{RunEnd, Running},
};
use crate::{
    model::{audit::Actor, ids::OrganizationId, run::Trigger},
    store::{self, StoreError, access::SeenRun, held::KeptRow, lease::Lease},
    sync::{
        guard::Rows,
        resting::{microsoft_value, seen_value},
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// How long a person waits for a run that is at work.
const PATIENCE: Duration = Duration::from_secs(5);

/// Which of a run's held rows a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// All that the page showed.
    All {
        /// What [`store::held::seen`] said of them then.
        seen: Uuid,
    },
    /// These.
    Rows(Vec<Uuid>),
}

impl Chosen {
    const fn ids(&self) -> Option<&[Uuid]> {
        match self {
            Self::All { .. } => None,
            Self::Rows(ids) => Some(ids.as_slice()),
        }
    }

    /// Refuses where nothing of it is held any more, and where **All** would decide about rows that nobody has seen.
    fn check(&self, held: &[KeptRow]) -> Result<(), RunError> {
        if held.is_empty() {
            return Err(RunError::Refused(NOTHING.into()));
        }
        match self {
            Self::All { seen } if *seen != store::held::seen_of(held.iter().map(|row| row.id)) => {
                Err(RunError::Refused(OTHERS.into()))
            }
            _ => Ok(()),
        }
    }
}

/// Starts a run for a person who waits; a run that is at work is given a moment to end.
pub(super) async fn start_patiently(
    engine: &Engine,
    lease: Lease,
    trigger: Trigger,
) -> Result<Option<Running>, RunError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let started = Running::start(engine, lease, trigger).await?;
        if started.is_some() || Instant::now() >= until {
            return Ok(started);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Plans afresh and applies those of the chosen rows that are still planned with the same old and new value.
pub async fn approve(
    engine: &Engine,
    run: impl Into<SeenRun<'_>>,
    chosen: &Chosen,
    actor: &Actor,
) -> Result<RunEnd, RunError> {
    let run = run.into();
    // What is held by the time the lease is there is not asked for: only these rows are applied.
    let rows = store::held::of_run(&engine.pool, run, chosen.ids()).await?;
    chosen.check(&rows)?;
    let tenant = store::run::microsoft_tenant(&engine.pool, run.id).await?;
    let Some(running) = start_patiently(engine, engine.new_lease(tenant), Trigger::Approved).await? else {
        return Ok(RunEnd::Busy);
    };
    let work = apply_approved(engine, &running, rows, actor);
    let result = running.carry_out(engine, work).await;
    running.end(engine, result).await
}

const NOTHING: &str = "None of these rows is held any more: somebody has decided about them meanwhile, or a later run \
                       has replaced them. Nothing was approved or dropped.";

const OTHERS: &str = "Other rows are held now than this page showed, so nothing was approved or dropped. Look at them, \
                      and decide again.";

const CHANGED: &str = "Microsoft has other values by now, so nothing was dropped. The next run plans these rows anew.";

async fn apply_approved(engine: &Engine, running: &Running, rows: Vec<KeptRow>, actor: &Actor) -> Result<(), RunError> {
    let tenant = running.lease.tenant;
    let readings = store::microsoft_tenant::get(&engine.pool, tenant).await?.readings;
    let users = store::directory::users(&engine.pool, tenant).await?;
    let source = Source {
        tenant,
        whom: Whom::Everybody(&users),
        readings: &readings,
    };
    let enabled = store::user_sync::enabled(&engine.pool, tenant).await?;
    let together = together(engine, source, &enabled).await?;
    let mut by_organization: BTreeMap<OrganizationId, Vec<KeptRow>> = BTreeMap::new();
    for row in rows {
        by_organization.entry(row.organization).or_default().push(row);
    }
    for (organization, rows) in by_organization {
        let wanted: Rows = rows
            .iter()
            .map(|row| ((row.user, row.change.part()), row.change.clone()))
            .collect();
        let apply = Apply {
            engine,
            lease: running.lease,
            run: running.run,
            source,
            as_of: None,
            together,
            progress: None,
            approval: Some(Approval {
                rows: &rows,
                wanted: &wanted,
                actor,
            }),
            only: None,
        };
        apply.organization(organization).await?;
    }
    Ok(())
}

/// Drops the chosen rows: they are not planned again until Microsoft's value changes. Where it is another one already,
/// the row stays held, as nobody has seen what would be refused. Returns how many are dropped.
pub async fn drop_rows(
    engine: &Engine,
    run: impl Into<SeenRun<'_>>,
    chosen: &Chosen,
    actor: &Actor,
) -> Result<usize, RunError> {
    let run = run.into();
    let tenant = store::run::microsoft_tenant(&engine.pool, run.id).await?;
    let users = store::directory::users(&engine.pool, tenant).await?;
    let by_id: HashMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let mut tx = engine.pool.begin().await.map_err(StoreError::from)?;
    let held = store::held::of_run(&mut *tx, run, chosen.ids()).await?;
    chosen.check(&held)?;
    let rows: Vec<_> = held
        .into_iter()
        .filter_map(|row| {
            let value = seen_value(&row.change);
            (microsoft_value(by_id.get(&row.user)?, row.change.part()) == value).then_some((row, value))
        })
        .collect();
    if rows.is_empty() {
        return Err(RunError::Refused(CHANGED.into()));
    }
    store::held::drop(&mut tx, tenant, &rows, run.id, actor).await?;
    tx.commit().await.map_err(StoreError::from)?;
    Ok(rows.len())
}
