//! The engine: refresh (Graph to directory, once for a Microsoft tenant) and apply (plan to one transaction, per
//! Organization). Knows nothing of HTTP or screens; decides nothing that `sync` decides.

pub mod apply;
pub mod approve;
mod assign;
pub mod closure;
pub mod connect;
pub mod consent;
pub mod convert;
pub mod credentials;
pub mod decide;
mod devices;
pub mod error;
pub mod facets;
pub mod facts;
pub mod measure;
mod members;
pub mod one_person;
pub mod partner;
pub mod preview;
pub mod probe;
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
    model::{connect::Cloud, ids::MicrosoftTenantId},
    store::{self, lease::Lease},
};
use sqlx::PgPool;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// What every part of the engine needs.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Our database.
    pub pool: PgPool,
    /// Microsoft's global cloud; none while no app registration is set.
    pub graph: Option<GraphClient>,
    /// Its national clouds.
    pub national: Arc<BTreeMap<Cloud, GraphClient>>,
    /// How long the lease of a run lasts without being renewed: [`store::lease::LENGTH`], or what is set.
    pub lease: Duration,
    /// How long a run waits for devices before it writes people: half a minute, or what is set.
    pub before_people: Duration,
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
            before_people: devices::BEFORE_PEOPLE,
            national: Arc::default(),
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

    /// The same engine, which reaches the national clouds too.
    #[must_use]
    pub fn with_national(self, national: impl IntoIterator<Item = (Cloud, GraphClient)>) -> Self {
        Self {
            national: Arc::new(national.into_iter().collect()),
            ..self
        }
    }

    /// Microsoft in one cloud.
    pub fn microsoft(&self, cloud: Cloud) -> Result<&GraphClient, RunError> {
        let client = match cloud {
            Cloud::Global => self.graph.as_ref(),
            Cloud::UsGov | Cloud::UsDod | Cloud::China => self.national.get(&cloud),
        };
        client.ok_or_else(|| {
            RunError::Refused(
                "No app registration is set, so Microsoft can't be asked. Set ENTRAIN_MICROSOFT_CLIENT_ID and \
                 ENTRAIN_MICROSOFT_CLIENT_SECRET or ENTRAIN_MICROSOFT_CERTIFICATE_FILE and start Entrain again."
                    .into(),
            )
        })
    }

    /// The client for a Microsoft tenant of the global cloud, by its id or a domain.
    pub fn client(&self, tenant: &str) -> Result<TenantClient, RunError> {
        Ok(self.microsoft(Cloud::Global)?.tenant(tenant))
    }

    /// The client for a connected Microsoft tenant.
    pub fn client_of(&self, row: &store::microsoft_tenant::MicrosoftTenant) -> Result<TenantClient, RunError> {
        Ok(self.microsoft(row.cloud)?.tenant(&row.entra_tenant_id.to_string()))
    }

    /// Drops the token of a Microsoft tenant: after a change of consent the old one tells nothing.
    pub async fn forget_token(&self, tenant: MicrosoftTenantId) -> Result<(), RunError> {
        let row = store::microsoft_tenant::get(&self.pool, tenant).await?;
        self.client_of(&row)?.forget_token().await;
        Ok(())
    }
}
