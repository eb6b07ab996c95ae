//! End User details: who it is, the synced fields, and what happened.

pub mod form;
mod history;
mod panel;

use super::{
    address::{field, id_in},
    associated_assets::AssociatedAssets,
    contended::ContendedFields,
    delete_people::DeletePeopleDialog,
    frame::Frame,
    mine::has_role,
    problem::{Problem, no_such},
    succeeded::succeeded,
};
use crate::{
    api::{
        ApiError,
        assets::associated_assets,
        end_user::{DeleteEndUsers, SaveEndUser, SyncPersonNow, end_user},
        held::{DecideContended, contended_fields},
    },
    app::paths,
    model::{
        access::Role,
        asset::AssetRow,
        end_user_details::EndUserDetails,
        held::ContendedField,
        ids::{EndUserId, OrganizationId},
    },
    ui::{
        answered::answered,
        field::{keep_typed, version_typed_over},
        page::{Breadcrumbs, Crumb},
        section::TwoColumn,
    },
};
use form::DetailsForm;
use history::History;
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_params_map;
use panel::Panel;
use serde::{Deserialize, Serialize};

/// The page of one End User.
#[component]
pub fn EndUserPage() -> impl IntoView {
    let params = use_params_map();
    let ids = Memo::new(move |_| {
        params.with(|params| {
            let organization = id_in::<OrganizationId>(params, "id")?;
            Some((organization, id_in::<EndUserId>(params, "end_user")?))
        })
    });
    let more = field("more");
    let save = ServerAction::<SaveEndUser>::new();
    let sync_now = ServerAction::<SyncPersonNow>::new();
    let delete = ServerAction::<DeleteEndUsers>::new();
    let dialog = field("dialog");
    let works = has_role(Role::Technician);
    let decide = ServerAction::<DecideContended>::new();
    let (saved, synced, decided) = (succeeded(save), succeeded(sync_now), succeeded(decide));
    let done = move || (saved.get(), synced.get(), decided.get());
    keep_typed(move || (ids.get(), saved.get()));
    // One answer for the whole page: a resource under a `Suspense` would count differently on the server and in the
    // browser, and what comes after it, such as the dialog, would take over another one's answer.
    let details = Resource::new_blocking(
        move || (ids.get(), more.get(), done()),
        |(ids, more, _)| async move {
            let Some((organization, id)) = ids else {
                return Err(no_such("End User"));
            };
            Ok(Shown {
                details: end_user(organization, id, more.parse().unwrap_or_default()).await?,
                assets: associated_assets(id).await,
                // The page is worth more than this notice.
                contended: contended_fields(id).await.unwrap_or_default(),
            })
        },
    );
    let title = RwSignal::new("End User".to_owned());
    view! {
        <Frame title>
            <Transition fallback=Skeleton>
                {answered(details, move |answer| {
                    match answer {
                        Ok(shown) => {
                            title.set(name_of(&shown.details));
                            Either::Left(view! { <Details shown save sync_now decide /> })
                        }
                        Err(error) => {
                            Either::Right(
                                view! {
                                    <h1 class="sr-only" tabindex="-1">
                                        "End User"
                                    </h1>
                                    <Problem error />
                                },
                            )
                        }
                    }
                })}
            </Transition>
            {move || {
                let (organization, id) = ids.get()?;
                (dialog.get() == "delete" && works.get())
                    .then(|| {
                        view! {
                            <DeletePeopleDialog
                                organization
                                ids=vec![id]
                                delete
                                close_href=paths::end_user(organization, id)
                                next=paths::end_users(organization)
                                opener="menu-end-user-button"
                            />
                        }
                    })
            }}
        </Frame>
    }
    .into_any()
}

/// Everything that the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shown {
    details: EndUserDetails,
    assets: Result<Vec<AssetRow>, ApiError>,
    contended: Vec<ContendedField>,
}

/// How a person is called: an import may leave the name empty.
fn name_of(details: &EndUserDetails) -> String {
    let fields = &details.fields;
    [&fields.name, &fields.email]
        .into_iter()
        .find(|text| !text.is_empty())
        .map_or_else(|| "No name".to_owned(), Clone::clone)
}

#[component]
fn Details(
    /// What the page shows.
    shown: Shown,
    /// **Save Changes**.
    save: ServerAction<SaveEndUser>,
    /// **Sync Now**.
    sync_now: ServerAction<SyncPersonNow>,
    /// Who writes a contended field.
    decide: ServerAction<DecideContended>,
) -> impl IntoView {
    let Shown {
        mut details,
        assets,
        contended,
    } = shown;
    details.version = version_typed_over(details.version);
    let name = name_of(&details);
    let crumbs = vec![
        Crumb::new("Organizations", paths::ORGANIZATIONS),
        Crumb::new(
            details.organization_name.clone(),
            paths::organization(details.organization),
        ),
        Crumb::new("End Users", paths::end_users(details.organization)),
    ];
    let about = details.clone();
    let (history, more) = (details.history.clone(), details.more_history);
    let here = paths::end_user(details.organization, details.id);
    let (organization, devices) = (details.organization, details.devices.clone());
    view! {
        <div class="mb-4">
            <Breadcrumbs crumbs here=name.clone() />
        </div>
        <TwoColumn panel_label="End User" panel=move || view! { <Panel details=about name sync_now /> }>
            <ContendedFields organization fields=contended decide />
            <DetailsForm details save />
            <AssociatedAssets assets devices />
            <History history more here />
        </TwoColumn>
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
