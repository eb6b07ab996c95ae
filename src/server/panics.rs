//! What is answered where something panics: that it did, what to do, and a reference under which the log tells the rest.

use super::{
    embed,
    guard::{is_script, told},
    plain_page::{PlainPage, is_shown},
    state::AppState,
};
use crate::{api::ApiError, sync::normalise::clean};
use axum::{
    extract::{MatchedPath, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::any::Any;
use uuid::Uuid;

const TITLE: &str = "Something went wrong";

/// So much of what a panic said is logged, in characters: it may repeat all of a value that it failed on.
const MOST_SAID: usize = 300;

/// What a panic said. Stands beside the answer of the layer that catches it, until that is put in a form that whoever asks
/// can read.
#[derive(Clone, Debug)]
struct Panicked(String);

/// The answer of the layer that catches panics, for [`inside`] and [`outside`] to put in words.
pub fn caught(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(words), _) => clean(words, MOST_SAID),
        (None, Some(words)) => clean(words, MOST_SAID),
        (None, None) => "without words".to_owned(),
    };
    let mut response = (StatusCode::INTERNAL_SERVER_ERROR, TITLE).into_response();
    response.extensions_mut().insert(Panicked(words));
    response
}

/// Puts in words what was caught in a page, a file or a server function. Belongs inside the guards: in a portal's frame
/// they say who may see it.
pub async fn inside(request: Request, next: Next) -> Response {
    answered(request, next).await.0
}

/// The same of what was caught in the guards. The pages that may frame it are those that the database told last.
pub async fn outside(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    match answered(request, next).await {
        (response, true) if embed::is_embedded(&path) => {
            embed::framed_by(response, &embed::known_ancestors(&state, &path).await)
        }
        (response, _) => response,
    }
}

/// The answer, and whether it is about a panic.
async fn answered(request: Request, next: Next) -> (Response, bool) {
    let (script, shown) = (is_script(&request), is_shown(request.headers()));
    let method = request.method().clone();
    // The route and not the address: ids of links that let somebody in stand in some of those.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let Some(Panicked(words)) = response.extensions().get::<Panicked>().cloned() else {
        return (response, false);
    };
    let reference = Uuid::now_v7();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    tracing::error!(%reference, %method, route, panic = words, "a request ended in a panic");
    (told_of(reference, script, shown), true)
}

/// In the form in which whoever asked can read it.
fn told_of(reference: Uuid, script: bool, shown: bool) -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let text = format!(
        "Entrain failed while it answered, and may not have finished what was asked. Try again. If it stays, tell whoever \
         runs Entrain, with the reference {reference}: under it the log says more."
    );
    if script {
        return (status, told(&ApiError::Refused(format!("{TITLE}. {text}")))).into_response();
    }
    if !shown {
        return (status, format!("{TITLE}. {text}")).into_response();
    }
    let page = PlainPage {
        status,
        title: TITLE,
        text: &text,
        link: None,
        style: None,
        again: false,
    };
    page.into_response()
}
