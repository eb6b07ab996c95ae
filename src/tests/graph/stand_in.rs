//! Our client and the stand-in for Microsoft, which breaks as it is told.

use crate::{
    graph::{Credential, GraphClient, GraphSettings, TenantClient},
    tests::{said, support::contoso},
};
use microsoft_sim::{Entry, Options, Simulator};
use serde_json::Value;

pub struct StandIn {
    pub microsoft: Simulator,
    pub client: GraphClient,
    pub tenant: TenantClient,
}

impl StandIn {
    /// One tenant of so many people.
    pub async fn start(users: usize) -> Self {
        Self::with(contoso(users)).await
    }

    /// The same, with so many users on a page of sign-in activity.
    pub async fn with_pages_of(users: usize, largest: usize) -> Self {
        Self::with(Options {
            largest_page_with_activity: largest,
            ..contoso(users)
        })
        .await
    }

    async fn with(options: Options) -> Self {
        said::listen();
        let microsoft = microsoft_sim::start(options).await.unwrap();
        let address = format!("http://{}", microsoft.address());
        let options = Options::default();
        let client = GraphClient::new(GraphSettings {
            reports_in_ten_seconds: 1_000,
            login_url: address.parse().unwrap(),
            graph_url: address.parse().unwrap(),
            client_id: options.client_id,
            credential: Credential::Secret(options.client_secret.into()).into(),
        })
        .unwrap();
        let tenant = client.tenant(&microsoft.tenants()[0].id.to_string());
        Self {
            microsoft,
            client,
            tenant,
        }
    }

    /// Gives the tenant Entra ID P1.
    pub async fn give_premium(&self) {
        let tenant = &self.microsoft.tenants()[0].name;
        let address = format!("http://{}/tenants/{tenant}/premium", self.microsoft.control_address());
        let order = serde_json::json!({ "premium": true });
        let answer = reqwest::Client::new().put(address).json(&order).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// Orders a fault, as the control API takes it.
    pub fn fault(&self, fault: Value) -> &Self {
        self.microsoft
            .add_fault(serde_json::from_value(fault).unwrap())
            .unwrap();
        self
    }

    /// What came in for a path that begins like this.
    pub fn asked(&self, path: &str) -> Vec<Entry> {
        let mut seen = self.microsoft.requests();
        seen.retain(|entry| entry.path.starts_with(path));
        seen
    }

    /// The requests for a token.
    pub fn token_requests(&self) -> usize {
        let seen = self.microsoft.requests();
        seen.iter()
            .filter(|entry| entry.path.ends_with("/oauth2/v2.0/token"))
            .count()
    }
}
