//! Where the passes over the users and the groups of a Microsoft tenant go on. A link moves in the transaction that
//! stores what came before it, and only from where its reader found it.

use super::{
    error::{Result, StoreError},
    lease::{self, Lease},
    subscribed_sku::Sku,
};
use crate::model::ids::{MicrosoftTenantId, SkuId};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, types::Json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// So many members are remembered one by one until memberships are closed; beyond it, closing all costs no more.
const MOST_UNCLOSED: i32 = 20_000;

/// What a pass reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassKind {
    /// Users.
    Users,
    /// Groups and their direct members.
    Groups,
}

impl PassKind {
    const fn key(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
        }
    }
}

/// Where the link of a pass leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// On, in the first round over everything.
    FirstRound,
    /// On, in a round over what has changed.
    LaterRound,
    /// To what will have changed since the round that is done.
    Done,
}

impl Stands {
    const fn key(self) -> &'static str {
        match self {
            Self::FirstRound => "first_round",
            Self::LaterRound => "later_round",
            Self::Done => "done",
        }
    }

    fn from_key(key: &str) -> Self {
        match key {
            "first_round" => Self::FirstRound,
            "later_round" => Self::LaterRound,
            _ => Self::Done,
        }
    }
}

/// A pass as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Microsoft's link.
    pub link: String,
    /// Where it leads.
    pub stands: Stands,
    /// When the round was begun that brought it.
    pub began_at: DateTime<Utc>,
    /// How values were read then.
    pub form: String,
}

/// Whose groups are still to be closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unclosed {
    /// Everybody's.
    #[default]
    All,
    /// Those of members who are remembered.
    Some,
    /// Nobody's.
    Nobody,
}

/// Both passes of a Microsoft tenant, and whose groups are still to be closed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passes {
    /// Over users.
    pub users: Option<Pass>,
    /// Over groups.
    pub groups: Option<Pass>,
    /// Whose groups are not closed.
    pub unclosed: Unclosed,
    /// There are groups that show their members to few.
    pub has_hidden: bool,
    /// There is anybody living of whose licences nothing is known.
    pub unknown_licenses: bool,
    /// There is anybody deleted of whom the recycle bin could not be asked and may still tell.
    pub has_undated: bool,
    /// The subscribed products that are held; `None` where that was not asked.
    pub skus: Option<BTreeSet<Sku>>,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    link: String,
    stands: String,
    began_at: DateTime<Utc>,
    form: String,
    unclosed: Option<i32>,
    has_hidden: bool,
    unknown_licenses: bool,
    has_undated: bool,
    /// Id, part number, used and bought.
    skus: Json<Vec<(SkuId, String, i32, i32)>>,
}

impl Row {
    fn skus(&mut self) -> BTreeSet<Sku> {
        std::mem::take(&mut self.skus.0)
            .into_iter()
            .map(|(id, part_number, used, total)| Sku {
                id,
                part_number,
                used,
                total,
            })
            .collect()
    }
}

