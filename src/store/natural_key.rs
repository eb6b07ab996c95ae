//! Whom a row of a file means: rows by the natural keys of an Organization, exactly and quickly.
//!
//! Keys compare in Unicode, which the database's own `lower()` may not know. So the database finds what is plain
//! ASCII by its index, and hands over the few values that are not; the caller compares those itself.

use super::error::Result;
use crate::model::ids::{EndUserId, OrganizationId};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, types::Json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// An Organization that may be meant.
#[derive(Clone, Debug, FromRow)]
pub struct NamedOrganization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// Contact address.
    pub email: String,
    /// Contact number.
    pub phone: String,
}

/// Imports of a kind follow one another, batch by batch: two of the same file at once would double everybody.
pub async fn lock_imports(tx: &mut PgConnection, kind: &str) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('entrain import ' || $1, 0))")
        .bind(kind)
        .execute(tx)
        .await?;
    Ok(())
}

/// Organizations whose name may be one of these keys.
pub async fn organizations(tx: &mut PgConnection, keys: &BTreeSet<String>) -> Result<Vec<NamedOrganization>> {
    let (ascii, beyond): (Vec<&String>, Vec<&String>) = keys.iter().partition(|key| key.is_ascii());
    Ok(sqlx::query_as(
        "select id, name, email, phone from organization where lower(name) = any ($1)
         union
         select id, name, email, phone from organization where $2 and octet_length(name) <> char_length(name)
         order by id",
    )
    .bind(ascii)
    .bind(!beyond.is_empty())
    .fetch_all(tx)
    .await?)
}

/// Waits until a run that is applying these Organizations is done. With `creating`, one that has begun to wait begins
/// anew and sees what is written here: both would create the same people otherwise.
pub async fn hold_syncs(tx: &mut PgConnection, organizations: &BTreeSet<OrganizationId>, creating: bool) -> Result<()> {
    let ids: Vec<Uuid> = organizations.iter().map(|id| id.0).collect();
    sqlx::query(
        "select 1 from user_sync where organization_id = any ($1)
         order by organization_id, microsoft_tenant_id for update",
    )
    .bind(&ids)
    .execute(&mut *tx)
    .await?;
    if creating {
        // Changes nothing, and ends a transaction that began before.
        sqlx::query("update user_sync set updated_at = updated_at where organization_id = any ($1) and enabled")
            .bind(&ids)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// By which value End Users are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The address.
    Email,
    /// The name.
    Name,
}

#[derive(Serialize)]
struct Key<'a> {
    organization_id: OrganizationId,
    key: &'a str,
}

/// End Users who may have one of these keys in that Organization, with the value they have.
pub async fn end_users(
    tx: &mut PgConnection,
    by: By,
    keys: &BTreeSet<(OrganizationId, String)>,
) -> Result<Vec<(EndUserId, OrganizationId, String)>> {
    let (ascii, beyond): (Vec<_>, Vec<_>) = keys.iter().partition(|(_, key)| key.is_ascii());
    let ascii: Vec<_> = ascii
        .into_iter()
        .map(|(organization_id, key)| Key {
            organization_id: *organization_id,
            key,
        })
        .collect();
    let beyond: BTreeSet<Uuid> = beyond.into_iter().map(|(organization, _)| organization.0).collect();
    let beyond: Vec<_> = beyond.into_iter().collect();
    let query = match by {
        By::Email => {
            "select e.id, e.organization_id, e.email
             from jsonb_to_recordset($1) as n (organization_id uuid, key text)
             join end_user e on e.organization_id = n.organization_id and lower(e.email) = n.key
             union
             select id, organization_id, email from end_user
             where organization_id = any ($2) and octet_length(email) <> char_length(email)"
        }
        By::Name => {
            "select e.id, e.organization_id, e.name
             from jsonb_to_recordset($1) as n (organization_id uuid, key text)
             join end_user e on e.organization_id = n.organization_id and lower(e.name) = n.key
             union
             select id, organization_id, name from end_user
             where organization_id = any ($2) and octet_length(name) <> char_length(name)"
        }
    };
    Ok(sqlx::query_as(query)
        .bind(Json(ascii))
        .bind(&beyond)
        .fetch_all(tx)
        .await?)
}
