//! The filters of the End Users table. All live in the address; sent by script at once, without script by a button.

use super::people::end_users_address;
use crate::{
    api::end_users::{EndUsersQuery, Product},
    ui::{
        button::{Button, ButtonKind},
        field::{Select, SelectOption},
        search_field::Searches,
    },
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Form, hooks::use_navigate};

const MICROSOFT_STATUS: [(&str, &str); 6] = [
    ("", "All"),
    ("synced", "Synced"),
    ("notSynced", "Not synced"),
    ("outOfScope", "Out of scope"),
    ("disabled", "Disabled in Microsoft"),
    ("hideDisabled", "Hide disabled in Microsoft"),
];

const MFA: [(&str, &str); 4] = [
    ("", "All"),
    ("registered", "Registered"),
    ("notRegistered", "Not registered"),
    ("notReadable", "Not readable"),
];

/// Before the products.
const LICENSE: [(&str, &str); 3] = [("", "All"), ("none", "None"), ("notReadable", "Not readable")];

/// **Microsoft status**, **MFA** and **Microsoft License**. What is typed into the search goes along with a choice.
#[component]
pub fn TableFilters(
    /// The table's address.
    path: String,
    /// What the address asks for.
    query: Memo<EndUsersQuery>,
    /// The products that there are.
    products: Vec<Product>,
) -> impl IntoView {
    let fixed = |options: &[(&str, &str)]| {
        let option = |(value, label): &(&str, &str)| SelectOption::new(*value, *label);
        options.iter().map(option).collect::<Vec<_>>()
    };
    let mut licenses = fixed(&LICENSE);
    licenses.extend(
        products
            .into_iter()
            .map(|product| SelectOption::new(product.id.to_string(), product.name)),
    );
    let navigate = use_navigate();
    let searches = use_context::<Searches>().unwrap_or_default();
    let to = path.clone();
    let go = Callback::new(move |(chosen, query): (&'static str, EndUsersQuery)| {
        let options = NavigateOptions {
            scroll: false,
            ..NavigateOptions::default()
        };
        let href = end_users_address(&to, &EndUsersQuery { page: 1, ..query });
        navigate(&searches.taken_along_now(&href, chosen), options);
    });
    let asked = move || query.get_untracked();
    let by_status = Callback::new(move |microsoft| go.run(("microsoft", EndUsersQuery { microsoft, ..asked() })));
    let by_mfa = Callback::new(move |mfa| go.run(("mfa", EndUsersQuery { mfa, ..asked() })));
    let by_license = Callback::new(move |license| go.run(("license", EndUsersQuery { license, ..asked() })));
    let status = Signal::derive(move || query.with(|query| query.microsoft.clone()));
    let mfa = Signal::derive(move || query.with(|query| query.mfa.clone()));
    let license = Signal::derive(move || query.with(|query| query.license.clone()));
    view! {
        <Form method="GET" action=path noscroll=true>
            <div class="flex flex-wrap items-end gap-x-4 gap-y-3">
                {move || {
                    query
                        .with(|query| {
                            view! {
                                <input type="hidden" name="search" value=query.search.clone() />
                                <input type="hidden" name="sort" value=query.sort.clone() />
                            }
                        })
                }}
                <div class="w-60 max-w-full">
                    <Select
                        label="Microsoft status"
                        name="microsoft"
                        options=fixed(&MICROSOFT_STATUS)
                        value=status
                        on_change=by_status
                    />
                </div>
                <div class="w-44 max-w-full">
                    <Select label="MFA" name="mfa" options=fixed(&MFA) value=mfa on_change=by_mfa />
                </div>
                <div class="w-60 max-w-full">
                    <Select
                        label="Microsoft License"
                        name="license"
                        options=licenses
                        value=license
                        on_change=by_license
                    />
                </div>
                <div class="without-script">
                    <Button kind=ButtonKind::Submit>"Show"</Button>
                </div>
            </div>
        </Form>
    }
    .into_any()
}
