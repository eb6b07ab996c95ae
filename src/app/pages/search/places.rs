use super::More;
use crate::{
    app::{pages::email::EmailText, paths},
    model::{
        search::{Found, FoundMicrosoftTenant, FoundOrganization, FoundTenant},
        tenant::TenantRef,
    },
    ui::{
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// Organizations.
#[component]
pub fn Organizations(
    /// The best of them.
    found: Found<FoundOrganization>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Th label="Organization" />
            <Th label="Tenant" />
            <Th label="Email" />
        }
    };
    let row = |row: FoundOrganization| {
        view! {
            <Tr>
                <Td cell=Cell::Primary>
                    <a class="link" href=paths::organization(row.organization.id)>
                        <bdi>{row.organization.name}</bdi>
                    </a>
                </Td>
                <Td label="Tenant">
                    <TenantLink tenant=row.tenant />
                </Td>
                <Td label="Email">
                    <EmailText address=row.email />
                </Td>
            </Tr>
        }
    };
    view! {
        <Section title="Organizations" id="organizations">
            <Table caption="Organizations" head>
                {found.rows.into_iter().map(row).collect_view()}
            </Table>
            <More more=found.more />
        </Section>
    }
    .into_any()
}

#[component]
fn TenantLink(tenant: TenantRef) -> impl IntoView {
    view! {
        <a class="link" href=paths::tenant(tenant.id)>
            <bdi>{tenant.name}</bdi>
        </a>
    }
    .into_any()
}

/// Tenants.
#[component]
pub fn Tenants(
    /// The best of them.
    found: Found<FoundTenant>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Th label="Tenant" />
            <Th label="Microsoft Tenant" />
        }
    };
    let row = |row: FoundTenant| {
        let tenant = TenantRef {
            id: row.id,
            name: row.name,
        };
        let microsoft = match row.microsoft_tenant {
            Some(name) => view! { <bdi>{name}</bdi> }.into_any(),
            None => view! { <span class="text-text-muted">"Not mapped"</span> }.into_any(),
        };
        view! {
            <Tr>
                <Td cell=Cell::Primary>
                    <TenantLink tenant />
                </Td>
                <Td label="Microsoft Tenant">{microsoft}</Td>
            </Tr>
        }
    };
    view! {
        <Section title="Tenants" id="tenants">
            <Table caption="Tenants" head>
                {found.rows.into_iter().map(row).collect_view()}
            </Table>
            <More more=found.more />
        </Section>
    }
    .into_any()
}

/// Microsoft tenants.
#[component]
pub fn MicrosoftTenants(
    /// The best of them.
    found: Found<FoundMicrosoftTenant>,
) -> impl IntoView {
    if found.rows.is_empty() {
        return ().into_any();
    }
    let head = || {
        view! {
            <Th label="Microsoft Tenant" />
            <Th label="Tenant ID" />
            <Th label="Tenant" />
        }
    };
    let row = |row: FoundMicrosoftTenant| {
        let tenant = match row.tenant {
            Some(tenant) => view! { <TenantLink tenant /> }.into_any(),
            None => view! {
                <a class="link" href=paths::MICROSOFT_TENANTS>
                    "Not mapped"
                </a>
            }
            .into_any(),
        };
        view! {
            <Tr>
                <Td cell=Cell::Primary>
                    <a class="link" href=paths::MICROSOFT_TENANTS>
                        <bdi>{row.name}</bdi>
                    </a>
                    <span class="block font-normal text-text-muted wrap-anywhere"><EmailText address=row.default_domain /></span>
                </Td>
                <Td label="Tenant ID">
                    <span class="wrap-anywhere tabular-nums">{row.entra_tenant_id.to_string()}</span>
                </Td>
                <Td label="Tenant">{tenant}</Td>
            </Tr>
        }
    };
    view! {
        <Section title="Microsoft Tenants" id="microsoft-tenants">
            <Table caption="Microsoft Tenants" head>
                {found.rows.into_iter().map(row).collect_view()}
            </Table>
            <More more=found.more />
        </Section>
    }
    .into_any()
}
