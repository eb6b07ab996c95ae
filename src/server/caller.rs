//! Who asks. The guard has looked up the session before a request arrives here.

use super::state::AppState;
use crate::{
    api::ApiError,
    model::audit::{Actor, ActorKind},
    store::{Now, administrator::Administrator},
};
use axum::{Extension, http::HeaderMap};
use chrono::Utc;
use chrono_tz::Tz;
use cookie::Cookie;
use leptos::prelude::use_context;

/// The signed-in administrator of this request, as the guard found it.
#[derive(Clone, Debug)]
pub struct Caller(pub Option<Administrator>);

/// Who is signed in, if anybody.
pub async fn caller() -> Result<Option<Administrator>, ApiError> {
    let Extension(Caller(who)) = leptos_axum::extract::<Extension<Caller>>()
        .await
        .map_err(|_| ApiError::Internal)?;
    Ok(who)
}

/// The state, for somebody who is signed in.
pub async fn required() -> Result<AppState, ApiError> {
    Ok(signed_in().await?.0)
}

/// The state, and who is signed in as the audit log names them: for whatever changes something.
pub async fn signed_in() -> Result<(AppState, Actor), ApiError> {
    let who = caller().await?.ok_or(ApiError::SignedOut)?;
    let state = use_context::<AppState>().ok_or(ApiError::Internal)?;
    let actor = Actor {
        kind: ActorKind::Administrator,
        id: Some(who.id),
        name: who.name,
    };
    Ok((state, actor))
}

/// Whether our own script asks, and not a form that a browser sends without it.
pub async fn has_script() -> bool {
    let headers = leptos_axum::extract::<HeaderMap>().await.unwrap_or_default();
    let accept = headers
        .get(axum::http::header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_none_or(|accept| !accept.contains("text/html"))
}

/// The cookie in which a browser keeps its time zone.
const ZONE_COOKIE: &str = "entrain-zone";

/// The time now, in the zone of whoever asks; UTC until their browser has told it.
pub async fn now() -> Now {
    let headers = leptos_axum::extract::<HeaderMap>().await.unwrap_or_default();
    Utc::now().with_timezone(&zone_of(&headers))
}

fn zone_of(headers: &HeaderMap) -> Tz {
    let cookies = headers
        .get_all(axum::http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse_encoded);
    cookies
        .flatten()
        .find(|cookie| cookie.name() == ZONE_COOKIE)
        .and_then(|cookie| cookie.value().parse().ok())
        .unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, header::COOKIE};

    #[test]
    fn the_zone_is_the_cookies_and_utc_where_there_is_none_or_a_wrong_one() {
        let zone = |cookie: &'static str| zone_of(&HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookie))]));
        assert_eq!(zone("a=b; entrain-zone=Europe%2FZurich"), Tz::Europe__Zurich);
        assert_eq!(zone("entrain-zone=America/New_York"), Tz::America__New_York);
        assert_eq!(zone("entrain-zone=Atlantis"), Tz::UTC);
        assert_eq!(zone_of(&HeaderMap::new()), Tz::UTC);
    }
}
