use crate::{
    api::{
        ApiError,
        microsoft_tenants::{UnmapTenant, microsoft_tenants, synced_organizations},
    },
    app::{
        pages::problem::{FormProblem, Problem, failure, forget_failure, no_such},
        paths,
    },
    model::{ids::MicrosoftTenantId, tenant::MicrosoftTenantRow},
    ui::{
        button::{Button, ButtonKind, ButtonVariant},
        dialog::Dialog,
    },
};
use leptos::prelude::*;

const FORM: &str = "unmap";

async fn consequences(id: MicrosoftTenantId) -> Result<(MicrosoftTenantRow, Vec<String>), ApiError> {
    let rows = microsoft_tenants().await?;
    let row = rows.into_iter().find(|row| row.id == id);
    let row = row.ok_or_else(|| no_such("Microsoft tenant"))?;
    Ok((row, synced_organizations(id).await?))
}

/// **Unmap Tenant**: names every Organization whose sync stops.
#[component]
pub fn UnmapDialog(
    /// Which Microsoft tenant.
    id: MicrosoftTenantId,
    /// **Unmap Tenant**.
    unmap: ServerAction<UnmapTenant>,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| consequences(id));
    forget_failure(unmap);
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Danger kind=ButtonKind::Submit form=FORM pending=unmap.pending()>
                "Unmap Tenant"
            </Button>
        }
    };
    view! {
        <Dialog title="Unmap Tenant" close_href=paths::MICROSOFT_TENANTS footer>
            <ActionForm action=unmap attr:id=FORM>
                <div class="grid gap-4">
                    <FormProblem error=failure(unmap) />
                    <input type="hidden" name="id" value=id.to_string() />
                    <Suspense fallback=|| view! { <span class="skeleton w-full"></span> }>
                        {move || Suspend::new(async move {
                            match found.await {
                                Ok((row, stopped)) => view! { <Consequences row stopped /> }.into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </div>
            </ActionForm>
        </Dialog>
    }
}

#[component]
fn Consequences(row: MicrosoftTenantRow, stopped: Vec<String>) -> impl IntoView {
    let stops = if stopped.is_empty() {
        view! { <p>"No Organization is synced from it now."</p> }.into_any()
    } else {
        view! {
            <div class="grid gap-1">
                <p>"The user sync of these Organizations stops:"</p>
                <ul class="list-disc ps-5 font-medium">
                    {stopped.into_iter().map(|name| view! { <li class="wrap-anywhere"><bdi>{name}</bdi></li> }).collect_view()}
                </ul>
            </div>
        }
        .into_any()
    };
    view! {
        <p>
            <strong class="font-medium"><bdi>{row.display_name}</bdi></strong> " will no longer be mapped to "
            <strong class="font-medium"><bdi>{row.tenant.map(|tenant| tenant.name)}</bdi></strong> "."
        </p>
        {stops}
        <p class="text-text-muted">
            "Nothing is deleted: End Users, mappings and filters are kept, and come back when it is mapped again."
        </p>
    }
}
