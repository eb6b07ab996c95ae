use super::{ROWS, Words, found};
use crate::{
    model::{
        ids::{EntraTenantId, MicrosoftTenantId, OrganizationId, TenantId},
        search::{Found, FoundMicrosoftTenant, FoundOrganization, FoundTenant, OrganizationRef},
        tenant::TenantRef,
    },
    store::error::Result,
};
use sqlx::{FromRow, PgPool};

#[derive(FromRow)]
struct OrganizationHit {
    id: OrganizationId,
    name: String,
    email: String,
    tenant_id: TenantId,
    tenant: String,
}

impl From<OrganizationHit> for FoundOrganization {
    fn from(row: OrganizationHit) -> Self {
        Self {
            organization: OrganizationRef {
                id: row.id,
                name: row.name,
            },
            tenant: TenantRef {
                id: row.tenant_id,
                name: row.tenant,
            },
            email: row.email,
        }
    }
}

/// Organizations of theirs by name, address, number and id.
pub async fn organizations(pool: &PgPool, words: &Words) -> Result<Found<FoundOrganization>> {
    let rows: Vec<OrganizationHit> = sqlx::query_as(
        "select o.id, o.name, o.email, t.id as tenant_id, t.name as tenant
         from organization o join tenant t on t.id = o.tenant_id
         where (o.id = $1 or folded(o.name || ' ' || o.email || ' ' || o.phone) like all ($3))
           and ($5::uuid[] is null or o.id = any ($5))
         order by case when o.id = $1 or $2 in (folded(o.name), folded(o.email)) then 0
                       when starts_with(folded(o.name), $2) then 1 else 2 end, folded(o.name), o.id
         limit $4",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.every)
    .bind(ROWS)
    .bind(words.theirs.as_deref())
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}

#[derive(FromRow)]
struct TenantHit {
    id: TenantId,
    name: String,
    microsoft_tenant: Option<String>,
}

impl From<TenantHit> for FoundTenant {
    fn from(row: TenantHit) -> Self {
        Self {
            id: row.id,
            name: row.name,
            microsoft_tenant: row.microsoft_tenant,
        }
    }
}

/// Tenants with an Organization of theirs, by name and id.
pub async fn tenants(pool: &PgPool, words: &Words) -> Result<Found<FoundTenant>> {
    let rows: Vec<TenantHit> = sqlx::query_as(
        "select t.id, t.name, m.display_name as microsoft_tenant
         from tenant t left join microsoft_tenant m on m.tenant_id = t.id
         where (t.id = $1 or folded(t.name) like all ($3))
           and ($5::uuid[] is null or exists (select 1 from organization o where o.tenant_id = t.id and o.id = any ($5)))
         order by case when t.id = $1 or folded(t.name) = $2 then 0
                       when starts_with(folded(t.name), $2) then 1 else 2 end, folded(t.name), t.id
         limit $4",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.every)
    .bind(ROWS)
    .bind(words.theirs.as_deref())
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}

#[derive(FromRow)]
struct MicrosoftTenantHit {
    id: MicrosoftTenantId,
    display_name: String,
    default_domain: String,
    entra_tenant_id: EntraTenantId,
    tenant_id: Option<TenantId>,
    tenant: Option<String>,
}

impl From<MicrosoftTenantHit> for FoundMicrosoftTenant {
    fn from(row: MicrosoftTenantHit) -> Self {
        Self {
            id: row.id,
            name: row.display_name,
            default_domain: row.default_domain,
            entra_tenant_id: row.entra_tenant_id,
            tenant: row.tenant_id.zip(row.tenant).map(|(id, name)| TenantRef { id, name }),
        }
    }
}

/// Microsoft tenants that are theirs whole, by name, domain and either id.
pub async fn microsoft_tenants(pool: &PgPool, words: &Words) -> Result<Found<FoundMicrosoftTenant>> {
    let rows: Vec<MicrosoftTenantHit> = sqlx::query_as(
        "select m.id, m.display_name, m.default_domain, m.entra_tenant_id, t.id as tenant_id, t.name as tenant
         from microsoft_tenant m left join tenant t on t.id = m.tenant_id
         where ($1 in (m.id, m.entra_tenant_id) or folded(m.display_name || ' ' || m.default_domain) like all ($3))
           and ($5::uuid[] is null or is_whole_tenant(m.tenant_id, $5))
         order by case when $1 in (m.id, m.entra_tenant_id) then 0
                       when $2 in (folded(m.display_name), folded(m.default_domain)) then 0
                       when starts_with(folded(m.display_name), $2) then 1 else 2 end, folded(m.display_name), m.id
         limit $4",
    )
    .bind(words.id)
    .bind(&words.whole)
    .bind(&words.every)
    .bind(ROWS)
    .bind(words.theirs.as_deref())
    .fetch_all(pool)
    .await?;
    Ok(found(rows))
}
