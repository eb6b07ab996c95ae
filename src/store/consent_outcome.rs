//! What comes of a consent, in one transaction with the use of its `state`: whoever is second finds it used up.

use super::{consent, error::Result, integration, microsoft_tenant, partner, pending_tenant};
use crate::model::{
    audit::{Action, Actor, AuditChange},
    connect::{ConsentRequest, Proven, Purpose},
    ids::MicrosoftTenantId,
};
use sqlx::PgPool;
use uuid::Uuid;

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// As it was decided.
    Done,
    /// Another answer was first, or the time was over meanwhile.
    Over,
    /// Somebody connected it meanwhile.
    ConnectedAlready,
}

/// Connects what was expected; a renewal refreshes what is connected.
pub async fn connect(pool: &PgPool, actor: &Actor, request: &ConsentRequest, proven: &Proven) -> Result<Settled> {
    let mut tx = pool.begin().await?;
    let words = format!("Connected {}.", proven.display_name);
    if !consent::use_up(&mut tx, request.id, &words).await? {
        return Ok(Settled::Over);
    }
    let there = microsoft_tenant::connected(&mut *tx, proven.entra_tenant_id).await?;
    if there.is_some() && !request.renewal {
        return Ok(Settled::ConnectedAlready);
    }
    let id = MicrosoftTenantId(Uuid::now_v7());
    integration::connect_proven(&mut tx, actor, id, proven).await?;
    tx.commit().await?;
    Ok(Settled::Done)
}

/// Keeps what nobody expected, until an Administrator decides.
pub async fn hold(
    pool: &PgPool,
    actor: &Actor,
    request: &ConsentRequest,
    proven: &Proven,
    how: &str,
) -> Result<Settled> {
    let mut tx = pool.begin().await?;
    let words = format!("{} consented, and waits for confirmation.", proven.display_name);
    if !consent::use_up(&mut tx, request.id, &words).await? {
        return Ok(Settled::Over);
    }
    if microsoft_tenant::connected(&mut *tx, proven.entra_tenant_id)
        .await?
        .is_some()
    {
        return Ok(Settled::ConnectedAlready);
    }
    pending_tenant::hold(&mut tx, actor, proven, how).await?;
    tx.commit().await?;
    Ok(Settled::Done)
}

/// Makes it the partner.
pub async fn choose_partner(
    pool: &PgPool,
    actor: &Actor,
    request: &ConsentRequest,
    proven: &Proven,
) -> Result<Settled> {
    let mut tx = pool.begin().await?;
    if !consent::use_up(&mut tx, request.id, "Chosen as the partner.").await? {
        return Ok(Settled::Over);
    }
    partner::choose(&mut tx, actor, proven).await?;
    tx.commit().await?;
    Ok(Settled::Done)
}

/// Uses up a `state` of which nothing came.
pub async fn refuse(pool: &PgPool, request: &ConsentRequest, why: &str) -> Result<bool> {
    let mut tx = pool.begin().await?;
    let first = consent::use_up(&mut tx, request.id, why).await?;
    tx.commit().await?;
    Ok(first)
}

/// Turns an answer down, which the audit log tells. It uses the `state` up, unless an administrator of a customer declined
/// by a link, which stays good: whoever follows it may not be the right one to accept. Of those who decline again and
/// again the log tells once in an hour.
pub async fn turn_down(
    pool: &PgPool,
    actor: &Actor,
    request: &ConsentRequest,
    action: Action,
    why: &str,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let tell = if request.purpose == Purpose::Link && action == Action::DeclineConsent {
        consent::note(&mut *tx, request.id, why).await?;
        !consent::was_told_lately(&mut *tx, request.id, action).await?
    } else {
        consent::use_up(&mut tx, request.id, why).await?
    };
    if tell {
        let outcome = AuditChange::new("Outcome", "", why);
        consent::record(&mut tx, actor, action, request.id, &request.expected_name, outcome).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a Microsoft tenant the partner for which nobody had to visit Microsoft, as consent was there.
pub async fn choose_partner_at_once(pool: &PgPool, actor: &Actor, proven: &Proven) -> Result<()> {
    let mut tx = pool.begin().await?;
    partner::choose(&mut tx, actor, proven).await?;
    tx.commit().await?;
    Ok(())
}

/// Connects a Microsoft tenant whose consent was given through the partner or earlier.
pub async fn connect_at_once(pool: &PgPool, actor: &Actor, proven: &Proven) -> Result<MicrosoftTenantId> {
    let mut tx = pool.begin().await?;
    let id = MicrosoftTenantId(Uuid::now_v7());
    let id = integration::connect_proven(&mut tx, actor, id, proven).await?;
    tx.commit().await?;
    Ok(id)
}
