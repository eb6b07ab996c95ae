//! **New Asset**.

use crate::{
    api::{
        ApiError,
        assets::{AssetForm, CreateAsset},
        end_user::new_id,
        form::FormError,
        organizations::{OrganizationsQuery, organizations},
    },
    app::pages::{
        asset::form::AssetFields,
        found::found_on_server,
        problem::Problem,
        refused_form::{SaveProblem, problem_of, refusal},
    },
    model::{asset::Asset, ids::OrganizationId},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        combobox::{ComboOption, Combobox},
        dialog::Dialog,
    },
};
use leptos::{either::Either, prelude::*};

const FORM: &str = "create-asset";

/// **New Asset**: only the name is required. Without an Organization it asks for one.
#[component]
pub fn NewAssetDialog(
    /// Whose, where the page says it.
    #[prop(optional)]
    organization: Option<OrganizationId>,
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
) -> impl IntoView {
    let create = ServerAction::<CreateAsset>::new();
    let error = refusal(create);
    let id = Resource::new_blocking(|| (), |()| new_id());
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=FORM pending=create.pending()>
                "Create Asset"
            </Button>
        }
    };
    let whose = match organization {
        Some(id) => view! { <input type="hidden" name="asset[organization]" value=id.to_string() /> }.into_any(),
        None => view! { <Whose error /> }.into_any(),
    };
    view! {
        <Dialog title="New Asset" close_href opener="new-asset" focus_heading=false footer>
            <ActionForm action=create attr:id=FORM>
                <div class="grid gap-4">
                    <SaveProblem error />
                    <Suspense>
                        {answered(id, move |answer| {
                            match answer {
                                Ok(id) => {
                                    Either::Left(view! { <input type="hidden" name="id" value=id.to_string() /> })
                                }
                                Err(error) => Either::Right(view! { <Problem error /> }),
                            }
                        })}
                    </Suspense>
                    {whose}
                    <AssetFields held=Asset::default() error autofocus=true />
                    <p class="text-text-muted">
                        "If a managed device in Microsoft has one of the MAC addresses, the next run assigns the Asset to the device's user."
                    </p>
                </div>
            </ActionForm>
        </Dialog>
    }.into_any()
}

/// Organizations by a part of their name, the first page of them.
async fn found(search: String) -> Result<Vec<ComboOption>, ApiError> {
    let query = OrganizationsQuery {
        search,
        ..OrganizationsQuery::default()
    };
    let options = organizations(query).await?.rows.into_iter().map(|row| ComboOption {
        value: row.id.to_string(),
        label: row.name,
        note: None,
    });
    Ok(options.collect())
}

/// The choice of the Organization.
#[component]
fn Whose(error: Signal<Option<FormError<AssetForm>>>) -> impl IntoView {
    let first = Resource::new_blocking(|| (), |()| found(String::new()));
    let selected = RwSignal::new(None::<String>);
    let offered = RwSignal::new(vec![]);
    let on_query = found_on_server(offered, selected, found);
    let problem = problem_of(error, "organization");
    view! {
        <Suspense>
            {answered(first, move |answer| {
                // What was chosen before a form without script came back.
                let chosen = error.with_untracked(|error| Some(error.as_ref()?.typed()?.organization.clone()));
                if let Some(chosen) = chosen.filter(|chosen| !chosen.is_empty()) {
                    selected.set(Some(chosen));
                }
                match answer {
                    Ok(first) => {
                        offered.set(first);
                        view! {
                            <Combobox
                                label="Organization"
                                name="asset[organization]"
                                options=offered
                                selected
                                on_query
                                error=problem
                                required=true
                            />
                        }
                            .into_any()
                    }
                    Err(error) => view! { <Problem error /> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}
