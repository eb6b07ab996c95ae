use super::menu_button;
use crate::{
    api::{
        ApiError,
        microsoft_tenants::{UnmapTenant, microsoft_tenant, synced_organizations},
    },
    app::pages::problem::{FormProblem, Problem, failure, forget_failure},
    model::{ids::MicrosoftTenantId, tenant::MicrosoftTenantRow},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::Dialog,
    },
};
use leptos::prelude::*;

const FORM: &str = "unmap";

/// What is unmapped or removed, and the Organizations whose sync stops with it.
pub async fn consequences(id: MicrosoftTenantId) -> Result<(MicrosoftTenantRow, Vec<String>), ApiError> {
    let row = microsoft_tenant(id).await?;
    Ok((row, synced_organizations(id).await?))
}

/// **Unmap Tenant**: names every Organization whose sync stops.
#[component]
pub fn UnmapDialog(
    /// Which Microsoft tenant.
    id: MicrosoftTenantId,
    /// The address without the dialog.
    close_href: String,
    /// **Unmap Tenant**.
    unmap: ServerAction<UnmapTenant>,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| consequences(id));
    forget_failure(unmap);
    let next = close_href.clone();
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Danger kind=ButtonKind::Submit form=FORM pending=unmap.pending()>
                "Unmap Tenant"
            </Button>
        }
    };
    view! {
        <Dialog title="Unmap Tenant" close_href opener=menu_button(id) footer>
            <ActionForm action=unmap attr:id=FORM>
                <div class="grid gap-4">
                    <FormProblem error=failure(unmap) />
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
    view! {
        <p>
            <strong class="font-medium"><bdi>{row.display_name}</bdi></strong> " will no longer be mapped to "
            <strong class="font-medium"><bdi>{row.tenant.map(|tenant| tenant.name)}</bdi></strong> "."
        </p>
        <Stops stopped />
        <p class="text-text-muted">
            "Nothing is deleted: End Users, mappings and filters are kept, and come back when it is mapped again."
        </p>
    }
    .into_any()
}

/// The Organizations whose sync stops, by name.
#[component]
pub fn Stops(
    /// Their names.
    stopped: Vec<String>,
) -> impl IntoView {
    if stopped.is_empty() {
        return view! { <p>"No Organization is synced from it now."</p> }.into_any();
    }
    let names = stopped.into_iter();
    view! {
        <div class="grid gap-1">
            <p>"The user sync of these Organizations stops:"</p>
            <ul class="list-disc ps-5 font-medium">
                {names.map(|name| view! { <li class="wrap-anywhere"><bdi>{name}</bdi></li> }).collect_view()}
            </ul>
        </div>
    }
    .into_any()
}
