//! Forms that were refused and come back without script: the page opens again with what was sent.

use crate::{
    api::{
        ApiError,
        user_sync::{FiltersForm, REFUSED_EMPTY, REFUSED_STALE},
    },
    model::{
        filter::{Filters, STALE, Section},
        ids::OrganizationId,
    },
    server::{caller, session::safe_path},
};
use std::fmt::Write;
use url::form_urlencoded::byte_serialize;

/// Longer addresses are cut off by servers and proxies on the way.
const LONGEST_ADDRESS: usize = 7_000;

/// A choice of filters that was refused. Our script has its form still and gets the error; a browser without it gets
/// the dialog again, with the choice it sent.
pub async fn filters(
    refused: ApiError,
    organization: OrganizationId,
    sent: &FiltersForm,
    seen: Option<&str>,
    next: &str,
) -> Result<(), ApiError> {
    let why = match &refused {
        ApiError::Refused(words) if words == STALE => REFUSED_STALE,
        ApiError::Refused(_) if Filters::from(sent).refusal().is_some() => REFUSED_EMPTY,
        _ => return Err(refused),
    };
    let mut address = dialog_address(organization, sent, next, why);
    if let Some(seen) = seen {
        address.push_str("&seen=");
        address.extend(byte_serialize(seen.as_bytes()));
    }
    if address.len() > LONGEST_ADDRESS || caller::has_script().await {
        return Err(refused);
    }
    leptos_axum::redirect(&address);
    Ok(())
}

fn dialog_address(organization: OrganizationId, sent: &FiltersForm, next: &str, why: &str) -> String {
    let path = safe_path(next).split('?').next().unwrap_or_default();
    let mut address = format!("{path}?dialog=filters&organization={organization}&preview=1&refused={why}");
    let mut field = |name: String, value: &str| {
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        // Writing to a text can't fail.
        let _ = write!(address, "&{}={}", encoded(&name), encoded(value));
    };
    for section in Section::ALL {
        let form = sent.section(section);
        if let Some(all) = &form.all {
            field(format!("filters[{}][all]", section.key()), all);
        }
        for value in &form.values {
            field(format!("filters[{}][values][]", section.key()), value);
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::user_sync::SectionForm;

    #[test]
    fn the_address_holds_what_was_sent() {
        let sent = FiltersForm {
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
        let address = dialog_address(OrganizationId::default(), &sent, "//evil.example", REFUSED_EMPTY);
        assert_eq!(
            address,
            "/organizations?dialog=filters&organization=00000000-0000-0000-0000-000000000000&preview=1&refused=empty\
             &filters%5Bdepartment%5D%5Bvalues%5D%5B%5D=R%26D&filters%5Bdepartment%5D%5Bvalues%5D%5B%5D=\
             &filters%5Bgroup%5D%5Ball%5D=true"
        );
    }
}
