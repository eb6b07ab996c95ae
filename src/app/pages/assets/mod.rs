//! Assets: the table of all Organizations, and **New Asset**.

pub mod new;
pub mod table;

use super::{
    address::{address, field, page_number},
    exchange_links::ExchangeLinks,
    frame::Frame,
    mine::{has_role, to_technicians},
    problem::Problem,
};
use crate::{
    api::{
        ApiError,
        assets::{AssetsQuery, assets},
    },
    app::paths,
    model::{access::Role, exchange::Kind},
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        button::{ButtonLink, ButtonVariant},
        icon::Icon,
        page::PageHeader,
        search_field::SearchField,
        table::{SkeletonRows, Table},
    },
};
use leptos::prelude::*;
use new::NewAssetDialog;
use table::{AssetsTable, COLUMNS, Heads, View};

/// The page. Search, sort and page live in the address.
#[component]
pub fn AssetsPage() -> impl IntoView {
    let query = query_in_address();
    let found = Resource::new_blocking(
        move || query.get(),
        |query| async move { Ok::<_, ApiError>((query.clone(), assets(None, query).await?)) },
    );
    let here = move |dialog: &str| with_dialog(paths::ASSETS, &query.get(), dialog);
    let dialog = field("dialog");
    let works = has_role(Role::Technician);
    let is_new = Memo::new(move |_| dialog.get() == "new" && works.get());
    let export =
        Signal::derive(move || query.with(|query| address(paths::EXPORT_ASSETS, &[("search", &query.search)])));
    let actions = move || {
        view! {
            <ExchangeLinks import=paths::new_import(Kind::Assets) export least=Role::Administrator />
            <NewAssetLink href=Signal::derive(move || here("new")) />
        }
    };
    view! {
        <Frame title="Assets">
            <PageHeader title="Assets" actions />
            <AssetSearch path=paths::ASSETS query />
            <Transition fallback=move || {
                let view = View::new(paths::ASSETS, AssetsQuery::default(), true);
                view! {
                    <Table caption="Assets" busy=true wide=true head=move || view! { <Heads view /> }>
                        <SkeletonRows columns=COLUMNS />
                    </Table>
                }
            }>
                {answered(found, move |answer| {
                    match answer {
                        Ok((asked, page)) => {
                            let view = View::new(paths::ASSETS, asked, true);
                            let unread = page.without_devices.clone();
                            view! {
                                <WithoutDevices unread />
                                <AssetsTable page view />
                            }
                                .into_any()
                        }
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || is_new.get().then(|| view! { <NewAssetDialog close_href=here("") /> })}
        </Frame>
    }
    .into_any()
}

/// How many Microsoft tenants a line names before it counts.
const NAMED: usize = 3;

/// Whose Assets the sync can't assign, and where it says why.
#[component]
fn WithoutDevices(unread: Vec<String>) -> impl IntoView {
    (!unread.is_empty()).then(|| {
        let more = unread.len().saturating_sub(NAMED);
        let mut named = unread[..unread.len() - more].join(", ");
        if more > 0 {
            named.push_str(&format!(" and {more} more"));
        }
        view! {
            <p class="mb-3 flex flex-wrap items-center gap-x-1.5 gap-y-1">
                <Badge tone=Tone::Caution icon=Icon::Info text="Not readable" />
                <span>"Managed devices of " <bdi>{named}</bdi> ": the sync assigns none of their Assets."</span>
                <a class="link" href=paths::MICROSOFT_TENANTS>"Check Permissions tells why"</a>
            </p>
        }
    })
}

/// Search, sort and page as the address has them.
pub fn query_in_address() -> Memo<AssetsQuery> {
    let (search, sort, page) = (field("search"), field("sort"), page_number());
    Memo::new(move |_| AssetsQuery {
        search: search.get(),
        sort: sort.get(),
        page: page.get(),
    })
}

/// The address of the same view with a dialog over it, or without.
pub fn with_dialog(path: &str, query: &AssetsQuery, dialog: &str) -> String {
    let fields = [
        ("search", query.search.as_str()),
        ("sort", &query.sort),
        ("dialog", dialog),
    ];
    address(path, &fields)
}

/// **New Asset**.
#[component]
pub fn NewAssetLink(
    /// The address of the dialog.
    href: Signal<String>,
) -> impl IntoView {
    to_technicians(move || {
        view! {
            <ButtonLink
                id="new-asset"
                href=href.get()
                variant=ButtonVariant::Primary
                icon=Icon::Plus
                keep_scroll=true
            >
                "New Asset"
            </ButtonLink>
        }
    })
}

/// The search above the table.
#[component]
pub fn AssetSearch(
    /// The path that answers.
    #[prop(into)]
    path: String,
    /// The address as it is now.
    query: Memo<AssetsQuery>,
) -> impl IntoView {
    let keep = Signal::derive(move || query.with(|query| vec![("sort".to_owned(), query.sort.clone())]));
    let value = Signal::derive(move || query.with(|query| query.search.clone()));
    view! {
        <div class="mb-3">
            <SearchField label="Search Assets" action=path name="search" value keep />
        </div>
    }
    .into_any()
}
