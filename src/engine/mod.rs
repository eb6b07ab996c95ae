//! The engine: refresh (Graph to directory, once for a Microsoft tenant) and apply (plan to one transaction, per
//! Organization). Knows nothing of HTTP or screens; decides nothing that `sync` decides.

pub mod apply;
pub mod approve;
mod assign;
pub mod closure;
pub mod connect;
pub mod convert;
pub mod decide;
mod devices;
pub mod error;
pub mod facets;
pub mod facts;
pub mod health;
pub mod measure;
mod members;
pub mod one_person;
pub mod preview;
pub mod progress;
pub mod refresh;
pub mod round;
pub mod run;
pub mod schedule;
pub mod snapshots;
pub mod undo;
pub mod worker;

pub use error::RunError;

use crate::{
    graph::{GraphClient, TenantClient},
    model::ids::MicrosoftTenantId,
    store::{self, lease::Lease},
};
use sqlx::PgPool;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What every part of the engine needs.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Our database.
    pub pool: PgPool,
    /// Microsoft; none while no app registration is set.
    pub graph: Option<GraphClient>,
    /// How long the lease of a run lasts without being renewed: [`store::lease::LENGTH`], or what is set.
    pub lease: Duration,
    /// Cancelled when the process is told to stop: a run at work then finishes within a moment or is handed back.
    pub stop: CancellationToken,
}

impl Engine {
    /// An engine with the usual lease, that nobody has told to stop.
    pub fn new(pool: PgPool, graph: Option<GraphClient>) -> Self {
        Self {
            pool,
            graph,
            lease: store::lease::LENGTH,
            stop: CancellationToken::new(),
        }
    }

    /// A lease to be acquired by a new run.
    pub(crate) fn new_lease(&self, tenant: MicrosoftTenantId) -> Lease {
        Lease {
            length: self.lease,
            ..Lease::new(tenant)
        }
    }

    /// The client for a Microsoft tenant, by its id or a domain.
    pub fn client(&self, tenant: &str) -> Result<TenantClient, RunError> {
        self.graph.as_ref().map(|graph| graph.tenant(tenant)).ok_or_else(|| {
            RunError::Refused(
                "No app registration is set, so Microsoft can't be asked. Set ENTRAIN_MICROSOFT_CLIENT_ID and \
                 ENTRAIN_MICROSOFT_CLIENT_SECRET or ENTRAIN_MICROSOFT_CERTIFICATE_FILE and start Entrain again."
                    .into(),
            )
        })
    }

    /// Drops the token of a Microsoft tenant: after a change of consent the old one tells nothing.
    pub async fn forget_token(&self, tenant: MicrosoftTenantId) -> Result<(), RunError> {
        let row = store::microsoft_tenant::get(&self.pool, tenant).await?;
        self.client(&row.entra_tenant_id.to_string())?.forget_token().await;
        Ok(())
    }
}
