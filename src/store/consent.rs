//! Visits to Microsoft that were begun, and the links among them. Their `state` is kept as a hash alone.

use super::{
    Now, audit,
    error::{Result, StoreError},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    connect::{Cloud, ConsentLinkRow, ConsentRequest, LinkState, Purpose},
    ids::EntraTenantId,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

/// Those that are over are kept so long, for the list of links.
const KEPT_DAYS: i32 = 90;
/// Links that are listed.
const LISTED: i64 = 500;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    purpose: String,
    cloud: String,
    session_hash: Option<Vec<u8>>,
    account_id: Option<Uuid>,
    account_name: String,
    expected_entra_tenant_id: Option<EntraTenantId>,
    expected_name: String,
    renewal: bool,
    expires_at: DateTime<Utc>,
    used: bool,
    revoked: bool,
    maker_may: bool,
}

/// Begins a visit; its time is measured by the database's clock from now. A link is written into the audit log.
pub async fn begin(
    pool: &PgPool,
    actor: &Actor,
    request: &ConsentRequest,
    state_hash: &[u8],
    seconds: i64,
) -> Result<()> {
    let mut tx = pool.begin().await?;
    sqlx::query("delete from consent_request where expires_at < now() - make_interval(days => $1)")
        .bind(KEPT_DAYS)
        .execute(&mut *tx)
        .await?;
    let ends: DateTime<Utc> = sqlx::query_scalar(
        "insert into consent_request (id, state_hash, purpose, cloud, session_hash, account_id, account_name,
                                      expected_entra_tenant_id, expected_name, renewal, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + $11 * interval '1 second')
         returning expires_at",
    )
    .bind(request.id)
    .bind(state_hash)
    .bind(request.purpose.key())
    .bind(request.cloud.key())
    .bind(&request.session_hash)
    .bind(request.account_id)
    .bind(&request.account_name)
    .bind(request.expected)
    .bind(&request.expected_name)
    .bind(request.renewal)
    .bind(seconds)
    .fetch_one(&mut *tx)
    .await?;
    if request.purpose == Purpose::Link {
        let expected = request.expected.map(|id| id.to_string()).unwrap_or_default();
        let changes = [
            AuditChange::new("Microsoft tenant ID", "", &expected),
            AuditChange::new("Cloud", "", request.cloud.label()),
            AuditChange::new("Ends", "", &ends.format("%Y-%m-%d %H:%M UTC").to_string()),
            AuditChange::new("Consent anew", "", if request.renewal { "Yes" } else { "" }),
        ];
        let changes = changes.into_iter().flatten();
        let name = &request.expected_name;
        record(&mut tx, actor, Action::MakeLink, request.id, name, changes).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The visit with this `state`, however it stands, and the time by the database's clock.
pub async fn by_state(db: impl PgExecutor<'_>, state_hash: &[u8]) -> Result<Option<(ConsentRequest, DateTime<Utc>)>> {
    #[derive(FromRow)]
    struct Timed {
        #[sqlx(flatten)]
        row: Row,
        now: DateTime<Utc>,
    }
    let found: Option<Timed> = sqlx::query_as(
        "select c.id, c.purpose, c.cloud, c.session_hash, c.account_id, c.account_name, c.expected_entra_tenant_id,
                c.expected_name, c.renewal, c.expires_at, c.used_at is not null as used,
                c.revoked_at is not null as revoked,
                exists (select 1 from account a where a.id = c.account_id and a.role = 'administrator'
                                                  and a.disabled_at is null) as maker_may,
                now() as now
         from consent_request c where c.state_hash = $1",
    )
    .bind(state_hash)
    .fetch_optional(db)
    .await?;
    Ok(found.and_then(|Timed { row, now }| Some((row.into_model()?, now))))
}

impl Row {
    fn into_model(self) -> Option<ConsentRequest> {
        Some(ConsentRequest {
            id: self.id,
            purpose: Purpose::from_key(&self.purpose)?,
            cloud: Cloud::from_key(&self.cloud),
            session_hash: self.session_hash,
            account_id: self.account_id,
            account_name: self.account_name,
            expected: self.expected_entra_tenant_id,
            expected_name: self.expected_name,
            renewal: self.renewal,
            expires_at: self.expires_at,
            used: self.used,
            revoked: self.revoked,
            maker_may: self.maker_may,
        })
    }
}

/// Uses a visit up, in the transaction of what comes of it. `false`: another answer was first, or it is over.
pub async fn use_up(tx: &mut PgConnection, id: Uuid, outcome: &str) -> Result<bool> {
    let done = sqlx::query(
        "update consent_request set used_at = now(), outcome = $2
         where id = $1 and used_at is null and revoked_at is null and expires_at > now()",
    )
    .bind(id)
    .bind(outcome)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes what came of an answer that leaves the visit as it is: a link that was declined can be followed again.
pub async fn note(db: impl PgExecutor<'_>, id: Uuid, outcome: &str) -> Result<()> {
    sqlx::query("update consent_request set outcome = $2 where id = $1 and used_at is null")
        .bind(id)
        .bind(outcome)
        .execute(db)
        .await?;
    Ok(())
}

fn revoked() -> Option<AuditChange> {
    AuditChange::new("State", "Open", "Revoked")
}

/// Revokes a link that is still open; any other stays as it is.
pub async fn revoke(pool: &PgPool, actor: &Actor, id: Uuid) -> Result<()> {
    let mut tx = pool.begin().await?;
    let name: Option<String> = sqlx::query_scalar(
        "update consent_request set revoked_at = now()
         where id = $1 and purpose = 'link' and used_at is null and revoked_at is null and expires_at > now()
         returning expected_name",
    )
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(name) = name else {
        return Err(StoreError::Conflict(
            "This link is over already: it was used or revoked, or its time has passed. Reload the page.",
        ));
    };
    record(&mut tx, actor, Action::RevokeLink, id, &name, revoked()).await?;
    tx.commit().await?;
    Ok(())
}

/// Revokes the links that are open for a Microsoft tenant, in the transaction after which they are good for nothing:
/// it is connected, or removed.
pub(super) async fn revoke_for(tx: &mut PgConnection, actor: &Actor, expected: EntraTenantId) -> Result<()> {
    let links: Vec<(Uuid, String)> = sqlx::query_as(
        "update consent_request set revoked_at = now()
         where expected_entra_tenant_id = $1 and purpose = 'link' and used_at is null and revoked_at is null
           and expires_at > now()
         returning id, expected_name",
    )
    .bind(expected)
    .fetch_all(&mut *tx)
    .await?;
    for (id, name) in links {
        record(tx, actor, Action::RevokeLink, id, &name, revoked()).await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct LinkRow {
    id: Uuid,
    expected_name: String,
    expected_entra_tenant_id: Option<EntraTenantId>,
    account_name: String,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    used: bool,
    revoked: bool,
    expired: bool,
    outcome: String,
}

/// The links of the last months, the open ones first, then the latest.
pub async fn links(db: impl PgExecutor<'_>, now: &Now) -> Result<Vec<ConsentLinkRow>> {
    let rows: Vec<LinkRow> = sqlx::query_as(
        "select id, expected_name, expected_entra_tenant_id, account_name, created_at, expires_at,
                used_at is not null as used, revoked_at is not null as revoked, expires_at <= now() as expired, outcome
         from consent_request where purpose = 'link'
         order by (used_at is null and revoked_at is null and expires_at > now()) desc, created_at desc, id limit $1",
    )
    .bind(LISTED)
    .fetch_all(db)
    .await?;
    let row = |row: LinkRow| ConsentLinkRow {
        id: row.id,
        name: row.expected_name,
        expected: row.expected_entra_tenant_id,
        made_by: row.account_name,
        made: Moment::new(row.created_at, now),
        ends: Moment::new(row.expires_at, now),
        state: match (row.used, row.revoked, row.expired) {
            (true, _, _) => LinkState::Used,
            (_, true, _) => LinkState::Revoked,
            (_, _, true) => LinkState::Expired,
            _ => LinkState::Open,
        },
        outcome: row.outcome,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Whether the audit log has told the same of a visit within an hour.
pub(super) async fn was_told_lately(db: impl PgExecutor<'_>, id: Uuid, action: Action) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from audit_event
                        where subject_id = $1 and action = $2 and at > now() - interval '1 hour')",
    )
    .bind(id)
    .bind(action.key())
    .fetch_one(db)
    .await?)
}

/// Whether Microsoft has not let us in for five minutes, counted from the first time that this is asked.
pub async fn is_too_long(db: impl PgExecutor<'_>, id: Uuid) -> Result<bool> {
    let long: Option<bool> = sqlx::query_scalar(
        "update consent_request set not_yet_since = coalesce(not_yet_since, now()) where id = $1
         returning not_yet_since < now() - interval '5 minutes'",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(long.unwrap_or(true))
}

/// Writes down what is done with a visit.
pub(super) async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    id: Uuid,
    name: &str,
    changes: impl IntoIterator<Item = AuditChange>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::MicrosoftTenant,
        subject_id: id,
        subject_name: if name.is_empty() { "Any Microsoft tenant" } else { name }.to_owned(),
        organization: None,
        changes: changes.into_iter().collect(),
    };
    audit::record(tx, actor, &event).await
}
