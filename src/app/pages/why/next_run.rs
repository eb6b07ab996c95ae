use crate::{
    api::why::{Explained, Recorded},
    app::{pages::when::When, paths},
    model::{
        end_user::MarkKind,
        plan::{FieldChange, Outcome},
    },
    ui::{
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// What the next run will do, with old and new values.
#[component]
pub fn NextRun(
    /// The explanation.
    person: Explained,
    /// The sync is on.
    on: bool,
) -> impl IntoView {
    let mut words = will_do(person.outcome).to_owned();
    if let Some((old, new)) = person.mark
        && !matches!(person.outcome, Outcome::Disable | Outcome::Enable)
    {
        words.push(' ');
        words.push_str(mark_words(old, new));
    }
    let text = (!on).then(|| "The sync is off, so this is what a run would do with the last filters.".to_owned());
    let fresh = person.outcome == Outcome::Create;
    let body = view! {
        {text.map(|text| view! { <p class="mb-2 text-text-muted">{text}</p> })}
        <p class="mb-2">{words}</p>
        {person.next_reason.map(|reason| view! { <p class="mb-2 max-w-prose wrap-anywhere">{reason}</p> })}
        <Changes changes=person.changes fresh caption="What the next run writes" />
    };
    view! {
        <Section title="Next Run" id="next-run">
            {body}
        </Section>
    }
    .into_any()
}

/// What a run will do about a person.
const fn will_do(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Create => "It creates an End User with these values.",
        Outcome::Link => "It maps the End User to the account, and updates what differs.",
        Outcome::Update => "It updates what differs.",
        Outcome::Disable => "It marks the End User as Disabled in Microsoft.",
        Outcome::Enable => "It takes the mark Disabled in Microsoft away.",
        Outcome::Unchanged => "It writes nothing, as nothing differs.",
        Outcome::OutOfScope => "It writes nothing: the End User is neither updated nor deleted.",
        Outcome::Superseded => "It moves the mapping to the other account.",
        Outcome::Skip => "It writes nothing.",
        Outcome::Conflict => "It writes nothing until somebody decides.",
        Outcome::Held => "It holds this back until somebody approves or drops it.",
        Outcome::Undo => "It puts back what a run wrote.",
    }
}

const fn mark_words(old: Option<MarkKind>, new: Option<MarkKind>) -> &'static str {
    match (old, new) {
        (_, Some(_)) => "The mark Disabled in Microsoft is set.",
        (Some(_), None) => "The mark Disabled in Microsoft goes.",
        (None, None) => "",
    }
}

/// Each field with its old and new value.
#[component]
fn Changes(changes: Vec<FieldChange>, fresh: bool, caption: &'static str) -> impl IntoView {
    if changes.is_empty() {
        return ().into_any();
    }
    let head = move || {
        view! {
            <Th label="Field" />
            {(!fresh).then(|| view! { <Th label="Old" /> })}
            <Th label="New" />
        }
    };
    let value = |text: String| {
        if text.is_empty() {
            view! { <span class="text-text-muted">"(empty)"</span> }.into_any()
        } else {
            view! { <bdi class="wrap-anywhere">{text}</bdi> }.into_any()
        }
    };
    view! {
        <Table caption head>
            {changes
                .into_iter()
                .map(|change| {
                    view! {
                        <Tr>
                            <Td cell=Cell::Primary>{change.field.label()}</Td>
                            {(!fresh).then(|| view! { <Td label="Old">{value(change.old)}</Td> })}
                            <Td label="New">{value(change.new)}</Td>
                        </Tr>
                    }
                })
                .collect_view()}
        </Table>
    }
    .into_any()
}

/// What a run recorded last.
#[component]
pub fn LatestOutcome(
    /// The record; `None` when no run told of this person.
    recorded: Option<Recorded>,
) -> impl IntoView {
    let body = match recorded {
        None => view! {
            <p class="text-text-muted">
                "No run has told of this person. A run tells of whom it writes, and of those whose outcome differs from the run before."
            </p>
        }
        .into_any(),
        Some(recorded) => {
            let fresh = recorded.outcome == Outcome::Create;
            view! {
                <p class="mb-2 flex flex-wrap gap-x-2">
                    <span class="font-medium">{recorded.outcome.label()}</span>
                    <a class="link" href=paths::run(recorded.run)>
                        "Run of "
                        <When moment=recorded.started />
                    </a>
                </p>
                <p class="mb-2 max-w-prose wrap-anywhere">{recorded.reason}</p>
                <Changes changes=recorded.changes fresh caption="What that run wrote" />
            }
            .into_any()
        }
    };
    view! {
        <Section title="Latest Outcome" id="latest-outcome">
            {body}
        </Section>
    }
    .into_any()
}
