//! The table of Assets, of one Organization or of all.

use crate::{
    api::assets::{AssetsPage, AssetsQuery},
    app::{
        pages::address::{address, sort_by, turned},
        paths,
    },
    model::asset::{AssetRow, Contact},
    ui::{
        badge::{Badge, Tone},
        button::ButtonLink,
        empty_state::EmptyState,
        icon::Icon,
        pagination::{Pagination, range_words},
        table::{Cell, CellWords, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// How many columns [`Heads`] writes for all Organizations.
pub const COLUMNS: u32 = 5;

const FIRST: &str = "name";

/// What the rows of the table answer to, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    path: String,
    query: AssetsQuery,
    of_all: bool,
}

impl View {
    /// A table at `path`; `of_all` Organizations it says whose each Asset is.
    pub fn new(path: impl Into<String>, query: AssetsQuery, of_all: bool) -> Self {
        Self {
            path: path.into(),
            query,
            of_all,
        }
    }

    fn at(&self, sort: &str, page: i64) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        address(
            &self.path,
            &[("search", &self.query.search), ("sort", sort), ("page", &page)],
        )
    }

    fn sorted_by(&self, column: &str) -> String {
        self.at(&turned(&self.query.sort, FIRST, column), 1)
    }

    const fn columns(&self) -> u32 {
        if self.of_all { COLUMNS } else { COLUMNS - 1 }
    }
}

/// The heads of the table.
#[component]
pub fn Heads(
    /// How it is sorted now.
    view: View,
) -> impl IntoView {
    let href = |column: &str| view.sorted_by(column);
    let now = |column: &str| sort_by(&view.query.sort, FIRST, column);
    let of_all = view.of_all;
    let organization =
        of_all.then(|| view! { <Th label="Organization" href=href("organization") sort=now("organization") /> });
    view! {
        <Th label="Asset" href=href("name") sort=now("name") />
        {organization}
        <Th label="Serial Number" href=href("serial") sort=now("serial") />
        <Th label="MAC Addresses" />
        <Th label="Assigned Contact" href=href("contact") sort=now("contact") />
    }
    .into_any()
}

/// The table and the way through its pages.
#[component]
pub fn AssetsTable(
    /// The page of the answer.
    page: AssetsPage,
    /// What it answers to.
    view: View,
) -> impl IntoView {
    let number = view.query.page.max(1);
    let before = (number - 1).saturating_mul(page.page_size);
    let shown = i64::try_from(page.rows.len()).unwrap_or_default();
    let (last, total) = (before + shown, page.total);
    let previous = (number > 1).then(|| view.at(&view.query.sort, number - 1));
    let next = (last < total && shown > 0).then(|| view.at(&view.query.sort, number + 1));
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let text = match shown {
        0 => range_words(0, 0, 0, false),
        _ => range_words(whole(before + 1), whole(last), whole(total), false),
    };
    let columns = view.columns();
    let of_all = view.of_all;
    let body = if !page.rows.is_empty() {
        page.rows
            .into_iter()
            .map(|row| view! { <Row row of_all /> })
            .collect_view()
            .into_any()
    } else if number > 1 {
        view! { <PastTheEnd columns first=view.at(&view.query.sort, 1) /> }.into_any()
    } else if view.query.search.is_empty() {
        view! { <NoneYet columns new=format!("{}?dialog=new", view.path) /> }.into_any()
    } else {
        view! { <NoMatch columns clear=view.path.clone() /> }.into_any()
    };
    let paged = total > page.page_size || number > 1;
    view! {
        <div class="min-w-0">
            <Table
                caption="Assets"
                wide=true
                head=move || {
                    view! { <Heads view /> }
                }
            >
                {body}
            </Table>
            {if paged {
                view! { <Pagination label="Assets" text previous next /> }.into_any()
            } else if shown > 0 {
                view! { <p class="py-3 text-text-muted tabular-nums">{text}</p> }.into_any()
            } else {
                ().into_any()
            }}
        </div>
    }
    .into_any()
}

#[component]
fn NoneYet(columns: u32, new: String) -> impl IntoView {
    view! {
        <EmptyRow columns>
            <EmptyState
                icon=Icon::Laptop
                title="No Assets yet"
                text="Entrain knows users and devices, but Assets come from the agent, an import, New Asset or the API. Once they are here, the sync assigns them to people by their MAC addresses."
                action=move || view! { <ButtonLink href=new keep_scroll=true>"Create the first one"</ButtonLink> }
            />
        </EmptyRow>
    }.into_any()
}

#[component]
fn NoMatch(columns: u32, clear: String) -> impl IntoView {
    view! {
        <EmptyRow columns>
            <EmptyState
                icon=Icon::Search
                title="No Asset matches"
                text="The search looks at names, serial numbers, and MAC addresses in any spelling."
                action=move || view! { <ButtonLink href=clear keep_scroll=true>"Clear search"</ButtonLink> }
            />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn PastTheEnd(columns: u32, first: String) -> impl IntoView {
    view! {
        <EmptyRow columns>
            <EmptyState
                icon=Icon::Laptop
                title="There is no such page"
                text="The list is shorter than this page number."
                action=move || view! { <ButtonLink href=first keep_scroll=true>"First page"</ButtonLink> }
            />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn Row(row: AssetRow, of_all: bool) -> impl IntoView {
    let organization = row.organization;
    let whose = of_all.then(|| {
        view! {
            <Td label="Organization">
                <a class="link" href=paths::organization(organization)>
                    <bdi>{row.organization_name}</bdi>
                </a>
            </Td>
        }
    });
    let macs = row.asset.macs.into_iter().map(|mac| {
        view! { <span class="block whitespace-nowrap font-mono text-xs/5">{mac.to_string()}</span> }
    });
    let macs = macs.collect_view();
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link" href=paths::asset(row.id)>
                    <bdi class="wrap-anywhere">{row.asset.name}</bdi>
                </a>
            </Td>
            {whose}
            <Td label="Serial Number" cell=Cell::Solid>
                <CellWords text=row.asset.serial_number />
            </Td>
            <Td label="MAC Addresses">{macs}</Td>
            <Td label="Assigned Contact">
                <ContactCell organization contact=row.contact />
            </Td>
        </Tr>
    }
    .into_any()
}

/// To whom an Asset is assigned, and what is to be known of it at a glance.
#[component]
fn ContactCell(organization: crate::model::ids::OrganizationId, contact: Contact) -> impl IntoView {
    let who = contact.end_user().cloned().map(|(id, name)| {
        view! {
            <a class="link" href=paths::end_user(organization, id)>
                <bdi class="wrap-anywhere">{name}</bdi>
            </a>
        }
    });
    let note = match contact {
        Contact::Conflict { .. } => Some(view! { <Badge tone=Tone::Caution text="Conflict" /> }.into_any()),
        Contact::BySync { stale: Some(_), .. } => {
            Some(view! { <Badge icon=Icon::Clock text="Device gone" /> }.into_any())
        }
        Contact::ByHand { end_user: None, .. } => {
            Some(view! { <span class="text-text-muted">"Nobody, by hand"</span> }.into_any())
        }
        Contact::ByHand { .. } => Some(view! { <span class="text-xs text-text-muted">"By hand"</span> }.into_any()),
        Contact::Nobody | Contact::BySync { .. } => None,
    };
    (who.is_some() || note.is_some())
        .then(|| view! { <span class="inline-flex flex-wrap items-center gap-x-2 gap-y-1">{who} {note}</span> })
}
