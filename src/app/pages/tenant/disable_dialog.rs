//! **Disable User Sync**: says what stops and what stays.

use super::organizations::switch_of;
use crate::{
    api::{ApiError, user_sync::DisableUserSync},
    app::{
        pages::{
            framed::here,
            problem::{FormProblem, failure},
        },
        paths,
    },
    model::{
        ids::{OrganizationId, TenantId},
        tenant::TenantDetails,
    },
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::{Dialog, DialogWidth},
    },
};
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn DisableDialog(
    /// The Tenant of the page.
    tenant: TenantId,
    /// Whose sync stops.
    organization: OrganizationId,
    /// What the page shows, which has the names.
    details: Resource<Result<TenantDetails, ApiError>>,
) -> impl IntoView {
    let disable = ServerAction::<DisableUserSync>::new();
    let close = here(paths::tenant(tenant));
    view! {
        <Dialog
            title="Disable User Sync"
            close_href=close.clone()
            width=DialogWidth::Narrow
            opener=switch_of(organization)
            footer=move || {
                view! {
                    <Button
                        kind=ButtonKind::Submit
                        variant=ButtonVariant::Danger
                        form="disable-user-sync"
                        pending=disable.pending()
                    >
                        "Disable User Sync"
                    </Button>
                }
            }
        >
            <ActionForm action=disable attr:id="disable-user-sync">
                <input type="hidden" name="organization" value=organization.to_string() />
                <input type="hidden" name="next" value=close />
                <Transition fallback=|| view! { <span class="skeleton mb-2 w-full"></span> }>
                    {answered(details, move |details| {
                        Some(view! { <Whose details=details.ok()? organization /> })
                    })}
                </Transition>
                <p class="mb-2">"Updates from Microsoft stop. Existing End Users remain, with everything they hold; nothing is deleted."</p>
                <p class="text-text-muted">"Setting up again starts from the same filters and finds the same people."</p>
                <FormProblem error=failure(disable) />
            </ActionForm>
        </Dialog>
    }.into_any()
}

/// Whose sync stops, and from which Microsoft tenant: a Tenant may have several Organizations.
#[component]
fn Whose(
    /// What the page shows.
    details: TenantDetails,
    /// Which of its Organizations.
    organization: OrganizationId,
) -> impl IntoView {
    let name = details
        .organizations
        .into_iter()
        .find(|row| row.id == organization)
        .map(|row| row.name);
    let microsoft = details.microsoft.map(|microsoft| microsoft.tenant.display_name);
    name.map(|name| {
        view! {
            <p class="mb-2">
                "The user sync of "
                <strong class="font-medium wrap-anywhere">
                    <bdi>{name}</bdi>
                </strong>
                {microsoft
                    .map(|microsoft| {
                        view! {
                            " from "
                            <strong class="font-medium wrap-anywhere">
                                <bdi>{microsoft}</bdi>
                            </strong>
                        }
                    })}
                " stops."
            </p>
        }
    })
}
