use super::{CANDIDATES, ROWS, Words, found};
use crate::{
    model::{
        end_user::MarkKind,
        ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
        search::{Found, FoundDirectoryPerson, FoundEndUser, OrganizationRef},
    },
    store::error::Result,
};
use sqlx::{FromRow, PgPool, types::Json};

#[derive(FromRow)]
struct EndUserHit {
    id: EndUserId,
    organization_id: OrganizationId,
    organization: String,
    name: String,
    email: String,
    directory_user_id: Option<DirectoryUserId>,
    upn: Option<String>,
    mark_kind: Option<String>,
    sync_on: bool,
    out_of_scope: bool,
}

impl From<EndUserHit> for FoundEndUser {
    fn from(row: EndUserHit) -> Self {
        Self {
            id: row.id,
            organization: OrganizationRef {
                id: row.organization_id,
                name: row.organization,
            },
            name: row.name,
            email: row.email,
            user: row.directory_user_id,
            synced: row.sync_on && row.directory_user_id.is_some(),
            out_of_scope: row.out_of_scope,
            upn: row.upn.unwrap_or_default(),
            mark: row.mark_kind.as_deref().and_then(MarkKind::from_key),
        }
    }
}

/// End Users of every Organization of theirs, by their own name, address and id, and by those of the account they are mapped to.
pub async fn end_users(pool: &PgPool, words: &Words) -> Result<Found<FoundEndUser>> {
    let rows: Vec<EndUserHit> = sqlx::query_as(
        "with mine as (
             select m.id from microsoft_tenant m join organization o on o.tenant_id = m.tenant_id where o.id = any ($8)
         ), account as (
             (select microsoft_tenant_id, id, 0 as step from directory_user
              where id = $1 and ($8::uuid[] is null or microsoft_tenant_id in (select id from mine)))
             union all
             (select microsoft_tenant_id, id, 0 from directory_user
              where folded(upn) = $2 and ($8::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 1 from directory_user
              where folded(upn) ~>=~ $2 and folded(upn) ~<~ $3
               and ($8::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 2 from directory_user
              where directory_user_words(display_name, given_name, surname, upn, mail, other_mails) like $4
                and directory_user_words(display_name, given_name, surname, upn, mail, other_mails) like all ($5)
                and ($8::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
         ), hit as (
             (select id, 0 as step from end_user
              where id = $1 and ($8::uuid[] is null or organization_id = any ($8)))
             union all
             (select id, 0 from end_user
              where folded(email) = $2 and ($8::uuid[] is null or organization_id = any ($8)) limit $6)
             union all
             (select id, 0 from end_user
              where folded(name) = $2 and ($8::uuid[] is null or organization_id = any ($8)) limit $6)
             union all
             (select id, 1 from end_user
              where folded(email) ~>=~ $2 and folded(email) ~<~ $3 and ($8::uuid[] is null or organization_id = any ($8)) limit $6)
             union all
             (select id, 1 from end_user
              where folded(name) ~>=~ $2 and folded(name) ~<~ $3 and ($8::uuid[] is null or organization_id = any ($8)) limit $6)
             union all
             (select id, 2 from end_user
              where end_user_words(name, email) like $4 and end_user_words(name, email) like all ($5)
               and ($8::uuid[] is null or organization_id = any ($8)) limit $6)
             union all
             (select m.end_user_id, a.step from account a
              join end_user_mapping m on m.directory_user_id = a.id and m.microsoft_tenant_id = a.microsoft_tenant_id
              join microsoft_tenant t on t.id = m.microsoft_tenant_id
              join organization o on o.id = m.organization_id and o.tenant_id = t.tenant_id
              where $8::uuid[] is null or m.organization_id = any ($8))
         ), best as (
             select id, min(step) as step from hit group by id order by step, id limit $6
         )
         select e.id, e.organization_id, o.name as organization, e.name, e.email, m.directory_user_id, u.upn, m.mark_kind,
                coalesce(y.enabled, false) as sync_on, coalesce(so.outcome = 'outOfScope', false) as out_of_scope
         from best b
         join end_user e on e.id = b.id
         join organization o on o.id = e.organization_id
         left join microsoft_tenant t on t.tenant_id = o.tenant_id
         left join end_user_mapping m on m.end_user_id = e.id and m.microsoft_tenant_id = t.id
         left join directory_user u on u.microsoft_tenant_id = m.microsoft_tenant_id and u.id = m.directory_user_id
         left join user_sync y on y.organization_id = o.id and y.microsoft_tenant_id = t.id
         left join standing_outcome so
             on so.organization_id = o.id and so.microsoft_tenant_id = m.microsoft_tenant_id
            and so.directory_user_id = m.directory_user_id
         order by b.step, folded(e.name), e.id limit $7",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.end)
    .bind(&words.longest)
    .bind(&words.every)
    .bind(CANDIDATES)
    .bind(ROWS)
    .bind(words.theirs.as_deref())
    // Planned with the words in hand: how common they are decides whether an index helps.
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}

#[derive(FromRow)]
struct DirectoryHit {
    id: DirectoryUserId,
    name: String,
    upn: String,
    mail: String,
    state: Option<String>,
    microsoft_tenant: String,
    organizations: Json<Vec<OrganizationRef>>,
}

impl From<DirectoryHit> for FoundDirectoryPerson {
    fn from(row: DirectoryHit) -> Self {
        Self {
            user: row.id,
            name: row.name,
            upn: row.upn,
            mail: row.mail,
            state: row.state.as_deref().and_then(MarkKind::from_key),
            microsoft_tenant: row.microsoft_tenant,
            organizations: row.organizations.0,
        }
    }
}

/// People of every Microsoft tenant that is theirs whole, or of one, who are no End User of an Organization of its Tenant. With an
/// Organization those who are no End User of that one.
pub async fn directory_people(
    pool: &PgPool,
    words: &Words,
    only: Option<(MicrosoftTenantId, OrganizationId)>,
) -> Result<Found<FoundDirectoryPerson>> {
    let (tenant, organization) = only.unzip();
    let rows: Vec<DirectoryHit> = sqlx::query_as(
        "with mine as (
             select m.id from microsoft_tenant m where is_whole_tenant(m.tenant_id, $10)
         ), hit as (
             (select microsoft_tenant_id, id, 0 as step from directory_user
              where id = $1 and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)))
             union all
             (select microsoft_tenant_id, id, 0 from directory_user
              where folded(upn) = $2 and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 0 from directory_user
              where folded(display_name) = $2 and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 1 from directory_user
              where folded(upn) ~>=~ $2 and folded(upn) ~<~ $3 and ($8 is null or microsoft_tenant_id = $8)
               and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, 1 from directory_user
              where folded(display_name) ~>=~ $2 and folded(display_name) ~<~ $3
                and ($8 is null or microsoft_tenant_id = $8)
               and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
             union all
             (select microsoft_tenant_id, id, case when folded(mail) = $2 then 0 else 2 end from directory_user
              where directory_user_words(display_name, given_name, surname, upn, mail, other_mails) like $4
                and directory_user_words(display_name, given_name, surname, upn, mail, other_mails) like all ($5)
                and ($8 is null or microsoft_tenant_id = $8)
               and ($10::uuid[] is null or microsoft_tenant_id in (select id from mine)) limit $6)
         ), best as (
             select microsoft_tenant_id, id, min(step) as step from hit
             where $8 is null or microsoft_tenant_id = $8
             group by microsoft_tenant_id, id
         )
         select u.id, coalesce(nullif(u.display_name, ''), u.upn) as name, u.upn, u.mail,
                case when u.deleted_at is not null then 'deleted'
                     when u.disabled_at is not null then 'disabled' end as state,
                t.display_name as microsoft_tenant,
                coalesce((select jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name) order by folded(o.name), o.id)
                          from organization o
                          where o.tenant_id = t.tenant_id and ($9 is null or o.id = $9)), '[]') as organizations
         from best b
         join directory_user u on u.microsoft_tenant_id = b.microsoft_tenant_id and u.id = b.id
         join microsoft_tenant t on t.id = u.microsoft_tenant_id
         where not exists (select 1 from end_user_mapping m
                           join organization o on o.id = m.organization_id and o.tenant_id = t.tenant_id
                           where m.microsoft_tenant_id = u.microsoft_tenant_id and m.directory_user_id = u.id
                             and ($9 is null or m.organization_id = $9))
         order by b.step, folded(u.display_name), u.id limit $7",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.end)
    .bind(&words.longest)
    .bind(&words.every)
    .bind(CANDIDATES)
    .bind(ROWS)
    .bind(tenant)
    .bind(organization)
    .bind(words.theirs.as_deref())
    .persistent(false)
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}
