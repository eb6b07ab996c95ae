use super::way;
use crate::{
    api::exchange::{ImportDetails, REJECTS, import},
    app::{
        pages::{
            address::id_in,
            frame::Frame,
            polling::poll_while,
            problem::{Problem, no_such},
        },
        paths,
    },
    model::exchange::{ImportRow, ImportState, Kind, Reject},
    ui::{
        answered::answered,
        badge::Tone,
        button::{ButtonLink, ButtonVariant},
        icon::Icon,
        notice::Notice,
        number::count,
        page::PageHeader,
        section::{DescriptionList, Fact, Section},
        status::{LiveStatus, Progress},
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

/// An import's page: how far it is, what came of it, and the rows that could not be used.
#[component]
pub fn ImportPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| id_in::<Uuid>(params, "id")));
    let details = Resource::new_blocking(
        move || id.get(),
        |id| async move { import(id.ok_or_else(|| no_such("import"))?).await },
    );
    poll_while(details, |details: &ImportDetails| {
        details.import.state == ImportState::Running
    });
    let title = RwSignal::new("Import".to_owned());
    let place = RwSignal::new(paths::ORGANIZATIONS);
    view! {
        <Frame title place>
            <Transition fallback=|| {
                view! { <span class="skeleton w-64 max-w-full"></span> }
            }>
                {answered(details, move |answer| {
                    match answer {
                        Ok(details) => {
                            title.set(format!("Import of {}", details.import.file_name));
                            // As the way at the top of the page.
                            if details.import.kind == Kind::Assets && details.import.organization.is_none() {
                                place.set(paths::ASSETS);
                            }
                            view! { <Report details /> }.into_any()
                        }
                        Err(error) => {
                            view! {
                                <h1 class="sr-only" tabindex="-1">
                                    "Import"
                                </h1>
                                <Problem error />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </Frame>
    }
    .into_any()
}

#[component]
fn Report(details: ImportDetails) -> impl IntoView {
    let ImportDetails { import, rejects } = details;
    let organization = import.organization.clone();
    let (list, href) = match (import.kind, &organization) {
        (Kind::Assets, Some((id, _))) => ("Go to Assets", paths::organization_assets(*id)),
        (Kind::Assets, None) => ("Go to Assets", paths::ASSETS.to_owned()),
        (Kind::EndUsers, Some((id, _))) => ("Go to End Users", paths::end_users(*id)),
        _ => ("Go to Organizations", paths::ORGANIZATIONS.to_owned()),
    };
    let again = match &organization {
        Some((id, _)) => paths::new_import_for(import.kind, *id),
        None => paths::new_import(import.kind),
    };
    let actions = move || {
        view! {
            <ButtonLink href=again icon=Icon::Upload>
                "Import another file"
            </ButtonLink>
            <ButtonLink href=href variant=ButtonVariant::Primary>
                {list}
            </ButtonLink>
        }
    };
    let title = format!("Import of {}", import.file_name);
    view! {
        <PageHeader title breadcrumbs=way(import.kind, organization.as_ref()) actions />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-8">
            <Outcome import=import.clone() />
            <Facts import=import.clone() />
            {(!rejects.is_empty()).then(|| view! { <Rejects import rejects /> })}
        </div>
    }
    .into_any()
}

#[component]
fn Outcome(import: ImportRow) -> impl IntoView {
    let words = import.numbers.words();
    let unknown = (!import.unknown_columns.is_empty()).then(|| {
        let text = format!("Nothing was read from: {}.", import.unknown_columns.join(", "));
        view! {
            <Notice tone=Tone::Caution title="Some columns mean nothing here">
                {text}
            </Notice>
        }
    });
    let encoding = import.windows_1252.then(|| {
        view! { <Notice title="The file is not UTF-8 and was read as Windows-1252">"Look at a name with an accent to see that it is right."</Notice> }
    });
    let (done, total) = import.bytes;
    let whole = |number: i64| u64::try_from(number).unwrap_or_default() / 1_024;
    let state = match import.state {
        ImportState::Running => {
            let progress = if total > 0 {
                Progress::Known {
                    done: whole(done),
                    total: whole(total),
                }
            } else {
                Progress::Unknown
            };
            view! { <LiveStatus text="Importing… (KB)" progress /> }.into_any()
        }
        ImportState::Succeeded => {
            let tone = if import.numbers.rejected > 0 {
                Tone::Caution
            } else {
                Tone::Positive
            };
            view! { <Notice tone title=words announce=true /> }.into_any()
        }
        ImportState::Failed => {
            let error = import.error.clone().unwrap_or_default();
            let so_far = (import.numbers.read > 0).then(|| format!("Until then: {words}"));
            view! {
                <Notice tone=Tone::Critical title="The file was not read to its end" announce=true>
                    <p>{error}</p>
                    {so_far.map(|text| view! { <p>{text}</p> })}
                </Notice>
            }
            .into_any()
        }
    };
    view! { <div class="grid max-w-2xl gap-3">{state} {unknown} {encoding}</div> }
}

#[component]
fn Facts(import: ImportRow) -> impl IntoView {
    let numbers = import.numbers;
    let read_only = (!import.read_only_columns.is_empty()).then(|| import.read_only_columns.join(", "));
    view! {
        <div class="max-w-2xl">
            <DescriptionList>
                <Fact term="By">{import.actor}</Fact>
                <Fact term="Started">{import.started.exact}</Fact>
                {import.duration.map(|duration| view! { <Fact term="Duration">{duration}</Fact> })}
                <Fact term="Rows">{count(numbers.read)}</Fact>
                <Fact term="Created">{count(numbers.created)}</Fact>
                <Fact term="Updated">{count(numbers.updated)}</Fact>
                <Fact term="Unchanged">{count(numbers.unchanged)}</Fact>
                <Fact term="Rejected">{count(numbers.rejected)}</Fact>
                {read_only.map(|names| view! { <Fact term="Left alone">{names}</Fact> })}
            </DescriptionList>
        </div>
    }
    .into_any()
}

#[component]
fn Rejects(import: ImportRow, rejects: Vec<Reject>) -> impl IntoView {
    let href = paths::export_rejects(import.id);
    let action = move || {
        view! {
            <ButtonLink href=href icon=Icon::Download external=true>
                "Download rejected rows"
            </ButtonLink>
        }
    };
    let text = if import.numbers.rejected > REJECTS {
        format!(
            "The first {REJECTS} of {}. Mend them in the downloaded file and import that.",
            count(import.numbers.rejected)
        )
    } else {
        "Mend them in the downloaded file and import that.".to_owned()
    };
    let head = || {
        view! {
            <Th label="Line" cell=Cell::Number />
            <Th label="Reason" />
            <Th label="Row" />
        }
    };
    view! {
        <Section title="Rejected rows" id="rejects" text action>
            <Table caption="Rejected rows" head>
                {rejects
                    .into_iter()
                    .map(|reject| {
                        view! {
                            <Tr>
                                <Td label="Line" cell=Cell::Number>
                                    {count(reject.line)}
                                </Td>
                                <Td label="Reason">{reject.reason}</Td>
                                <Td label="Row">
                                    <bdi class="text-text-muted wrap-anywhere">{reject.cells.join(" · ")}</bdi>
                                </Td>
                            </Tr>
                        }
                    })
                    .collect_view()}
            </Table>
        </Section>
    }
    .into_any()
}
