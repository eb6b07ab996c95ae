//! The table of the partner's customers, and what is done to many of them at once. What can't be done to one is told in
//! its row and stops nobody else.

use super::{asker::Asker, mapping_suggestions::candidates, state::AppState};
use crate::{
    api::{
        ApiError,
        partner::{CustomersPage, CustomersQuery},
    },
    engine::{RunError, partner},
    model::{
        connect::Cloud,
        ids::{EntraTenantId, OrganizationId, TenantId},
        partner::{Candidate, CustomerRow},
    },
    store::{
        self, Now,
        organization::{Added, Information},
        partner_customer,
    },
    sync::tenant_match::likeliest,
};
use sqlx::PgPool;
use uuid::Uuid;

/// A page of the table.
pub async fn customers(state: &AppState, query: &CustomersQuery, now: &Now) -> Result<CustomersPage, ApiError> {
    let pool = &state.engine.pool;
    let (mut rows, total) = partner_customer::page(pool, &query.search, &query.state, query.page, now).await?;
    if rows.iter().any(|row| row.tenant.is_none()) {
        let free = free_candidates(pool).await?;
        for row in rows.iter_mut().filter(|row| row.tenant.is_none()) {
            row.suggestion = likeliest(&row.display_name, &[&row.default_domain], &free);
        }
    }
    let (all, connected, at_work) = partner_customer::counts(pool).await?;
    Ok(CustomersPage {
        partner: store::partner::get(pool, now).await?,
        rows,
        total,
        all,
        connected,
        at_work,
        page_size: partner_customer::PAGE,
    })
}

/// The Tenants that are neither mapped nor chosen for another customer.
async fn free_candidates(pool: &PgPool) -> Result<Vec<Candidate>, ApiError> {
    let chosen = partner_customer::chosen_tenants(pool).await?;
    let mut free = candidates(pool).await?;
    free.retain(|candidate| !chosen.contains(&candidate.id));
    Ok(free)
}

/// Makes a Microsoft tenant the partner's and reads its customers. That they can't be read is kept with it and is no
/// failure of this.
pub async fn choose(asker: &Asker, cloud: Cloud, tenant: &str) -> Result<(), ApiError> {
    let engine = &asker.state.engine;
    partner::choose_at_once(engine, &asker.actor(), cloud, tenant).await?;
    if let Err(error) = partner::read_customers(engine).await {
        tracing::info!(%error, "the customers of the new partner could not be read");
    }
    Ok(())
}

/// **Match Organizations**: takes each customer's suggestion, as the table shows it.
pub async fn match_all(asker: &Asker, which: &[EntraTenantId], now: &Now) -> Result<(), ApiError> {
    let pool = &asker.state.engine.pool;
    let mut free = free_candidates(pool).await?;
    for row in partner_customer::rows(pool, which, now).await? {
        if row.tenant.is_some() {
            continue;
        }
        let Some(found) = likeliest(&row.display_name, &[&row.default_domain], &free) else {
            let words = "No Organization has its domain or a similar name. Create one, or map it by hand.";
            partner_customer::tell(pool, row.entra_tenant_id, words, true).await?;
            continue;
        };
        free.retain(|candidate| candidate.id != found.tenant.id);
        let words = format!("Matched with {}, which {}.", found.tenant.name, found.why);
        match_one(asker, &row, found.tenant.id, &words).await?;
    }
    Ok(())
}

/// **Create Organizations**: one with its Tenant for each customer that has none.
pub async fn create_all(asker: &Asker, which: &[EntraTenantId], now: &Now) -> Result<(), ApiError> {
    let pool = &asker.state.engine.pool;
    for row in partner_customer::rows(pool, which, now).await? {
        if row.tenant.is_some() {
            continue;
        }
        let new = Information {
            name: &row.display_name,
            email: "",
            phone: "",
        };
        let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        match store::organization::add(pool, &asker.actor(), id, tenant, new, false).await {
            Ok(Added::Done) => match_one(asker, &row, tenant, "Organization created.").await?,
            Ok(Added::NameTaken) => {
                let words = "There is an Organization of this name already. Match it, or map it by hand.";
                partner_customer::tell(pool, row.entra_tenant_id, words, true).await?;
            }
            Err(error) => own_failure(pool, &row, error.into()).await?,
        }
    }
    Ok(())
}

async fn match_one(asker: &Asker, row: &CustomerRow, with: TenantId, words: &str) -> Result<(), ApiError> {
    let pool = &asker.state.engine.pool;
    match partner_customer::match_with(pool, &asker.actor(), row, with).await {
        Ok(()) => Ok(partner_customer::tell(pool, row.entra_tenant_id, words, false).await?),
        Err(error) => own_failure(pool, row, error.into()).await,
    }
}

/// A failure that is this customer's own is told in its row; one of the database ends it all.
async fn own_failure(pool: &PgPool, row: &CustomerRow, error: RunError) -> Result<(), ApiError> {
    let is_own = matches!(
        &error,
        RunError::Store(
            store::StoreError::Conflict(_) | store::StoreError::NotFound(_) | store::StoreError::Concurrent
        )
    );
    if !is_own {
        return Err(error.into());
    }
    Ok(partner_customer::tell(pool, row.entra_tenant_id, &error.words(), true).await?)
}
