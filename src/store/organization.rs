//! Organizations: customers, each in one Tenant.

use super::{
    access::Theirs,
    audit,
    error::{Result, StoreError, on_constraint},
    natural_key, organization_table,
    saved::{Saved, sent_already},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    exchange::Kind,
    ids::{MicrosoftTenantId, OrganizationId, RunId, TenantId},
    organization::{OrganizationRow, UserSyncState},
    run::{Progress, Stage},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

/// What the database says of a blank name.
const NAMELESS: &str = "An Organization needs a name.";

/// Creates an Organization in a Tenant; in one of its own, with the same name, where there is none with that id.
pub async fn create(
    pool: &PgPool,
    actor: &Actor,
    id: OrganizationId,
    tenant_id: TenantId,
    name: &str,
    email: &str,
    phone: &str,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    insert(&mut tx, actor, id, tenant_id, Information { name, email, phone }).await?;
    tx.commit().await?;
    Ok(())
}

/// How **New Organization** ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Done,
    /// There is another one of this name, and nothing was written.
    NameTaken,
}

/// **New Organization**, as [`create`]. The id comes with the form, so that one sent twice adds one; `again` adds a
/// second one of a name that is taken.
pub async fn add(
    pool: &PgPool,
    actor: &Actor,
    id: OrganizationId,
    tenant_id: TenantId,
    new: Information<'_>,
    again: bool,
) -> Result<Added> {
    let mut tx = pool.begin().await?;
    // Two at once would both find the name free, and so would one and an import.
    natural_key::lock_imports(&mut tx, Kind::Organizations.key()).await?;
    let held: Option<String> = sqlx::query_scalar("select name from organization where id = $1")
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(held) = held {
        return sent_already(&held, new.name.trim()).map(|()| Added::Done);
    }
    if !again && organization_table::is_taken(&mut *tx, new.name).await? {
        return Ok(Added::NameTaken);
    }
    insert(&mut tx, actor, id, tenant_id, new).await?;
    tx.commit().await?;
    Ok(Added::Done)
}

async fn insert(
    tx: &mut PgConnection,
    actor: &Actor,
    id: OrganizationId,
    tenant_id: TenantId,
    new: Information<'_>,
) -> Result<()> {
    let Information { name, email, phone } = new;
    sqlx::query("insert into tenant (id, name) values ($1, $2) on conflict (id) do nothing")
        .bind(tenant_id)
        .bind(name.trim())
        .execute(&mut *tx)
        .await
        .map_err(on_constraint("tenant_name_not_blank", NAMELESS))?;
    sqlx::query("insert into organization (id, tenant_id, name, email, phone) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(tenant_id)
        .bind(name.trim())
        .bind(email.trim())
        .bind(phone.trim())
        .execute(&mut *tx)
        .await
        .map_err(on_constraint("organization_name_not_blank", NAMELESS))?;
    let tenant = super::tenant::get(&mut *tx, tenant_id).await?;
    let changes = [
        AuditChange::new("Tenant", "", &tenant.name),
        AuditChange::new("Email", "", email.trim()),
        AuditChange::new("Phone", "", phone.trim()),
    ];
    record(tx, actor, Action::Create, id, name.trim(), changes).await
}

/// Writes down what is done to an Organization.
pub(super) async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    id: OrganizationId,
    name: &str,
    changes: impl IntoIterator<Item = Option<AuditChange>>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Organization,
        subject_id: id.0,
        subject_name: name.to_owned(),
        organization: Some(id),
        changes: changes.into_iter().flatten().collect(),
    };
    audit::record(tx, actor, &event).await
}

/// Its name, as the audit log keeps it; the row stays as it is until the end of the transaction.
pub(super) async fn name_of(tx: &mut PgConnection, id: OrganizationId) -> Result<String> {
    sqlx::query_scalar("select name from organization where id = $1 for no key update")
        .bind(id)
        .fetch_optional(tx)
        .await?
        .ok_or(StoreError::NotFound("This Organization"))
}

#[derive(FromRow)]
pub(super) struct Row {
    id: OrganizationId,
    name: String,
    tenant_id: TenantId,
    tenant_name: String,
    email: String,
    phone: String,
    end_users: Option<i64>,
    microsoft_tenant_id: Option<MicrosoftTenantId>,
    enabled: Option<bool>,
    applied: bool,
    attention: Option<String>,
    stage: Option<String>,
    progress_done: Option<i32>,
    progress_total: Option<i32>,
    last_run: Option<RunId>,
    held_in: Option<RunId>,
    whole: bool,
}

impl Row {
    pub(super) fn into_model(self) -> OrganizationRow {
        let progress = self.stage.as_deref().map(|stage| Progress {
            stage: Stage::from_key(stage),
            done: self.progress_done.unwrap_or_default(),
            total: self.progress_total,
        });
        let sync = match (self.microsoft_tenant_id, self.enabled) {
            (None, _) => UserSyncState::NotMapped,
            (Some(_), None) => UserSyncState::NotSetUp { before: false },
            (Some(_), Some(false)) => UserSyncState::NotSetUp { before: true },
            // While a run is at work, its progress says more than the failure of the one before.
            (Some(_), Some(true)) if !self.applied && (progress.is_some() || self.attention.is_none()) => {
                UserSyncState::Syncing { progress }
            }
            (Some(_), Some(true)) => match self.attention {
                Some(reason) => UserSyncState::Attention {
                    reason,
                    held_in: self.held_in,
                },
                None => UserSyncState::Enabled,
            },
        };
        let row = OrganizationRow {
            id: self.id,
            name: self.name,
            tenant_id: self.tenant_id,
            tenant_name: self.tenant_name,
            email: self.email,
            phone: self.phone,
            end_users: self.end_users,
            microsoft_tenant_id: self.microsoft_tenant_id,
            sync,
            last_run: self.last_run,
            whole: self.whole,
        };
        row.seen(self.whole)
    }
}

