//! The control API, on a port of its own: what a test or a demonstration does to the simulated customers. JSON in and
//! out, no sign-in; an error is `{"error": "a sentence"}`. `{tenant}` is an id, a short name or a domain.
//!
//! | request | what it does |
//! | --- | --- |
//! | `GET /tenants` | id, name, default domain, counts, `premium`, `consent`, `roles`, `denied` of each |
//! | `GET /tenants/{tenant}` | the whole directory: `organization`, `domains`, `skus`, `users`, `deletedUsers`, `groups`, `devices`, `managedDevices`, `registrations`, `members`, direct, as ids by group id, and `userRoles` by user id. A property without a value is left out |
//! | `POST /tenants/{tenant}/users` | creates a user; what is missing is filled in; 201 |
//! | `PATCH /tenants/{tenant}/users/{id or UPN}` | merges properties, null takes a value away |
//! | `DELETE /tenants/{tenant}/users/{id or UPN}` | soft-deletes; `?permanent=true` for good, deleted ones too; 204 |
//! | `POST /tenants/{tenant}/users/{id or UPN}/restore` | brings a soft-deleted user back, memberships and all |
//! | `POST /tenants/{tenant}/groups` | creates a group; `members` may hold ids; 201 |
//! | `PATCH`, `DELETE /tenants/{tenant}/groups/{id}` | merges properties; removes the group for good |
//! | `PUT`, `DELETE /tenants/{tenant}/groups/{id}/members/{object id or UPN}` | puts an object in, takes it out; 204 |
//! | `POST /tenants/{tenant}/managedDevices` | enrols a device into Intune; what is missing is filled in; 201 |
//! | `PATCH`, `DELETE /tenants/{tenant}/managedDevices/{id}` | merges properties, a new `lastSyncDateTime` with them; takes the device out |
//! | `PUT /tenants/{tenant}/consent` | `{"granted": false}` withdraws consent, `true` gives it again; `"roles": ["User.Read.All", ...]`, names or ids of [`APP_ROLES`](crate::model::role::APP_ROLES), replaces what is granted to the application |
//! | `PUT /tenants/{tenant}/permissions` | `{"denied": ["groups", ...]}`, names of [`Permission::ALL`](crate::model::directory::Permission::ALL), replaces what is denied whatever is granted |
//! | `PATCH`, `DELETE /tenants/{tenant}/users/{id or UPN}/registration` | merges properties into the user's entry of the report of authentication methods, `methodsRegistered` settling the rest, and makes one where there is none; takes it out |
//! | `PUT /tenants/{tenant}/partner` | `{"customers": [{"tenant": "fabrikam"}, ...]}` makes it a partner's, with these customers in the place of any before: each with `name`, `domain`, `relationship` (a status, `active` when left out, or null) and `contract`; `agents` may name who may consent through Partner Center, and `delaySeconds` how long such a consent takes until it works; 204 |
//! | `PUT /tenants/{tenant}/premium` | `{"premium": false}` takes Entra ID P1 out of every subscription, `true` subscribes to it |
//! | `PUT /tenants/{tenant}/users/{id or UPN}/roles` | `{"roles": ["Admin", ...]}` replaces the application's own roles that the user holds, as the id token tells them; 204 |
//! | `POST /tenants/{tenant}/delta/reset` | makes every delta token worthless: `{"as": "gone"}` answers 410 with a `Location`, `{"as": "expired"}` 400 `syncStateNotFound`; 204 |
//! | `POST /faults` | breaks a path, see [`Fault`]; answers `{"id": 1}`; 201 |
//! | `GET`, `DELETE /faults`, `DELETE /faults/{id}` | the faults in force with their counts; lifts all; lifts one |
//! | `GET`, `PUT /throttle` | the limits of throttling and what requests cost, see [`Throttle`](crate::Throttle); replaces them, what is left out at its documented figure, and forgets what was used |
//! | `GET`, `PUT /deltas` | how delta queries are answered where Microsoft leaves it open, see [`Deltas`](crate::Deltas): size of pages, life of links; replaces it, what is left out at its usual figure |
//! | `GET`, `PUT /clock` | `{"ahead": 604800}` puts the service's clock so many seconds ahead of the machine's: what it stamps, and how long links last. Access tokens live by the machine's |
//! | `POST /tokens/expire` | every token dies at once |
//! | `GET`, `DELETE /requests` | the journal, see [`Entry`](crate::journal::Entry); forgets it |
//!
//! Roles and denials show with the next token, as at Microsoft; with `"immediately": true` in the body the live tokens
//! of the tenant follow at once. Withdrawn consent stops every token of the tenant at once.
//!
//! Dynamic groups whose rule is understood follow the users; licences are counted into `consumedUnits`.

mod consent;
mod devices;
mod partner;
mod report;
mod settings;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cloud::Cloud;
use crate::faults::Fault;
use crate::model::change::ChangeError;
use crate::model::directory::Directory;
use crate::model::dump::Dump;
use crate::model::history::Reset;

