//! Choices of filters that a browser sends without script: the page is drawn again under the choice that was sent, for
//! **Preview** and where a choice was refused. A choice can be thousands of groups, so it comes in the body of a form,
//! which no proxy cuts off, and not in an address.

use crate::{
    api::{
        ApiError,
        user_sync::{FiltersForm, REFUSED_EMPTY, REFUSED_STALE, SectionForm},
    },
    app::pages::tenant::SentChoice,
    model::{
        filter::{Filters, STALE, Section},
        ids::OrganizationId,
    },
    server::{caller, guard::shown, session::safe_path},
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use std::collections::HashMap;
use url::form_urlencoded::parse;

/// A choice of filters that was refused. Our script has its form still and gets the error, and so does whoever names a
/// page that takes no form; a browser without script is told to send the same form to the dialog, which opens again with it.
pub async fn filters(
    refused: ApiError,
    organization: OrganizationId,
    sent: &FiltersForm,
    next: &str,
) -> Result<(), ApiError> {
    let why = match &refused {
        ApiError::Refused(words) if words == STALE => REFUSED_STALE,
        ApiError::Refused(_) if Filters::from(sent).refusal().is_some() => REFUSED_EMPTY,
        _ => return Err(refused),
    };
    if caller::has_script().await || !takes_form(page(next)) {
        return Err(refused);
    }
    leptos_axum::redirect(&dialog_address(organization, next, why));
    if let Some(answer) = use_context::<ResponseOptions>() {
        // Unlike a 302 it takes the form along (RFC 9110, section 15.4.8).
        answer.set_status(StatusCode::TEMPORARY_REDIRECT);
    }
    Ok(())
}

fn page(next: &str) -> &str {
    safe_path(next).split(['?', '#']).next().unwrap_or_default()
}

/// Whether it is one of the pages that are drawn [`under_choice`]: a Tenant's, or that in a portal's frame. Any other would
/// refuse the form, or take it for its own.
fn takes_form(path: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    match parts.as_slice() {
        ["", "tenants", id] | ["", "embed", _, "tenants", id] => !id.is_empty(),
        _ => false,
    }
}

fn dialog_address(organization: OrganizationId, next: &str, why: &str) -> String {
    let path = page(next);
    format!("{path}?dialog=filters&organization={organization}&refused={why}")
}

/// Draws the page that a form is posted to, with the choice that the form holds. Nothing is done: to load it again does
/// no harm.
pub async fn under_choice(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    // It was read before, and its length is bounded there.
    let Ok(form) = to_bytes(body, usize::MAX).await else {
        return shown(&ApiError::Internal, false, None);
    };
    parts.extensions.insert(choice_in(&form));
    // Whatever is drawn may take it for a page that was asked for, which it is.
    parts.method = Method::GET;
    next.run(Request::from_parts(parts, Body::empty())).await
}

fn choice_in(form: &[u8]) -> SentChoice {
    let mut fields: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in parse(form) {
        fields.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let mut section = |section: Section| SectionForm {
        all: take(&format!("filters[{}][all]", section.key())).pop(),
        values: take(&format!("filters[{}][values][]", section.key())),
    };
    let filters = FiltersForm {
        user_type: section(Section::UserType),
        domain: section(Section::Domain),
        office_location: section(Section::OfficeLocation),
        department: section(Section::Department),
        group: section(Section::Group),
        license_status: section(Section::LicenseStatus),
    };
    SentChoice {
        filters,
        seen: take("seen").pop(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dialog_that_a_refused_form_is_sent_to_is_on_a_page_of_ours() {
        let address = |next| dialog_address(OrganizationId::default(), next, REFUSED_EMPTY);
        let query = "dialog=filters&organization=00000000-0000-0000-0000-000000000000&refused=empty";
        assert_eq!(address("/tenants/1?x=y"), format!("/tenants/1?{query}"));
        assert_eq!(address("//evil.example"), format!("/organizations?{query}"));
    }

    #[test]
    fn a_refused_form_is_sent_only_to_pages_that_take_it() {
        for next in [
            "/tenants/1",
            "/tenants/1?dialog=filters",
            "/embed/2/tenants/1",
            "/tenants/1#x",
        ] {
            assert!(takes_form(page(next)), "{next}");
        }
        for next in [
            "",
            "//evil.example",
            "/tenants/",
            "/tenants/1/disconnect",
            "/api/delete_organization1",
            "/api/tenants/1",
            "/embed/2/api/tenants/1",
            "/organizations/1?x=/tenants/1",
        ] {
            assert!(!takes_form(page(next)), "{next}");
        }
    }

    #[test]
    fn a_choice_is_read_from_the_form_as_the_dialog_sends_it() {
        let form = "organization=x&seen=2026&filters%5Bdepartment%5D%5Bvalues%5D%5B%5D=R%26D\
                    &filters[department][values][]=&filters%5Bgroup%5D%5Ball%5D=true";
        let sent = choice_in(form.as_bytes());
        assert_eq!(sent.seen.as_deref(), Some("2026"));
        let filters = FiltersForm {
            department: SectionForm {
                all: None,
                values: vec!["R&D".into(), String::new()],
            },
            group: SectionForm {
                all: Some("true".into()),
                values: vec![],
            },
            ..FiltersForm::default()
        };
        assert_eq!(sent.filters, filters);
    }
}
