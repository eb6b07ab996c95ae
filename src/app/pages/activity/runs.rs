use super::{
    ActivityHead, Counted, Pages, PastTheEnd,
    filters::{Filter, FilterBar},
};
use crate::{
    api::activity::{RunList as Page, RunsQuery, activity_choices, runs_page},
    app::{
        pages::{
            address::{address, field, page_number},
            frame::Frame,
            polling::poll_always,
            problem::Problem,
            reason::remedy,
            run_result::{COUNT_COLUMNS, CountCells, CountHeads, NOTHING_CHANGED, RunLink, RunResult},
        },
        paths,
    },
    model::run::{RunListRow, RunState, Trigger},
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        button::ButtonLink,
        empty_state::EmptyState,
        field::SelectOption,
        icon::Icon,
        number::grouped,
        table::{Cell, EmptyRow, SkeletonRows, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 5 + COUNT_COLUMNS;

fn address_of(path: &str, query: &RunsQuery) -> String {
    let page = if query.page > 1 {
        query.page.to_string()
    } else {
        String::new()
    };
    address(
        path,
        &[
            ("search", &query.search),
            ("organization", &query.organization),
            ("result", &query.result),
            ("trigger", &query.trigger),
            ("page", &page),
        ],
    )
}

/// The list of runs. Search, filters and page live in the address.
#[component]
pub fn RunsPage() -> impl IntoView {
    let (search, organization) = (field("search"), field("organization"));
    let (result, trigger, page) = (field("result"), field("trigger"), page_number());
    let query = Memo::new(move |_| RunsQuery {
        organization: organization.get(),
        result: result.get(),
        trigger: trigger.get(),
        search: search.get(),
        page: page.get(),
    });
    let rows = Resource::new_blocking(
        move || query.get(),
        |query| async move { Ok((query.clone(), runs_page(query).await?)) },
    );
    poll_always(rows, |(_, page): &(RunsQuery, Page)| {
        page.rows.iter().any(|row| row.run.state == RunState::Running)
    });
    let choices = Resource::new_blocking(|| (), |()| activity_choices());
    let export = Signal::derive(move || {
        query.with(|query| {
            address_of(
                paths::EXPORT_RUNS,
                &RunsQuery {
                    page: 1,
                    ..query.clone()
                },
            )
        })
    });
    let filters = move |organizations: Vec<SelectOption>| {
        let results = [
            ("succeeded", "Succeeded"),
            ("attention", "Attention"),
            ("failed", "Failed"),
            ("put_off", "Put off"),
            ("running", "Running"),
        ];
        vec![
            Filter::new("Organization", "organization", organization, "All", organizations),
            Filter::new(
                "Result",
                "result",
                result,
                "All",
                results.map(|(key, label)| SelectOption::new(key, label)),
            ),
            Filter::new(
                "Reason",
                "trigger",
                trigger,
                "All",
                Trigger::ALL.map(|trigger| SelectOption::new(trigger.key(), trigger.label())),
            ),
        ]
    };
    view! {
        <Frame title="Activity">
            <ActivityHead audit=false export />
            <Suspense>
                {answered(choices, move |choices| {
                    let choices = choices.unwrap_or_default();
                    let organizations = choices.organizations.into_iter();
                    let options = organizations.map(|(id, name)| SelectOption::new(id.to_string(), name)).collect();
                    view! { <FilterBar path=paths::ACTIVITY label="Search runs" search filters=filters(options) /> }
                })}
            </Suspense>
            <Transition fallback=|| {
                view! {
                    <Table caption="Runs" busy=true wide=true head=Heads>
                        <SkeletonRows columns=COLUMNS />
                    </Table>
                }
            }>
                {answered(rows, move |answer| {
                    match answer {
                        Ok((asked, page)) => view! { <Runs asked page /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
        </Frame>
    }
    .into_any()
}

#[component]
fn Heads() -> impl IntoView {
    view! {
        <Th label="Started" />
        <Th label="Organization" />
        <Th label="Reason" />
        <Th label="Result" />
        <CountHeads />
        <Th label="Duration" />
    }
    .into_any()
}

#[component]
fn Runs(asked: RunsQuery, page: Page) -> impl IntoView {
    let counted = Counted {
        page: asked.page,
        size: page.page_size,
        shown: page.rows.len(),
        total: page.total,
        most: page.most,
    };
    let body = if page.rows.is_empty() {
        view! { <Nothing asked=asked.clone() /> }.into_any()
    } else {
        page.rows
            .into_iter()
            .map(|row| view! { <Row row /> })
            .collect_view()
            .into_any()
    };
    let address = Callback::new(move |page| address_of(paths::ACTIVITY, &RunsQuery { page, ..asked.clone() }));
    view! {
        <Table caption="Runs" wide=true head=Heads>
            {body}
        </Table>
        <Pages label="runs" counted address />
    }
    .into_any()
}

#[component]
fn Nothing(asked: RunsQuery) -> impl IntoView {
    if asked.page > 1 {
        let first = address_of(paths::ACTIVITY, &RunsQuery { page: 1, ..asked });
        return view! { <EmptyRow columns=COLUMNS><PastTheEnd first /></EmptyRow> }.into_any();
    }
    let whole = RunsQuery {
        page: asked.page,
        ..RunsQuery::default()
    };
    let narrowed = asked != whole;
    let state = if narrowed {
        view! {
            <EmptyState
                icon=Icon::Search
                title="No run matches"
                text="The search looks at Organizations, Microsoft tenants and errors."
                action=|| view! { <ButtonLink href=paths::ACTIVITY keep_scroll=true>"Show all runs"</ButtonLink> }
            />
        }
        .into_any()
    } else {
        view! {
            <EmptyState
                icon=Icon::Activity
                title="No runs yet"
                text="Entrain reads every connected Microsoft tenant once an hour. Connect one, and its first run appears here."
                action=|| view! { <ButtonLink href=paths::MICROSOFT_TENANTS>"Microsoft Tenant Integrations"</ButtonLink> }
            />
        }
        .into_any()
    };
    view! { <EmptyRow columns=COLUMNS>{state}</EmptyRow> }.into_any()
}

#[component]
fn Row(row: RunListRow) -> impl IntoView {
    let RunListRow {
        run,
        organization,
        attention,
        held,
        ..
    } = row;
    let link = view! { <RunLink run=run.clone() /> };
    // The run's own page has the rest of it.
    let note = run
        .error
        .as_deref()
        .or(attention.as_deref())
        .map(|text| remedy(text).to_owned())
        .or_else(|| run.nothing_changed.then(|| NOTHING_CHANGED.to_owned()));
    let name = organization.map(|(id, name)| {
        view! {
            <a class="link block wrap-anywhere" href=paths::organization(id)>
                <bdi>{name}</bdi>
            </a>
        }
    });
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                {link}
            </Td>
            <Td label="Organization">
                <span class="block min-w-32">
                    {name}
                    <span class="block text-xs text-text-muted wrap-anywhere">
                        <span class="sr-only">"Microsoft tenant "</span>
                        <bdi>{run.microsoft_tenant}</bdi>
                    </span>
                </span>
            </Td>
            <Td label="Reason" cell=Cell::Solid>{run.trigger.label()}</Td>
            <Td label="Result">
                <span class="grid max-w-72 min-w-36 gap-1">
                    <span class="flex flex-wrap gap-1">
                        <RunResult state=run.state />
                        {(held > 0)
                            .then(|| view! { <Badge tone=Tone::Caution text=format!("{} held", grouped(held.into())) /> })}
                        {attention.is_some().then(|| view! { <Badge tone=Tone::Caution text="Attention" /> })}
                    </span>
                    {note.map(|note| view! { <span class="text-xs text-text-muted wrap-anywhere">{note}</span> })}
                </span>
            </Td>
            <CountCells counts=run.counts nothing_changed=run.nothing_changed />
            <Td label="Duration" cell=Cell::Solid>
                {run.duration}
            </Td>
        </Tr>
    }.into_any()
}
