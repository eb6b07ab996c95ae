//! The partner's own Microsoft tenant, and what its lists of customers said last.

use super::{Now, audit, error::Result};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    connect::{Cloud, Proven},
    ids::EntraTenantId,
    partner::{CustomerSource, FoundCustomer, PartnerRow},
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

#[derive(FromRow)]
struct Row {
    entra_tenant_id: EntraTenantId,
    cloud: String,
    display_name: String,
    default_domain: String,
    source: String,
    problem: String,
    read_at: Option<DateTime<Utc>>,
}

async fn row(db: impl PgExecutor<'_>) -> Result<Option<Row>> {
    Ok(sqlx::query_as(
        "select entra_tenant_id, cloud, display_name, default_domain, source, problem, read_at from partner",
    )
    .fetch_optional(db)
    .await?)
}

/// The partner, for the screen.
pub async fn get(db: impl PgExecutor<'_>, now: &Now) -> Result<Option<PartnerRow>> {
    Ok(row(db).await?.map(|row| PartnerRow {
        entra_tenant_id: row.entra_tenant_id,
        display_name: row.display_name,
        default_domain: row.default_domain,
        source: CustomerSource::from_key(&row.source),
        problem: row.problem,
        read: row.read_at.map(|at| Moment::new(at, now)),
    }))
}

/// Where to ask: the partner's tenant and its cloud.
pub async fn place(db: impl PgExecutor<'_>) -> Result<Option<(EntraTenantId, Cloud)>> {
    Ok(row(db)
        .await?
        .map(|row| (row.entra_tenant_id, Cloud::from_key(&row.cloud))))
}

/// Makes a proven Microsoft tenant the partner's. The customers of another one go; what is connected of them stays.
pub async fn choose(tx: &mut PgConnection, actor: &Actor, proven: &Proven) -> Result<()> {
    let before = row(&mut *tx).await?;
    sqlx::query(
        "insert into partner (entra_tenant_id, cloud, display_name, default_domain) values ($1, $2, $3, $4)
         on conflict (only_one) do update
         set entra_tenant_id = excluded.entra_tenant_id, cloud = excluded.cloud, problem = '',
             display_name = excluded.display_name, default_domain = excluded.default_domain",
    )
    .bind(proven.entra_tenant_id)
    .bind(proven.cloud.key())
    .bind(&proven.display_name)
    .bind(&proven.default_domain)
    .execute(&mut *tx)
    .await?;
    let is_another = |before: &Row| before.entra_tenant_id != proven.entra_tenant_id;
    if before.as_ref().is_some_and(is_another) {
        sqlx::query("delete from partner_customer").execute(&mut *tx).await?;
        sqlx::query("update partner set source = '', read_at = null")
            .execute(&mut *tx)
            .await?;
    }
    let (name, cloud) = match &before {
        Some(before) => (before.display_name.as_str(), Cloud::from_key(&before.cloud).label()),
        None => ("", ""),
    };
    let changes = [
        AuditChange::new("Partner", name, &proven.display_name),
        AuditChange::new("Cloud", cloud, proven.cloud.label()),
    ];
    let event = NewAuditEvent {
        action: Action::ChoosePartner,
        subject: Subject::MicrosoftTenant,
        subject_id: proven.entra_tenant_id.0,
        subject_name: proven.display_name.clone(),
        organization: None,
        changes: changes.into_iter().flatten().collect(),
    };
    audit::record(tx, actor, &event).await
}

/// Keeps what the lists said. Who is in none any more goes from the table, not from what is connected. Nothing is kept
/// where another partner was chosen meanwhile.
pub async fn keep_customers(
    pool: &PgPool,
    partner: EntraTenantId,
    source: CustomerSource,
    customers: &[FoundCustomer],
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let kept = sqlx::query("update partner set source = $2, problem = '', read_at = now() where entra_tenant_id = $1")
        .bind(partner)
        .bind(source.key())
        .execute(&mut *tx)
        .await?;
    if kept.rows_affected() == 0 {
        return Ok(());
    }
    let ids: Vec<EntraTenantId> = customers.iter().map(|one| one.entra_tenant_id).collect();
    let texts = |of: fn(&FoundCustomer) -> &str| customers.iter().map(|one| of(one).to_owned()).collect::<Vec<_>>();
    let ends: Vec<Option<DateTime<Utc>>> = customers.iter().map(|one| one.relationship_ends_at).collect();
    sqlx::query("delete from partner_customer where entra_tenant_id <> all ($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into partner_customer (entra_tenant_id, display_name, default_domain, relationship,
                                       relationship_ends_at)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
         on conflict (entra_tenant_id) do update
         set display_name = excluded.display_name, relationship = excluded.relationship,
             relationship_ends_at = excluded.relationship_ends_at,
             default_domain = coalesce(nullif(excluded.default_domain, ''), partner_customer.default_domain)",
    )
    .bind(&ids)
    .bind(texts(|one| &one.display_name))
    .bind(texts(|one| &one.default_domain))
    .bind(texts(|one| one.relationship.key()))
    .bind(ends)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps why the lists could not be read; what was read before stays.
pub async fn keep_problem(db: impl PgExecutor<'_>, problem: &str) -> Result<()> {
    sqlx::query("update partner set problem = $1")
        .bind(problem)
        .execute(db)
        .await?;
    Ok(())
}
