//! The switch of one Organization, and its filters.

use super::{
    due::AsOf,
    error::{Result, StoreError},
    organization, queue,
};
use crate::model::{
    audit::{Action, Actor, AuditChange},
    filter::{Choice, Filters, STALE, Section},
    ids::{GroupId, MicrosoftTenantId, OrganizationId, RunId},
    plan::Counts,
    run::Trigger,
};
use sqlx::{PgConnection, PgExecutor, PgPool, types::Json};
use std::collections::HashMap;

/// A user sync as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSync {
    /// Whose.
    pub organization: OrganizationId,
    /// On or off.
    pub enabled: bool,
    /// The last saved choice.
    pub filters: Filters,
    /// Whether a run has applied it since it was enabled.
    pub applied: bool,
    /// Changes whenever somebody saves or disables it, so that an older page can be told.
    pub version: String,
    /// How many new people the preview showed that was confirmed; none when they could not be counted then.
    pub confirmed: Option<u32>,
}

impl UserSync {
    /// How many new people a run may create whatever the guard says: as many as somebody saw and confirmed. Where they
    /// could not be counted then, nobody saw any.
    pub fn allowed_creates(&self) -> u32 {
        self.confirmed.unwrap_or_default()
    }
}

/// The version of a user sync that was never set up.
pub const NEW: &str = "new";

type Saved = (bool, Json<Filters>, bool, String, Option<i32>);

