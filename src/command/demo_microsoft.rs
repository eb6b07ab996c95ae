//! What the demo does to its simulated Microsoft cloud, through the control API: licences, fresh sign-ins, consent
//! and a partner's customers.

use super::CommandError;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use microsoft_sim::Simulator;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Display;
use uuid::Uuid;

/// The control API of the simulated cloud, for one of its tenants.
pub struct SampleCloud<'a> {
    simulator: &'a Simulator,
    tenant: &'a str,
    http: reqwest::Client,
}

impl<'a> SampleCloud<'a> {
    /// For the tenant of this short name.
    pub fn new(simulator: &'a Simulator, tenant: &'a str) -> Self {
        Self {
            simulator,
            tenant,
            http: reqwest::Client::new(),
        }
    }

    async fn order(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, CommandError> {
        let address = format!(
            "http://{}/tenants/{}{path}",
            self.simulator.control_address(),
            self.tenant
        );
        let mut request = self.http.request(method, address);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.and_then(reqwest::Response::error_for_status);
        let text = answer.map_err(disobeyed)?.text().await.map_err(disobeyed)?;
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).map_err(disobeyed)
    }

    /// Gives the tenant Entra ID P1, or takes it away, with which sign-ins and MFA can't be read.
    pub async fn set_premium(&self, premium: bool) -> Result<(), CommandError> {
        let order = json!({ "premium": premium });
        self.order(Method::PUT, "/premium", Some(order)).await.map(drop)
    }

    /// The tenant's administrator takes the consent back.
    pub async fn withdraw_consent(&self) -> Result<(), CommandError> {
        let order = json!({ "granted": false });
        self.order(Method::PUT, "/consent", Some(order)).await.map(drop)
    }

    /// An account may not sign in any more.
    pub async fn disable(&self, user: Uuid) -> Result<(), CommandError> {
        let change = json!({ "accountEnabled": false });
        self.order(Method::PATCH, &format!("/users/{user}"), Some(change))
            .await
            .map(drop)
    }

    /// An account is deleted, and lies in the recycle bin.
    pub async fn delete(&self, user: Uuid) -> Result<(), CommandError> {
        self.order(Method::DELETE, &format!("/users/{user}"), None)
            .await
            .map(drop)
    }

    /// Makes the tenant a partner's with these customers, and grants what reading them takes.
    pub async fn become_partner(&self, customers: &Value) -> Result<(), CommandError> {
        let granted = json!({
            "granted": true,
            "roles": [
                "User.Read.All",
                "Organization.Read.All",
                "DelegatedAdminRelationship.Read.All",
                "Directory.Read.All",
            ],
        });
        self.order(Method::PUT, "/consent", Some(granted)).await?;
        let order = json!({ "customers": customers });
        self.order(Method::PUT, "/partner", Some(order)).await.map(drop)
    }

    /// The user principal name of a member who may sign in.
    pub async fn somebody(&self) -> Result<String, CommandError> {
        let directory = self.order(Method::GET, "", None).await?;
        let users = directory["users"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = users
            .iter()
            .find(|user| user["accountEnabled"] != json!(false) && user["userType"] != json!("Guest"));
        let name = found.and_then(|user| user["userPrincipalName"].as_str());
        name.map(str::to_owned)
            .ok_or_else(|| disobeyed(format!("nobody in {} may sign in", self.tenant)))
    }

    /// Moves most sign-ins into the last weeks: an invented directory knows no clock and would look abandoned.
    pub async fn freshen_sign_ins(&self, now: DateTime<Utc>) -> Result<(), CommandError> {
        let directory = self.order(Method::GET, "", None).await?;
        let users = directory["users"].as_array().map(Vec::as_slice).unwrap_or_default();
        let active = users.iter().filter(|user| user.get("signInActivity").is_some());
        for (n, user) in (0_i64..).zip(active).filter(|(n, _)| n % 7 != 3) {
            let Some(id) = user["id"].as_str() else { continue };
            // Two thirds within the last days, the rest further back.
            let hours = if n % 3 == 0 { 60 + n * 37 % 900 } else { 1 + n * 5 % 50 };
            let at =
                (now - Duration::hours(hours) - Duration::minutes(n % 59)).to_rfc3339_opts(SecondsFormat::Secs, true);
            let mut activity = user["signInActivity"].clone();
            for (_, time) in activity.as_object_mut().into_iter().flatten() {
                *time = json!(at);
            }
            let change = json!({ "signInActivity": activity });
            self.order(Method::PATCH, &format!("/users/{id}"), Some(change)).await?;
        }
        Ok(())
    }
}

fn disobeyed(error: impl Display) -> CommandError {
    CommandError::Failed(format!("the simulated cloud did not obey: {error}"))
}
