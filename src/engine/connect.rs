//! Connecting a Microsoft tenant: proof by a token and a read, never by what a redirect or a form says.

use super::{Engine, RunError};
use crate::{
    graph::TenantClient,
    model::{
        audit::Actor,
        connect::{Cloud, Proven},
        ids::{EntraTenantId, MicrosoftTenantId},
    },
    store,
    sync::normalise::clean,
};
use uuid::Uuid;

/// Connects the Microsoft tenant with this id or domain, as [`connect_in`], in the global cloud.
pub async fn connect(engine: &Engine, actor: &Actor, tenant: &str) -> Result<MicrosoftTenantId, RunError> {
    connect_in(engine, actor, Cloud::Global, tenant).await
}

/// Connects the Microsoft tenant with this id or domain, whose consent was given before: gets a token, reads
/// `/organization`, keeps its name and domains, and asks for a first run.
pub async fn connect_in(
    engine: &Engine,
    actor: &Actor,
    cloud: Cloud,
    tenant: &str,
) -> Result<MicrosoftTenantId, RunError> {
    let tenant = plausible(tenant)?;
    let client = engine.microsoft(cloud)?.tenant(tenant);
    // Consent may have been given a moment ago, and a token of before would not know of it.
    client.forget_token().await;
    let proven = prove(&client, cloud).await?;
    Ok(store::consent_outcome::connect_at_once(&engine.pool, actor, &proven).await?)
}

/// The id or domain that somebody typed, if it can be one.
pub fn plausible(tenant: &str) -> Result<&str, RunError> {
    let tenant = tenant.trim();
    let plausible = tenant.parse::<Uuid>().is_ok()
        || (tenant.contains('.') && tenant.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')));
    if plausible {
        Ok(tenant)
    } else {
        Err(RunError::Refused(
            "Enter the Microsoft tenant's ID (a GUID) or one of its domains, such as contoso.onmicrosoft.com.".into(),
        ))
    }
}

/// What Microsoft says a tenant is, by a token for it: its id, name and domains, and nothing else is read.
pub async fn prove(client: &TenantClient, cloud: Cloud) -> Result<Proven, RunError> {
    let organization = client.clone().interactive().organization().await?;
    let domain = |name: &str| clean(name, 256);
    let default_domain = organization
        .verified_domains
        .iter()
        .find(|domain| domain.is_default == Some(true))
        .or_else(|| organization.verified_domains.first())
        .map(|one| domain(&one.name))
        .unwrap_or_default();
    let name = organization.display_name.map(|name| clean(&name, 256));
    let name = name.filter(|name| !name.is_empty());
    Ok(Proven {
        entra_tenant_id: EntraTenantId(organization.id),
        cloud,
        display_name: name.unwrap_or_else(|| default_domain.clone()),
        default_domain,
        domains: organization
            .verified_domains
            .iter()
            .map(|one| domain(&one.name))
            .collect(),
    })
}
