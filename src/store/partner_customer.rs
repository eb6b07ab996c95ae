//! The customers of the partner: the table, what they are matched with, and consents through the partner.

use super::{Now, audit, error::Result, search::pattern, tenant};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    connect::Proven,
    directory::Readings,
    ids::{EntraTenantId, MicrosoftTenantId, TenantId},
    partner::{Connected, ConsentProgress, CustomerRow, Relationship},
    tenant::{ConnectionStatus, TenantRef},
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, types::Json};

/// Rows on a page of the table.
pub const PAGE: i64 = 50;

#[derive(FromRow)]
struct Row {
    entra_tenant_id: EntraTenantId,
    display_name: String,
    default_domain: String,
    relationship: String,
    relationship_ends_at: Option<DateTime<Utc>>,
    microsoft_tenant_id: Option<MicrosoftTenantId>,
    status: Option<String>,
    readings: Option<Json<Readings>>,
    mapped_to: Option<TenantId>,
    tenant_id: Option<TenantId>,
    tenant_name: Option<String>,
    consent: String,
    stale: bool,
    outcome: String,
    outcome_failed: bool,
}

impl Row {
    fn into_model(self, now: &Now) -> CustomerRow {
        let refused = self.readings.map(|readings| refused(&readings.0)).unwrap_or_default();
        CustomerRow {
            entra_tenant_id: self.entra_tenant_id,
            display_name: self.display_name,
            default_domain: self.default_domain,
            relationship: Relationship::from_key(&self.relationship),
            relationship_ends: self.relationship_ends_at.map(|at| Moment::new(at, now)),
            connected: self.microsoft_tenant_id.zip(self.status).map(|(id, status)| Connected {
                id,
                status: ConnectionStatus::from_key(&status),
                refused,
            }),
            mapped: self.mapped_to.is_some(),
            tenant: self
                .tenant_id
                .zip(self.tenant_name)
                .map(|(id, name)| TenantRef { id, name }),
            suggestion: None,
            consent: ConsentProgress::from_key(&self.consent, self.stale),
            outcome: self.outcome,
            outcome_failed: self.outcome_failed,
        }
    }
}

/// What the last read was refused for lack of a permission, in the words of **Check Permissions**.
fn refused(readings: &Readings) -> Vec<String> {
    let lacking = readings.lacking().into_iter();
    lacking.map(|probe| probe.entry().what.to_owned()).collect()
}

/// The columns of [`Row`]. The Tenant that it is mapped to counts before the one that was chosen for it.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select c.entra_tenant_id, coalesce(m.display_name, c.display_name) as display_name,
                    coalesce(nullif(m.default_domain, ''), c.default_domain) as default_domain, c.relationship,
                    c.relationship_ends_at, m.id as microsoft_tenant_id, m.status, m.readings,
                    m.tenant_id as mapped_to, t.id as tenant_id, t.name as tenant_name, c.consent,
                    coalesce(c.touched_at < now() - interval '15 minutes', true) as stale, c.outcome, c.outcome_failed
             from partner_customer c
             left join microsoft_tenant m on m.entra_tenant_id = c.entra_tenant_id and m.removed_at is null
             left join tenant t on t.id = coalesce(m.tenant_id, c.tenant_id)
             where ",
            $rest
        )
    };
}

/// A page of the table and how many match in all. `state` is empty or what is looked for: `connected`, `not-connected`,
/// `no-relationship`, `no-consent`, `no-organization`, `at-work` or `failed`.
pub async fn page(pool: &PgPool, search: &str, state: &str, page: i64, now: &Now) -> Result<(Vec<CustomerRow>, i64)> {
    let words = pattern(search);
    let total: i64 = sqlx::query_scalar(
        "select count(*) from partner_customer c
         left join microsoft_tenant m on m.entra_tenant_id = c.entra_tenant_id and m.removed_at is null
         left join tenant t on t.id = coalesce(m.tenant_id, c.tenant_id)
         where ($1 = '%%' or c.display_name ilike $1 or c.default_domain ilike $1 or m.display_name ilike $1
                or m.default_domain ilike $1 or t.name ilike $1)
           and case $2 when 'connected' then m.id is not null
                       when 'not-connected' then m.id is null
                       when 'no-relationship' then c.relationship not in ('active', 'unknown')
                       when 'no-consent' then m.id is null or m.status = 'consent_needed'
                       when 'no-organization' then t.id is null
                       when 'at-work' then c.consent <> 'none'
                       when 'failed' then c.outcome_failed
                       else true end",
    )
    .bind(&words)
    .bind(state)
    .fetch_one(pool)
    .await?;
    let rows: Vec<Row> = sqlx::query_as(select!(
        "($1 = '%%' or c.display_name ilike $1 or c.default_domain ilike $1 or m.display_name ilike $1
          or m.default_domain ilike $1 or t.name ilike $1)
         and case $2 when 'connected' then m.id is not null
                     when 'not-connected' then m.id is null
                     when 'no-relationship' then c.relationship not in ('active', 'unknown')
                     when 'no-consent' then m.id is null or m.status = 'consent_needed'
                     when 'no-organization' then t.id is null
                     when 'at-work' then c.consent <> 'none'
                     when 'failed' then c.outcome_failed
                     else true end
         order by lower(coalesce(m.display_name, c.display_name)), c.entra_tenant_id limit $3 offset $4"
    ))
    .bind(words)
    .bind(state)
    .bind(PAGE)
    .bind((page.max(1) - 1).saturating_mul(PAGE))
    .fetch_all(pool)
    .await?;
    Ok((rows.into_iter().map(|row| row.into_model(now)).collect(), total))
}

