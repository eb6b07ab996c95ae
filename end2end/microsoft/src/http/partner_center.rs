//! Partner Center, as far as a control panel vendor's consent goes: `POST` and `DELETE` of
//! `/v1/customers/{customer id}/applicationconsents` in the name of a partner's administrator (graph.md §1).
//!
//! The shape of its errors is a guess: no source tells it.

use std::time::Instant;

use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Ask, PLAIN_JSON, Reply};
use crate::cloud::Cloud;
use crate::model::role;

/// Microsoft Graph among enterprise applications, the only one of which grants are taken here.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// What the path names: the customer, and the application for a withdrawal.
#[derive(Debug, PartialEq, Eq)]
pub struct Route<'a> {
    customer: &'a str,
    application: Option<&'a str>,
}

/// The path of Partner Center that this is, if it is one.
pub fn route(path: &str) -> Option<Route<'_>> {
    let rest = path.strip_prefix("/v1/customers/")?;
    let mut segments = rest.trim_end_matches('/').split('/');
    let customer = segments.next()?;
    if !segments.next()?.eq_ignore_ascii_case("applicationconsents") {
        return None;
    }
    let application = segments.next();
    segments.next().is_none().then_some(Route { customer, application })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consent {
    application_id: String,
    application_grants: Vec<Grant>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grant {
    enterprise_application_id: String,
    /// Permissions, between commas.
    scope: String,
}

/// The answer.
pub fn answer(cloud: &Cloud, ask: &Ask, route: &Route<'_>) -> Reply {
    match consent(cloud, ask, route) {
        Ok((status, body)) => Reply::json(status, PLAIN_JSON, &body),
        Err((status, code, description)) => {
            let body = json!({ "code": code, "description": description, "data": [], "source": "PartnerFD" });
            Reply::json(status, PLAIN_JSON, &body)
        }
    }
}

type Wrong = (u16, u32, &'static str);

fn consent(cloud: &Cloud, ask: &Ask, route: &Route<'_>) -> Result<(u16, Value), Wrong> {
    let access = cloud.tokens().check(ask.authorization.as_deref(), Instant::now());
    let (partner, person) = access
        .ok()
        .and_then(|access| Some((access.tenant, access.partner_center?)))
        .ok_or((
            401,
            900_401,
            "The access token is missing, expired or for another audience.",
        ))?;
    let customer = Uuid::try_parse(route.customer).map_err(|_| (400, 900_400, "The customer id is no GUID."))?;
    let mut directories = cloud.directories_mut();
    let own = directories.iter().find(|directory| directory.id == partner);
    let own = own.ok_or((401, 900_401, "The partner's tenant is not known."))?;
    if !own.partner.agents.is_empty() && !own.partner.agents.contains(&person) {
        return Err((403, 900_403, "The user is not in the group AdminAgents."));
    }
    if !own.partner.knows(customer) {
        return Err((404, 600_009, "The customer was not found."));
    }
    if !own.partner.serves(customer) {
        let why = "There is no active relationship with the customer that allows consent.";
        return Err((403, 900_403, why));
    }
    let delay = TimeDelta::try_seconds(own.partner.delay_seconds).unwrap_or_default();
    let directory = directories.iter_mut().find(|directory| directory.id == customer);
    let directory = directory.ok_or((404, 600_009, "The customer was not found."))?;
    match ask.method.as_str() {
        "POST" => {
            let wanted: Consent =
                serde_json::from_slice(&ask.form).map_err(|_| (400, 900_400, "The body can not be read."))?;
            if !cloud.registration.is(&wanted.application_id) {
                return Err((400, 900_400, "The application is not known."));
            }
            if directory.consent {
                return Err((409, 900_409, "The consent exists already."));
            }
            let grants = wanted.application_grants.iter();
            let graph = grants.filter(|grant| grant.enterprise_application_id.eq_ignore_ascii_case(GRAPH));
            let names = graph.flat_map(|grant| grant.scope.split(','));
            directory.roles = names
                .filter_map(|name| role::named(name.trim()))
                .map(|role| role.name)
                .collect();
            directory.consent = true;
            directory.works_from = Some(ask.now + delay);
            drop(directories);
            cloud.changed.notify_one();
            Ok((201, json!({ "applicationId": wanted.application_id })))
        }
        "DELETE" if route.application.is_some_and(|id| cloud.registration.is(id)) => {
            directory.consent = false;
            drop(directories);
            cloud.changed.notify_one();
            Ok((204, Value::Null))
        }
        _ => Err((405, 900_405, "The method is not allowed here.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_consents_of_customers_are_answered() {
        let found = |path| route(path).map(|route| (route.customer, route.application));
        assert_eq!(found("/v1/customers/1/applicationconsents"), Some(("1", None)));
        assert_eq!(found("/v1/customers/1/ApplicationConsents/2"), Some(("1", Some("2"))));
        for path in [
            "/v1/customers/1",
            "/v1/customers/1/users",
            "/v1.0/users",
            "/v1/customers/1/applicationconsents/2/3",
        ] {
            assert_eq!(found(path), None, "{path}");
        }
    }
}
