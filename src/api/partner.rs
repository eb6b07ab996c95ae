//! **Cloud Solution Provider**: the partner, its customers, and what is done to many of them at once. For
//! Administrators only.

use super::ApiError;
use crate::model::{
    connect::NewConsentLink,
    ids::EntraTenantId,
    partner::{CustomerRow, PartnerRow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the table is searched, filtered and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomersQuery {
    /// Words in the name, the domain or the Tenant's name.
    pub search: String,
    /// Empty, `connected`, `not-connected`, `no-relationship`, `no-consent`, `no-organization`, `at-work`, `failed`.
    pub state: String,
    /// From 1.
    pub page: i64,
}

/// A page of the table of customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomersPage {
    /// The partner; none until one is chosen.
    pub partner: Option<PartnerRow>,
    /// The rows of this page.
    pub rows: Vec<CustomerRow>,
    /// How many match in all.
    pub total: i64,
    /// How many customers there are.
    pub all: i64,
    /// How many of them are connected.
    pub connected: i64,
    /// For how many a consent is at work.
    pub at_work: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// A page of the table of customers.
#[server]
pub async fn customers(#[server(default)] query: CustomersQuery) -> Result<CustomersPage, ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    let now = crate::server::caller::now().await;
    crate::server::partner::customers(&asker.state, &query, &now).await
}

/// **Use This Tenant**: makes a Microsoft tenant that has consented the partner's.
#[server]
pub async fn choose_partner(tenant: String, #[server(default)] cloud: String) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    crate::server::partner::choose(&asker, crate::model::connect::Cloud::from_key(&cloud), &tenant).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(PATH, "partner-chosen"));
    Ok(())
}

/// **Read Customers Again**.
#[server]
pub async fn read_customers() -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    crate::engine::partner::read_customers(&asker.state.engine).await?;
    crate::server::caller::back_to(PATH).await;
    Ok(())
}

/// **Match Organizations**, for the ticked customers.
#[server]
pub async fn match_customers(
    #[server(default)] which: Vec<EntraTenantId>,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    some(&which)?;
    crate::server::partner::match_all(&asker, &which, &crate::server::caller::now().await).await?;
    crate::server::caller::back_to(&next).await;
    Ok(())
}

/// **Create Organizations**, for the ticked customers.
#[server]
pub async fn create_customer_organizations(
    #[server(default)] which: Vec<EntraTenantId>,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    some(&which)?;
    crate::server::partner::create_all(&asker, &which, &crate::server::caller::now().await).await?;
    crate::server::caller::back_to(&next).await;
    Ok(())
}

/// **Make Links**, for the ticked customers. They are shown once.
#[server]
pub async fn make_customer_links(
    #[server(default)] which: Vec<EntraTenantId>,
) -> Result<Vec<NewConsentLink>, ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    some(&which)?;
    crate::server::connect::links::make_for(&asker, &which, &crate::server::caller::now().await).await
}

/// **Consent in Bulk**: chooses the ticked customers, and asks for the sign-in of a partner's administrator.
#[server]
pub async fn choose_for_consent(#[server(default)] which: Vec<EntraTenantId>) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    some(&which)?;
    crate::store::partner_consent::choose(&asker.state.engine.pool, &asker.actor(), &which).await?;
    leptos_axum::redirect(&format!("{PATH}?dialog=consent"));
    Ok(())
}

/// How many customers the sign-in is for.
#[server]
pub async fn chosen_customers() -> Result<i64, ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    Ok(crate::store::partner_consent::chosen(&asker.state.engine.pool, &asker.actor()).await?)
}

#[cfg(feature = "ssr")]
const PATH: &str = "/microsoft-tenants/cloud-solution-provider";

#[cfg(feature = "ssr")]
fn some(which: &[EntraTenantId]) -> Result<(), ApiError> {
    if which.is_empty() {
        return Err(ApiError::Refused(
            "Nobody is ticked. Tick customers in the table first.".into(),
        ));
    }
    Ok(())
}
