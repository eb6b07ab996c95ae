//! **Disable User Sync**: says what stops and what stays.

use crate::{
    api::user_sync::DisableUserSync,
    app::{
        pages::problem::{FormProblem, failure},
        paths,
    },
    model::ids::{OrganizationId, TenantId},
    ui::{
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
) -> impl IntoView {
    let disable = ServerAction::<DisableUserSync>::new();
    let close = paths::tenant(tenant);
    view! {
        <Dialog
            title="Disable User Sync"
            close_href=close.clone()
            width=DialogWidth::Narrow
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
                <p class="mb-2">"Updates from Microsoft stop. Existing End Users remain, with everything they hold; nothing is deleted."</p>
                <p class="text-text-muted">"Setting up again starts from the same filters and finds the same people."</p>
                <FormProblem error=failure(disable) />
            </ActionForm>
        </Dialog>
    }
}
