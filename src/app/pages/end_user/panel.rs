//! The left panel: who it is, and how the person stands in Microsoft.

use crate::{
    app::{pages::when::When, paths},
    model::{
        end_user::MarkKind,
        end_user_details::{EndUserDetails, Hold},
        time::Moment,
    },
    ui::{
        badge::{Badge, Tone},
        icon::{Glyph, Icon},
    },
};
use leptos::prelude::*;

/// The panel.
#[component]
pub fn Panel(
    /// What the page shows.
    details: EndUserDetails,
    /// How the person is called.
    name: String,
) -> impl IntoView {
    let mark = details.account.as_ref().and_then(|account| account.mark.clone());
    view! {
        <div class="grid gap-3">
            <a class="link inline-flex min-h-6 items-center gap-1 justify-self-start" href=paths::end_users(details.organization)>
                <Glyph icon=Icon::ChevronLeft />
                "Back to End Users"
            </a>
            <div>
                <h1 class="text-xl font-semibold tracking-tight wrap-anywhere" tabindex="-1">
                    <bdi>{name}</bdi>
                </h1>
                <p class="text-text-muted wrap-anywhere">
                    <bdi>{details.fields.job_title.clone()}</bdi>
                </p>
            </div>
            <Standing hold=details.hold mark mapped=details.account.is_some() />
        </div>
    }
}

/// Synced or not, and **Disabled in Microsoft** with what happened and when.
#[component]
fn Standing(hold: Hold, mark: Option<(MarkKind, Moment)>, mapped: bool) -> impl IntoView {
    let state = match (&hold, mapped) {
        (Hold::OutOfScope { .. }, _) => view! { <Badge icon=Icon::Filter text="Out of scope" /> },
        (Hold::SyncOff | Hold::NotMapped | Hold::FormerTenant { .. }, _) | (_, false) => {
            view! { <Badge text="Not synced" /> }
        }
        _ => view! { <Badge tone=Tone::Positive text="Synced" /> },
    };
    let state = (mark.is_none() || !mapped).then_some(state);
    view! {
        <div class="flex flex-wrap items-center gap-2">
            {state}
            {mark
                .map(|(kind, at)| {
                    let what = match kind {
                        MarkKind::Disabled => "Disabled ",
                        MarkKind::Deleted => "Deleted ",
                    };
                    view! {
                        <Badge tone=Tone::Caution icon=Icon::Lock text="Disabled in Microsoft" />
                        <span class="text-text-muted">{what} <When moment=at /></span>
                    }
                })}
        </div>
    }
}
