//! Registered portals, their origins, and the tokens of theirs that were used. Their secrets come and go sealed.

use super::{
    Now, audit,
    error::{Result, StoreError, on_constraint},
    vault::Sealed,
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    ids::PortalId,
    portal::PortalRow,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

/// A portal as its tokens are held against it.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Our id.
    pub id: PortalId,
    /// What it is called.
    pub name: String,
    /// Where its pages stand.
    pub origins: Vec<String>,
    /// What it signs with.
    pub secret: Sealed,
}

const SAME_NAME: &str = "A portal with this name is registered. Choose another name, or change that one.";

/// Registers a portal.
pub async fn register(pool: &PgPool, actor: &Actor, new: &Portal) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("insert into portal (id, name, secret_key_id, secret) values ($1, $2, $3, $4)")
        .bind(new.id)
        .bind(&new.name)
        .bind(&new.secret.key_id)
        .bind(&new.secret.bytes)
        .execute(&mut *tx)
        .await
        .map_err(on_constraint("portal_name_key", SAME_NAME))?;
    set_origins(&mut tx, new.id, &new.origins).await?;
    let changes = [
        AuditChange::new("Name", "", &new.name),
        AuditChange::new("Origins", "", &new.origins.join(", ")),
    ];
    record(&mut tx, actor, Action::Create, new.id, &new.name, changes).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives a portal this name and these origins. A session that was opened for an origin that is none any more is over.
pub async fn change(pool: &PgPool, actor: &Actor, id: PortalId, name: &str, origins: &[String]) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = lock(&mut tx, id).await?;
    sqlx::query("update portal set name = $2 where id = $1")
        .bind(id)
        .bind(name)
        .execute(&mut *tx)
        .await
        .map_err(on_constraint("portal_name_key", SAME_NAME))?;
    let before = origins_of(&mut *tx, id).await?;
    set_origins(&mut tx, id, origins).await?;
    sqlx::query("delete from embed_session where portal_id = $1 and origin <> all ($2)")
        .bind(id)
        .bind(origins)
        .execute(&mut *tx)
        .await?;
    let after = origins_of(&mut *tx, id).await?;
    let changes = [
        AuditChange::new("Name", &held, name),
        AuditChange::new("Origins", &before.join(", "), &after.join(", ")),
    ];
    if changes.iter().any(Option::is_some) {
        record(&mut tx, actor, Action::Edit, id, name, changes).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Gives a portal another secret: tokens signed with the old one are refused from now on. Returns its name.
pub async fn new_secret(pool: &PgPool, actor: &Actor, id: PortalId, secret: &Sealed) -> Result<String> {
    let mut tx = pool.begin().await?;
    let name = lock(&mut tx, id).await?;
    sqlx::query("update portal set secret_key_id = $2, secret = $3 where id = $1")
        .bind(id)
        .bind(&secret.key_id)
        .bind(&secret.bytes)
        .execute(&mut *tx)
        .await?;
    record(&mut tx, actor, Action::NewSecret, id, &name, []).await?;
    tx.commit().await?;
    Ok(name)
}

/// Removes a portal. Its sessions are over.
pub async fn remove(pool: &PgPool, actor: &Actor, id: PortalId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let name = lock(&mut tx, id).await?;
    let before = origins_of(&mut *tx, id).await?;
    sqlx::query("delete from portal where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let changes = [AuditChange::new("Origins", &before.join(", "), "")];
    record(&mut tx, actor, Action::Delete, id, &name, changes).await?;
    tx.commit().await?;
    Ok(())
}

/// All portals by name.
pub async fn all(db: impl PgExecutor<'_>, now: &Now) -> Result<Vec<PortalRow>> {
    let rows: Vec<(PortalId, String, DateTime<Utc>, Vec<String>)> = sqlx::query_as(
        "select p.id, p.name, p.created_at,
                array(select o.origin from portal_origin o where o.portal_id = p.id order by o.origin)
         from portal p order by lower(p.name), p.id",
    )
    .fetch_all(db)
    .await?;
    let row = |(id, name, registered, origins)| PortalRow {
        id,
        name,
        origins,
        registered: Moment::new(registered, now),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// A portal; none where it was never registered, or was removed.
pub async fn get(pool: &PgPool, id: PortalId) -> Result<Option<Portal>> {
    #[derive(FromRow)]
    struct Row {
        name: String,
        secret_key_id: String,
        secret: Vec<u8>,
        origins: Vec<String>,
    }
    let row: Option<Row> = sqlx::query_as(
        "select p.name, p.secret_key_id, p.secret,
                array(select o.origin from portal_origin o where o.portal_id = p.id order by o.origin) as origins
         from portal p where p.id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| Portal {
        id,
        name: row.name,
        origins: row.origins,
        secret: Sealed {
            key_id: row.secret_key_id,
            bytes: row.secret,
        },
    }))
}

/// Holds a portal as it is until the end of the transaction; tells whether it still has this secret and this origin.
pub(super) async fn hold_unchanged(tx: &mut PgConnection, portal: &Portal, origin: &str) -> Result<bool> {
    let held: Option<(String, Vec<u8>)> =
        sqlx::query_as("select secret_key_id, secret from portal where id = $1 for share")
            .bind(portal.id)
            .fetch_optional(&mut *tx)
            .await?;
    // By a statement of its own, which sees what was committed while the first one waited.
    let stands = origins_of(tx, portal.id).await?.iter().any(|one| one == origin);
    let secret = held.is_some_and(|(key_id, bytes)| key_id == portal.secret.key_id && bytes == portal.secret.bytes);
    Ok(stands && secret)
}

/// Notes that a token is used; tells whether it was not before. Those whose end is over for everybody go. That is an hour
/// after it by our clock: the end itself is held against the web server's, and where that one is behind, a row that went
/// at its end would let the token in once more.
pub async fn use_token(tx: &mut PgConnection, portal: PortalId, jti: &str, until: DateTime<Utc>) -> Result<bool> {
    sqlx::query("delete from portal_token where expires_at < now() - interval '1 hour'")
        .execute(&mut *tx)
        .await?;
    let done = sqlx::query(
        "insert into portal_token (portal_id, jti, expires_at) values ($1, $2, $3)
         on conflict (portal_id, jti) do nothing",
    )
    .bind(portal)
    .bind(jti)
    .bind(until)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn lock(tx: &mut PgConnection, id: PortalId) -> Result<String> {
    sqlx::query_scalar("select name from portal where id = $1 for update")
        .bind(id)
        .fetch_optional(tx)
        .await?
        .ok_or(StoreError::NotFound("This portal"))
}

async fn origins_of(db: impl PgExecutor<'_>, id: PortalId) -> Result<Vec<String>> {
    Ok(
        sqlx::query_scalar("select origin from portal_origin where portal_id = $1 order by origin")
            .bind(id)
            .fetch_all(db)
            .await?,
    )
}

async fn set_origins(tx: &mut PgConnection, id: PortalId, origins: &[String]) -> Result<()> {
    sqlx::query("delete from portal_origin where portal_id = $1 and origin <> all ($2)")
        .bind(id)
        .bind(origins)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into portal_origin (portal_id, origin) select $1, unnest($2)
         on conflict (portal_id, origin) do nothing",
    )
    .bind(id)
    .bind(origins)
    .execute(tx)
    .await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    id: PortalId,
    name: &str,
    changes: impl IntoIterator<Item = Option<AuditChange>>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Portal,
        subject_id: id.0,
        subject_name: name.to_owned(),
        organization: None,
        changes: changes.into_iter().flatten().collect(),
    };
    audit::record(tx, actor, &event).await
}
