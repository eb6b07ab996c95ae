//! All routes, and the layers that every request passes.

use super::{
    assets::Assets,
    body,
    caller::Caller,
    connect,
    embed::{self, Embedded},
    exchange, guard, oidc, panics,
    preferences::Preferences,
    probes, sent_back,
    shown_once::shown_once,
    state::AppState,
};
use crate::app::{
    App,
    pages::{framed::DrawnIn, mine::DrawnFor, tenant::SentChoice},
    shell::{BundleNames, InFrame, Look, content_security_policy, shell},
};
use axum::{
    Router,
    http::{HeaderValue, header, request::Parts},
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use leptos::{
    nonce::use_nonce,
    prelude::{IntoView, provide_context, use_context},
};
use leptos_axum::{AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list};
use std::sync::LazyLock;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, services::ServeDir};

/// The pages. Listed once in a process: while Leptos lists them, no resource loads on any thread, and a page that is drawn
/// at the moment, for another router, would wait for ever.
pub(crate) fn pages() -> &'static [AxumRouteListing] {
    static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));
    &PAGES
}

/// The web server's routes.
pub fn router(state: AppState) -> Router {
    let pages = pages().to_vec();
    let context = {
        let state = state.clone();
        move || provide_context(state.clone())
    };
    let draw = {
        let state = state.clone();
        move || document(&state.assets)
    };
    // Files of the bundle are compressed when it is built; everything else is compressed on its way out.
    let site = ServeDir::new(&state.settings.site_dir)
        // A folder would be redirected to with a slash behind it, and `//host` to another host.
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let sent_to = leptos_axum::render_app_async_with_context(context.clone(), draw.clone());
    let sent_to = || post(sent_to.clone()).layer(from_fn(sent_back::under_choice));
    let pages = Router::new()
        .leptos_routes_with_context(&state, pages, context.clone(), draw)
        // Where a browser without script sends a choice of filters to be previewed.
        .route("/tenants/{id}", sent_to())
        .route("/embed/{portal}/tenants/{id}", sent_to())
        .merge(embed::functions())
        .layer(from_fn(embed::with_addresses))
        .layer(from_fn(guard::refusal))
        .layer(from_fn_with_state(state.clone(), shown_once))
        .layer(CompressionLayer::new());
    let routes = Router::new()
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(probes::readyz))
        .route("/", get(|| async { axum::response::Redirect::to("/organizations") }))
        .nest_service(
            "/pkg",
            ServeDir::new(state.settings.site_dir.join("pkg"))
                .append_index_html_on_directories(false)
                .precompressed_br()
                .precompressed_gzip(),
        )
        .merge(exchange::routes::routes())
        .merge(connect::routes())
        .merge(embed::routes())
        .merge(oidc::routes::routes())
        .merge(pages)
        .fallback_service(site.fallback(not_found(&state)));
    guarded(routes, state)
}

/// The layers that every request passes, whatever answers it. The answer to a panic has the headers of all answers; one
/// inside the guards passes them on its way back.
pub fn guarded(routes: Router<AppState>, state: AppState) -> Router {
    routes
        .layer(CatchPanicLayer::custom(panics::caught))
        .layer(from_fn(panics::inside))
        .layer(from_fn_with_state(state.clone(), body::bounded))
        .layer(from_fn_with_state(state.clone(), guard::session))
        .layer(from_fn_with_state(state.clone(), guard::origin))
        .layer(from_fn_with_state(state.clone(), guard::host))
        .layer(CatchPanicLayer::custom(panics::caught))
        .layer(from_fn_with_state(state.clone(), panics::outside))
        .layer(from_fn_with_state(state.clone(), guard::headers))
        .with_state(state)
}

/// A path that nothing answers gets our own page, with status 404.
fn not_found(state: &AppState) -> Router {
    let assets = state.assets.clone();
    let context = {
        let state = state.clone();
        move || provide_context(state.clone())
    };
    let handler = leptos_axum::render_app_to_stream_with_context(context, move || document(&assets));
    Router::new().fallback(handler)
}

/// A page with its policy. The nonce is this answer's own, so the header is set here and not in a layer.
fn document(assets: &Assets) -> impl IntoView + use<> {
    let asked = use_context::<Parts>();
    let frame = asked.as_ref().and_then(|parts| parts.extensions.get::<Embedded>());
    let ancestors = frame.map_or_else(|| "'none'".to_owned(), Embedded::ancestors);
    if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce.to_string(), &ancestors))
    {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
    let framed = frame.map(|frame| InFrame {
        base: frame.base(),
        session: frame.session(),
        origin: frame.origin.clone(),
        seconds: frame.seconds,
    });
    if let Some(sent) = asked.as_ref().and_then(|parts| parts.extensions.get::<SentChoice>()) {
        provide_context(sent.clone());
    }
    let preferences = asked.as_ref().map(Preferences::of_request);
    let preferences = preferences.unwrap_or_default();
    let caller = asked.and_then(|parts| parts.extensions.get::<Caller>().cloned());
    let role = caller.and_then(|Caller(who)| who).map(|who| who.account.role);
    provide_context(DrawnFor(role));
    provide_context(DrawnIn(framed.as_ref().map(|frame| frame.base.clone())));
    let bundle = BundleNames {
        js: &assets.js,
        wasm: &assets.wasm,
        css: &assets.css,
    };
    let look = Look {
        appearance: preferences.appearance,
        no_shortcuts: preferences.no_shortcuts,
        role,
    };
    shell(bundle, look, framed)
}
