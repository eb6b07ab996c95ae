use super::crumbs;
use crate::{
    app::{pages::search::people::DirectoryTable, paths},
    model::{
        organization::OrganizationRow,
        search::{Found, FoundDirectoryPerson},
    },
    ui::{button::ButtonLink, empty_state::EmptyState, icon::Icon, page::PageHeader, search_field::SearchField},
};
use leptos::prelude::*;

/// The search for people of the Microsoft tenant who are no End Users of the Organization.
#[component]
pub fn Missing(
    /// Whose sync.
    organization: OrganizationRow,
    /// The Microsoft tenant; `None` while the Tenant is not mapped.
    microsoft: Option<String>,
    /// Who was found; `None` before anything was looked for.
    found: Option<Found<FoundDirectoryPerson>>,
    /// The words in the address.
    words: Memo<String>,
) -> impl IntoView {
    let head = view! { <PageHeader title="Why is somebody missing?" breadcrumbs=crumbs(&organization) /> };
    let Some(microsoft) = microsoft else {
        return view! {
            {head}
            <EmptyState
                icon=Icon::Plug
                title="Not mapped to a Microsoft tenant"
                text="People come from Microsoft once the Tenant of this Organization is mapped to a Microsoft tenant."
                action=|| view! { <ButtonLink href=paths::MICROSOFT_TENANTS>"Microsoft Tenant Integrations"</ButtonLink> }
            />
        }
        .into_any();
    };
    let results = match found {
        None => view! {
            <p class="text-text-muted">
                "Look for somebody in " <bdi>{microsoft}</bdi>
                " by name, address or Microsoft object ID. Those who are no End Users here are listed, each with the reason."
            </p>
        }
        .into_any(),
        Some(found) if found.rows.is_empty() => {
            let people = paths::end_users(organization.id);
            let action = move || view! { <ButtonLink href=people>"Go to End Users"</ButtonLink> };
            view! {
                <div role="status">
                    <EmptyState
                        icon=Icon::Search
                        title="Nobody found"
                        text="Either nobody in Microsoft has this name or address, or they are an End User already. Somebody who was made since the last sync appears after the next one."
                        action
                    />
                </div>
            }
            .into_any()
        }
        Some(found) => view! {
            <DirectoryTable rows=found.rows />
            {found.more.then(|| view! { <p class="py-2 text-text-muted">"There are more. Type more of the name to narrow the search."</p> })}
        }
        .into_any(),
    };
    view! {
        {head}
        <div class="grid grid-cols-[minmax(0,1fr)] gap-4">
            <SearchField label="Search people in Microsoft" action=paths::missing(organization.id) value=words />
            {results}
        </div>
    }
    .into_any()
}

/// The directory has nobody of this id or name.
#[component]
pub fn Nobody(
    /// Whose sync.
    organization: OrganizationRow,
    /// What was asked for.
    asked: String,
    /// The words in the address.
    words: Memo<String>,
) -> impl IntoView {
    view! {
        <PageHeader title="Why is somebody missing?" breadcrumbs=crumbs(&organization) />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-4">
            <SearchField label="Search people in Microsoft" action=paths::missing(organization.id) value=words />
            <EmptyState
                icon=Icon::Search
                title=format!("Microsoft has nobody called \u{201c}{asked}\u{201d}")
                text="The Microsoft tenant of this Organization has no account with this ID, user principal name or address. It may belong to another Microsoft tenant, or have been made since the last sync."
            />
        </div>
    }.into_any()
}
