use super::{
    HeadSkeleton, OrganizationHead, OrganizationProblem, Subtab, no_organization, organization_id,
    settings::{Dialogs, Settings},
};
use crate::{
    api::{
        held::contended_people,
        organizations::{EditOrganization, MoveOrganization, OrganizationDetails, organization},
    },
    app::{
        pages::{
            address::address,
            contended::ContendedCount,
            email::EmailText,
            frame::Frame,
            mine::offered,
            polling::poll_while,
            run_result::{COUNT_COLUMNS, CountCells, CountHeads, NOTHING_CHANGED, RunLink, RunResult},
            succeeded::succeeded,
            sync_state::SyncState,
        },
        paths,
    },
    model::{
        access::Role,
        held::ContendedOverview,
        ids::OrganizationId,
        organization::{OrganizationRow, UserSyncState},
        run::{RunRow, RunState},
    },
    ui::{
        answered::answered,
        button::{ButtonLink, ButtonSize},
        empty_state::EmptyState,
        icon::Icon,
        number::count,
        section::{DescriptionList, Fact, Section},
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// **Overview**: what is known of the company, and its latest runs.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let id = organization_id();
    let edit = ServerAction::<EditOrganization>::new();
    let moving = ServerAction::<MoveOrganization>::new();
    // One answer for what stands under the `Suspense`: a resource in there would count differently on the server and in
    // the browser, and what comes after it, such as a dialog, would take over another one's answer.
    let (edited, moved) = (succeeded(edit), succeeded(moving));
    let details = Resource::new_blocking(
        move || (id.get(), edited.get(), moved.get()),
        |(id, _, _)| async move {
            match id {
                // The page is worth more than the notice of what is contended.
                Some(id) => Ok((organization(id).await?, contended_people(id).await.unwrap_or_default())),
                None => Err(no_organization()),
            }
        },
    );
    poll_while(details, |(details, _): &(OrganizationDetails, ContendedOverview)| {
        matches!(details.organization.sync, UserSyncState::Syncing { .. })
            || details.runs.iter().any(|run| run.state == RunState::Running)
    });
    let title = RwSignal::new("Organization".to_owned());
    view! {
        <Frame title>
            <Transition fallback=HeadSkeleton>
                {answered(details, move |answer| {
                    match answer {
                        Ok((OrganizationDetails { organization, runs }, contended)) => {
                            title.set(organization.name.clone());
                            view! { <Overview organization runs contended /> }.into_any()
                        }
                        Err(error) => view! { <OrganizationProblem error /> }.into_any(),
                    }
                })}
            </Transition>
            <div class="mt-8">
                <Settings moving />
            </div>
            <Dialogs edit moving />
        </Frame>
    }
    .into_any()
}

#[component]
fn Overview(organization: OrganizationRow, runs: Vec<RunRow>, contended: ContendedOverview) -> impl IntoView {
    let id = organization.id;
    view! {
        <OrganizationHead organization=organization.clone() subtab=Subtab::Overview />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-8">
            <ContendedCount organization=organization.id contended />
            <Information organization />
            <LatestRuns runs organization=id />
        </div>
    }
    .into_any()
}

#[component]
fn Information(organization: OrganizationRow) -> impl IntoView {
    let row = organization;
    view! {
        <div class="max-w-2xl">
            <Section
                title="INFORMATION"
                id="information"
                action=move || {
                    offered(Role::Technician, move || view! {
                        <ButtonLink
                            href=paths::edit_organization(row.id)
                            size=ButtonSize::Small
                            icon=Icon::Settings
                            keep_scroll=true
                            id="edit-information"
                        >
                            "Edit"
                        </ButtonLink>
                    })
                }
            >
                <DescriptionList>
                    <Fact term="Email">
                        <Known text=row.email />
                    </Fact>
                    <Fact term="Phone">
                        <Known text=row.phone />
                    </Fact>
                    <Fact term="Tenant">
                        <a class="link" href=paths::tenant(row.tenant_id)>
                            <bdi>{row.tenant_name}</bdi>
                        </a>
                    </Fact>
                    <Fact term="End Users">
                        <a class="link" href=paths::end_users(row.id)>
                            {row.end_users.map(count)}
                        </a>
                    </Fact>
                    <Fact term="Microsoft User Sync">
                        <SyncState state=row.sync />
                    </Fact>
                </DescriptionList>
            </Section>
        </div>
    }
    .into_any()
}

#[component]
fn Known(text: String) -> impl IntoView {
    if text.is_empty() {
        view! { <span class="text-text-muted">"None"</span> }.into_any()
    } else {
        view! { <EmailText address=text /> }.into_any()
    }
}

const COLUMNS: u32 = 3 + COUNT_COLUMNS;

#[component]
fn LatestRuns(runs: Vec<RunRow>, organization: OrganizationId) -> impl IntoView {
    let all = address(paths::ACTIVITY, &[("organization", &organization.to_string())]);
    let head = || {
        view! {
            <Th label="Started" />
            <Th label="Reason" />
            <Th label="Result" />
            <CountHeads />
        }
    };
    let body = if runs.is_empty() {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Activity
                    title="No runs yet"
                    text="Runs appear here once the Microsoft user sync of this Organization is set up."
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        runs.into_iter()
            .map(|run| view! { <Row run /> })
            .collect_view()
            .into_any()
    };
    view! {
        <Section title="Latest Runs" id="latest-runs" action=move || view! { <a class="link" href=all>"All activity"</a> }>
            <Table caption="Latest runs" wide=true head>
                {body}
            </Table>
        </Section>
    }.into_any()
}

#[component]
fn Row(run: RunRow) -> impl IntoView {
    let (state, reason, counts) = (run.state, run.trigger.label(), run.counts);
    let nothing_changed = run.nothing_changed;
    let words = nothing_changed.then(|| view! { <span class="block text-xs text-text-muted">{NOTHING_CHANGED}</span> });
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <RunLink run />
            </Td>
            <Td label="Reason" cell=Cell::Solid>{reason}</Td>
            <Td label="Result">
                <RunResult state />
                {words}
            </Td>
            <CountCells counts nothing_changed />
        </Tr>
    }
    .into_any()
}
