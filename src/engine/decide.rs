//! Decide: plans one Organization, leaves out what was dropped or is contended, and lets the guard judge the rest. The
//! run, an approval, and whatever shows what the next run would do decide alike.

use super::{Engine, RunError};
use crate::{
    model::{
        directory::{DirectoryUser, Readings},
        end_user::EndUserState,
        held::{Contended, HeldRow, Part},
        ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
        plan::Plan,
    },
    store::{self, user_sync::UserSync},
    sync::{
        contended::{Recount, leave_contended, recount},
        guard::{Guard, Judged, Rows, Share, disabling, judge, leave_dropped},
        plan::{PlanInput, plan},
    },
};
use sqlx::PgConnection;

/// The directory that a run decides from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Which Microsoft tenant.
    pub tenant: MicrosoftTenantId,
    /// Everybody.
    pub users: &'a [DirectoryUser],
    /// What could be read.
    pub readings: &'a Readings,
}

/// A plan before the guard has seen it.
#[derive(Debug)]
struct Prepared {
    plan: Plan,
    end_users: Vec<EndUserState>,
    records: Vec<Contended>,
    forgotten: Vec<(DirectoryUserId, Part)>,
    over: Vec<Recount>,
}

impl Prepared {
    fn disabling(&self) -> Share {
        disabling(&self.plan, &self.end_users)
    }
}

async fn prepare(db: &mut PgConnection, source: Source<'_>, sync: &UserSync) -> Result<Prepared, RunError> {
    let (organization, tenant) = (sync.organization, source.tenant);
    let end_users = store::end_user::states(&mut *db, organization, tenant).await?;
    let exclusions = store::end_user::exclusions(&mut *db, organization, tenant).await?;
    let dropped = store::held::dropped(&mut *db, organization, tenant).await?;
    let records = store::contended::of_organization(&mut *db, organization, tenant).await?;
    let mut plan = plan(&PlanInput {
        filters: &sync.filters,
        users: source.users,
        end_users: &end_users,
        exclusions: &exclusions,
        readings: source.readings,
    });
    let forgotten = leave_dropped(&mut plan, &dropped, source.users);
    let over = leave_contended(&mut plan, &records, source.users);
    Ok(Prepared {
        plan,
        end_users,
        records,
        forgotten,
        over,
    })
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
    let prepared = prepare(&mut *db, source, sync).await?;
    let kept = store::held::of_organization(&mut *db, sync.organization, source.tenant).await?;
    let left: Rows = kept
        .into_iter()
        .filter(|row| row.is_left)
        .map(|row| ((row.user, row.change.part()), row.change))
        .collect();
    let Judged { applied, held } = judge(
        &prepared.plan,
        &Guard {
            end_users: &prepared.end_users,
            together: terms.together.unwrap_or_else(|| prepared.disabling()),
            confirmed: sync.allowed_creates(),
            left: &left,
            approved: terms.approved,
        },
    );
    let mut recounts = prepared.over;
    recounts.extend(recount(&applied, &prepared.records));
    Ok(Decision {
        plan: applied,
        held,
        forgotten: prepared.forgotten,
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
    let mut db = store::change_set::begin(&engine.pool).await?;
    let mut share = Share::default();
    for organization in organizations {
        if let Some(sync) = store::user_sync::get(&mut *db, *organization, source.tenant).await? {
            share = share.with(prepare(&mut db, source, &sync).await?.disabling());
        }
    }
    Ok(Some(share))
}
