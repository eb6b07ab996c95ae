//! One run: how it ended, what it did to each Organization, and about whom it decided what and why.

mod assets;
mod held;
mod organizations;
mod outcomes;
mod people;
mod undo;

use super::{
    address::{address, field, id_in, page_in, page_number},
    frame::Frame,
    mine::{has_role, to_technicians},
    polling::poll_while,
    problem::{Problem, no_such},
    run_result::RunResult,
    succeeded::decided,
    sync_state::{bar, progress_words},
    when::When,
};
use crate::{
    api::{
        ApiError,
        assets::run_assets,
        held::{DecideHeld, LetInDropped},
        runs::run,
    },
    app::paths,
    model::{
        access::Role,
        asset::AssetEvent,
        ids::RunId,
        run::{Progress, RunDetails, RunRow, RunState},
    },
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        button::ButtonLink,
        icon::Icon,
        notice::Notice,
        number::grouped,
        page::{Crumb, PageHeader},
        section::{DescriptionList, Fact},
        selection::Selection,
        status::LiveStatus,
    },
};
use assets::RunAssets;
use held::HeldSection;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use organizations::RunOrganizations;
use people::RunPeople;
use serde::{Deserialize, Serialize};
use undo::{UndoDialog, UndoLinks};

/// Which people of the run are in sight: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Narrowed {
    /// Key of an outcome, or empty.
    pub outcome: String,
    /// Words.
    pub search: String,
    /// From 1.
    pub page: i64,
}

impl Narrowed {
    /// The address of the run's page, narrowed so.
    pub fn address(&self, id: RunId) -> String {
        let page = if self.page > 1 {
            self.page.to_string()
        } else {
            String::new()
        };
        address(
            &paths::run(id),
            &[("outcome", &self.outcome), ("search", &self.search), ("page", &page)],
        )
    }
}

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| id_in::<RunId>(params, "id")));
    let (outcome, search, page) = (field("outcome"), field("search"), page_number());
    let held = page_in("held");
    let dialog = field("dialog");
    let works = has_role(Role::Technician);
    let narrowed = Memo::new(move |_| Narrowed {
        outcome: outcome.get(),
        search: search.get(),
        page: page.get(),
    });
    let (decide, let_in) = (ServerAction::<DecideHeld>::new(), ServerAction::<LetInDropped>::new());
    let (decided, let_in_again) = (decided(decide), decided(let_in));
    // One answer for the whole page: a resource under a `Suspense` would count differently on the server and in the
    // browser, and what comes after it, such as the dialog, would take over another one's answer.
    let details = Resource::new_blocking(
        move || (id.get(), narrowed.get(), held.get(), decided.get(), let_in_again.get()),
        |(id, asked, held, _, _)| async move {
            let Some(id) = id else { return Err(no_such("run")) };
            let Narrowed { outcome, search, page } = asked.clone();
            let details = run(id, outcome, search, page, held).await?;
            Ok((asked, details, run_assets(id).await))
        },
    );
    poll_while(
        details,
        |(_, details, _): &(Narrowed, RunDetails, Result<Vec<AssetEvent>, ApiError>)| {
            details.run.state == RunState::Running
        },
    );
    let title = RwSignal::new("Run".to_owned());
    // Outlives the answers: what is ticked stays ticked while the page asks again.
    let selection = Selection::new();
    view! {
        <Frame title>
            <Transition fallback=|| {
                view! {
                    <div class="grid gap-3" aria-busy="true">
                        <span class="skeleton w-32"></span>
                        <span class="skeleton w-64 max-w-full"></span>
                        <span class="skeleton w-full"></span>
                    </div>
                }
            }>
                {answered(details, move |answer| {
                    match answer {
                        Ok((asked, details, assets)) => {
                            title.set(format!("Run of {}", details.run.microsoft_tenant));
                            let held = held.get_untracked();
                            view! { <Run details assets asked search held decide let_in selection /> }.into_any()
                        }
                        Err(error) => {
                            view! {
                                <h1 class="sr-only" tabindex="-1">
                                    "Run"
                                </h1>
                                <Problem error />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
            {move || {
                let id = id.get().filter(|_| dialog.get() == "undo" && works.get());
                id.map(|run| view! { <UndoDialog run /> })
            }}
        </Frame>
    }
    .into_any()
}

#[component]
fn Run(
    details: RunDetails,
    assets: Result<Vec<AssetEvent>, ApiError>,
    asked: Narrowed,
    search: Memo<String>,
    held: i64,
    decide: ServerAction<DecideHeld>,
    let_in: ServerAction<LetInDropped>,
    selection: Selection,
) -> impl IntoView {
    let RunDetails {
        run,
        progress,
        organizations,
        people,
        people_total,
        held: rows,
        undoing,
        whole,
    } = details;
    let can_undo = whole && run.state != RunState::Running && undoing.wrote;
    let undo = paths::undo_run(run.id);
    let state = run.state;
    let running = state == RunState::Running;
    let title = format!("Run of {}", run.microsoft_tenant);
    let error = run.error.clone();
    let undecided = u64::try_from(rows.held_total).unwrap_or_default();
    view! {
        <PageHeader
            title
            breadcrumbs=vec![Crumb::new("Activity", paths::ACTIVITY)]
            aside=move || {
                view! {
                    <RunResult state />
                    {(undecided > 0)
                        .then(|| {
                            let text = format!("{} held", grouped(undecided));
                            view! { <Badge tone=Tone::Caution icon=Icon::Clock text /> }
                        })}
                }
            }
            actions=move || {
                to_technicians(move || {
                    can_undo
                        .then(|| {
                            view! {
                                <ButtonLink href=undo.clone() keep_scroll=true id="undo-run">
                                    "Undo Run"
                                </ButtonLink>
                            }
                        })
                })
            }
        />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-8">
            {error
                .map(|error| {
                    let (tone, title) = if state == RunState::PutOff {
                        (Tone::Info, "This run was put off, as Microsoft asked to wait.")
                    } else {
                        (Tone::Critical, "This run failed. What it had not finished was not written.")
                    };
                    view! {
                        <Notice tone title>
                            <p class="whitespace-pre-line">{error}</p>
                        </Notice>
                    }
                })}
            {running.then(|| view! { <AtWork progress /> })}
            <div class="grid gap-2">
                <Facts run=run.clone() />
                <UndoLinks undoing />
            </div>
            <HeldSection run=run.id rows page=held decide let_in selection />
            <RunOrganizations organizations state />
            <RunAssets events=assets />
            <RunPeople run people total=people_total asked search />
        </div>
    }
    .into_any()
}

#[component]
fn AtWork(progress: Option<Progress>) -> impl IntoView {
    let text = progress.map_or_else(|| "Waiting to start".to_owned(), progress_words);
    view! { <LiveStatus text progress=bar(progress) /> }
}

#[component]
fn Facts(run: RunRow) -> impl IntoView {
    let exact = run.started.exact.clone();
    let duration = run.duration.clone().unwrap_or_else(|| match run.state {
        RunState::Running => "Still running".into(),
        RunState::Succeeded | RunState::Failed | RunState::PutOff => "Unknown".into(),
    });
    view! {
        <div class="max-w-2xl">
            <DescriptionList>
                <Fact term="Started">
                    {exact}
                    <span class="text-text-muted" aria-hidden="true">
                        " (" <When moment=run.started /> ")"
                    </span>
                </Fact>
                <Fact term="Reason">{run.trigger.label()}</Fact>
                <Fact term="Duration">{duration}</Fact>
                <Fact term="Result">{run.state.label()}</Fact>
            </DescriptionList>
        </div>
    }
    .into_any()
}
