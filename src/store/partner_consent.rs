//! Consents through the partner: chosen, asked for one after another, and tried until they work. The rows are the
//! queue, so that what was consented to is seen through by whichever process runs.

use super::{audit, consent, error::Result};
use crate::model::{
    audit::{Action, Actor, ActorKind, AuditChange, NewAuditEvent, Subject},
    ids::{AccountId, EntraTenantId},
};
use sqlx::{FromRow, PgExecutor, PgPool};
use uuid::Uuid;

/// A customer in hand.
#[derive(Clone, Debug, FromRow)]
pub struct InHand {
    /// Microsoft's id of its tenant.
    pub entra_tenant_id: EntraTenantId,
    /// Its name.
    pub display_name: String,
    /// How often it was tried whether the consent works.
    pub tries: i32,
    chosen_by: Option<Uuid>,
    chosen_by_name: String,
    chosen_by_address: Option<String>,
}

impl InHand {
    /// Who asked for it, and from where: it ends without them.
    pub fn actor(&self) -> Actor {
        Actor {
            kind: ActorKind::Administrator,
            id: self.chosen_by.map(AccountId),
            name: self.chosen_by_name.clone(),
            address: self.chosen_by_address.clone(),
        }
    }
}

/// Chooses customers for the next sign-in of this account, in the place of those that it chose before. How many.
pub async fn choose(pool: &PgPool, actor: &Actor, which: &[EntraTenantId]) -> Result<u64> {
    let mut tx = pool.begin().await?;
    let by = actor.id.map(|id| id.0);
    sqlx::query("update partner_customer set consent = 'none' where consent = 'chosen' and chosen_by = $1")
        .bind(by)
        .execute(&mut *tx)
        .await?;
    let chosen = sqlx::query(
        "update partner_customer
         set consent = 'chosen', chosen_by = $2, chosen_by_name = $3, chosen_by_address = $4, tries = 0,
             next_try_at = null, outcome = '', outcome_failed = false, touched_at = now()
         where entra_tenant_id = any ($1)
           and (consent in ('none', 'chosen')
                or (consent in ('queued', 'asking') and touched_at < now() - interval '15 minutes'))",
    )
    .bind(which)
    .bind(by)
    .bind(&actor.name)
    .bind(&actor.address)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(chosen.rows_affected())
}

/// How many this account has chosen.
pub async fn chosen(pool: &PgPool, actor: &Actor) -> Result<i64> {
    Ok(
        sqlx::query_scalar("select count(*) from partner_customer where consent = 'chosen' and chosen_by = $1")
            .bind(actor.id.map(|id| id.0))
            .fetch_one(pool)
            .await?,
    )
}

/// Puts what an account has chosen into the queue. How many.
pub async fn queue_chosen(pool: &PgPool, actor: &Actor) -> Result<u64> {
    let mut tx = pool.begin().await?;
    let queued: Vec<(EntraTenantId, String)> = sqlx::query_as(
        "update partner_customer set consent = 'queued', touched_at = now()
         where consent = 'chosen' and chosen_by = $1 returning entra_tenant_id, display_name",
    )
    .bind(actor.id.map(|id| id.0))
    .fetch_all(&mut *tx)
    .await?;
    let events: Vec<_> = queued
        .iter()
        .map(|(id, name)| NewAuditEvent {
            action: Action::PartnerConsent,
            subject: Subject::MicrosoftTenant,
            subject_id: id.0,
            subject_name: name.clone(),
            organization: None,
            changes: AuditChange::new("Consent", "Chosen", "Queued").into_iter().collect(),
        })
        .collect();
    audit::record_all(&mut tx, actor, &events).await?;
    tx.commit().await?;
    Ok(queued.len() as u64)
}

/// The next one of the queue of an account, now in hand.
pub async fn next(pool: &PgPool, actor: &Actor) -> Result<Option<InHand>> {
    Ok(sqlx::query_as(
        "update partner_customer set consent = 'asking', touched_at = now()
         where entra_tenant_id = (select entra_tenant_id from partner_customer
                                  where consent = 'queued' and chosen_by = $1
                                  order by lower(display_name), entra_tenant_id limit 1 for update skip locked)
         returning entra_tenant_id, display_name, tries, chosen_by, chosen_by_name, chosen_by_address",
    )
    .bind(actor.id.map(|id| id.0))
    .fetch_optional(pool)
    .await?)
}

/// Microsoft has taken the consent: it is tried at once whether it works.
pub async fn granted(pool: &PgPool, which: EntraTenantId) -> Result<()> {
    sqlx::query(
        "update partner_customer set consent = 'granted', tries = 0, next_try_at = now(), touched_at = now()
         where entra_tenant_id = $1",
    )
    .bind(which)
    .execute(pool)
    .await?;
    Ok(())
}

/// One that is due to be tried, put off by `lease_seconds` so that nobody else takes it meanwhile.
pub async fn due(pool: &PgPool, lease_seconds: i64) -> Result<Option<InHand>> {
    Ok(sqlx::query_as(
        "update partner_customer set next_try_at = now() + $1 * interval '1 second', tries = tries + 1
         where entra_tenant_id = (select entra_tenant_id from partner_customer
                                  where consent = 'granted' and next_try_at <= now()
                                  order by next_try_at, entra_tenant_id limit 1 for update skip locked)
         returning entra_tenant_id, display_name, tries, chosen_by, chosen_by_name, chosen_by_address",
    )
    .bind(lease_seconds)
    .fetch_optional(pool)
    .await?)
}

/// It does not work yet: it is tried again in so many seconds.
pub async fn try_again(pool: &PgPool, which: EntraTenantId, seconds: i64) -> Result<()> {
    sqlx::query(
        "update partner_customer set next_try_at = now() + $2 * interval '1 second'
         where entra_tenant_id = $1 and consent = 'granted'",
    )
    .bind(which)
    .bind(seconds)
    .execute(pool)
    .await?;
    Ok(())
}

/// Nothing came of it, and why.
pub async fn failed(db: impl PgExecutor<'_>, which: EntraTenantId, why: &str) -> Result<()> {
    sqlx::query(
        "update partner_customer
         set consent = 'none', next_try_at = null, outcome = $2, outcome_failed = true, touched_at = now()
         where entra_tenant_id = $1",
    )
    .bind(which)
    .bind(why)
    .execute(db)
    .await?;
    Ok(())
}

/// It is refused, as Microsoft answered for another Microsoft tenant: the row says why, and the audit log tells it too.
pub async fn refused(pool: &PgPool, customer: &InHand, why: &str) -> Result<()> {
    let mut tx = pool.begin().await?;
    let (id, name) = (customer.entra_tenant_id, &customer.display_name);
    failed(&mut *tx, id, why).await?;
    let outcome = AuditChange::new("Outcome", "", why);
    consent::record(&mut tx, &customer.actor(), Action::RefuseConsent, id.0, name, outcome).await?;
    tx.commit().await?;
    Ok(())
}

/// What is left of the queue of an account goes: nobody is signed in for it any more.
pub async fn drop_queue(pool: &PgPool, actor: &Actor, why: &str) -> Result<()> {
    sqlx::query(
        "update partner_customer set consent = 'none', outcome = $2, outcome_failed = true
         where consent in ('queued', 'asking') and chosen_by = $1",
    )
    .bind(actor.id.map(|id| id.0))
    .bind(why)
    .execute(pool)
    .await?;
    Ok(())
}
