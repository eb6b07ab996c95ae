//! Whose a thing is, for those who ask whether it is theirs.

use super::error::Result;
use crate::model::ids::{AssetId, DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId, TenantId};
use sqlx::{PgExecutor, PgPool};
use std::collections::HashSet;
use uuid::Uuid;

/// The Organizations that whoever asks has, to narrow a query by; `None` is all.
pub type Theirs<'a> = Option<&'a [OrganizationId]>;

/// What belongs to one Organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum One {
    /// Itself.
    Organization(OrganizationId),
    /// A person of it.
    EndUser(EndUserId),
    /// A device of it.
    Asset(AssetId),
    /// A file read in for it. One that was read in for all belongs to none.
    Import(Uuid),
}

/// What belongs to a Tenant as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Itself.
    Tenant(TenantId),
    /// The Microsoft tenant that it is mapped to.
    MicrosoftTenant(MicrosoftTenantId),
    /// The directory behind one of its Organizations.
    Directory(OrganizationId),
    /// What a run of its Microsoft tenant did.
    Run(RunId),
}

macro_rules! from {
    ($($id:ident => $kind:ident::$variant:ident),+) => {
        $(impl From<$id> for $kind {
            fn from(id: $id) -> Self {
                Self::$variant(id)
            }
        })+
    };
}

from! {
    OrganizationId => One::Organization,
    EndUserId => One::EndUser,
    AssetId => One::Asset,
    Uuid => One::Import,
    TenantId => Whole::Tenant,
    MicrosoftTenantId => Whole::MicrosoftTenant,
    OrganizationId => Whole::Directory,
    RunId => Whole::Run
}

impl One {
    /// What it is called in the sentence that it does not exist.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization(_) => "This Organization",
            Self::EndUser(_) => "This End User",
            Self::Asset(_) => "This Asset",
            Self::Import(_) => "This import",
        }
    }
}

impl Whole {
    /// What it is called in the sentence that it does not exist.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant(_) => "This Tenant",
            Self::MicrosoftTenant(_) => "This Microsoft tenant",
            Self::Directory(_) => "This Organization",
            Self::Run(_) => "This run",
        }
    }
}

/// The Organization of a thing; none for what does not exist.
pub async fn organization_of(pool: &PgPool, one: One) -> Result<Option<OrganizationId>> {
    let (sql, id) = match one {
        One::Organization(id) => return Ok(Some(id)),
        One::EndUser(id) => ("select organization_id from end_user where id = $1", id.0),
        One::Asset(id) => ("select organization_id from asset where id = $1", id.0),
        One::Import(id) => ("select organization_id from import where id = $1", id),
    };
    let found: Option<Option<OrganizationId>> = sqlx::query_scalar(sql).bind(id).fetch_optional(pool).await?;
    Ok(found.flatten())
}

/// The Organizations of the Tenant that a thing belongs to; none for what belongs to none or does not exist.
pub async fn organizations_of(pool: &PgPool, whole: Whole) -> Result<Vec<OrganizationId>> {
    let (sql, id) = match whole {
        Whole::Tenant(id) => ("select id from organization where tenant_id = $1", id.0),
        Whole::MicrosoftTenant(id) => (
            "select o.id from organization o join microsoft_tenant m on m.tenant_id = o.tenant_id where m.id = $1",
            id.0,
        ),
        Whole::Directory(id) => (
            "select o.id from organization o join organization one on one.tenant_id = o.tenant_id where one.id = $1",
            id.0,
        ),
        // One that has moved to another Tenant since is among them.
        Whole::Run(id) => (
            "select o.id from organization o join microsoft_tenant m on m.tenant_id = o.tenant_id
             join run r on r.microsoft_tenant_id = m.id where r.id = $1
             union
             select organization_id from run_organization where run_id = $1",
            id.0,
        ),
    };
    Ok(sqlx::query_scalar(sql).bind(id).fetch_all(pool).await?)
}

/// Whether a run is shown to somebody: it applied one of their Organizations, or its Microsoft tenant is theirs whole.
pub async fn sees_run(db: impl PgExecutor<'_>, run: RunId, theirs: Theirs<'_>) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "select exists (select 1 from run_organization ro where ro.run_id = $1 and ro.organization_id = any ($2))
             or exists (select 1 from run r join microsoft_tenant m on m.id = r.microsoft_tenant_id
                        where r.id = $1 and is_whole_tenant(m.tenant_id, $2))",
    )
    .bind(run)
    .bind(theirs)
    .fetch_one(db)
    .await?)
}

/// Whether a person of a Microsoft tenant is shown to somebody in an Organization: they are mapped there, or the whole
/// Tenant is theirs and mapped to that Microsoft tenant.
pub async fn sees_person(
    db: impl PgExecutor<'_>,
    (organization, microsoft): (OrganizationId, MicrosoftTenantId),
    person: DirectoryUserId,
    theirs: Theirs<'_>,
) -> Result<bool> {
    Ok(sqlx::query_scalar("select sees_person($1, $2, $3, $4)")
        .bind(organization)
        .bind(microsoft)
        .bind(person)
        .bind(theirs)
        .fetch_one(db)
        .await?)
}

/// Which of these people of a directory are shown to somebody, each in an Organization: those who are mapped there, and
/// those of the directory that its Tenant is mapped to now, where the whole Tenant is theirs and `opens_whole` says that
/// this counts.
pub async fn seen_people(
    db: impl PgExecutor<'_>,
    people: &[(OrganizationId, DirectoryUserId)],
    theirs: Theirs<'_>,
    opens_whole: bool,
) -> Result<HashSet<(OrganizationId, DirectoryUserId)>> {
    let (organizations, users): (Vec<_>, Vec<_>) = people.iter().map(|(one, user)| (one.0, user.0)).unzip();
    let seen: Vec<(OrganizationId, DirectoryUserId)> = sqlx::query_as(
        "select distinct o.id, asked.person
         from unnest($1::uuid[], $2::uuid[]) as asked (organization, person)
         join organization o on o.id = asked.organization
         where $3::uuid[] is null
            or (o.id = any ($3)
                and (exists (select 1 from end_user_mapping m
                             where m.organization_id = o.id and m.directory_user_id = asked.person)
                     or ($4 and is_whole_tenant(o.tenant_id, $3)
                         and exists (select 1 from microsoft_tenant t
                                     join directory_user u on u.microsoft_tenant_id = t.id and u.id = asked.person
                                     where t.tenant_id = o.tenant_id))))",
    )
    .bind(organizations)
    .bind(users)
    .bind(theirs)
    .bind(opens_whole)
    .fetch_all(db)
    .await?;
    Ok(seen.into_iter().collect())
}

/// A run as somebody sees it.
#[derive(Clone, Copy, Debug)]
pub struct SeenRun<'a> {
    /// Which.
    pub id: RunId,
    /// What of it.
    pub theirs: Theirs<'a>,
}

/// All of it, as commands see it.
impl From<RunId> for SeenRun<'_> {
    fn from(id: RunId) -> Self {
        Self { id, theirs: None }
    }
}
