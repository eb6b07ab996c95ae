use super::More;
use crate::{
    app::{pages::email::EmailText, paths},
    model::{
        end_user::MarkKind,
        search::{Found, FoundDirectoryPerson, FoundEndUser},
    },
    ui::{
        badge::{Badge, Tone},
        icon::Icon,
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// End Users.
#[component]
pub fn EndUsers(
    /// The best of them.
    found: Found<FoundEndUser>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Th label="Name" />
            <Th label="Email" />
            <Th label="Organization" />
            <Th label="Status" />
            <Th label="Microsoft" />
        }
    };
    view! {
        <Section title="End Users" id="end-users">
            <Table caption="End Users" wide=true head>
                {found.rows.into_iter().map(|row| view! { <EndUser row /> }).collect_view()}
            </Table>
            <More more=found.more />
        </Section>
    }
    .into_any()
}

#[component]
fn EndUser(row: FoundEndUser) -> impl IntoView {
    let organization = row.organization;
    let name = if row.name.is_empty() {
        row.email.clone()
    } else {
        row.name
    };
    let href = paths::end_user(organization.id, row.id);
    let status = match (row.mark, row.out_of_scope, row.synced) {
        (Some(_), _, _) => {
            view! { <Badge tone=Tone::Caution icon=Icon::Lock text="Disabled in Microsoft" /> }.into_any()
        }
        (None, true, _) => view! { <Badge icon=Icon::Filter text="Out of scope" /> }.into_any(),
        (None, false, true) => view! { <Badge tone=Tone::Positive text="Synced" /> }.into_any(),
        (None, false, false) => view! { <Badge text="Not synced" /> }.into_any(),
    };
    let why = row.user.map(|user| {
        view! {
            <span class="block wrap-anywhere text-text-muted"><EmailText address=row.upn /></span>
            <a class="link" href=paths::why(organization.id, user)>
                "Why?"
                <span class="sr-only">" " {name.clone()}</span>
            </a>
        }
    });
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link wrap-anywhere" href=href>
                    <bdi>{name.clone()}</bdi>
                </a>
            </Td>
            <Td label="Email">
                <EmailText address=row.email />
            </Td>
            <Td label="Organization">
                <a class="link" href=paths::organization(organization.id)>
                    <bdi>{organization.name}</bdi>
                </a>
            </Td>
            <Td label="Status" cell=Cell::Solid>
                {status}
            </Td>
            <Td label="Microsoft">{why}</Td>
        </Tr>
    }
    .into_any()
}

/// People in Microsoft who are no End Users.
#[component]
pub fn DirectoryPeople(
    /// The best of them.
    found: Found<FoundDirectoryPerson>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    view! {
        <Section
            title="In Microsoft only"
            id="in-microsoft-only"
            text="People of a connected Microsoft tenant who are no End Users."
        >
            <DirectoryTable rows=found.rows />
            <More more=found.more />
        </Section>
    }
    .into_any()
}

/// The table of people in Microsoft, each with a link to its explanation.
#[component]
pub fn DirectoryTable(
    /// The people.
    rows: Vec<FoundDirectoryPerson>,
) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Name" />
            <Th label="User Principal Name" />
            <Th label="Microsoft Tenant" />
            <Th label="Account" />
            <Th label="Why?" />
        }
    };
    view! {
        <Table caption="In Microsoft only" wide=true head>
            {rows.into_iter().map(|row| view! { <DirectoryPerson row /> }).collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn DirectoryPerson(row: FoundDirectoryPerson) -> impl IntoView {
    let user = row.user;
    let mail = (row.mail != row.upn && !row.mail.is_empty())
        .then(|| view! { <span class="block text-text-muted"><EmailText address=row.mail /></span> });
    let state = match row.state {
        Some(MarkKind::Deleted) => view! { <Badge tone=Tone::Caution icon=Icon::Lock text="Deleted" /> }.into_any(),
        Some(MarkKind::Disabled) => view! { <Badge tone=Tone::Caution icon=Icon::Lock text="Disabled" /> }.into_any(),
        None => view! { <Badge icon=Icon::CheckCircle text="Enabled" /> }.into_any(),
    };
    let why = if row.organizations.is_empty() {
        view! {
            <a class="link" href=paths::MICROSOFT_TENANTS>
                "Not mapped to a Tenant"
            </a>
        }
        .into_any()
    } else {
        let name = row.name.clone();
        row.organizations
            .into_iter()
            .map(|organization| {
                view! {
                    <a class="link block" href=paths::why(organization.id, user)>
                        "Not in " <bdi>{organization.name}</bdi> ": why?" <span class="sr-only">" " {name.clone()}</span>
                    </a>
                }
            })
            .collect_view()
            .into_any()
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <bdi class="wrap-anywhere">{row.name}</bdi>
            </Td>
            <Td label="User Principal Name">
                <EmailText address=row.upn />
                {mail}
            </Td>
            <Td label="Microsoft Tenant">
                <bdi>{row.microsoft_tenant}</bdi>
            </Td>
            <Td label="Account" cell=Cell::Solid>
                {state}
            </Td>
            <Td label="Why?">{why}</Td>
        </Tr>
    }
    .into_any()
}
