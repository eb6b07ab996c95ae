use super::{
    menu_button,
    unmap::{Stops, consequences},
};
use crate::{
    api::microsoft_tenants::RemoveIntegration,
    app::pages::problem::{FormProblem, Problem, failure, forget_failure},
    model::{ids::MicrosoftTenantId, tenant::MicrosoftTenantRow},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::Dialog,
    },
};
use leptos::prelude::*;

const FORM: &str = "remove";

/// **Remove Integration**: names every Organization whose sync stops, what goes and what stays.
#[component]
pub fn RemoveDialog(
    /// Which Microsoft tenant.
    id: MicrosoftTenantId,
    /// The address without the dialog.
    close_href: String,
    /// **Remove Integration**.
    remove: ServerAction<RemoveIntegration>,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| consequences(id));
    forget_failure(remove);
    let next = close_href.clone();
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Danger kind=ButtonKind::Submit form=FORM pending=remove.pending()>
                "Remove Integration"
            </Button>
        }
    };
    view! {
        <Dialog title="Remove Integration" close_href opener=menu_button(id) footer>
            <ActionForm action=remove attr:id=FORM>
                <div class="grid gap-4">
                    <FormProblem error=failure(remove) />
                    <input type="hidden" name="id" value=id.to_string() />
                    <input type="hidden" name="next" value=next />
                    <Suspense fallback=|| view! { <span class="skeleton w-full"></span> }>
                        {answered(found, move |answer| {
                            match answer {
                                Ok((row, stopped)) => view! { <Consequences row stopped /> }.into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Consequences(row: MicrosoftTenantRow, stopped: Vec<String>) -> impl IntoView {
    let mapped = row.tenant.map(|tenant| {
        view! { " It will no longer be mapped to " <strong class="font-medium"><bdi>{tenant.name}</bdi></strong> "." }
    });
    view! {
        <p>
            <strong class="font-medium">
                <bdi>{row.display_name}</bdi>
            </strong> " will no longer be read." {mapped}
        </p>
        <Stops stopped />
        <p>"Deleted: our copy of its users, groups, licenses and devices."</p>
        <p class="text-text-muted">
            "Kept: End Users with everything they hold, the mappings and filters, and the history of runs. Connecting the same Microsoft tenant again brings them back. Consent is withdrawn at Microsoft, by an administrator of the customer."
        </p>
    }.into_any()
}
