use leptos::prelude::*;

use crate::ui::{
    badge::{Badge, Tone},
    button::{Button, ButtonLink, ButtonSize, ButtonVariant},
    checkbox::Checkbox,
    empty_state::EmptyState,
    icon::Icon,
    menu::{Menu, MenuButton, MenuLine, MenuLink},
    pagination::{Pagination, range_words},
    search_field::SearchField,
    section::{DescriptionList, Fact, Section, TwoColumn},
    status::{LiveStatus, Progress},
    table::{ActionsHead, Cell, EmptyRow, SkeletonRows, Sort, Table, Td, Th, Tr},
    time_ago::TimeAgo,
    unreadable::Unreadable,
};

/// Tables, full, empty and on their way, beside a panel of facts.
#[component]
pub fn TablesGallery() -> impl IntoView {
    view! {
        <TwoColumn panel_label="Tenant" panel=|| view! { <Facts /> }>
            <Section title="Customer Organizations" id="organizations">
                <div class="mb-3">
                    <SearchField label="Search Organizations" action="/organizations" value="north" />
                </div>
                <Organizations />
                <Pagination
                    label="Organizations"
                    text=range_words(101, 200, 2_341, false)
                    previous=Some("#".to_owned())
                    next=None
                />
            </Section>
            <Section title="On their way" id="waiting">
                <Table caption="End Users, on their way" busy=true head=|| view! { <Th label="Name" /><Th label="Email" /><Th label="Phone" /> }>
                    <SkeletonRows columns=3 rows=3 />
                </Table>
            </Section>
            <Section title="None yet" id="none">
                <Table caption="Assets" head=|| view! { <Th label="Asset" /><Th label="Organization" /> }>
                    <EmptyRow columns=2>
                        <EmptyState
                            icon=Icon::Laptop
                            title="No assets yet"
                            text="Entrain knows users and devices. Assets come from the agent, an import, New Asset or the API."
                            action=|| view! { <ButtonLink href="#">"New Asset"</ButtonLink> }
                        />
                    </EmptyRow>
                </Table>
            </Section>
        </TwoColumn>
    }.into_any()
}

#[component]
fn Facts() -> impl IntoView {
    view! {
        <Section title="Microsoft Details" id="facts" action=|| view! { <a class="link" href="#">"Manage"</a> }>
            <DescriptionList>
                <Fact term="Last Tenant Sync">
                    <TimeAgo at="2026-05-04T10:26:00Z" text="34 minutes ago" exact="4 May 2026, 10:26 UTC" />
                    <div class="mt-2">
                        <Button size=ButtonSize::Small icon=Icon::Refresh>
                            "Sync Now"
                        </Button>
                    </div>
                </Fact>
                <Fact term="Microsoft Tenant">"northwind.onmicrosoft.com"</Fact>
                <Fact term="Microsoft Users">"2,341"</Fact>
                <Fact term="MFA">
                    <Unreadable reason="Needs Entra ID P1 in this directory." remedy=|| view! { <a class="link" href="#">"Check Permissions"</a> } />
                </Fact>
            </DescriptionList>
        </Section>
    }.into_any()
}

#[component]
fn Organizations() -> impl IntoView {
    let head = || {
        view! {
            <Th label="Choose" cell=Cell::Select>
                <Checkbox label="Choose every row" name="every" label_hidden=true />
            </Th>
            <Th label="Organization" href="#" sort=Sort::Ascending />
            <Th label="Email" href="#" />
            <Th label="Phone" />
            <Th label="End Users" cell=Cell::Number />
            <Th label="Microsoft User Sync" />
            <ActionsHead />
        }
    };
    let states: [fn() -> AnyView; 5] = [
        || view! { <Badge tone=Tone::Positive text="Enabled" /> }.into_any(),
        || view! { <LiveStatus text="Syncing…" progress=Progress::Known { done: 1_240, total: 2_341 } /> }.into_any(),
        || view! { <LiveStatus text="Syncing…" /> }.into_any(),
        || {
            view! {
                <Badge tone=Tone::Critical text="Attention" />
                <div class="mt-0.5 text-xs text-text-muted">"Consent was taken back."</div>
            }
            .into_any()
        },
        || view! { <Button size=ButtonSize::Small variant=ButtonVariant::Secondary>"Set Up"</Button> }.into_any(),
    ];
    let names = [
        "Northwind Traders, Berlin",
        "Contoso",
        "شركة الأفق للتجارة (ش.م.م)",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "Fabrikam",
    ];
    let rows = names
        .into_iter()
        .zip(states)
        .enumerate()
        .map(|(index, (name, state))| {
            view! {
                <Tr>
                    <Td cell=Cell::Select>
                        <Checkbox label=format!("Choose {name}") name="chosen" value=index.to_string() label_hidden=true />
                    </Td>
                    <Td cell=Cell::Primary>
                        <a class="link" href="#">
                            <bdi>{name}</bdi>
                        </a>
                    </Td>
                    <Td label="Email">"office@northwind.example"</Td>
                    <Td label="Phone" cell=Cell::Solid>{(index != 2).then_some("+49 30 901820")}</Td>
                    <Td label="End Users" cell=Cell::Number>
                        "2,341"
                    </Td>
                    <Td label="Microsoft User Sync">{state()}</Td>
                    <Td cell=Cell::Actions>
                        <Menu id=format!("menu-{index}") label=format!("Actions for {name}")>
                            <MenuLink href="#">"Edit User Sync Filters"</MenuLink>
                            <MenuButton icon=Icon::Refresh>"Sync Now"</MenuButton>
                            <MenuLine />
                            <MenuLink href="#" danger=true>
                                "Disable User Sync"
                            </MenuLink>
                        </Menu>
                    </Td>
                </Tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="Customer Organizations" head>
            {rows}
        </Table>
    }
    .into_any()
}
