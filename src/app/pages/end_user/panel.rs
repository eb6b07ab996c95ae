//! The left panel: who it is, and how the person stands in Microsoft.

use crate::{
    api::end_user::SyncPersonNow,
    app::{
        pages::{
            address::address,
            microsoft_user::MicrosoftUserDetails,
            mine::to_technicians,
            problem::{FormProblem, failure},
        },
        paths,
    },
    model::{
        end_user_details::{EndUserDetails, Hold},
        ids::{EndUserId, OrganizationId},
    },
    ui::{
        badge::{Badge, Tone},
        button::ButtonVariant,
        icon::{Glyph, Icon},
        menu::{Menu, MenuButton, MenuLink, MenuTrigger},
        status::LiveStatus,
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
    /// **Sync Now**.
    sync_now: ServerAction<SyncPersonNow>,
) -> impl IntoView {
    let (organization, id, sync) = (details.organization, details.id, details.can_be_synced);
    let shows_standing = details
        .microsoft
        .as_ref()
        .is_none_or(|user| user.mark.is_none() && user.out_of_scope.is_none());
    // Somebody without an account is looked for by their address.
    let asked = details
        .microsoft
        .as_ref()
        .map_or_else(|| details.fields.email.clone(), |user| user.id.to_string());
    let why = (!asked.is_empty()).then(|| {
        view! {
            <a class="link justify-self-start" href=address(&paths::missing(details.organization), &[("user", &asked)])>
                "Why?"
            </a>
        }
    });
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
            {to_technicians(move || view! { <Actions organization id sync sync_now /> })}
            {move || sync_now.pending().get().then(|| view! { <LiveStatus text="Reading from Microsoft" /> })}
            <FormProblem error=failure(sync_now) />
            // Where the section says that Microsoft disabled or forgot the person, this would only say less.
            {shows_standing.then(|| view! { <Standing hold=details.hold /> })}
            {why}
        </div>
        <MicrosoftUserDetails user=details.microsoft />
    }.into_any()
}

/// **Sync Now** while the sync is enabled and the person mapped, and **Delete**.
#[component]
fn Actions(
    organization: OrganizationId,
    id: EndUserId,
    sync: bool,
    sync_now: ServerAction<SyncPersonNow>,
) -> impl IntoView {
    view! {
        <div>
            <Menu id="menu-end-user" label="Actions" trigger=MenuTrigger::Button(ButtonVariant::Secondary)>
                {sync
                    .then(|| {
                        view! {
                            <ActionForm action=sync_now>
                                <input type="hidden" name="organization" value=organization.to_string() />
                                <input type="hidden" name="id" value=id.to_string() />
                                <MenuButton icon=Icon::Refresh>"Sync Now"</MenuButton>
                            </ActionForm>
                        }
                    })}
                <MenuLink href=paths::delete_end_user(organization, id) danger=true icon=Icon::MinusCircle>
                    "Delete"
                </MenuLink>
            </Menu>
        </div>
    }
    .into_any()
}

/// Synced or not; what Microsoft did to the account stands in **Microsoft User Details**.
#[component]
fn Standing(hold: Hold) -> impl IntoView {
    let badge = match hold {
        Hold::Synced | Hold::Undecided => view! { <Badge tone=Tone::Positive text="Synced" /> },
        Hold::OutOfScope { .. } => view! { <Badge icon=Icon::Filter text="Out of scope" /> },
        Hold::Deleted | Hold::SyncOff | Hold::NotMapped | Hold::FormerTenant { .. } => {
            view! { <Badge text="Not synced" /> }
        }
    };
    view! { <div>{badge}</div> }
}
