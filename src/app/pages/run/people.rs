use super::{Narrowed, outcomes::OutcomeLinks};
use crate::{
    api::runs::{AS_OF_NOW, PAGE},
    app::{
        pages::{address::address, changes::Changes, email::EmailText, past_the_end::PastTheEnd},
        paths,
    },
    model::{
        end_user_details::in_words,
        plan::Outcome,
        run::{RunPerson, RunRow, RunState},
    },
    ui::{
        badge::{Badge, Tone},
        button::ButtonLink,
        empty_state::EmptyState,
        icon::Icon,
        pagination::{Pagination, range_words},
        search_field::SearchField,
        section::Section,
        table::{Cell, EmptyRow, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 5;

/// The people whom the run wrote, or whose outcome differs from the run before.
#[component]
pub fn RunPeople(
    /// The run.
    run: RunRow,
    /// A page of them.
    people: Vec<RunPerson>,
    /// How many there are in all.
    total: i64,
    /// What the rows answer to.
    asked: Narrowed,
    /// The words in the address.
    search: Memo<String>,
) -> impl IntoView {
    let id = run.id;
    let keep = vec![("outcome".to_owned(), asked.outcome.clone())];
    let shown = i64::try_from(people.len()).unwrap_or_default();
    let number = asked.page.max(1);
    let before = (number - 1).saturating_mul(PAGE);
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let text = if shown == 0 {
        range_words(0, 0, 0, false)
    } else {
        range_words(whole(before + 1), whole(before + shown), whole(total), false)
    };
    let page = |page: i64| Narrowed { page, ..asked.clone() }.address(id);
    let previous = (number > 1).then(|| page(number - 1));
    let next = (shown > 0 && before + shown < total).then(|| page(number + 1));
    let paged = previous.is_some() || next.is_some();
    let body = if people.is_empty() {
        view! { <Nobody run=run.clone() asked=asked.clone() /> }.into_any()
    } else {
        people
            .into_iter()
            .map(|person| view! { <Row person /> })
            .collect_view()
            .into_any()
    };
    let head = || {
        view! {
            <Th label="Person" />
            <Th label="Organization" />
            <Th label="Outcome" />
            <Th label="Reason" />
            <Th label="Changes" />
        }
    };
    let text_of_section = if asked.outcome == AS_OF_NOW {
        "Of whom the run had nothing new to tell: unchanged, or skipped as before. Read from today's directory, as of now."
    } else {
        "Whom the run wrote, and whose outcome differs from the run before."
    };
    let file = address(
        &paths::export_run_people(id),
        &[("outcome", &asked.outcome), ("search", &asked.search)],
    );
    let action = move || {
        view! {
            <ButtonLink href=file icon=Icon::Download external=true>
                "Export CSV"
            </ButtonLink>
        }
    };
    view! {
        <Section title="People" id="people" text=text_of_section action>
            <div class="mb-3 grid gap-3">
                <OutcomeLinks id counts=run.counts asked />
                <SearchField label="Search people" action=paths::run(id) name="search" value=search keep />
            </div>
            <Table caption="People of this run" wide=true head>
                {body}
            </Table>
            {paged.then(|| view! { <Pagination label="people" text previous next /> })}
        </Section>
    }
    .into_any()
}

#[component]
fn Nobody(run: RunRow, asked: Narrowed) -> impl IntoView {
    if asked.page > 1 {
        let first = Narrowed { page: 1, ..asked }.address(run.id);
        return view! { <EmptyRow columns=COLUMNS><PastTheEnd first /></EmptyRow> }.into_any();
    }
    let narrowed = !asked.outcome.is_empty() || !asked.search.is_empty();
    let clear = Narrowed::default().address(run.id);
    let state = if narrowed {
        let action = move || view! { <ButtonLink href=clear keep_scroll=true>"Show everybody"</ButtonLink> };
        let text = if asked.outcome == AS_OF_NOW {
            "The run tells of everybody else itself, or the words are in nobody's name and address."
        } else {
            "People whose outcome is the same as in the run before are shown as of now."
        };
        view! { <EmptyState icon=Icon::Search title="Nobody matches" text action /> }.into_any()
    } else {
        let (title, text) = match run.state {
            RunState::Running => (
                "Nobody yet",
                "People appear when the run writes the first Organization.",
            ),
            RunState::Failed => ("Nobody", "The run ended before it wrote anything."),
            RunState::PutOff => (
                "Nobody",
                "The run was put off before it wrote anything. The next one goes on.",
            ),
            RunState::Succeeded => (
                "A quiet run",
                "Nothing differed from the run before. Nothing was written.",
            ),
        };
        view! { <EmptyState icon=Icon::CheckCircle title text /> }.into_any()
    };
    view! { <EmptyRow columns=COLUMNS>{state}</EmptyRow> }.into_any()
}

const fn tone(outcome: Outcome) -> (Tone, Icon) {
    match outcome {
        Outcome::Create => (Tone::Positive, Icon::Plus),
        Outcome::Link => (Tone::Positive, Icon::Plug),
        Outcome::Update => (Tone::Info, Icon::Refresh),
        Outcome::Enable => (Tone::Positive, Icon::CheckCircle),
        Outcome::Disable => (Tone::Caution, Icon::Lock),
        Outcome::Conflict => (Tone::Caution, Icon::AlertTriangle),
        Outcome::Superseded => (Tone::Neutral, Icon::Users),
        Outcome::Unchanged => (Tone::Neutral, Icon::Check),
        Outcome::OutOfScope => (Tone::Neutral, Icon::Filter),
        Outcome::Skip => (Tone::Neutral, Icon::MinusCircle),
        Outcome::Held => (Tone::Caution, Icon::Clock),
        Outcome::Undo => (Tone::Info, Icon::ChevronLeft),
    }
}

#[component]
fn Row(person: RunPerson) -> impl IntoView {
    let (tone, icon) = tone(person.outcome);
    let folded = matches!(person.outcome, Outcome::Create | Outcome::Link) && person.changes.len() > 1;
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link block wrap-anywhere" href=paths::why(person.organization_id, person.user)>
                    <bdi>{person.name}</bdi>
                </a>
                <span class="block font-normal text-text-muted">
                    <EmailText address=person.address />
                </span>
            </Td>
            <Td label="Organization">
                <bdi>{person.organization}</bdi>
            </Td>
            <Td label="Outcome" cell=Cell::Solid>
                <Badge tone icon text=person.outcome.label() />
            </Td>
            <Td label="Reason">
                <span class="block min-w-40">{person.reason.words()}</span>
            </Td>
            <Td label="Changes">
                <Changes changes=in_words(person.changes) folded fresh=person.outcome == Outcome::Create />
            </Td>
        </Tr>
    }
    .into_any()
}
