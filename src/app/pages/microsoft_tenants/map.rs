use super::menu_button;
use crate::{
    api::{
        ApiError,
        microsoft_tenants::{MapTenant, mapping_suggestions, microsoft_tenant},
    },
    app::{
        pages::problem::{FormProblem, Problem, failure, forget_failure},
        paths,
    },
    model::{
        ids::MicrosoftTenantId,
        tenant::{MappingSuggestion, MicrosoftTenantRow},
    },
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonLink, ButtonVariant},
        combobox::{ComboOption, Combobox},
        dialog::Dialog,
        empty_state::EmptyState,
        icon::Icon,
    },
};
use leptos::prelude::*;

const FORM: &str = "map";

type Suggestions = Result<(MicrosoftTenantRow, Vec<MappingSuggestion>), ApiError>;

async fn suggestions(id: MicrosoftTenantId) -> Suggestions {
    let row = microsoft_tenant(id).await?;
    Ok((row, mapping_suggestions(id).await?))
}

/// **Start Tenant Mapping** of one Microsoft tenant.
#[component]
pub fn MapDialog(
    /// Which.
    id: MicrosoftTenantId,
    /// The address without the dialog.
    close_href: String,
    /// **Start Tenant Mapping**.
    map: ServerAction<MapTenant>,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| suggestions(id));
    forget_failure(map);
    let next = StoredValue::new(close_href.clone());
    let footer = move || {
        view! {
            <Suspense>
                {answered(found, move |answer| {
                    // Without a Tenant to choose there is nothing to send.
                    answer
                        .is_ok_and(|(_, suggestions)| !suggestions.is_empty())
                        .then(|| {
                            view! {
                                <Button
                                    variant=ButtonVariant::Primary
                                    kind=ButtonKind::Submit
                                    form=FORM
                                    pending=map.pending()
                                >
                                    "Start Tenant Mapping"
                                </Button>
                            }
                        })
                })}
            </Suspense>
        }
    };
    view! {
        <Dialog title="Start Tenant Mapping" close_href opener=menu_button(id) footer>
            <Suspense fallback=|| view! { <div class="grid gap-2"><span class="skeleton w-48"></span><span class="skeleton w-full"></span></div> }>
                {answered(found, move |answer| {
                    match answer {
                        Ok((_, suggestions)) if suggestions.is_empty() => view! { <NoTenant /> }.into_any(),
                        Ok((row, suggestions)) => view! { <MapForm row suggestions map next=next.get_value() /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Suspense>
        </Dialog>
    }.into_any()
}

#[component]
fn MapForm(
    row: MicrosoftTenantRow,
    suggestions: Vec<MappingSuggestion>,
    map: ServerAction<MapTenant>,
    /// Where to come back to.
    next: String,
) -> impl IntoView {
    // Best first: the first is the likeliest, unless nothing speaks for it.
    let likeliest = suggestions.first().filter(|suggestion| !suggestion.why.is_empty());
    let hint = likeliest.map(|suggestion| format!("Suggested: {} {}.", suggestion.tenant.name, suggestion.why));
    let selected = RwSignal::new(likeliest.map(|suggestion| suggestion.tenant.id.to_string()));
    let options: Vec<ComboOption> = suggestions
        .into_iter()
        .map(|MappingSuggestion { tenant, why }| ComboOption {
            value: tenant.id.to_string(),
            label: tenant.name,
            note: (!why.is_empty()).then_some(why),
        })
        .collect();
    view! {
        <ActionForm action=map attr:id=FORM>
            <div class="grid gap-4">
                <FormProblem error=failure(map) />
                <p class="text-text-muted">
                    "Users of " <strong class="font-medium text-text"><bdi>{row.display_name}</bdi></strong> " ("
                    <span class="wrap-anywhere">{row.default_domain}</span> ") will reach the Organizations of this Tenant."
                </p>
                {hint.map(|hint| view! { <p class="text-text-muted">{hint}</p> })}
                <input type="hidden" name="id" value=row.id.to_string() />
                <input type="hidden" name="next" value=next />
                <Combobox label="Tenant" name="tenant" options selected required=true />
            </div>
        </ActionForm>
    }.into_any()
}

#[component]
fn NoTenant() -> impl IntoView {
    view! {
        <EmptyState
            icon=Icon::Building
            title="Every Tenant is mapped"
            text="A new Organization comes with a Tenant of its own, which can then be mapped."
            action=|| {
                view! {
                    <ButtonLink href=paths::NEW_ORGANIZATION variant=ButtonVariant::Primary icon=Icon::Plus>
                        "New Organization"
                    </ButtonLink>
                }
            }
        />
    }
    .into_any()
}
