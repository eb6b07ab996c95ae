//! Invitations that nobody has accepted, as Administrators look after them. One is made by `entrain admin invite`, and goes
//! when somebody takes the account over.

use super::{
    account_list::{Held, record},
    error::{Result, StoreError},
    identity::INVITED_DAYS,
};
use crate::model::{
    audit::{Action, Actor, AuditChange},
    ids::AccountId,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

const GONE: &str =
    "This invitation was accepted, or there is none. Reload the page; to keep somebody out, disable the account.";

#[derive(FromRow)]
struct Waiting {
    realm: String,
    expires_at: DateTime<Utc>,
    is_over: bool,
}

/// The invitation of an account that is nobody's yet, alone until the transaction ends.
async fn waiting(tx: &mut PgConnection, id: AccountId) -> Result<Waiting> {
    let found: Option<Waiting> = sqlx::query_as(
        "select v.realm, v.expires_at, v.expires_at <= now() as is_over from account_invitation v
         where v.account_id = $1
           and not exists (select 1 from account_identity i where i.account_id = v.account_id)
         for update of v",
    )
    .bind(id)
    .fetch_optional(tx)
    .await?;
    found.ok_or(StoreError::Conflict(GONE))
}

/// **Withdraw Invitation**: nobody comes in by it any more. The account stays, with its password if it has one. One that is
/// over already is as it should be.
pub async fn withdraw(pool: &PgPool, actor: &Actor, id: AccountId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    let invitation = waiting(&mut tx, id).await?;
    if invitation.is_over {
        return Ok(());
    }
    // The row stays: without one an account would wait for whoever comes from the only place there is.
    sqlx::query("update account_invitation set expires_at = now() where account_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let change = AuditChange::new("Invited from", &invitation.realm, "");
    record(&mut tx, actor, Action::Edit, id, &held.name, [change]).await?;
    tx.commit().await?;
    Ok(())
}

/// **Renew Invitation**: it is good for [`INVITED_DAYS`] from now, also where it was over. `realms` is from where people may
/// come at all.
pub async fn renew(pool: &PgPool, actor: &Actor, id: AccountId, realms: &[String]) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    if held.disabled {
        return Err(StoreError::Conflict(
            "This account is disabled. Enable it first, and then renew its invitation.",
        ));
    }
    let invitation = waiting(&mut tx, id).await?;
    if !realms.contains(&invitation.realm) {
        return Err(StoreError::Conflict(
            "The server's settings let nobody in any more from where this invitation is for. Invite them anew from \
             elsewhere, with entrain admin invite.",
        ));
    }
    let until: DateTime<Utc> = sqlx::query_scalar(
        "update account_invitation set invited_at = now(), expires_at = now() + make_interval(days => $2)
         where account_id = $1 returning expires_at",
    )
    .bind(id)
    .bind(INVITED_DAYS)
    .fetch_one(&mut *tx)
    .await?;
    let change = AuditChange::new("Invited until", &in_words(invitation.expires_at), &in_words(until));
    record(&mut tx, actor, Action::Edit, id, &held.name, [change]).await?;
    tx.commit().await?;
    Ok(())
}

fn in_words(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