/// Where the passes of a Microsoft tenant go on, and what else a refresh asks before it begins: in one statement, as most
/// refreshes find nothing. Without a pass nothing else is told, and everything is read.
pub async fn get(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Passes> {
    let rows: Vec<Row> = sqlx::query_as(
        "select kind, link, stands, began_at, form, cardinality(unclosed) as unclosed,
                exists (select 1 from directory_group g
                        where g.microsoft_tenant_id = $1 and g.hidden_membership and g.gone_at is null) as has_hidden,
                exists (select 1 from directory_user u
                        where u.microsoft_tenant_id = $1 and u.deleted_at is null
                          and u.row_hash = '00000000-0000-0000-0000-000000000000') as unknown_licenses,
                exists (select 1 from directory_user u
                        where u.microsoft_tenant_id = $1 and u.undated
                          and u.deleted_at > now() - interval '30 days') as has_undated,
                (select coalesce(jsonb_agg(jsonb_build_array(k.sku_id, k.sku_part_number, k.used, k.total)), '[]')
                 from subscribed_sku k where k.microsoft_tenant_id = $1) as skus
         from directory_pass where microsoft_tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(db)
    .await?;
    let mut passes = Passes::default();
    for mut row in rows {
        passes.skus = Some(row.skus());
        passes.has_hidden |= row.has_hidden;
        passes.unknown_licenses |= row.unknown_licenses;
        passes.has_undated |= row.has_undated;
        let is_users = row.kind == PassKind::Users.key();
        if !is_users {
            passes.unclosed = match row.unclosed {
                None => Unclosed::All,
                Some(0) => Unclosed::Nobody,
                Some(_) => Unclosed::Some,
            };
        }
        let pass = Pass {
            link: row.link,
            stands: Stands::from_key(&row.stands),
            began_at: row.began_at,
            form: row.form,
        };
        *(if is_users {
            &mut passes.users
        } else {
            &mut passes.groups
        }) = Some(pass);
    }
    Ok(passes)
}

/// Moves a pass on from the link that its reader found, or none. With [`StoreError::LinkMoved`] somebody else moved it
/// meanwhile, and nothing of the transaction may stay.
pub async fn move_on(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    kind: PassKind,
    from: Option<&str>,
    to: &Pass,
) -> Result<()> {
    let done = if let Some(from) = from {
        sqlx::query(
            "update directory_pass set link = $4, stands = $5, began_at = $6, form = $7
             where microsoft_tenant_id = $1 and kind = $2 and link = $3",
        )
        .bind(tenant)
        .bind(kind.key())
        .bind(from)
    } else {
        sqlx::query(
            "insert into directory_pass (microsoft_tenant_id, kind, link, stands, began_at, form)
             select $1, $2, $4, $5, $6, $7 where $3::text is null
             on conflict (microsoft_tenant_id, kind) do nothing",
        )
        .bind(tenant)
        .bind(kind.key())
        .bind(None::<&str>)
    }
    .bind(&to.link)
    .bind(to.stands.key())
    .bind(to.began_at)
    .bind(&to.form)
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::LinkMoved)
    }
}

/// The same where the link is all that there is to write: one statement that looks for the lease itself.
pub async fn move_on_alone(pool: &PgPool, lease: Lease, kind: PassKind, from: &str, to: &Pass) -> Result<()> {
    let done = sqlx::query(
        "with held as (
             select 1 from run_lease
             where microsoft_tenant_id = $1 and lease_token = $8 and expires_at > clock_timestamp() for key share
         )
         update directory_pass set link = $4, stands = $5, began_at = $6, form = $7 from held
         where microsoft_tenant_id = $1 and kind = $2 and link = $3",
    )
    .bind(lease.tenant)
    .bind(kind.key())
    .bind(from)
    .bind(&to.link)
    .bind(to.stands.key())
    .bind(to.began_at)
    .bind(&to.form)
    .bind(lease.token)
    .execute(pool)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    lease::check(&mut tx, lease).await?;
    Err(StoreError::LinkMoved)
}

/// Remembers members, users or groups, whose groups have to be closed anew.
pub async fn remember_unclosed(tx: &mut PgConnection, tenant: MicrosoftTenantId, members: &[Uuid]) -> Result<()> {
    if members.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update directory_pass
         set unclosed = case when cardinality(unclosed) + cardinality($2::uuid[]) <= $3 then unclosed || $2 end
         where microsoft_tenant_id = $1 and kind = 'groups' and unclosed is not null",
    )
    .bind(tenant)
    .bind(members)
    .bind(MOST_UNCLOSED)
    .execute(tx)
    .await?;
    Ok(())
}

/// Everybody's groups have to be closed anew.
pub async fn remember_everybody(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<()> {
    sqlx::query("update directory_pass set unclosed = null where microsoft_tenant_id = $1 and kind = 'groups'")
        .bind(tenant)
        .execute(tx)
        .await?;
    Ok(())
}

/// The members whose groups have to be closed anew; `None` for everybody.
pub async fn unclosed(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Option<Vec<Uuid>>> {
    let row: Option<Option<Vec<Uuid>>> =
        sqlx::query_scalar("select unclosed from directory_pass where microsoft_tenant_id = $1 and kind = 'groups'")
            .bind(tenant)
            .fetch_optional(db)
            .await?;
    Ok(row.flatten())
}

/// Everybody's groups are closed.
pub async fn closed(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<()> {
    sqlx::query("update directory_pass set unclosed = '{}' where microsoft_tenant_id = $1 and kind = 'groups'")
        .bind(tenant)
        .execute(tx)
        .await?;
    Ok(())
}
