//! `PUT /tenants/{tenant}/partner`: makes a tenant that of a partner, with these customers in the place of any before.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use uuid::Uuid;

use super::{Outcome, Shared, Wrong, change, no_tenant};
use crate::model::change::ChangeError;
use crate::model::partner::{Customer, Partner};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Order {
    customers: Vec<Ordered>,
    /// User principal names or ids of the admin agents; everybody when left out.
    #[serde(default)]
    agents: Vec<String>,
    /// How long it takes until a consent through Partner Center works.
    #[serde(default)]
    delay_seconds: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ordered {
    /// A tenant of the cloud, by id, name or domain; or any GUID, for one that is not there.
    tenant: String,
    /// What the lists call it; its own name when left out.
    name: Option<String>,
    /// Its domain in the contract; its default one when left out.
    domain: Option<String>,
    /// `active` and so on; `null` for a customer with a contract alone.
    #[serde(default = "active")]
    relationship: Option<String>,
    #[serde(default = "yes")]
    contract: bool,
}

fn active() -> Option<String> {
    Some("active".to_owned())
}

fn yes() -> bool {
    true
}

pub(super) async fn partner(
    State(cloud): Shared,
    Path(key): Path<String>,
    body: Result<Json<Order>, JsonRejection>,
) -> Outcome {
    let Json(order) = body?;
    let customers: Vec<Customer> = {
        let directories = cloud.directories();
        let known = |key: &str| directories.iter().find(|directory| directory.answers_to(key));
        let read = |ordered: Ordered| {
            let directory = known(&ordered.tenant);
            let id = directory
                .map(|directory| directory.id)
                .or_else(|| Uuid::try_parse(&ordered.tenant).ok());
            let told = directory.map(|directory| {
                let name = directory.organization.text("displayName").unwrap_or_default();
                (name.to_owned(), directory.default_domain().to_owned())
            });
            let (name, domain) = told.unwrap_or_default();
            Ok::<_, Wrong>(Customer {
                tenant: id.ok_or_else(|| no_tenant(&ordered.tenant))?,
                name: ordered.name.unwrap_or(name),
                domain: ordered.domain.unwrap_or(domain),
                relationship: ordered.relationship,
                contract: ordered.contract,
            })
        };
        order.customers.into_iter().map(read).collect::<Result<_, _>>()?
    };
    change(&cloud, &key, |directory| {
        let person = |key: &String| {
            let found = directory.user(key).map(|(id, _)| id);
            found.ok_or_else(|| ChangeError::NotFound("user", key.clone()))
        };
        let agents = order.agents.iter().map(person).collect::<Result<_, _>>()?;
        directory.partner = Partner {
            agents,
            delay_seconds: order.delay_seconds,
            ..Partner::new(directory.id, &customers, cloud.now())
        };
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
