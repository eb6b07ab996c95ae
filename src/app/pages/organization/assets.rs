use super::{HeadSkeleton, OrganizationHead, OrganizationProblem, Subtab, no_organization, organization_id};
use crate::{
    api::assets::assets,
    app::{
        pages::{
            address::{address, field},
            assets::{
                AssetSearch, NewAssetLink,
                new::NewAssetDialog,
                query_in_address,
                table::{AssetsTable, View},
                with_dialog,
            },
            exchange_links::ExchangeLinks,
            facts::Pass,
            frame::Frame,
            mine::has_role,
        },
        paths,
    },
    model::{access::Role, exchange::Kind},
    ui::answered::answered,
};
use leptos::prelude::*;

/// **Assets** of one Organization: search, sort and page live in the address.
#[component]
pub fn OrganizationAssetsPage() -> impl IntoView {
    let id = organization_id();
    let query = query_in_address();
    let found = Resource::new_blocking(
        move || (id.get(), query.get()),
        |(id, query)| async move {
            match id {
                Some(id) => Ok((query.clone(), assets(Some(id), query).await?)),
                None => Err(no_organization()),
            }
        },
    );
    let dialog = field("dialog");
    let works = has_role(Role::Technician);
    let is_new = Memo::new(move |_| dialog.get() == "new" && works.get());
    let here = move |dialog: &str| {
        let path = id.get().map(paths::organization_assets).unwrap_or_default();
        with_dialog(&path, &query.get(), dialog)
    };
    let title = RwSignal::new("Assets".to_owned());
    view! {
        <Frame title>
            <Transition fallback=HeadSkeleton>
                {answered(found, move |answer| {
                    match answer {
                        Ok((asked, page)) => {
                            let Some(organization) = page.organization.clone() else {
                                return view! { <OrganizationProblem error=no_organization() /> }.into_any();
                            };
                            title.set(format!("Assets of {}", organization.name));
                            let path = paths::organization_assets(organization.id);
                            let import = paths::new_import_for(Kind::Assets, organization.id);
                            let id = organization.id.to_string();
                            let export = Signal::derive(move || {
                                query
                                    .with(|query| {
                                        address(paths::EXPORT_ASSETS, &[("organization", &id), ("search", &query.search)])
                                    })
                            });
                            let view = View::new(path.clone(), asked, false);
                            view! {
                                <OrganizationHead organization subtab=Subtab::Assets />
                                <div class="flex flex-wrap items-center justify-between gap-x-4">
                                    <div class="min-w-0 flex-1 basis-64">
                                        <AssetSearch path query />
                                    </div>
                                    <div class="mb-3 flex flex-wrap gap-2">
                                        <ExchangeLinks import export least=Role::Technician />
                                        <NewAssetLink href=Signal::derive(move || here("new")) />
                                    </div>
                                </div>
                                {page
                                    .devices
                                    .clone()
                                    .map(|state| view! { <div class="mb-3"><Pass name="Managed devices" state /></div> })}
                                <AssetsTable page view />
                            }
                                .into_any()
                        }
                        Err(error) => view! { <OrganizationProblem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || {
                id.get()
                    .filter(|_| is_new.get())
                    .map(|organization| view! { <NewAssetDialog organization close_href=here("") /> })
            }}
        </Frame>
    }.into_any()
}
