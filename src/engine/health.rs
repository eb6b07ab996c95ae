//! Whether a Microsoft tenant can be worked with right now: one new token and one read. Writes nothing.

use crate::graph::{GraphError, TenantClient};

/// How far a Microsoft tenant lets us in.
#[derive(Debug)]
pub enum Health {
    /// A token was issued and `/organization` could be read with it.
    Works,
    /// Entra issued no token.
    NoToken(GraphError),
    /// Graph refused the read, token or not.
    NotRead(GraphError),
}

/// Asks Entra for a new token, as a cached one says nothing of today, and reads the tenant's own entry with it.
pub async fn check(tenant: &TenantClient) -> Health {
    tenant.forget_token().await;
    if let Err(error) = tenant.sign_in().await {
        return Health::NoToken(error);
    }
    match tenant.organization().await {
        Ok(_) => Health::Works,
        Err(error) => Health::NotRead(error),
    }
}
