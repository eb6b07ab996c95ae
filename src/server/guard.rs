//! What every request passes before a page sees it: the right host, the right origin, a session, and on the way back
//! the security headers.

use super::{
    caller::{Caller, SignedIn},
    client::Client,
    embed,
    plain_page::{PlainPage, dressed, is_shown},
    preferences::Preferences,
    session,
    state::AppState,
};
use crate::{api::ApiError, model::preferences::Appearance};
use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use leptos::server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER};
use std::net::SocketAddr;
use url::{Position, Url};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A refusal is a sentence or two.
const LARGEST_REFUSAL: usize = 64 * 1024;

fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// Reachable without a session: sign-in itself, and files that hold nothing of anybody.
fn is_public(path: &str) -> bool {
    is_probe(path)
        || path == "/sign-in"
        || path.starts_with("/sign-in/")
        || path.starts_with("/api/sign_in")
        || is_function(path, "account")
        || path.starts_with("/pkg/")
        || matches!(path, "/favicon.svg" | "/embed.js" | "/embed-frame.js")
        || super::connect::is_public(path)
}

/// Whether this is the address of a server function: its name and a number that the build makes.
pub fn is_function(path: &str, name: &str) -> bool {
    let number = path.strip_prefix("/api/").and_then(|path| path.strip_prefix(name));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A request for another host than the public one is sent there: cookies and origins hold for one host only.
pub async fn host(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let public = &state.settings.public_url;
    let asked = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let ours = match (public.host_str(), public.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    };
    if is_probe(request.uri().path()) || asked.is_some_and(|asked| asked.eq_ignore_ascii_case(&ours)) {
        return next.run(request).await;
    }
    if !is_safe(request.method()) {
        let words = format!("Entrain answers at {public} only; open that address.");
        return (StatusCode::MISDIRECTED_REQUEST, words).into_response();
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    Redirect::permanent(&format!("{}{path}", public.as_str().trim_end_matches('/'))).into_response()
}

/// Unsafe methods come from our own pages: `Sec-Fetch-Site` says so, or else `Origin` is ours. Browsers send no
/// `Sec-Fetch-Site` to plain-http hosts other than loopback.
///
/// But for two: a portal posts its token from its own page, and the token says who sends it; and a program that shows a
/// token of its own and no cookie has nothing that another site could make use of.
///
/// A form without script is led back to the page that its `Referer` names, so one that is not ours is dropped.
pub async fn origin(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let allowed = is_safe(request.method())
        || embed::is_session(request.uri().path())
        || is_program(headers)
        || match text(&SEC_FETCH_SITE) {
            Some(site) => matches!(site, "same-origin" | "none"),
            None => text(&header::ORIGIN) == Some(state.settings.public_url.origin().ascii_serialization().as_str()),
        };
    if allowed {
        if !came_from_us(&state, request.headers()) {
            request.headers_mut().remove(header::REFERER);
        }
        next.run(request).await
    } else {
        (
            StatusCode::FORBIDDEN,
            "This request came from another site. Open Entrain itself and try again.",
        )
            .into_response()
    }
}

/// Whether a program asks, with a token of its own and without a cookie.
fn is_program(headers: &HeaderMap) -> bool {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = shown.is_some_and(|shown| shown.get(..7).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer ")));
    bearer && !headers.contains_key(header::COOKIE)
}

/// Whether a link on one of our own pages was followed, or an address typed in. Browsers that send no `Sec-Fetch-Site` send
/// where they come from, as our `Referrer-Policy` has it.
pub fn came_from_here(state: &AppState, headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(&SEC_FETCH_SITE) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => came_from_us(state, headers),
    }
}

fn came_from_us(state: &AppState, headers: &HeaderMap) -> bool {
    let from = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    from.and_then(|from| Url::parse(from).ok())
        .is_some_and(|from| from.origin() == state.settings.public_url.origin())
}

/// Looks up the session. Without one, a page sends to sign-in and comes back, and so does a form that a browser sends
/// without script; anything else is refused.
pub async fn session(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_probe(path) || path.starts_with("/pkg/") {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map(|ConnectInfo(peer)| *peer);
    let client = Client::of(peer, request.headers(), &state.settings.sign_in.proxies);
    if embed::is_embedded(path) {
        return embed::admit(&state, client, request, next).await;
    }
    let who = match session::by_headers(&state, request.headers()).await {
        Ok(who) => who,
        // The page itself says that the database is away, and nothing of anybody is on it.
        Err(error) if is_script(&request) => return told(&error),
        Err(error) => return shown(&error, is_safe(request.method()), Some(&state.assets.css)),
    };
    if who.is_none() && !is_public(path) {
        return if is_script(&request) {
            told(&ApiError::SignedOut)
        } else if is_safe(request.method()) && !path.starts_with("/api/") {
            to_sign_in(request.uri())
        } else if is_shown(request.headers()) {
            session_over(&state, request.headers())
        } else {
            (StatusCode::UNAUTHORIZED, ApiError::SignedOut.to_string()).into_response()
        };
    }
    if who.is_some() && path == "/sign-in" && is_safe(request.method()) {
        return Redirect::to("/organizations").into_response();
    }
    let address = client.address_text();
    let who = who.map(|(account, access)| SignedIn {
        account,
        access,
        address,
        portal: None,
    });
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(Caller(who));
    next.run(request).await
}

/// A server function called by our own script, and not by a form that a browser sends without it.
pub fn is_script(request: &Request) -> bool {
    let path = request.uri().path();
    (path.starts_with("/api/") || embed::is_function(path)) && !is_shown(request.headers())
}

/// An error as the script reads it; in any other form it would say that the answer can't be read.
pub fn told(error: &ApiError) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status_of(error), kind, error.ser()).into_response()
}

/// An error in place of a page; `again` where asking once more does no harm. In our style, where its sheet is named.
pub fn shown(error: &ApiError, again: bool, style: Option<&str>) -> Response {
    match error {
        ApiError::Unavailable => unavailable(again, style),
        error => (status_of(error), error.to_string()).into_response(),
    }
}

/// The status of an error, for programs, proxies and the browser's console (RFC 9110, section 15).
pub const fn status_of(error: &ApiError) -> StatusCode {
    match error {
        ApiError::SignedOut => StatusCode::UNAUTHORIZED,
        ApiError::NotFound(_) => StatusCode::NOT_FOUND,
        ApiError::Forbidden(_) => StatusCode::FORBIDDEN,
        ApiError::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ApiError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        ApiError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        // Offline is what a browser says of us, never we of ourselves.
        ApiError::Offline | ApiError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Leptos answers every server function that refused with 500: our script gets the status that fits. A form without
/// script keeps its redirect. Has to lie inside the compression, as it reads the answer.
pub async fn refusal(request: Request, next: Next) -> Response {
    let by_script = is_script(&request);
    let response = next.run(request).await;
    if !by_script || !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(words) = to_bytes(body, LARGEST_REFUSAL).await else {
        return Response::from_parts(parts, Body::empty());
    };
    parts.status = status_of(&ApiError::de(words.clone()));
    Response::from_parts(parts, Body::from(words))
}

fn to_sign_in(uri: &Uri) -> Response {
    sign_in_then(uri.path_and_query().map_or("/", |path| path.as_str()), &[])
}

/// A form that was sent without script after the session: back to its page once somebody has signed in.
fn session_over(state: &AppState, headers: &HeaderMap) -> Response {
    let sent_from = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
    let page = sent_from
        .and_then(|from| Url::parse(from).ok())
        .filter(|from| from.origin() == state.settings.public_url.origin())
        .map(|from| from[Position::BeforePath..Position::AfterQuery].to_owned());
    sign_in_then(page.as_deref().unwrap_or("/organizations"), &[("over", "1")])
}

fn sign_in_then(next: &str, more: &[(&str, &str)]) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .extend_pairs(more)
        .finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}

/// A page reloads by itself. The style sheet is a file beside the server: it is there without a database.
fn unavailable(again: bool, style: Option<&str>) -> Response {
    let text = if again {
        "Entrain goes on by itself when it is back. This page tries again every 5 seconds."
    } else {
        "Nothing was saved. Entrain goes on by itself when it is back: go back then, and send the form again."
    };
    let page = PlainPage {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "The database can't be reached",
        text,
        link: None,
        style,
        again,
    };
    page.into_response()
}

/// Security headers on every answer, and the appearance of plain ones. The policy of a page carries its nonce and is set
/// where the page is drawn.
pub async fn headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let for_portals = request.uri().path() == "/embed.js";
    let cached_for_ever = request.uri().path().starts_with("/pkg/");
    let framed = embed::is_embedded(request.uri().path());
    // What an account's person chose is theirs, and not that of whoever looks into a frame.
    let appearance = if framed {
        Appearance::System
    } else {
        Preferences::of(request.headers()).appearance
    };
    let mut response = dressed(next.run(request).await, appearance);
    let found = response.status().is_success();
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    );
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    // Says nothing in a frame, and a tab that a frame has opened has to stay within its reach.
    if !framed {
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    }
    set(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    if cached_for_ever && found {
        set(header::CACHE_CONTROL, "public, max-age=31536000, immutable");
        // A cache between us and a browser must not hand brotli to one that asked for none.
        set(header::VARY, "accept-encoding");
    } else {
        set(header::CACHE_CONTROL, "no-store");
    }
    if for_portals {
        // Pages of any origin load this script as a module, which browsers fetch by CORS. Nothing of anybody is in it.
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    if state.settings.public_url.scheme() == "https" {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}