type Shared = State<Arc<Cloud>>;
type Body = Result<Json<Map<String, Value>>, JsonRejection>;
type Outcome = Result<Response, Wrong>;

/// A request that could not be done: the status and a sentence.
struct Wrong(StatusCode, String);

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<ChangeError> for Wrong {
    fn from(error: ChangeError) -> Self {
        let status = match error {
            ChangeError::NotFound(..) => StatusCode::NOT_FOUND,
            ChangeError::Misfit(_) => StatusCode::BAD_REQUEST,
            ChangeError::Taken(_) => StatusCode::CONFLICT,
        };
        Self(status, error.to_string())
    }
}

impl From<JsonRejection> for Wrong {
    fn from(rejection: JsonRejection) -> Self {
        Self(StatusCode::BAD_REQUEST, rejection.body_text())
    }
}

impl From<serde_json::Error> for Wrong {
    fn from(error: serde_json::Error) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// The router of the control port.
pub fn router(cloud: Arc<Cloud>) -> Router {
    Router::new()
        .route("/tenants", get(tenants))
        .route("/tenants/{tenant}", get(tenant))
        .route("/tenants/{tenant}/users", post(create_user))
        .route("/tenants/{tenant}/users/{user}", patch(patch_user).delete(delete_user))
        .route("/tenants/{tenant}/users/{user}/restore", post(restore_user))
        .route("/tenants/{tenant}/groups", post(create_group))
        .route(
            "/tenants/{tenant}/groups/{group}",
            patch(patch_group).delete(delete_group),
        )
        .route(
            "/tenants/{tenant}/groups/{group}/members/{member}",
            put(add_member).delete(remove_member),
        )
        .route("/tenants/{tenant}/managedDevices", post(devices::create))
        .route(
            "/tenants/{tenant}/managedDevices/{device}",
            patch(devices::change).delete(devices::delete),
        )
        .route("/tenants/{tenant}/users/{user}/roles", put(consent::user_roles))
        .route(
            "/tenants/{tenant}/users/{user}/registration",
            patch(report::patch_registration).delete(report::remove_registration),
        )
        .route("/tenants/{tenant}/premium", put(report::premium))
        .route("/tenants/{tenant}/consent", put(consent::consent))
        .route("/tenants/{tenant}/partner", put(partner::partner))
        .route("/tenants/{tenant}/permissions", put(consent::permissions))
        .route("/tenants/{tenant}/delta/reset", post(reset_delta))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", axum::routing::delete(lift_fault))
        .merge(settings::router())
        .route("/tokens/expire", post(expire_tokens))
        .route("/requests", get(requests).delete(clear_requests))
        .layer(DefaultBodyLimit::max(16 * 1024 * 1024))
        .with_state(cloud)
}

fn no_tenant(key: &str) -> Wrong {
    Wrong(StatusCode::NOT_FOUND, format!("there is no tenant '{key}'"))
}

fn read<T>(cloud: &Cloud, key: &str, with: impl FnOnce(&Directory) -> T) -> Result<T, Wrong> {
    let directories = cloud.directories();
    directories
        .iter()
        .find(|directory| directory.answers_to(key))
        .map(with)
        .ok_or_else(|| no_tenant(key))
}

/// Changes a directory and has the state file written.
fn change<T>(cloud: &Cloud, key: &str, with: impl FnOnce(&mut Directory) -> Result<T, Wrong>) -> Result<T, Wrong> {
    let outcome = {
        let mut directories = cloud.directories_mut();
        let directory = directories.iter_mut().find(|directory| directory.answers_to(key));
        with(directory.ok_or_else(|| no_tenant(key))?)?
    };
    cloud.changed.notify_one();
    Ok(outcome)
}

fn user_reply(directory: &Directory, id: uuid::Uuid, status: StatusCode) -> Result<Response, Wrong> {
    let user = directory
        .users
        .get(&id)
        .ok_or_else(|| ChangeError::NotFound("user", id.to_string()))?;
    Ok((status, Json(serde_json::to_value(user)?)).into_response())
}

fn group_reply(directory: &Directory, id: uuid::Uuid, status: StatusCode) -> Result<Response, Wrong> {
    let group = directory
        .groups
        .get(&id)
        .ok_or_else(|| ChangeError::NotFound("group", id.to_string()))?;
    Ok((status, Json(serde_json::to_value(group)?)).into_response())
}

fn summary(directory: &Directory) -> Value {
    json!({
        "id": directory.id,
        "name": directory.name,
        "defaultDomain": directory.default_domain(),
        "users": directory.users.len(),
        "deletedUsers": directory.deleted.len(),
        "groups": directory.groups.len(),
        "premium": directory.premium(),
        "consent": directory.consent,
        "roles": directory.roles,
        "denied": directory.denied.iter().map(|permission| permission.name()).collect::<Vec<_>>(),
    })
}

async fn tenants(State(cloud): Shared) -> Json<Value> {
    Json(cloud.directories().iter().map(summary).collect())
}

async fn tenant(State(cloud): Shared, Path(key): Path<String>) -> Outcome {
    let bytes = read(&cloud, &key, |directory| serde_json::to_vec(&Dump::of(directory)))??;
    Ok(([("content-type", "application/json")], bytes).into_response())
}

async fn create_user(State(cloud): Shared, Path(key): Path<String>, body: Body) -> Outcome {
    let Json(map) = body?;
    change(&cloud, &key, |directory| {
        let id = directory.create_user(&map, cloud.now())?;
        user_reply(directory, id, StatusCode::CREATED)
    })
}

async fn patch_user(State(cloud): Shared, Path((key, user)): Path<(String, String)>, body: Body) -> Outcome {
    let Json(map) = body?;
    change(&cloud, &key, |directory| {
        let id = directory.patch_user(&user, &map)?;
        user_reply(directory, id, StatusCode::OK)
    })
}

#[derive(Deserialize)]
struct Deletion {
    #[serde(default)]
    permanent: bool,
}

async fn delete_user(
    State(cloud): Shared,
    Path((key, user)): Path<(String, String)>,
    Query(deletion): Query<Deletion>,
) -> Outcome {
    change(&cloud, &key, |directory| {
        match deletion.permanent {
            true => directory.purge_user(&user, cloud.now())?,
            false => directory.delete_user(&user, cloud.now())?,
        };
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

async fn restore_user(State(cloud): Shared, Path((key, user)): Path<(String, String)>) -> Outcome {
    change(&cloud, &key, |directory| {
        let id = directory.restore_user(&user)?;
        user_reply(directory, id, StatusCode::OK)
    })
}

async fn create_group(State(cloud): Shared, Path(key): Path<String>, body: Body) -> Outcome {
    let Json(map) = body?;
    change(&cloud, &key, |directory| {
        let id = directory.create_group(&map, cloud.now())?;
        group_reply(directory, id, StatusCode::CREATED)
    })
}

async fn patch_group(State(cloud): Shared, Path((key, group)): Path<(String, String)>, body: Body) -> Outcome {
    let Json(map) = body?;
    change(&cloud, &key, |directory| {
        let id = directory.patch_group(&group, &map)?;
        group_reply(directory, id, StatusCode::OK)
    })
}

async fn delete_group(State(cloud): Shared, Path((key, group)): Path<(String, String)>) -> Outcome {
    change(&cloud, &key, |directory| {
        directory.delete_group(&group)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

async fn add_member(cloud: Shared, path: Path<(String, String, String)>) -> Outcome {
    set_member(cloud, path, true)
}

async fn remove_member(cloud: Shared, path: Path<(String, String, String)>) -> Outcome {
    set_member(cloud, path, false)
}

fn set_member(
    State(cloud): Shared,
    Path((key, group, member)): Path<(String, String, String)>,
    inside: bool,
) -> Outcome {
    change(&cloud, &key, |directory| {
        directory.set_member(&group, &member, inside)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

#[derive(Deserialize)]
struct ResetOrder {
    #[serde(rename = "as")]
    reset: Reset,
}

async fn reset_delta(
    State(cloud): Shared,
    Path(key): Path<String>,
    body: Result<Json<ResetOrder>, JsonRejection>,
) -> Outcome {
    let Json(order) = body?;
    change(&cloud, &key, |directory| {
        directory.reset_history(order.reset);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

async fn faults(State(cloud): Shared) -> Outcome {
    Ok(Json(serde_json::to_value(cloud.faults().list())?).into_response())
}

async fn add_fault(State(cloud): Shared, body: Result<Json<Fault>, JsonRejection>) -> Outcome {
    let Json(fault) = body?;
    let tenant = match &fault.tenant {
        Some(key) => Some(cloud.tenant(key).ok_or_else(|| no_tenant(key))?),
        None => None,
    };
    let id = cloud.faults().add(fault, tenant);
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn clear_faults(State(cloud): Shared) -> StatusCode {
    cloud.faults().clear();
    StatusCode::NO_CONTENT
}

async fn lift_fault(State(cloud): Shared, Path(id): Path<u64>) -> Outcome {
    if cloud.faults().lift(id) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(Wrong(StatusCode::NOT_FOUND, format!("there is no fault {id}")))
}

async fn expire_tokens(State(cloud): Shared) -> StatusCode {
    cloud.tokens().expire(Instant::now());
    StatusCode::NO_CONTENT
}

async fn requests(State(cloud): Shared) -> Outcome {
    Ok(Json(serde_json::to_value(cloud.journal().read())?).into_response())
}

async fn clear_requests(State(cloud): Shared) -> StatusCode {
    cloud.journal().clear();
    StatusCode::NO_CONTENT
}
