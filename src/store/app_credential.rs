//! Credentials of the app registration that were added in Settings, and what Microsoft last said of each.

use super::{
    audit,
    error::{Result, StoreError},
    vault::{Sealed, Vault, VaultError},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    connect::Cloud,
    credential::CredentialKind,
    ids::EntraTenantId,
};
use chrono::{DateTime, Utc};
use secrecy::SecretSlice;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use std::collections::HashMap;
use uuid::Uuid;

const LAST: &str = "This is the only credential: Microsoft could not be asked without it. Add another one first.";

/// What the sealed part of a credential is about: its row, and what of the row says how it is used and for whom. A row whose
/// kind or client ID was changed in the database does not open. The columns stand in
/// [`COLUMNS`](super::sealed::COLUMNS) in the same order.
pub fn about(id: Uuid, kind: CredentialKind, client_id: &str) -> String {
    format!("{}/{}/{client_id}", about_before(id), kind.key())
}

/// The same as it was until kind and client ID were bound: rows of then open by it until a new master key.
fn about_before(id: Uuid) -> String {
    format!("app_credential/{id}/credential")
}

/// A credential that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: CredentialKind,
    /// Of which app registration.
    pub client_id: String,
    /// What is secret of it, [`about`] the three before.
    pub sealed: Sealed,
    /// When it ends.
    pub ends: Option<DateTime<Utc>>,
}

impl Kept {
    /// What is secret of it.
    pub fn open(&self, vault: &Vault) -> std::result::Result<SecretSlice<u8>, VaultError> {
        let about = about(self.id, self.kind, &self.client_id);
        vault.open_either(&self.sealed, &about, &about_before(self.id))
    }
}

#[derive(FromRow)]
struct KeptRow {
    id: Uuid,
    client_id: String,
    kind: String,
    sealed: Vec<u8>,
    key_id: String,
    expires_at: Option<DateTime<Utc>>,
}

/// Those of an app registration, the one that was added last first.
pub async fn kept(db: impl PgExecutor<'_>, client_id: &str) -> Result<Vec<Kept>> {
    let rows: Vec<KeptRow> = sqlx::query_as(
        "select id, client_id, kind, sealed, key_id, expires_at from app_credential where client_id = $1
         order by added_at desc, id desc",
    )
    .bind(client_id)
    .fetch_all(db)
    .await?;
    let kept = |row: KeptRow| Kept {
        id: row.id,
        kind: CredentialKind::from_key(&row.kind),
        client_id: row.client_id,
        sealed: Sealed {
            key_id: row.key_id,
            bytes: row.sealed,
        },
        ends: row.expires_at,
    };
    Ok(rows.into_iter().map(kept).collect())
}

/// What is shown of a credential.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Shown {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub client_id: String,
    kind: String,
    /// Of a certificate: SHA-256 in hex.
    pub thumbprint: String,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether Microsoft issued a token for it before it was taken.
    pub tried: bool,
    /// By whom it was added.
    pub added_by_name: String,
    /// When.
    pub added_at: DateTime<Utc>,
}

impl Shown {
    /// What it is.
    pub fn kind(&self) -> CredentialKind {
        CredentialKind::from_key(&self.kind)
    }
}

/// All of them, of whichever app registration, the one that was added last first.
pub async fn shown(db: impl PgExecutor<'_>) -> Result<Vec<Shown>> {
    Ok(sqlx::query_as(
        "select id, client_id, kind, thumbprint, expires_at, tried, added_by_name, added_at from app_credential
         order by added_at desc, id desc",
    )
    .fetch_all(db)
    .await?)
}

/// One that is to be kept.
#[derive(Clone, Debug)]
pub struct New<'a> {
    /// Its id.
    pub id: Uuid,
    /// Of which app registration.
    pub client_id: &'a str,
    /// What it is.
    pub kind: CredentialKind,
    /// What is secret of it, sealed [`about`] the three before.
    pub sealed: &'a Sealed,
    /// Of a certificate: SHA-256 in hex.
    pub thumbprint: &'a str,
    /// When it ends.
    pub ends: Option<DateTime<Utc>>,
    /// Whether Microsoft issued a token for it.
    pub tried: bool,
}

