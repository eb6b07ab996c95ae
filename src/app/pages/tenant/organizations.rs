//! **Customer Organizations**: each with its switch.

use crate::{
    app::{
        pages::{
            email::EmailText,
            framed::here,
            mine::{instead_of, offered},
            sync_state::SyncState,
        },
        paths,
    },
    model::{
        access::Role,
        ids::{OrganizationId, TenantId},
        organization::{OrganizationRow, UserSyncState},
    },
    ui::{
        button::{ButtonLink, ButtonSize, ButtonVariant},
        empty_state::EmptyState,
        icon::Icon,
        menu::{Menu, MenuLink},
        section::Section,
        table::{ActionsHead, Cell, CellWords, EmptyRow, Table, Td, Th, Tr, Wide},
    },
};
use leptos::{either::EitherOf3, prelude::*};

/// How many columns the table has.
pub const COLUMNS: u32 = 5;

/// Their heads.
#[component]
pub fn Heads() -> impl IntoView {
    view! {
        <Th label="Organization" />
        <Th label="Email" />
        <Th label="Phone" />
        <Th label="Microsoft User Sync" />
        <ActionsHead />
    }
    .into_any()
}

/// Where the focus goes when a dialog of an Organization's user sync closes: the switch, or the menu in its place.
pub fn switch_of(id: OrganizationId) -> String {
    format!("set-up-{id} actions-{id}-button")
}

/// The table.
#[component]
pub fn CustomerOrganizations(
    /// The Tenant of the page.
    tenant: TenantId,
    /// Its Organizations.
    organizations: Vec<OrganizationRow>,
    /// Whether the Tenant has a Microsoft tenant.
    mapped: bool,
    /// Whether all of them are theirs who asked.
    whole: bool,
) -> impl IntoView {
    // One primary button in sight: only where one Organization waits to be set up.
    let waiting = organizations
        .iter()
        .filter(|row| matches!(row.sync, UserSyncState::NotSetUp { .. }))
        .count();
    let none = organizations.is_empty().then(|| view! { <NoOrganization /> });
    let rows = organizations
        .into_iter()
        .map(|row| view! { <OrganizationLine tenant row mapped whole primary=waiting == 1 /> })
        .collect_view();
    view! {
        <Section title="Customer Organizations" id="customer-organizations">
            <Table caption="Customer Organizations" wide=Wide::Part head=Heads>{none} {rows}</Table>
        </Section>
    }
    .into_any()
}

/// Its last Organization was moved or deleted.
#[component]
fn NoOrganization() -> impl IntoView {
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState
                icon=Icon::Building
                title="No Organization belongs to this Tenant"
                text="Move one here in its ORGANIZATION SETTINGS, or add one and choose this Tenant."
                action=|| offered(Role::Administrator, || view! { <ButtonLink href=paths::NEW_ORGANIZATION>"New Organization"</ButtonLink> })
            />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn OrganizationLine(
    /// The Tenant of the page.
    tenant: TenantId,
    /// The Organization.
    row: OrganizationRow,
    /// Whether the Tenant has a Microsoft tenant.
    mapped: bool,
    /// Whether the whole Tenant is theirs who asked.
    whole: bool,
    /// Whether **Set Up** is the one thing to do here.
    primary: bool,
) -> impl IntoView {
    let is_on = row.sync.is_on();
    let sync = if !mapped {
        EitherOf3::A(view! {
            <span class="text-text-muted">"Not mapped to a Microsoft tenant. "</span>
            {offered(Role::Administrator, || view! { <a class="link" href=paths::MICROSOFT_TENANTS>"Map Tenant"</a> })}
        })
    } else if is_on {
        EitherOf3::B(view! { <SyncState state=row.sync.clone() /> })
    } else {
        let variant = if primary {
            ButtonVariant::Primary
        } else {
            ButtonVariant::Secondary
        };
        let id = row.id;
        let filters = here(paths::set_up(tenant, id));
        let set_up = move || {
            view! {
                <ButtonLink
                    href=filters.clone()
                    variant
                    size=ButtonSize::Small
                    keep_scroll=true
                    id=format!("set-up-{id}")
                >
                    "Set Up"
                </ButtonLink>
            }
        };
        EitherOf3::C(instead_of(
            whole.then_some(set_up),
            || view! { <SyncState state=UserSyncState::NotSetUp { before: false } /> },
        ))
    };
    let (id, name) = (row.id, row.name.clone());
    let (filters, disable) = (here(paths::set_up(tenant, id)), here(paths::disable(tenant, id)));
    let menu = is_on.then(|| {
        offered(Role::Technician, || {
            view! {
                <Menu id=format!("actions-{id}") label=format!("Actions for {name}")>
                    {whole
                        .then(|| {
                            view! {
                                <MenuLink href=filters icon=Icon::Settings>
                                    "Edit User Sync Filters"
                                </MenuLink>
                            }
                        })}
                    <MenuLink href=disable icon=Icon::MinusCircle danger=true>
                        "Disable User Sync"
                    </MenuLink>
                </Menu>
            }
        })
    });
    view! {
        <Tr>
            <Td cell=Cell::Primary label="Organization">
                <a class="link" href=here(paths::end_users(row.id))><bdi>{row.name}</bdi></a>
            </Td>
            <Td label="Email">
                <EmailText address=row.email />
            </Td>
            <Td label="Phone" cell=Cell::Solid>
                <CellWords text=row.phone />
            </Td>
            <Td label="Microsoft User Sync">{sync}</Td>
            <Td cell=Cell::Actions>{menu}</Td>
        </Tr>
    }
    .into_any()
}
