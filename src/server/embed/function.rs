//! Server functions in a frame: those that the two pages need, under the frame's own addresses, and no other.

use super::{
    admit::Embedded,
    place::{Kind, page_path, portal_path, read},
};
use crate::{
    api::ApiError,
    model::portal::Scope,
    server::{
        guard::{shown, told},
        state::AppState,
    },
};
use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use url::Url;

/// The server functions that the frame of a Tenant may call. What is not here belongs to accounts alone: settings,
/// sessions, sign-in, connecting, the whole installation.
pub const OF_TENANT: [&str; 13] = [
    // Tenant Details.
    "tenant",
    "rename_tenant",
    "sync_now",
    "retry_now",
    // Set Up, Edit and Disable.
    "open_filter_dialog",
    "preview",
    "save_user_sync",
    "disable_user_sync",
    // End Users.
    "end_users",
    "new_id",
    "create_end_user",
    "people_to_delete",
    "delete_end_users",
];

/// Those that the frame of an Organization may call: what its one page needs, and nothing about the Tenant.
///
/// A function whose query narrows by `is_whole_tenant`, `sees_person` or `sees_run` (migration 0012) may not come in here.
/// They know the Organizations of whoever asks and not [`Given::One`](crate::model::access::Given::One): a Tenant with no
/// other Organization is whole to them, and its directory would be shown.
pub const OF_ORGANIZATION: [&str; 5] = [
    "end_users",
    "new_id",
    "create_end_user",
    "people_to_delete",
    "delete_end_users",
];

/// The server functions that a frame of this scope may call.
pub const fn allowed(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Tenant(_) => &OF_TENANT,
        Scope::Organization(_) => &OF_ORGANIZATION,
    }
}

/// A page is some hundred kilobytes.
const LARGEST_PAGE: usize = 64 * 1024 * 1024;

/// The name in the path of a server function: what stands before the number that the build makes.
fn name(path: &str) -> &str {
    path.trim_start_matches("/api/")
        .trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Hands a call on to the function under its own path, if a frame may call it.
pub async fn call(
    State(state): State<AppState>,
    Extension(embedded): Extension<Embedded>,
    mut request: Request,
) -> Response {
    let function = read(request.uri().path()).and_then(|place| match place.kind {
        Some(Kind::Function(_, function)) => Some(format!("/{function}")),
        _ => None,
    });
    let function = function.filter(|path| allowed(embedded.scope).contains(&name(path)));
    let Some(uri) = function.and_then(|path| path.parse::<Uri>().ok()) else {
        return told(&ApiError::Forbidden(
            "This belongs to accounts of Entrain and can't be done from a portal.".into(),
        ));
    };
    *request.uri_mut() = uri;
    let (public_url, context) = (state.settings.public_url.clone(), move || {
        provide_context(state.clone())
    });
    let answer = leptos_axum::handle_server_fns_with_context(context, request).await;
    within(answer.into_response(), &embedded, &public_url)
}

/// Leads on inside the frame: a function leads to the full page, which the frame must not show.
fn within(mut response: Response, embedded: &Embedded, public_url: &Url) -> Response {
    let location = response.headers().get(header::LOCATION);
    let Some(location) = location.and_then(|value| value.to_str().ok()) else {
        return response;
    };
    let there = lead(location, embedded, public_url);
    if let Ok(there) = HeaderValue::from_str(&there) {
        response.headers_mut().insert(header::LOCATION, there);
    }
    response
}

/// The address in the frame that stands for one of ours: itself where it is one, the frame's page with the same notice
/// where it is none.
fn lead(location: &str, embedded: &Embedded, public_url: &Url) -> String {
    let portal = portal_path(embedded.portal);
    let page = page_path(embedded.portal, embedded.scope);
    let Some(url) = public_url
        .join(location)
        .ok()
        .filter(|url| url.origin() == public_url.origin())
    else {
        return page;
    };
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let own = format!("{}{query}", url.path());
    let is_page = |path: &str| matches!(read(path).and_then(|place| place.kind), Some(Kind::Page(_)));
    if url.path().starts_with(&format!("{portal}/")) && is_page(url.path()) {
        return own;
    }
    if is_page(&format!("{portal}{}", url.path())) {
        return format!("{portal}{own}");
    }
    match url.query_pairs().find(|(field, _)| field == "notice") {
        Some((_, notice)) => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("notice", &notice)
                .finish();
            format!("{page}?{query}")
        }
        None => page,
    }
}

/// Forms that a browser sends without script go to the frame's own addresses. Leptos writes a function's own path into its
/// form, and knows of no other place.
pub async fn with_addresses(request: Request, next: Next) -> Response {
    let Some(base) = request.extensions().get::<Embedded>().map(Embedded::base) else {
        return next.run(request).await;
    };
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(page) = to_bytes(body, LARGEST_PAGE).await else {
        return shown(&ApiError::Internal, false, None);
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    let page = String::from_utf8_lossy(&page).replace(" action=\"/api/", &format!(" action=\"{base}/api/"));
    Response::from_parts(parts, Body::from(page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{OrganizationId, PortalId, TenantId};

    #[test]
    fn whatever_a_function_leads_to_the_frame_stays_in_its_pages() {
        let (portal, tenant, one) = (PortalId::default(), TenantId::default(), OrganizationId::default());
        let embedded = Embedded {
            portal,
            origins: vec![],
            origin: String::new(),
            scope: Scope::Tenant(tenant),
            seconds: 1,
        };
        let public_url: Url = "https://entrain.example".parse().unwrap();
        let of = |location: &str| lead(location, &embedded, &public_url);
        let page = format!("/embed/{portal}/tenants/{tenant}");
        assert_eq!(
            of(&format!("{page}?notice=filters-saved")),
            format!("{page}?notice=filters-saved")
        );
        assert_eq!(
            of(&format!("https://entrain.example{page}?__err=x")),
            format!("{page}?__err=x")
        );
        assert_eq!(
            of(&format!("/tenants/{tenant}?notice=saved")),
            format!("{page}?notice=saved")
        );
        assert_eq!(
            of(&format!(
                "/organizations/{one}/end-users?search=a&notice=end-users-deleted"
            )),
            format!("/embed/{portal}/organizations/{one}/end-users?search=a&notice=end-users-deleted")
        );
        let created = format!("/organizations/{one}/end-users/{one}?notice=end-user-created");
        assert_eq!(of(&created), format!("{page}?notice=end-user-created"));
        for elsewhere in [
            "/organizations",
            "/sign-in",
            "https://evil.example/x",
            "//evil.example",
            "/embed/x/session",
        ] {
            assert_eq!(of(elsewhere), page, "{elsewhere}");
        }
    }

    #[test]
    fn the_name_of_a_function_ends_where_its_number_begins() {
        assert_eq!(name("/api/tenant12345678"), "tenant");
        assert_eq!(name("/api/tenant_choices1"), "tenant_choices");
    }
}