/// Keeps one.
pub async fn add(pool: &PgPool, actor: &Actor, new: &New<'_>) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query(
        "insert into app_credential (id, client_id, kind, sealed, key_id, thumbprint, expires_at, tried, added_by,
                                     added_by_name)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(new.client_id)
    .bind(new.kind.key())
    .bind(&new.sealed.bytes)
    .bind(&new.sealed.key_id)
    .bind(new.thumbprint)
    .bind(new.ends)
    .bind(new.tried)
    .bind(actor.id)
    .bind(&actor.name)
    .execute(&mut *tx)
    .await?;
    let changes = [
        AuditChange::new("Client ID", "", new.client_id),
        AuditChange::new("Thumbprint", "", new.thumbprint),
        AuditChange::new("Ends", "", &day(new.ends)),
    ];
    record(
        &mut tx,
        actor,
        Action::Create,
        (new.id, new.kind),
        changes.into_iter().flatten(),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

/// What the audit log says of one that is removed.
#[derive(FromRow)]
struct Removed {
    id: Uuid,
    client_id: String,
    kind: String,
    thumbprint: String,
    expires_at: Option<DateTime<Utc>>,
}

/// Removes one; the last one of its app registration only when there is another elsewhere (`has_other`).
pub async fn remove(pool: &PgPool, actor: &Actor, id: Uuid, has_other: bool) -> Result<()> {
    let mut tx = pool.begin().await?;
    let beside: Vec<Removed> = sqlx::query_as(
        "select id, client_id, kind, thumbprint, expires_at from app_credential
         where client_id = (select client_id from app_credential where id = $1) order by id for update",
    )
    .bind(id)
    .fetch_all(&mut *tx)
    .await?;
    let found = beside.iter().find(|one| one.id == id);
    let found = found.ok_or(StoreError::NotFound("This credential"))?;
    if beside.len() == 1 && !has_other {
        return Err(StoreError::Conflict(LAST));
    }
    sqlx::query("delete from app_credential where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from app_credential_health where name = $1")
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?;
    let changes = [
        AuditChange::new("Client ID", &found.client_id, ""),
        AuditChange::new("Thumbprint", &found.thumbprint, ""),
        AuditChange::new("Ends", &day(found.expires_at), ""),
    ];
    let what = (id, CredentialKind::from_key(&found.kind));
    record(&mut tx, actor, Action::Delete, what, changes.into_iter().flatten()).await?;
    tx.commit().await?;
    Ok(())
}

/// A day as the audit log tells it; empty for none.
fn day(moment: Option<DateTime<Utc>>) -> String {
    moment
        .map(|moment| moment.format("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    (id, kind): (Uuid, CredentialKind),
    changes: impl Iterator<Item = AuditChange>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::AppCredential,
        subject_id: id,
        subject_name: kind.label().to_owned(),
        organization: None,
        changes: changes.collect(),
    };
    audit::record(tx, actor, &event).await
}

/// What Microsoft last said of a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromRow)]
pub struct CredentialHealth {
    /// When it last began to work.
    pub worked_at: Option<DateTime<Utc>>,
    /// When it was last refused, nothing once it worked again.
    pub refused_at: Option<DateTime<Utc>>,
    /// The AADSTS code of that.
    pub refused_code: Option<i64>,
}

/// What Microsoft last said of each, by its name: the id, or that of the settings' credential.
pub async fn health(db: impl PgExecutor<'_>) -> Result<HashMap<String, CredentialHealth>> {
    #[derive(FromRow)]
    struct Row {
        name: String,
        #[sqlx(flatten)]
        health: CredentialHealth,
    }
    let rows: Vec<Row> = sqlx::query_as("select name, worked_at, refused_at, refused_code from app_credential_health")
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.health)).collect())
}

/// Notes that a credential works, or with which AADSTS code it was refused; nothing where that is known.
pub async fn note(db: impl PgExecutor<'_>, name: &str, refused: Option<i64>) -> Result<()> {
    sqlx::query(
        "insert into app_credential_health as h (name, worked_at, refused_at, refused_code)
         values ($1, case when $2::bigint is null then now() end, case when $2 is not null then now() end, $2)
         on conflict (name) do update
         set worked_at = coalesce(excluded.worked_at, h.worked_at), refused_at = excluded.refused_at,
             refused_code = excluded.refused_code
         where h.refused_code is distinct from excluded.refused_code
            or (h.worked_at is null and excluded.worked_at is not null)",
    )
    .bind(name)
    .bind(refused)
    .execute(db)
    .await?;
    Ok(())
}

/// Connected Microsoft tenants in which a credential can be tried, those that were read last first, and then the partner's.
pub async fn tenants_to_ask(db: impl PgExecutor<'_>, at_most: i64) -> Result<Vec<(EntraTenantId, Cloud)>> {
    let rows: Vec<(EntraTenantId, String)> = sqlx::query_as(
        "select entra_tenant_id, cloud from (
             select entra_tenant_id, cloud, 0 as place, last_pass_at from microsoft_tenant where removed_at is null
             union all
             select entra_tenant_id, cloud, 1, null from partner
         ) tenant order by place, last_pass_at desc nulls last, entra_tenant_id limit $1",
    )
    .bind(at_most)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, cloud)| (id, Cloud::from_key(&cloud)))
        .collect())
}
