use crate::{
    app::{
        pages::{
            reason::ReasonText,
            run_result::{COUNT_COLUMNS, CountCells, CountHeads, NOTHING_CHANGED},
        },
        paths,
    },
    model::run::{RunOrganization, RunState},
    ui::{
        badge::Tone,
        empty_state::EmptyState,
        icon::Icon,
        notice::Notice,
        section::Section,
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// What the run did to each Organization, and which it left alone and why.
#[component]
pub fn RunOrganizations(
    /// The Organizations.
    organizations: Vec<RunOrganization>,
    /// How the run stands.
    state: RunState,
) -> impl IntoView {
    let notices = organizations
        .iter()
        .filter_map(|organization| {
            let text = organization.attention.clone()?;
            let href = paths::end_users(organization.id);
            let action = move || view! { <a class="link" href=href>"End Users"</a> };
            Some(view! {
                <Notice tone=Tone::Caution title=format!("{} needs attention", organization.name) action>
                    <ReasonText text />
                </Notice>
            })
        })
        .collect_view();
    if organizations.is_empty() && state != RunState::Succeeded {
        // Not reached yet, or never: the run says so itself.
        return ().into_any();
    }
    let body = if organizations.is_empty() {
        view! {
            <EmptyRow columns=1 + COUNT_COLUMNS>
                <EmptyState
                    icon=Icon::Building
                    title="No Organization was synced"
                    text="The run read the Microsoft tenant; no Organization of its Tenant had its user sync enabled then."
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        organizations
            .into_iter()
            .map(|organization| {
                let nothing_changed = !organization.planned;
                let words = nothing_changed
                    .then(|| view! { <span class="block text-xs text-text-muted">{NOTHING_CHANGED}</span> });
                view! {
                    <Tr>
                        <Td cell=Cell::Primary>
                            <a class="link" href=paths::organization(organization.id)>
                                <bdi>{organization.name}</bdi>
                            </a>
                            {words}
                        </Td>
                        <CountCells counts=organization.counts nothing_changed />
                    </Tr>
                }
            })
            .collect_view()
            .into_any()
    };
    let head = || {
        view! {
            <Th label="Organization" />
            <CountHeads />
        }
    };
    view! {
        <Section title="Organizations" id="organizations">
            <div class="mb-3 grid gap-3 empty:hidden">{notices}</div>
            <Table caption="Organizations of this run" head>
                {body}
            </Table>
        </Section>
    }
    .into_any()
}