/// Organizations by name, whole: all, those of a Tenant, or one; of these what is theirs.
pub async fn rows(
    db: impl PgExecutor<'_>,
    tenant: Option<TenantId>,
    only: Option<OrganizationId>,
    theirs: Theirs<'_>,
) -> Result<Vec<OrganizationRow>> {
    read(db, tenant, only, theirs, true).await
}

async fn read(
    db: impl PgExecutor<'_>,
    tenant: Option<TenantId>,
    only: Option<OrganizationId>,
    theirs: Theirs<'_>,
    counted: bool,
) -> Result<Vec<OrganizationRow>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select o.id, o.name, o.tenant_id, t.name as tenant_name, o.email, o.phone,
                case when $4 then (select count(*) from end_user e where e.organization_id = o.id) end as end_users,
                m.id as microsoft_tenant_id, s.enabled, s.first_applied_at is not null as applied, s.attention,
                r.stage, r.progress_done, r.progress_total,
                (select ro.run_id from run_organization ro join run on run.id = ro.run_id
                 where ro.organization_id = o.id order by run.started_at desc limit 1) as last_run,
                (select h.run_id from held_row h
                 where h.organization_id = o.id and h.microsoft_tenant_id = m.id and s.enabled
                 order by h.run_id desc limit 1) as held_in,
                $3::uuid[] is null or is_whole_tenant(o.tenant_id, $3) as whole
         from organization o
         join tenant t on t.id = o.tenant_id
         left join microsoft_tenant m on m.tenant_id = o.tenant_id
         left join user_sync s on s.organization_id = o.id and s.microsoft_tenant_id = m.id
         left join lateral (
             select * from run where run.microsoft_tenant_id = m.id and run.state = 'running'
             order by run.started_at desc limit 1
         ) r on true
         where ($1 is null or o.tenant_id = $1) and ($2 is null or o.id = $2)
           and ($3::uuid[] is null or o.id = any ($3))
         order by lower(o.name), o.id",
    )
    .bind(tenant)
    .bind(only)
    .bind(theirs)
    .bind(counted)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Row::into_model).collect())
}

/// One Organization, whole: who hands it out to somebody says with [`OrganizationRow::seen`] how much of its Tenant is
/// theirs.
pub async fn get(db: impl PgExecutor<'_>, id: OrganizationId) -> Result<OrganizationRow> {
    one(read(db, None, Some(id), None, true).await?)
}

/// One Organization whose End Users are not counted: for pages that do not tell how many there are.
pub async fn get_uncounted(db: impl PgExecutor<'_>, id: OrganizationId) -> Result<OrganizationRow> {
    one(read(db, None, Some(id), None, false).await?)
}

fn one(mut rows: Vec<OrganizationRow>) -> Result<OrganizationRow> {
    rows.pop().ok_or(StoreError::NotFound("This Organization"))
}

/// An Organization's name.
pub async fn name(db: impl PgExecutor<'_>, id: OrganizationId) -> Result<String> {
    let name: Option<String> = sqlx::query_scalar("select name from organization where id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?;
    name.ok_or(StoreError::NotFound("This Organization"))
}

/// Finds Organizations by id or name, for commands.
pub async fn find(db: impl PgExecutor<'_>, words: &str) -> Result<Vec<OrganizationId>> {
    Ok(sqlx::query_scalar(
        "select id from organization where id::text = lower($1) or lower(name) = lower($1) order by id",
    )
    .bind(words.trim())
    .fetch_all(db)
    .await?)
}

/// What of an Organization can be edited on its page.
#[derive(Clone, Copy, Debug)]
pub struct Information<'a> {
    /// Its name.
    pub name: &'a str,
    /// Contact address.
    pub email: &'a str,
    /// Contact number.
    pub phone: &'a str,
}

/// When name, email or phone were last written.
pub async fn written(db: impl PgExecutor<'_>, id: OrganizationId) -> Result<DateTime<Utc>> {
    sqlx::query_scalar("select updated_at from organization where id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?
        .ok_or(StoreError::NotFound("This Organization"))
}

/// Edits name, email and phone, unless they were written after `version`. What is as it was is no change.
pub async fn edit(
    pool: &PgPool,
    actor: &Actor,
    id: OrganizationId,
    version: DateTime<Utc>,
    new: Information<'_>,
) -> Result<Saved> {
    let mut tx = pool.begin().await?;
    let old: Option<(String, String, String, DateTime<Utc>)> =
        sqlx::query_as("select name, email, phone, updated_at from organization where id = $1 for no key update")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
    let (name, email, phone, written) = old.ok_or(StoreError::NotFound("This Organization"))?;
    let changes = [
        AuditChange::new("Name", &name, new.name.trim()),
        AuditChange::new("Email", &email, new.email.trim()),
        AuditChange::new("Phone", &phone, new.phone.trim()),
    ];
    if changes.iter().all(Option::is_none) {
        return Ok(Saved::Done);
    }
    if written != version {
        return Ok(Saved::Stale {
            differences: changes.into_iter().flatten().collect(),
            version: written,
        });
    }
    sqlx::query("update organization set name = $2, email = $3, phone = $4, updated_at = now() where id = $1")
        .bind(id)
        .bind(new.name.trim())
        .bind(new.email.trim())
        .bind(new.phone.trim())
        .execute(&mut *tx)
        .await
        .map_err(on_constraint("organization_name_not_blank", NAMELESS))?;
    record(&mut tx, actor, Action::Edit, id, &name, changes).await?;
    tx.commit().await?;
    Ok(Saved::Done)
}
