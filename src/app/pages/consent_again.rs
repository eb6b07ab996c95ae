//! **Consent Again**: on to Microsoft's consent page for a Microsoft tenant that is connected.

use crate::{
    app::paths,
    model::ids::EntraTenantId,
    ui::{
        button::{ButtonLink, ButtonSize},
        icon::Icon,
    },
};
use leptos::prelude::*;

/// The link, for Administrators: whoever else follows it is refused.
#[component]
pub fn ConsentAgain(
    /// Microsoft's id of it.
    tenant: EntraTenantId,
) -> impl IntoView {
    view! {
        <ButtonLink href=paths::renew_consent(tenant) size=ButtonSize::Small external=true icon=Icon::ExternalLink>
            "Consent Again"
        </ButtonLink>
    }
    .into_any()
}
