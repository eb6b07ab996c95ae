use super::{
    actions::{FORM, TICKED},
    address_of,
};
use crate::{
    api::partner::{CustomersPage as Page, CustomersQuery},
    app::{
        pages::{email::EmailText, reason::ReasonText},
        paths,
    },
    model::{
        partner::{Connected, ConsentProgress, CustomerRow, Lack, Relationship},
        tenant::{ConnectionStatus, MappingSuggestion, TenantRef},
    },
    ui::{
        badge::{Badge, Tone},
        button::{ButtonLink, Spinner},
        empty_state::EmptyState,
        icon::Icon,
        pagination::{Pagination, range_words},
        selection::{AllBox, RowBox, Selection},
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// How many columns [`Heads`] writes.
pub const COLUMNS: u32 = 6;

/// The heads of the table.
#[component]
pub fn Heads(
    /// Who is in sight.
    rows: Vec<String>,
    /// Who is ticked.
    selection: Selection,
) -> impl IntoView {
    view! {
        <Th label="Select" cell=Cell::Select>
            <AllBox selection label="Select all on this page" values=rows />
        </Th>
        <Th label="Customer" />
        <Th label="Relationship" />
        <Th label="Connection" />
        <Th label="Lacks" />
        <Th label="Organization" />
    }
    .into_any()
}

/// The table and the way through its pages.
#[component]
pub fn CustomersTable(
    /// The page of the answer.
    page: Page,
    /// What it answers to.
    query: CustomersQuery,
    /// Who is ticked.
    selection: Selection,
) -> impl IntoView {
    let pages = pagination(&page, &query);
    let in_sight: Vec<String> = page.rows.iter().map(|row| row.entra_tenant_id.to_string()).collect();
    let rows = if page.rows.is_empty() {
        let narrowed = !query.search.is_empty() || !query.state.is_empty() || query.page > 1;
        view! { <NoRows narrowed /> }.into_any()
    } else {
        let rows = page.rows.into_iter();
        rows.map(|row| view! { <Row row selection /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Table
            caption="Customers"
            wide=true
            head=move || {
                view! { <Heads rows=in_sight selection /> }
            }
        >
            {rows}
        </Table>
        {pages}
    }
    .into_any()
}

/// Nothing where one page holds all.
fn pagination(page: &Page, query: &CustomersQuery) -> Option<impl IntoView + use<>> {
    let whole = |n: i64| u64::try_from(n).unwrap_or_default();
    let before = (query.page - 1) * page.page_size;
    let last = before + i64::try_from(page.rows.len()).unwrap_or_default();
    (page.total > page.page_size && !page.rows.is_empty()).then(|| {
        let previous = (query.page > 1).then(|| address_of(query, query.page - 1));
        let next = (last < page.total).then(|| address_of(query, query.page + 1));
        let text = range_words(whole(before + 1), whole(last), whole(page.total), false);
        view! { <Pagination label="Customers" text previous next /> }
    })
}

#[component]
fn NoRows(narrowed: bool) -> impl IntoView {
    let state = if narrowed {
        view! {
            <EmptyState
                icon=Icon::Search
                title="No customer matches"
                text="The search looks at names, domains and Tenants; the filter narrows it further."
                action=|| {
                    view! { <ButtonLink href=paths::CLOUD_SOLUTION_PROVIDER keep_scroll=true>"Show all"</ButtonLink> }
                }
            />
        }
        .into_any()
    } else {
        view! {
            <EmptyState
                icon=Icon::Users
                title="No customer"
                text="Microsoft lists none for this partner tenant. Customers come with a delegated admin relationship or a contract in Partner Center."
            />
        }
        .into_any()
    };
    view! { <EmptyRow columns=COLUMNS>{state}</EmptyRow> }
}

#[component]
fn Row(row: CustomerRow, selection: Selection) -> impl IntoView {
    let lacks = row.lacks();
    let label = format!("Select {}", row.display_name);
    let CustomerRow {
        entra_tenant_id,
        display_name,
        default_domain,
        relationship,
        relationship_ends,
        connected,
        tenant,
        mapped,
        suggestion,
        consent,
        outcome,
        outcome_failed,
    } = row;
    let refused = connected.as_ref().map(|one| one.refused.join(", ")).unwrap_or_default();
    let note = match (mapped, connected.is_some()) {
        (true, _) => "",
        (false, false) => "mapped once it is connected",
        (false, true) => "not mapped: see Microsoft Tenant Integrations",
    };
    let tone = match relationship {
        Relationship::Active => Tone::Positive,
        Relationship::Waiting | Relationship::Ended => Tone::Caution,
        Relationship::None | Relationship::Unknown => Tone::Neutral,
    };
    view! {
        <Tr>
            <Td cell=Cell::Select>
                <RowBox
                    selection
                    label
                    name=TICKED
                    value=entra_tenant_id.to_string()
                    form=FORM
                />
            </Td>
            <Td cell=Cell::Primary>
                <span class="block wrap-anywhere">
                    <bdi>{display_name}</bdi>
                </span>
                <span class="block font-normal text-text-muted wrap-anywhere"><EmailText address=default_domain /></span>
            </Td>
            <Td label="Relationship">
                <Badge tone text=relationship.label() />
                {relationship_ends
                    .map(|ends| view! { <span class="block text-xs text-text-muted">"until " {ends.day().to_owned()}</span> })}
            </Td>
            <Td label="Connection">
                <Connection connected consent outcome outcome_failed />
            </Td>
            <Td label="Lacks">
                <Lacks lacks refused />
            </Td>
            <Td label="Organization">
                <Place tenant note suggestion />
            </Td>
        </Tr>
    }
    .into_any()
}

/// Whether it is connected, how far a consent is, and what came of the last thing that was done.
#[component]
fn Connection(
    connected: Option<Connected>,
    consent: ConsentProgress,
    outcome: String,
    outcome_failed: bool,
) -> impl IntoView {
    let (tone, words) = match &connected {
        None => (Tone::Neutral, "Not connected"),
        Some(Connected { status, .. }) => {
            let tone = match status {
                ConnectionStatus::Connected => Tone::Positive,
                ConnectionStatus::ConsentNeeded | ConnectionStatus::Attention => Tone::Caution,
                ConnectionStatus::Quarantine => Tone::Critical,
            };
            (tone, status.label())
        }
    };
    let outcome = (!outcome.is_empty()).then(|| {
        let text = outcome;
        if outcome_failed {
            view! {
                <span class="text-critical">"Failed."</span>
                <ReasonText text />
            }
            .into_any()
        } else {
            view! { <span class="text-xs text-text-muted wrap-anywhere">{text}</span> }.into_any()
        }
    });
    let progress = (consent != ConsentProgress::None).then(|| {
        view! {
            <span class="flex gap-1 text-xs text-text-muted">
                {consent.is_at_work().then(|| view! { <Spinner /> })}
                <span>{consent.words()}</span>
            </span>
        }
    });
    view! {
        <div class="grid max-w-md gap-1">
            <span>
                <Badge tone text=words />
            </span>
            {progress}
            {outcome}
        </div>
    }
    .into_any()
}

#[component]
fn Lacks(lacks: Vec<Lack>, refused: String) -> impl IntoView {
    if lacks.is_empty() {
        return view! { <Badge tone=Tone::Positive text="Nothing" /> }.into_any();
    }
    let named = lacks.contains(&Lack::Permission).then_some(refused);
    let badges = lacks.into_iter();
    view! {
        <div class="flex flex-wrap gap-1">
            {badges.map(|lack| view! { <Badge tone=Tone::Caution text=lack.label() /> }).collect_view()}
        </div>
        {named.map(|what| view! { <p class="text-xs text-text-muted">"Refused: " {what}</p> })}
    }
    .into_any()
}

/// The Tenant, or the one that it probably is.
#[component]
fn Place(
    tenant: Option<TenantRef>,
    /// What is still to come; empty once it is mapped.
    note: &'static str,
    suggestion: Option<MappingSuggestion>,
) -> impl IntoView {
    match (tenant, suggestion) {
        (Some(tenant), _) => view! {
            <a class="link" href=paths::tenant(tenant.id)>
                <bdi>{tenant.name}</bdi>
            </a>
            {(!note.is_empty()).then(|| view! { <span class="block text-xs text-text-muted">{note}</span> })}
        }
        .into_any(),
        (None, Some(MappingSuggestion { tenant, why })) => view! {
            <span class="text-text-muted">"Probably "</span>
            <a class="link" href=paths::tenant(tenant.id)>
                <bdi>{tenant.name}</bdi>
            </a>
            <span class="block text-xs text-text-muted">{why}</span>
        }
        .into_any(),
        (None, None) => view! { <span class="text-text-muted">"None"</span> }.into_any(),
    }
}
