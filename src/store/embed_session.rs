//! Sessions in the frames of portals: who was sent by which portal, for what, and until when. Only a hash of the cookie is
//! kept. A browser has one cookie for all its frames, and a session for each scope.

use super::{
    error::Result,
    portal::{self, Portal},
};
use crate::model::{
    access::Role,
    ids::{OrganizationId, PortalId},
    portal::Scope,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};
use uuid::Uuid;

/// So many minutes after its last token a session is over.
pub const MINUTES: i32 = 15;

/// So many seconds a cookie is good after another one took its place.
const SECONDS_LEFT: f64 = 10.0;

/// What a token that is believed says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Which portal sent somebody.
    pub portal: PortalId,
    /// The person there.
    pub subject: String,
    /// How they are called.
    pub name: String,
    /// How far they go.
    pub role: Role,
    /// The id of a Tenant or an Organization.
    pub scope: Uuid,
    /// On which of its origins.
    pub origin: String,
    /// What makes the token the only one.
    pub jti: String,
    /// Until when the token has to be remembered.
    pub until: DateTime<Utc>,
}

/// A session that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedSession {
    /// What it is about.
    pub scope: Scope,
    /// The person at the portal.
    pub subject: String,
    /// How they are called.
    pub name: String,
    /// How far they go.
    pub role: Role,
    /// On which of the portal's origins.
    pub origin: String,
    /// The Organizations of the Tenant it is about, or the one.
    pub organizations: Vec<OrganizationId>,
    /// So many seconds it has left.
    pub seconds: i64,
}

/// How a token was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// There is a session under the new cookie.
    Session(Scope),
    /// The token was used before.
    Used,
    /// Neither a Tenant nor an Organization has the id.
    NoScope,
    /// The portal was changed or removed since the token was held against it.
    Changed,
}

/// Opens a session for a token that was held against `portal`, once. The sessions that the browser's former cookie stands
/// for go on under the new one, but for those of another person of the same portal, which are over.
pub async fn enter(
    pool: &PgPool,
    portal: &Portal,
    sent: &Sent,
    former: Option<&[u8]>,
    token_hash: &[u8],
) -> Result<Entered> {
    let mut tx = pool.begin().await?;
    // Until the session is there: one that came after a change had ended its like would live on.
    if !portal::hold_unchanged(&mut tx, portal, &sent.origin).await? {
        return Ok(Entered::Changed);
    }
    sqlx::query("delete from embed_session where expires_at < now()")
        .execute(&mut *tx)
        .await?;
    let kind: Option<String> = sqlx::query_scalar(
        "select 'tenant' from tenant where id = $1 union all select 'organization' from organization where id = $1",
    )
    .bind(sent.scope)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(kind) = kind else {
        return Ok(Entered::NoScope);
    };
    if !portal::use_token(&mut tx, sent.portal, &sent.jti, sent.until).await? {
        return Ok(Entered::Used);
    }
    let scope = Scope::from_key(&kind, sent.scope);
    if let Some(former) = former {
        take_over(&mut tx, sent, former, token_hash).await?;
    }
    sqlx::query(
        "insert into embed_session
             (token_hash, portal_id, scope_kind, scope_id, subject, name, role, origin, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(mins => $9))",
    )
    .bind(token_hash)
    .bind(sent.portal)
    .bind(scope.key())
    .bind(scope.id())
    .bind(&sent.subject)
    .bind(&sent.name)
    .bind(sent.role.key())
    .bind(&sent.origin)
    .bind(MINUTES)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Entered::Session(scope))
}

/// What the former cookie stands for goes on under the new one, but for what the token stands for itself. The former one
/// is good for some seconds still, for what was asked with it already: by this frame, or by another one that is getting its
/// own token, from which the sessions go on as well. Nothing new comes under it.
async fn take_over(tx: &mut PgConnection, sent: &Sent, former: &[u8], token_hash: &[u8]) -> Result<()> {
    sqlx::query("delete from embed_session where token_hash = $1 and portal_id = $2 and subject <> $3")
        .bind(former)
        .bind(sent.portal)
        .bind(&sent.subject)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into embed_session
             (token_hash, portal_id, scope_kind, scope_id, subject, name, role, origin, created_at, expires_at)
         select $2, portal_id, scope_kind, scope_id, subject, name, role, origin, created_at,
                created_at + make_interval(mins => $5)
         from embed_session
         where token_hash = $1 and expires_at > now() and (portal_id, scope_id) <> ($3, $4)",
    )
    .bind(former)
    .bind(token_hash)
    .bind(sent.portal)
    .bind(sent.scope)
    .bind(MINUTES)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update embed_session set expires_at = least(expires_at, now() + make_interval(secs => $2))
         where token_hash = $1",
    )
    .bind(former)
    .bind(SECONDS_LEFT)
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    scope_kind: String,
    scope_id: Uuid,
    subject: String,
    name: String,
    #[sqlx(try_from = "String")]
    role: Role,
    origin: String,
    organizations: Vec<OrganizationId>,
    seconds: i64,
}

impl From<Row> for EmbedSession {
    fn from(row: Row) -> Self {
        Self {
            scope: Scope::from_key(&row.scope_kind, row.scope_id),
            subject: row.subject,
            name: row.name,
            role: row.role,
            origin: row.origin,
            organizations: row.organizations,
            seconds: row.seconds,
        }
    }
}

/// The sessions of a browser with a portal that are not over.
pub async fn of_cookie(db: impl PgExecutor<'_>, token_hash: &[u8], portal: PortalId) -> Result<Vec<EmbedSession>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select s.scope_kind, s.scope_id, s.subject, s.name, s.role, s.origin,
                array(select o.id from organization o
                      where o.id = s.scope_id or (s.scope_kind = 'tenant' and o.tenant_id = s.scope_id)) as organizations,
                extract(epoch from s.expires_at - now())::bigint as seconds
         from embed_session s
         where s.token_hash = $1 and s.portal_id = $2 and s.expires_at > now()
         order by s.scope_kind, s.expires_at desc",
    )
    .bind(token_hash)
    .bind(portal)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
