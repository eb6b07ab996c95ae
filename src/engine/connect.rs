//! Connecting a Microsoft tenant: proof by a token and a read, never by what a redirect or a form says.

use super::{Engine, RunError};
use crate::{
    model::{
        audit::Actor,
        ids::{EntraTenantId, MicrosoftTenantId},
    },
    store,
    sync::normalise::clean,
};
use uuid::Uuid;

/// Connects the Microsoft tenant with this id or domain: gets a token, reads `/organization`, keeps its name and
/// domains, and asks for a first run.
pub async fn connect(engine: &Engine, actor: &Actor, tenant: &str) -> Result<MicrosoftTenantId, RunError> {
    let tenant = tenant.trim();
    let plausible = tenant.parse::<Uuid>().is_ok()
        || (tenant.contains('.') && tenant.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')));
    if !plausible {
        return Err(RunError::Refused(
            "Enter the Microsoft tenant's ID (a GUID) or one of its domains, such as contoso.onmicrosoft.com.".into(),
        ));
    }
    let organization = engine.client(tenant)?.interactive().organization().await?;
    let default_domain = organization
        .verified_domains
        .iter()
        .find(|domain| domain.is_default == Some(true))
        .or_else(|| organization.verified_domains.first())
        .map(|domain| clean(&domain.name, 256))
        .unwrap_or_default();
    let name = organization.display_name.map(|name| clean(&name, 256));
    let name = name.filter(|name| !name.is_empty());
    let id = store::integration::connect(
        &engine.pool,
        actor,
        MicrosoftTenantId(Uuid::now_v7()),
        EntraTenantId(organization.id),
        name.as_deref().unwrap_or(&default_domain),
        &default_domain,
    )
    .await?;
    Ok(id)
}
