//! What an Administrator has to do about the app registration's credentials.

use crate::{
    api::app_credentials::app_credentials,
    app::paths,
    model::credential::Warning,
    ui::{answered::answered, badge::Tone, button::ButtonLink, notice::Notice},
};
use leptos::prelude::*;

/// A notice for each.
#[component]
pub fn CredentialWarnings(
    /// What the server says.
    warnings: Vec<Warning>,
) -> impl IntoView {
    let notices = warnings.into_iter().map(|warning| {
        let tone = if warning.urgent { Tone::Critical } else { Tone::Caution };
        view! { <Notice tone title=warning.what>{warning.remedy}</Notice> }
    });
    view! { <div class="grid gap-3 empty:hidden">{notices.collect_view()}</div> }.into_any()
}

/// The same for a page that is about something else, with the way to Settings. For Administrators; a failure to ask says
/// nothing there.
#[component]
pub fn CredentialNotice() -> impl IntoView {
    let found = Resource::new_blocking(|| (), |()| app_credentials());
    view! {
        <Transition>
            {answered(found, |answer| {
                let warnings = answer.ok()?.warnings;
                let notices = warnings.into_iter().map(|warning| {
                    let tone = if warning.urgent { Tone::Critical } else { Tone::Caution };
                    let to = format!("{}#app-registration", paths::SETTINGS);
                    let action = move || view! { <ButtonLink href=to>"Open Settings"</ButtonLink> };
                    view! { <Notice tone title=warning.what action>{warning.remedy}</Notice> }
                });
                Some(view! { <div class="grid gap-3 empty:hidden">{notices.collect_view()}</div> })
            })}
        </Transition>
    }
    .into_any()
}
