//! Adding an account by hand.

use super::{
    guard::is_function,
    plain_page::{PlainPage, is_shown},
    session::{new_account, random_text},
    state::AppState,
};
use crate::{
    api::{ApiError, accounts::AddedAccount},
    model::{access::Role, audit::Actor, ids::OrganizationId},
    store,
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What **Add Account** answers is an email and a password, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// **Add Account** as its form sends it.
#[derive(Debug)]
pub struct New {
    /// What it signs in with.
    pub email: String,
    /// How the screens greet them.
    pub name: String,
    /// Key of a role.
    pub role: String,
    /// Empty for one that is made.
    pub password: String,
}

/// The role that a form chose.
pub fn role(key: &str) -> Result<Role, ApiError> {
    Role::from_key(key).ok_or_else(|| ApiError::Refused("Choose a role: Viewer, Technician or Administrator.".into()))
}

/// Adds an account. A password that is made is told once, and kept as a hash only.
pub async fn add(
    state: &AppState,
    actor: &Actor,
    new: New,
    organizations: &[OrganizationId],
) -> Result<AddedAccount, ApiError> {
    let made = new.password.is_empty().then(|| random_text(15)).transpose()?;
    let password = made.as_deref().unwrap_or(&new.password);
    let (account, hash) = new_account(new.email.trim(), &new.name, role(&new.role)?, password).await?;
    store::account_list::add(&state.engine.pool, actor, &account, &hash, organizations).await?;
    Ok(AddedAccount {
        email: account.email,
        password: made,
    })
}

/// Shows a password that was made to a browser without script, whose form would lead it back to the page, where it could
/// not be shown. Has to lie inside the compression, as it reads the answer.
pub async fn shown_once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let by_form = is_function(request.uri().path(), "add_account") && is_shown(request.headers());
    let response = next.run(request).await;
    if !by_form {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(words) = to_bytes(body, LARGEST_ANSWER).await else {
        return Response::from_parts(parts, Body::empty());
    };
    match serde_json::from_slice(&words) {
        Ok(AddedAccount {
            email,
            password: Some(password),
        }) => page(&email, &password, &state.assets.css),
        // Refused, or with a password that was typed: the page again says so.
        _ => Response::from_parts(parts, Body::from(words)),
    }
}

fn page(email: &str, password: &str, style: &str) -> Response {
    let page = PlainPage {
        status: StatusCode::OK,
        title: &format!("Account {email} added"),
        text: &format!("Its first password, shown this once: {password}"),
        link: Some(("/settings", "Back to Settings")),
        style: Some(style),
        again: false,
    };
    page.into_response()
}