/// The user sync of an Organization with the Microsoft tenant behind it; `None` when never set up.
pub async fn get(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Option<UserSync>> {
    let row: Option<Saved> = sqlx::query_as(
        "select enabled, filters, first_applied_at is not null, extract(epoch from updated_at)::text, confirmed_creates
         from user_sync
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(db)
    .await?;
    Ok(
        row.map(|(enabled, Json(filters), applied, version, confirmed)| UserSync {
            organization,
            enabled,
            filters,
            applied,
            version,
            confirmed: confirmed.and_then(|number| u32::try_from(number).ok()),
        }),
    )
}

/// The last choice of an Organization with another Microsoft tenant than this one, and that one's name: for reference
/// where the filters start anew.
pub async fn former(
    pool: &PgPool,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Option<(String, Vec<(Section, String)>)>> {
    let row: Option<(MicrosoftTenantId, String, Json<Filters>)> = sqlx::query_as(
        "select m.id, m.display_name, s.filters from user_sync s join microsoft_tenant m on m.id = s.microsoft_tenant_id
         where s.organization_id = $1 and s.microsoft_tenant_id <> $2 order by s.updated_at desc limit 1",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(pool)
    .await?;
    let Some((former, name, Json(filters))) = row else {
        return Ok(None);
    };
    let mut connection = pool.acquire().await?;
    let groups = group_names(&mut connection, former, &[&filters]).await?;
    let words = Section::ALL.map(|section| (section, words(&filters, section, &groups)));
    Ok(Some((name, words.into())))
}

fn words(filters: &Filters, section: Section, groups: &HashMap<String, String>) -> String {
    filters
        .section(section)
        .words(section, |group| groups.get(group).cloned())
}

/// The names of the groups that filters tick. A removed directory has none any more.
async fn group_names(
    db: &mut PgConnection,
    tenant: MicrosoftTenantId,
    filters: &[&Filters],
) -> Result<HashMap<String, String>> {
    let ids: Vec<_> = filters
        .iter()
        .filter_map(|filters| match &filters.group {
            Choice::All => None,
            Choice::Values(values) => Some(values),
        })
        .flatten()
        .flatten()
        .filter_map(|id| id.parse::<GroupId>().ok())
        .collect();
    let rows: Vec<(GroupId, String)> =
        sqlx::query_as("select id, name from directory_group where microsoft_tenant_id = $1 and id = any ($2)")
            .bind(tenant)
            .bind(&ids)
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// The Organizations that a run of this Microsoft tenant applies, by name.
pub async fn enabled(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Vec<OrganizationId>> {
    Ok(sqlx::query_scalar(
        "select s.organization_id from user_sync s
         join organization o on o.id = s.organization_id
         join microsoft_tenant m on m.id = s.microsoft_tenant_id and m.tenant_id = o.tenant_id
         where s.microsoft_tenant_id = $1 and s.enabled order by lower(o.name), o.id",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?)
}

/// Enables a user sync, or saves the filters of an enabled one, where no preview was shown. See [`save_confirmed`].
pub async fn save(
    pool: &PgPool,
    actor: &Actor,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    filters: &Filters,
    seen: Option<&str>,
) -> Result<Trigger> {
    save_confirmed(pool, actor, organization, tenant, filters, seen, None).await
}

/// Enables a user sync, or saves the filters of an enabled one, and asks for a run, all or nothing.
///
/// `seen` is the version that the choice was made on: where somebody saved another one since, nothing is written. The
/// same choice sent twice is one. `confirmed` is how many new people the preview showed; none when they could not be
/// counted yet.
pub async fn save_confirmed(
    pool: &PgPool,
    actor: &Actor,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    filters: &Filters,
    seen: Option<&str>,
    confirmed: Option<u32>,
) -> Result<Trigger> {
    let mut tx = pool.begin().await?;
    // Nobody may unmap or remove the Microsoft tenant, or move the Organization, before the commit. The Organization's
    // row is what two who set up at once wait for: there is no user sync yet that they could lock.
    let mapped = sqlx::query(
        "select 1 from organization o join microsoft_tenant m on m.tenant_id = o.tenant_id
         where o.id = $1 and m.id = $2 for no key update of o for share of m",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(&mut *tx)
    .await?;
    if mapped.is_none() {
        return Err(StoreError::Conflict(
            "This Organization is not mapped to this Microsoft tenant any more. Close the dialog to see what it is \
             mapped to.",
        ));
    }
    sqlx::query("select 1 from user_sync where organization_id = $1 and microsoft_tenant_id = $2 for update")
        .bind(organization)
        .bind(tenant)
        .fetch_optional(&mut *tx)
        .await?;
    let was = get(&mut *tx, organization, tenant).await?;
    let was_enabled = was.as_ref().is_some_and(|was| was.enabled);
    let trigger = if was_enabled { Trigger::Edit } else { Trigger::SetUp };
    let version = was.as_ref().map_or(NEW, |was| was.version.as_str());
    if seen.is_some_and(|seen| seen != version) {
        return match &was {
            Some(was) if was.enabled && was.filters == *filters => Ok(trigger),
            _ => Err(StoreError::Conflict(STALE)),
        };
    }
    sqlx::query(
        "insert into user_sync (organization_id, microsoft_tenant_id, enabled, filters, confirmed_creates)
         values ($1, $2, true, $3, $4)
         on conflict (organization_id, microsoft_tenant_id) do update
         set filters = excluded.filters, attention = null, updated_at = clock_timestamp(), enabled = true,
             confirmed_creates = excluded.confirmed_creates, applied_version = null,
             first_applied_at = case when user_sync.enabled then user_sync.first_applied_at end",
    )
    .bind(organization)
    .bind(tenant)
    .bind(Json(filters))
    .bind(confirmed.map(|number| i32::try_from(number).unwrap_or(i32::MAX)))
    .execute(&mut *tx)
    .await?;
    let old = was.map(|was| was.filters);
    let groups: Vec<&Filters> = old.iter().chain([filters]).collect();
    let groups = group_names(&mut tx, tenant, &groups).await?;
    let changes = Section::ALL.map(|section| {
        let before = old.as_ref().map(|old| words(old, section, &groups)).unwrap_or_default();
        AuditChange::new(section.label(), &before, &words(filters, section, &groups))
    });
    let action = if was_enabled {
        Action::EditFilters
    } else {
        Action::SetUp
    };
    let name = organization::name_of(&mut tx, organization).await?;
    organization::record(&mut tx, actor, action, organization, &name, changes).await?;
    queue::request_run(&mut *tx, tenant, trigger).await?;
    tx.commit().await?;
    Ok(trigger)
}

/// Stops updates. End Users, mappings and filters stay. What is disabled already stays as it is.
pub async fn disable(
    pool: &PgPool,
    actor: &Actor,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    disable_within(&mut tx, actor, organization, tenant).await?;
    tx.commit().await?;
    Ok(())
}

/// The same, as a part of something larger.
pub async fn disable_within(
    tx: &mut PgConnection,
    actor: &Actor,
    of: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<()> {
    // The Organization first, as whoever sets up does: two who wait for each other would both be refused.
    let name = organization::name_of(&mut *tx, of).await?;
    let was: Option<bool> = sqlx::query_scalar(
        "select enabled from user_sync where organization_id = $1 and microsoft_tenant_id = $2 for update",
    )
    .bind(of)
    .bind(tenant)
    .fetch_optional(&mut *tx)
    .await?;
    if !was.ok_or(StoreError::NotFound("This user sync"))? {
        return Ok(());
    }
    sqlx::query(
        "update user_sync set enabled = false, attention = null, updated_at = clock_timestamp()
         where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(of)
    .bind(tenant)
    .execute(&mut *tx)
    .await?;
    let change = AuditChange::new("Microsoft User Sync", "Enabled", "Disabled");
    organization::record(tx, actor, Action::Disable, of, &name, [change]).await
}

/// The user sync to apply, locked so that its filters can't change before the commit; `None` when it was disabled
/// or its Organization moved meanwhile.
pub async fn lock_enabled(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Option<UserSync>> {
    let row: Option<(Json<Filters>, bool, String, Option<i32>)> = sqlx::query_as(
        "select s.filters, s.first_applied_at is not null, extract(epoch from s.updated_at)::text, s.confirmed_creates
         from user_sync s
         join organization o on o.id = s.organization_id
         join microsoft_tenant m on m.id = s.microsoft_tenant_id and m.tenant_id = o.tenant_id
         where s.organization_id = $1 and s.microsoft_tenant_id = $2 and s.enabled for update of s",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|(Json(filters), applied, version, confirmed)| UserSync {
        organization,
        enabled: true,
        filters,
        applied,
        version,
        confirmed: confirmed.and_then(|number| u32::try_from(number).ok()),
    }))
}

/// Notes how a run left a user sync: as of what it was planned, whether it was applied, and what it needs from a person.
/// Nothing is written when nothing differs.
pub async fn set_applied(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    as_of: AsOf<'_>,
    applied: bool,
    attention: Option<&str>,
) -> Result<()> {
    sqlx::query(
        "update user_sync set first_applied_at = coalesce(first_applied_at, case when $4 then now() end),
                attention = $3, applied_version = $5, applied_form = $6
         where organization_id = $1 and microsoft_tenant_id = $2
           and ((attention, applied_version, applied_form) is distinct from ($3, $5, $6)
                or (first_applied_at is null and $4))",
    )
    .bind(organization)
    .bind(tenant)
    .bind(attention)
    .bind(applied)
    .bind(as_of.version)
    .bind(as_of.form)
    .execute(tx)
    .await?;
    Ok(())
}

/// How many stand how after a run. Nothing is written when nothing differs.
pub async fn set_standing(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    standing: &Counts,
) -> Result<()> {
    sqlx::query(
        "update user_sync set standing_counts = $3
         where organization_id = $1 and microsoft_tenant_id = $2 and standing_counts is distinct from $3",
    )
    .bind(organization)
    .bind(tenant)
    .bind(Json(standing))
    .execute(tx)
    .await?;
    Ok(())
}

/// How many stood how after the last run, where that is known.
pub async fn standing(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Option<Counts>> {
    let row: Option<Option<Json<Counts>>> = sqlx::query_scalar(
        "select standing_counts from user_sync where organization_id = $1 and microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_optional(db)
    .await?;
    Ok(row.flatten().map(|Json(counts)| counts))
}

/// After a failed run: why nothing was applied, on every user sync of the Microsoft tenant that the run did not apply.
pub async fn set_attention(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId, run: RunId, reason: &str) -> Result<()> {
    sqlx::query(
        "update user_sync s set attention = $3
         where s.microsoft_tenant_id = $1 and s.enabled
           and not exists (select 1 from run_organization r
                           where r.run_id = $2 and r.organization_id = s.organization_id)",
    )
    .bind(tenant)
    .bind(run)
    .bind(reason)
    .execute(db)
    .await?;
    Ok(())
}
