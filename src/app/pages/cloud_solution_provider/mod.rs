//! **Integrate**, **Cloud Solution Provider**: the partner's customers, what each lacks, and what can be done to many of
//! them at once.

mod actions;
mod consent;
mod partner;
mod table;

use super::{
    address::{address, field, page_number},
    frame::Frame,
    mine::to_administrators,
    polling::poll_while,
    problem::{FormProblem, Problem, failure},
    succeeded::decided,
};
use crate::{
    api::partner::{
        ChooseForConsent, ChoosePartner, CreateCustomerOrganizations, CustomersPage as Page, CustomersQuery,
        MakeCustomerLinks, MatchCustomers, ReadCustomers, customers,
    },
    app::paths,
    ui::{
        answered::answered,
        button::ButtonLink,
        field::{Select, SelectOption},
        page::{Crumb, PageHeader},
        search_field::{SearchField, Searches},
        selection::Selection,
        table::{SkeletonRows, Table},
    },
};
use actions::Actions;
use consent::ConsentDialog;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use partner::{ChooseDialog, NoPartner, PartnerLine};
use table::{COLUMNS, CustomersTable, Heads};

/// The filter **Show**: value and words.
const STATES: [(&str, &str); 8] = [
    ("", "All customers"),
    ("connected", "Connected"),
    ("not-connected", "Not connected"),
    ("no-relationship", "Lacks a relationship"),
    ("no-consent", "Lacks consent"),
    ("no-organization", "Lacks an Organization"),
    ("at-work", "Consent under way"),
    ("failed", "Failed last"),
];

/// What can be done on the page.
#[derive(Clone, Copy)]
struct Deeds {
    choose: ServerAction<ChoosePartner>,
    read: ServerAction<ReadCustomers>,
    matching: ServerAction<MatchCustomers>,
    create: ServerAction<CreateCustomerOrganizations>,
    links: ServerAction<MakeCustomerLinks>,
    consent: ServerAction<ChooseForConsent>,
}

/// The page. Search, filter and page live in the address.
#[component]
pub fn CloudSolutionProviderPage() -> impl IntoView {
    let deeds = Deeds {
        choose: ServerAction::new(),
        read: ServerAction::new(),
        matching: ServerAction::new(),
        create: ServerAction::new(),
        links: ServerAction::new(),
        consent: ServerAction::new(),
    };
    let (search, state, number, dialog) = (field("search"), field("state"), page_number(), field("dialog"));
    let query = Memo::new(move |_| CustomersQuery {
        search: search.get(),
        state: state.get(),
        page: number.get(),
    });
    let done = [
        decided(deeds.choose),
        decided(deeds.read),
        decided(deeds.matching),
        decided(deeds.create),
        decided(deeds.links),
        decided(deeds.consent),
    ];
    let page = Resource::new_blocking(
        move || (done.map(|one| one.get()), query.get()),
        |(_, query)| async move { Ok((query.clone(), customers(query).await?)) },
    );
    poll_while(page, |(_, page): &(CustomersQuery, Page)| page.at_work > 0);
    let selection = Selection::new();
    let here = move || query.with(|query| address_of(query, query.page));
    let keep = Signal::derive(move || vec![("state".to_owned(), state.get())]);
    view! {
        <Frame title="Cloud Solution Provider">
            <PageHeader
                title="Cloud Solution Provider"
                breadcrumbs=vec![Crumb::new("Microsoft Tenant Integrations", paths::MICROSOFT_TENANTS)]
                text="The customers of your partner tenant: who is connected, and what the others lack."
                actions=|| {
                    view! {
                        {to_administrators(|| view! { <ButtonLink href=paths::CONSENT_LINKS>"Consent links"</ButtonLink> })}
                    }
                }
            />
            <div class="mb-4 grid gap-2 empty:hidden">
                <FormProblem error=failure(deeds.read) />
                <FormProblem error=failure(deeds.matching) />
                <FormProblem error=failure(deeds.create) />
                <FormProblem error=failure(deeds.consent) />
            </div>
            // Whoever may not see customers reads so below, and has none to search.
            <div class="mb-3 flex flex-wrap items-end gap-3 empty:hidden">
                {to_administrators(move || {
                    view! {
                        <SearchField
                            label="Search customers"
                            action=paths::CLOUD_SOLUTION_PROVIDER
                            name="search"
                            value=search
                            keep
                        />
                        <StateFilter query />
                    }
                })}
            </div>
            <Transition fallback=Skeleton>
                {answered(page, move |answer| {
                    match answer {
                        Ok((_, Page { partner: None, .. })) => view! { <NoPartner /> }.into_any(),
                        Ok((query, page)) => {
                            let rows = page.rows.iter().map(|row| row.entra_tenant_id.to_string()).collect::<Vec<_>>();
                            view! {
                                <PartnerLine partner=page.partner.clone() all=page.all connected=page.connected read=deeds.read />
                                <Actions deeds selection rows next=address_of(&query, query.page) />
                                <CustomersTable page query selection />
                            }
                                .into_any()
                        }
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || match dialog.get().as_str() {
                "partner" => view! { <ChooseDialog close_href=here() choose=deeds.choose /> }.into_any(),
                "consent" => view! { <ConsentDialog close_href=here() /> }.into_any(),
                _ => ().into_any(),
            }}
        </Frame>
    }
    .into_any()
}

/// **Show**. What is typed into the search goes along with a choice.
#[component]
fn StateFilter(query: Memo<CustomersQuery>) -> impl IntoView {
    let searches = use_context::<Searches>().unwrap_or_default();
    let go = use_navigate();
    let on_change = Callback::new(move |state: String| {
        let query = query.get_untracked();
        let href = address_of(&CustomersQuery { state, ..query }, 1);
        go(&searches.taken_along_now(&href, "state"), Default::default());
    });
    let options: Vec<_> = STATES
        .iter()
        .map(|(value, label)| SelectOption::new(*value, *label))
        .collect();
    let value = Signal::derive(move || query.with(|query| query.state.clone()));
    view! {
        <div class="w-60 max-w-full">
            <Select label="Show" name="state" options value on_change />
        </div>
    }
    .into_any()
}

#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <Table caption="Customers" busy=true wide=true head=|| view! { <Heads rows=vec![] selection=Selection::new() /> }>
            <SkeletonRows columns=COLUMNS />
        </Table>
    }
    .into_any()
}

/// The address of the table at this search, filter and page.
fn address_of(query: &CustomersQuery, page: i64) -> String {
    let number = if page > 1 { page.to_string() } else { String::new() };
    address(
        paths::CLOUD_SOLUTION_PROVIDER,
        &[("search", &query.search), ("state", &query.state), ("page", &number)],
    )
}