/// These customers; who is not in the partner's list is left out.
pub async fn rows(db: impl PgExecutor<'_>, which: &[EntraTenantId], now: &Now) -> Result<Vec<CustomerRow>> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "c.entra_tenant_id = any ($1) order by lower(c.display_name), c.entra_tenant_id"
    ))
    .bind(which)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.into_model(now)).collect())
}

/// How many customers there are in all, how many of them are connected, and for how many something is at work.
pub async fn counts(db: impl PgExecutor<'_>) -> Result<(i64, i64, i64)> {
    Ok(sqlx::query_as(
        "select count(*), count(m.id), count(*) filter (where c.consent in ('granted')
                or (c.consent in ('queued', 'asking') and c.touched_at >= now() - interval '15 minutes'))
         from partner_customer c
         left join microsoft_tenant m on m.entra_tenant_id = c.entra_tenant_id and m.removed_at is null",
    )
    .fetch_one(db)
    .await?)
}

/// What came of something that was done to a customer.
pub async fn tell(db: impl PgExecutor<'_>, which: EntraTenantId, outcome: &str, failed: bool) -> Result<()> {
    sqlx::query("update partner_customer set outcome = $2, outcome_failed = $3 where entra_tenant_id = $1")
        .bind(which)
        .bind(outcome)
        .bind(failed)
        .execute(db)
        .await?;
    Ok(())
}

/// Matches a customer with a Tenant: maps it at once where it is connected, and once it is otherwise.
pub async fn match_with(pool: &PgPool, actor: &Actor, customer: &CustomerRow, with: TenantId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let to = tenant::get(&mut *tx, with).await?;
    let before: Option<(String, Option<String>)> = sqlx::query_as(
        "select c.display_name, t.name from partner_customer c left join tenant t on t.id = c.tenant_id
         where c.entra_tenant_id = $1 for no key update of c",
    )
    .bind(customer.entra_tenant_id)
    .fetch_optional(&mut *tx)
    .await?;
    sqlx::query("update partner_customer set tenant_id = $2 where entra_tenant_id = $1")
        .bind(customer.entra_tenant_id)
        .bind(with)
        .execute(&mut *tx)
        .await?;
    match (&customer.connected, before) {
        (Some(connected), _) => tenant::map_within(&mut tx, actor, connected.id, with).await?,
        (None, Some((subject_name, was))) => {
            let event = NewAuditEvent {
                action: Action::Map,
                subject: Subject::MicrosoftTenant,
                subject_id: customer.entra_tenant_id.0,
                subject_name,
                organization: None,
                changes: AuditChange::new("Tenant", &was.unwrap_or_default(), &to.name)
                    .into_iter()
                    .collect(),
            };
            audit::record(&mut *tx, actor, &event).await?;
        }
        // It is in no list any more.
        (None, None) => {}
    }
    tx.commit().await?;
    Ok(())
}

/// Maps a Microsoft tenant that is being connected to the Tenant that was chosen for it, unless that was mapped to
/// another one meanwhile or this one is mapped already.
pub(super) async fn map_as_chosen(
    tx: &mut PgConnection,
    actor: &Actor,
    id: MicrosoftTenantId,
    proven: &Proven,
) -> Result<()> {
    let chosen: Option<TenantId> = sqlx::query_scalar(
        "update partner_customer c set consent = 'none', next_try_at = null, outcome = 'Connected.',
                outcome_failed = false
         where c.entra_tenant_id = $1 returning c.tenant_id",
    )
    .bind(proven.entra_tenant_id)
    .fetch_optional(&mut *tx)
    .await?
    .flatten();
    let Some(chosen) = chosen else { return Ok(()) };
    let free: bool = sqlx::query_scalar(
        "select not exists (select 1 from microsoft_tenant where tenant_id = $1)
                and exists (select 1 from microsoft_tenant where id = $2 and tenant_id is null)",
    )
    .bind(chosen)
    .bind(id)
    .fetch_one(&mut *tx)
    .await?;
    if free {
        tenant::map_within(tx, actor, id, chosen).await?;
    }
    Ok(())
}

/// The Tenants that are chosen for a customer already.
pub async fn chosen_tenants(db: impl PgExecutor<'_>) -> Result<Vec<TenantId>> {
    Ok(
        sqlx::query_scalar("select tenant_id from partner_customer where tenant_id is not null")
            .fetch_all(db)
            .await?,
    )
}
