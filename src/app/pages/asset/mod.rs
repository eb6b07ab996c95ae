//! Asset details: whose it is and why, its fields, and what happened.

mod delete;
pub mod evidence;
pub mod form;
pub mod history;
mod owner;

use super::{
    address::{field, id_in},
    frame::Frame,
    mine::{has_role, to_technicians},
    problem::{Problem, no_such},
    succeeded::succeeded,
    when::When,
};
use crate::{
    api::assets::{AssignAsset, LetSyncDecide, SaveAsset, asset},
    app::paths,
    model::{access::Role, asset_details::AssetDetails, ids::AssetId},
    ui::{
        answered::answered,
        button::ButtonLink,
        field::{keep_typed, version_typed_over},
        page::{Crumb, PageHeader},
        section::{DescriptionList, Fact, TwoColumn},
    },
};
use delete::DeleteAssetDialog;
use form::AssetSection;
use history::History;
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_params_map;
use owner::OwnerInformation;

/// What can be done on the page; each of them draws it anew.
#[derive(Clone, Copy)]
pub struct Actions {
    /// **Save Changes**.
    pub save: ServerAction<SaveAsset>,
    /// **Assign**.
    pub assign: ServerAction<AssignAsset>,
    /// **Let the sync decide**.
    pub decide: ServerAction<LetSyncDecide>,
}

/// The page of one Asset.
#[component]
pub fn AssetPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| id_in::<AssetId>(params, "id")));
    let (find, dialog) = (field("find"), field("dialog"));
    let actions = Actions {
        save: ServerAction::new(),
        assign: ServerAction::new(),
        decide: ServerAction::new(),
    };
    let saved = succeeded(actions.save);
    let (assigned, left) = (succeeded(actions.assign), succeeded(actions.decide));
    let done = move || (saved.get(), assigned.get(), left.get());
    keep_typed(move || (id.get(), saved.get()));
    let details = Resource::new_blocking(
        move || (id.get(), find.get(), done()),
        |(id, find, _)| async move {
            match id {
                Some(id) => asset(id, find).await,
                None => Err(no_such("Asset")),
            }
        },
    );
    let title = RwSignal::new("Asset".to_owned());
    let works = has_role(Role::Technician);
    let is_deleting = Memo::new(move |_| dialog.get() == "delete" && works.get());
    view! {
        <Frame title>
            <Transition fallback=Skeleton>
                {answered(details, move |answer| {
                    match answer {
                        Ok(details) => {
                            let (id, name) = (details.row.id, details.row.asset.name.clone());
                            title.set(name.clone());
                            Either::Left(
                                view! {
                                    <Details details actions find />
                                    {move || {
                                        let name = name.clone();
                                        is_deleting.get().then(|| view! { <DeleteAssetDialog id name /> })
                                    }}
                                },
                            )
                        }
                        Err(error) => {
                            Either::Right(
                                view! {
                                    <h1 class="sr-only" tabindex="-1">
                                        "Asset"
                                    </h1>
                                    <Problem error />
                                },
                            )
                        }
                    }
                })}
            </Transition>
        </Frame>
    }
    .into_any()
}

#[component]
fn Details(details: AssetDetails, actions: Actions, find: Memo<String>) -> impl IntoView {
    let row = details.row.clone();
    let (id, organization) = (row.id, row.organization);
    let crumbs = vec![
        Crumb::new("Organizations", paths::ORGANIZATIONS),
        Crumb::new(row.organization_name.clone(), paths::organization(organization)),
        Crumb::new("Assets", paths::organization_assets(organization)),
    ];
    let history = details.history.clone();
    let (panel, version) = (details.clone(), version_typed_over(details.version.clone()));
    view! {
        <PageHeader
            title=row.asset.name.clone()
            breadcrumbs=crumbs
            actions=move || {
                to_technicians(move || {
                    view! {
                        <ButtonLink id="delete-asset" href=paths::delete_asset(id) keep_scroll=true>
                            "Delete"
                        </ButtonLink>
                    }
                })
            }
        />
        <TwoColumn panel_label="Asset" panel=move || view! { <Panel details=panel /> }>
            <OwnerInformation details actions find />
            // The panel says all of it to those who may not change it.
            {to_technicians(move || {
                let (held, version) = (row.asset.clone(), version.clone());
                view! { <AssetSection id held version save=actions.save /> }
            })}
            <History history />
        </TwoColumn>
    }
    .into_any()
}

#[component]
fn Panel(details: AssetDetails) -> impl IntoView {
    let row = details.row;
    let macs = row.asset.macs.iter().map(|mac| {
        view! { <span class="block whitespace-nowrap font-mono text-xs/5">{mac.to_string()}</span> }
    });
    let macs = if row.asset.macs.is_empty() {
        view! { <span class="text-text-muted">"None"</span> }.into_any()
    } else {
        macs.collect_view().into_any()
    };
    let serial = if row.asset.serial_number.is_empty() {
        view! { <span class="text-text-muted">"None"</span> }.into_any()
    } else {
        view! { <bdi>{row.asset.serial_number}</bdi> }.into_any()
    };
    let by = (!details.written_by.is_empty()).then(|| view! { ", by " <bdi>{details.written_by}</bdi> });
    view! {
        <DescriptionList>
            <Fact term="Organization">
                <a class="link" href=paths::organization(row.organization)>
                    <bdi>{row.organization_name}</bdi>
                </a>
            </Fact>
            <Fact term="Serial Number">{serial}</Fact>
            <Fact term="MAC Addresses">{macs}</Fact>
            <Fact term="Last written">
                <When moment=details.written_at />
                {by}
            </Fact>
        </DescriptionList>
    }
    .into_any()
}

/// What stands while the page is on its way.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="mb-6 grid gap-3" aria-busy="true">
            <span class="skeleton w-32"></span>
            <span class="skeleton w-64 max-w-full"></span>
            <span class="skeleton w-40"></span>
        </div>
    }
    .into_any()
}
