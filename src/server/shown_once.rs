//! What is shown once, for a browser without script: its form would lead it back to the page, where it could not be
//! shown. So the answer to the form is a page that says it; it stands in no address and is kept nowhere.

use super::{
    guard::is_function,
    plain_page::{PlainPage, is_shown},
    state::AppState,
};
use crate::api::{accounts::AddedAccount, portals::MadePortal};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What these functions answer is a name and a secret, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// What a page says: its title and its lines.
type Words = (String, String);

/// Puts an answer in words; nothing where there is nothing to show.
type InWords = fn(&[u8]) -> Option<Words>;

/// The functions that tell something once, and how what they answer is put in words.
const FUNCTIONS: [(&str, InWords); 3] = [
    ("add_account", account),
    ("register_portal", |answer| portal(answer, "registered")),
    ("new_portal_secret", |answer| portal(answer, "has a new secret")),
];

/// Puts what is told once in the place of the way back. Has to lie inside the compression, as it reads the answer.
pub async fn shown_once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let of = FUNCTIONS.iter().find(|(name, _)| is_function(path, name));
    let in_words = of.filter(|_| is_shown(request.headers())).map(|(_, words)| *words);
    let response = next.run(request).await;
    let Some(in_words) = in_words else {
        return response;
    };
    let (parts, body) = response.into_parts();
    let Ok(answer) = to_bytes(body, LARGEST_ANSWER).await else {
        return Response::from_parts(parts, Body::empty());
    };
    match in_words(&answer) {
        Some((title, text)) => PlainPage {
            status: StatusCode::OK,
            title: &title,
            text: &text,
            link: Some(("/settings", "Back to Settings")),
            style: Some(&state.assets.css),
            again: false,
        }
        .into_response(),
        // Refused, or with nothing to show: the page again says so.
        None => Response::from_parts(parts, Body::from(answer)),
    }
}

/// A password that was made; one that was typed is known.
fn account(answer: &[u8]) -> Option<Words> {
    let AddedAccount { email, password } = serde_json::from_slice(answer).ok()?;
    let text = format!("Its first password, shown this once: {}", password?);
    Some((format!("Account {email} added"), text))
}

fn portal(answer: &[u8], done: &str) -> Option<Words> {
    let MadePortal { id, name, secret } = serde_json::from_slice(answer).ok()?;
    let text = format!("Its id, the issuer of its tokens: {id}\nThe secret, shown this once: {secret}");
    Some((format!("Portal {name} {done}"), text))
}
