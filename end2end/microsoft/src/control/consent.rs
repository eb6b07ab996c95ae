//! What an administrator of a customer lets the application do, and the people who hold the application's own roles.
//!
//! As at Microsoft, a token opens what was granted when it was issued, so a change shows with the next token. With
//! `"immediately": true` the live tokens of the tenant follow it too, where a test has no use for the wait.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::{Outcome, Shared, Wrong, change, summary};
use crate::cloud::Cloud;
use crate::model::change::ChangeError;
use crate::model::directory::{Directory, Permission};
use crate::model::role::{self, APP_ROLES};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Consent {
    granted: bool,
    roles: Option<Vec<String>>,
    #[serde(default)]
    immediately: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Permissions {
    denied: Vec<String>,
    #[serde(default)]
    immediately: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserRoles {
    roles: BTreeSet<String>,
}

fn bad(sentence: String) -> Wrong {
    Wrong(StatusCode::BAD_REQUEST, sentence)
}

/// Changes what is granted in a tenant, and, if it is to be seen at once, what its live tokens open.
fn grant(cloud: &Arc<Cloud>, key: &str, immediately: bool, with: impl FnOnce(&mut Directory)) -> Outcome {
    let (tenant, opened, told) = change(cloud, key, |directory| {
        with(directory);
        Ok((directory.id, directory.permissions_in_force(), summary(directory)))
    })?;
    if immediately {
        cloud.tokens().strike(tenant, &opened);
    }
    Ok(Json(told).into_response())
}

/// `PUT /tenants/{tenant}/consent`
pub(super) async fn consent(
    State(cloud): Shared,
    Path(key): Path<String>,
    body: Result<Json<Consent>, JsonRejection>,
) -> Outcome {
    let Json(consent) = body?;
    let known = |name: &String| {
        let names: Vec<&str> = APP_ROLES.iter().map(|role| role.name).collect();
        let sentence = || {
            format!(
                "there is no application permission '{name}'; there are {}",
                names.join(", ")
            )
        };
        role::named(name).map(|role| role.name).ok_or_else(|| bad(sentence()))
    };
    let roles: Option<BTreeSet<&'static str>> = match &consent.roles {
        Some(roles) => Some(roles.iter().map(known).collect::<Result<_, _>>()?),
        None => None,
    };
    grant(&cloud, &key, consent.immediately, |directory| {
        directory.consent = consent.granted;
        directory.works_from = None;
        if let Some(roles) = roles {
            directory.roles = roles;
        }
    })
}

/// `PUT /tenants/{tenant}/permissions`
pub(super) async fn permissions(
    State(cloud): Shared,
    Path(key): Path<String>,
    body: Result<Json<Permissions>, JsonRejection>,
) -> Outcome {
    let Json(permissions) = body?;
    let known = |name: &String| {
        let names: Vec<&str> = Permission::ALL.iter().map(|(_, name, _)| *name).collect();
        let sentence = || format!("there is no permission '{name}'; there are {}", names.join(", "));
        Permission::named(name).ok_or_else(|| bad(sentence()))
    };
    let denied = permissions.denied.iter().map(known).collect::<Result<_, _>>()?;
    grant(&cloud, &key, permissions.immediately, |directory| {
        directory.denied = denied
    })
}

/// `PUT /tenants/{tenant}/users/{user}/roles`
pub(super) async fn user_roles(
    State(cloud): Shared,
    Path((key, user)): Path<(String, String)>,
    body: Result<Json<UserRoles>, JsonRejection>,
) -> Outcome {
    let Json(assigned) = body?;
    change(&cloud, &key, |directory| {
        let (id, _) = directory
            .user(&user)
            .ok_or_else(|| ChangeError::NotFound("user", user.clone()))?;
        directory.user_roles.insert(id, assigned.roles);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
