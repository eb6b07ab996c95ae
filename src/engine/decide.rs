//! Decide: plans one Organization, leaves out what was dropped or is contended, and lets the guard judge the rest. The
//! run, an approval, and whatever shows what the next run would do decide alike.

use super::{
    Engine, RunError,
    closure::{Cast, Whom, gather},
};
use crate::{
    model::{
        directory::Readings,
        held::{Contended, HeldRow, Part, RowChange},
        ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
        plan::Plan,
    },
    store::{self, StoreError, user_sync::UserSync},
    sync::{
        contended::{Recount, recount},
        guard::{Guard, Judged, Rows, Share, Size, depends_on_size, disabling, judge},
        plan::PlanInput,
        resting::{Rested, plan_rested},
    },
};
use sqlx::PgConnection;

/// The directory that a run decides from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Which Microsoft tenant.
    pub tenant: MicrosoftTenantId,
    /// Everybody, or whoever has to be planned.
    pub whom: Whom<'a>,
    /// What could be read.
    pub readings: &'a Readings,
}

/// A plan before the guard has seen it.
#[derive(Debug)]
struct Prepared {
    rested: Rested,
    records: Vec<Contended>,
}

async fn prepare(
    db: &mut PgConnection,
    source: Source<'_>,
    sync: &UserSync,
    cast: &Cast<'_>,
) -> Result<Prepared, RunError> {
    let (organization, tenant) = (sync.organization, source.tenant);
    let exclusions = store::end_user::exclusions(&mut *db, organization, tenant).await?;
    let dropped = store::held::dropped(&mut *db, organization, tenant).await?;
    let records = store::contended::of_organization(&mut *db, organization, tenant).await?;
    let input = PlanInput {
        filters: &sync.filters,
        users: &cast.users,
        end_users: &cast.end_users,
        exclusions: &exclusions,
        readings: source.readings,
    };
    let rested = plan_rested(&input, &dropped, &records);
    Ok(Prepared { rested, records })
}

/// What is decided about one Organization.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What is applied now.
    pub plan: Plan,
    /// What waits for a person.
    pub held: Vec<HeldRow>,
    /// Dropped rows that are forgotten.
    pub forgotten: Vec<(DirectoryUserId, Part)>,
    /// What changes in the memory of restored fields.
    pub recounts: Vec<Recount>,
}

impl Decision {
    /// How many new people are planned, whether they are applied or held: so many does a person confirm who sees both.
    pub fn creates(&self) -> u32 {
        let held = self.held.iter();
        let held = held
            .filter(|row| matches!(row.change, RowChange::Create { .. }))
            .count();
        self.plan.counts().create + u32::try_from(held).unwrap_or(u32::MAX)
    }
}

/// How the guard is to judge, besides the Organization's own figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms<'a> {
    /// Newly disabled of mapped over all Organizations of the Microsoft tenant; none where this is the only one.
    pub together: Option<Share>,
    /// Only these rows are wanted, whatever the guard says.
    pub approved: Option<&'a Rows>,
}

/// Decides about one Organization.
pub async fn decide(
    db: &mut PgConnection,
    source: Source<'_>,
    sync: &UserSync,
    terms: Terms<'_>,
) -> Result<Decision, RunError> {
    let cast = gather(&mut *db, source.whom, sync.organization, source.tenant).await?;
    decide_about(db, source, sync, &cast, terms).await
}

/// Decides about these people of one Organization.
pub async fn decide_about(
    db: &mut PgConnection,
    source: Source<'_>,
    sync: &UserSync,
    cast: &Cast<'_>,
    terms: Terms<'_>,
) -> Result<Decision, RunError> {
    let Prepared { rested, records } = prepare(&mut *db, source, sync, cast).await?;
    let kept = store::held::of_organization(&mut *db, sync.organization, source.tenant).await?;
    // An approval leaves every row that it does not choose, whether a rule still holds it or not.
    let left: Rows = kept
        .into_iter()
        .filter(|row| row.is_left || terms.approved.is_some())
        .map(|row| ((row.user, row.change.part()), row.change))
        .collect();
    let Rested { plan, forgotten, over } = rested;
    let size = if depends_on_size(&plan) {
        cast.size(&mut *db, sync.organization, source.tenant).await?
    } else {
        Size::default()
    };
    let together = terms.together.unwrap_or_else(|| disabling(&plan, size));
    let Judged { applied, held } = judge(
        plan,
        &Guard {
            end_users: &cast.end_users,
            size,
            together,
            confirmed: Some(sync.allowed_creates()),
            left: &left,
            approved: terms.approved,
        },
    );
    let mut recounts = over;
    recounts.extend(recount(&applied, &records));
    Ok(Decision {
        plan: applied,
        held,
        forgotten,
        recounts,
    })
}

/// Newly disabled of mapped over the enabled Organizations of a Microsoft tenant: all are planned before the first is
/// applied. None where there is but one, whose own figures these are.
pub async fn together(
    engine: &Engine,
    source: Source<'_>,
    organizations: &[OrganizationId],
) -> Result<Option<Share>, RunError> {
    if organizations.len() < 2 {
        return Ok(None);
    }
    Ok(Some(disabling_over(engine, source, organizations).await?))
}

/// Newly disabled of mapped over these Organizations.
pub async fn disabling_over(
    engine: &Engine,
    source: Source<'_>,
    organizations: &[OrganizationId],
) -> Result<Share, RunError> {
    let mut share = Share::default();
    for organization in organizations {
        match disabling_of(engine, source, *organization).await {
            Ok(one) => share = share.with(one),
            // Applying it fails too, and tells why; the others do not wait for it.
            Err(RunError::Store(error @ StoreError::Query(_))) => {
                tracing::warn!(%error, %organization, "an Organization could not be planned");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(share)
}

/// In a transaction of its own, which a query that fails ends.
async fn disabling_of(engine: &Engine, source: Source<'_>, organization: OrganizationId) -> Result<Share, RunError> {
    let mut db = store::change_set::begin(&engine.pool).await?;
    match store::user_sync::get(&mut *db, organization, source.tenant).await? {
        Some(sync) => {
            let cast = gather(&mut db, source.whom, organization, source.tenant).await?;
            let prepared = prepare(&mut db, source, &sync, &cast).await?;
            let size = cast.size(&mut db, organization, source.tenant).await?;
            Ok(disabling(&prepared.rested.plan, size))
        }
        None => Ok(Share::default()),
    }
}
