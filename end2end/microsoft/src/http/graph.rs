//! Graph's answers: who asks, whether they may, what they ask for, and the page that follows (graph.md §2, §3, §4, §7,
//! §10).

use std::time::Instant;

use super::{Ask, GRAPH_JSON, Reply};
use crate::cloud::Cloud;
use crate::model::directory::{Directory, Permission};
use crate::protocol::query::{Manner, Query};
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::{Resource, version};
use crate::protocol::units::{units, units_of_delta};
use crate::throttle::Demand;
use crate::tokens::Access;

mod delta;
mod objects;
mod view;

use view::View;

/// Which of Microsoft's machines answered; people who ask its support quote it.
pub const DIAGNOSTIC: &str = r#"{"ServerInfo":{"DataCenter":"Simulated","Slice":"E","Ring":"5","ScaleUnit":"001","RoleInstance":"SIM00000001"}}"#;

type Headers = Vec<(&'static str, String)>;

/// A body and what kind of text it is.
type Written = Result<(&'static str, Vec<u8>), Refusal>;

/// The answer to a request for Graph.
pub fn answer(cloud: &Cloud, ask: &Ask) -> Reply {
    let mut headers = Headers::new();
    match body(cloud, ask, &mut headers) {
        Ok((content_type, body)) => Reply {
            status: 200,
            content_type,
            body,
            headers,
            cut: false,
            streamed: None,
        },
        Err(refusal) => {
            let mut reply = Reply::refusal(ask, &refusal);
            reply.headers.extend(headers);
            reply
        }
    }
}

fn body(cloud: &Cloud, ask: &Ask, headers: &mut Headers) -> Written {
    let access = cloud.tokens().check(ask.authorization.as_deref(), Instant::now())?;
    if access.partner_center.is_some() {
        return Err(Refusal::token("Access token validation failure. Invalid audience."));
    }
    let directories = cloud.directories();
    let directory = directories
        .iter()
        .find(|directory| directory.id == access.tenant && directory.consent);
    let directory = directory.ok_or_else(|| {
        Refusal::new(
            401,
            "Authorization_IdentityNotFound",
            "The identity of the calling application could not be established.",
        )
    })?;
    let resource = Resource::parse(&ask.path)?;
    let manner = Manner {
        eventual: ask.eventual,
        largest_with_activity: cloud.largest_page_with_activity,
    };
    let query = Query::parse(&ask.query, &resource, manner);
    let demand = demand(cloud, directory, &resource, query.as_ref().ok(), ask);
    meter(cloud, demand, headers)?;
    permitted(&access, &resource, &ask.method)?;
    if resource.intune() && !directory.has_intune() {
        return Err(Refusal::no_intune());
    }
    if let Resource::Delta(kind) = resource {
        let deltas = *cloud.deltas();
        let query = delta::Query {
            directory,
            access: &access,
            ask,
            kind,
            deltas,
        };
        return Ok((GRAPH_JSON, query.answer(headers)?));
    }
    let query = query?;
    if query.activity || resource.report() {
        premium(directory, &access)?;
    }
    let view = View {
        directory,
        access: &access,
        ask,
        version: version(&ask.path),
        resource: &resource,
        query: &query,
    };
    match &resource {
        Resource::Count(list) => Ok(("text/plain", view.count(list)?.to_string().into_bytes())),
        Resource::Objects => Ok((GRAPH_JSON, objects::by_ids(&view)?)),
        _ if resource.single() => Ok((GRAPH_JSON, view.single()?)),
        _ => Ok((GRAPH_JSON, view.list()?)),
    }
}

/// Whether the application may use this method there. It holds permissions to read and none to write.
fn permitted(access: &Access, resource: &Resource, method: &str) -> Result<(), Refusal> {
    let reading = if *resource == Resource::Objects { "POST" } else { "GET" };
    match method == reading {
        false if resource.writable(method) => Err(Refusal::denied()),
        false => Err(Refusal::method_not_allowed()),
        true if access.permits(resource.permission()) => Ok(()),
        true if resource.intune() => Err(Refusal::intune_denied()),
        true if resource.report() => Err(Refusal::reports_denied()),
        true => Err(Refusal::denied()),
    }
}

/// What a request asks of the limits. One whose options are wrong costs a unit.
fn demand(cloud: &Cloud, directory: &Directory, resource: &Resource, query: Option<&Query>, ask: &Ask) -> Demand {
    let costs = cloud.throttling().settings().costs;
    Demand {
        tenant: directory.id,
        users: directory.users.len(),
        units: match (resource, query) {
            (Resource::Delta(_), _) => units_of_delta(&costs, &ask.query),
            (_, Some(query)) => units(&costs, resource, query),
            (_, None) => 1,
        },
        activity: query.is_some_and(|query| query.activity),
        intune: resource.intune(),
        report: resource.report(),
    }
}

/// Counts what a request costs, and says so in the answer (graph.md §8).
fn meter(cloud: &Cloud, demand: Demand, headers: &mut Headers) -> Result<(), Refusal> {
    if !demand.intune {
        headers.push(("x-ms-resource-unit", demand.units.to_string()));
    }
    let spent = cloud.throttling().spend(demand, Instant::now());
    match spent {
        Ok(share) => {
            let told = share.map(|share| ("x-ms-throttle-limit-percentage", format!("{share:.2}")));
            headers.extend(told);
            Ok(())
        }
        Err(exceeded) => {
            let whose = format!(
                "{}/Read/{}/{}",
                exceeded.scope, cloud.registration.client_id, demand.tenant
            );
            headers.push(("retry-after", exceeded.retry_after().to_string()));
            headers.push(("x-ms-throttle-scope", whose));
            headers.push(("x-ms-throttle-information", exceeded.information.to_owned()));
            Err(Refusal::throttled())
        }
    }
}

/// Sign-in activity and reports need the permission and Entra ID P1 (graph.md §2, §5).
fn premium(directory: &Directory, access: &Access) -> Result<(), Refusal> {
    if !access.permits(Permission::AuditLogs) {
        return Err(Refusal::reports_denied());
    }
    match directory.premium() {
        true => Ok(()),
        false => Err(Refusal::not_premium()),
    }
}

/// The bytes of a body.
fn written(body: &impl serde::Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(body).map_err(|error| Refusal::new(500, "generalException", error.to_string()))
}
