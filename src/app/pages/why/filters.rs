use crate::{
    api::why::{SectionWords, Value},
    model::explanation::Verdict,
    ui::{
        badge::{Badge, Tone},
        icon::{Glyph, Icon},
        number::grouped,
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::{either::Either, prelude::*};

/// Values shown before the rest is folded.
const SHOWN: usize = 6;

/// What each section of the filters says.
#[component]
pub fn Filters(
    /// The six answers.
    sections: Vec<SectionWords>,
) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Section" />
            <Th label="Accepts" />
            <Th label="This Person" />
            <Th label="Ticked" />
        }
    };
    view! {
        <Section title="Filters" id="filters" text="A person is in scope when every section accepts them.">
            <Table caption="Filters" head>
                {sections.into_iter().map(|answer| view! { <Row answer /> }).collect_view()}
            </Table>
        </Section>
    }
    .into_any()
}

#[component]
fn Row(answer: SectionWords) -> impl IntoView {
    let (tone, icon) = match answer.verdict {
        Verdict::Yes => (Tone::Positive, Icon::Check),
        Verdict::No => (Tone::Neutral, Icon::X),
        Verdict::NotReadable => (Tone::Caution, Icon::AlertTriangle),
    };
    let ticked = match answer.ticked {
        None => "All".into_any(),
        Some(values) => {
            let values = values.into_iter().map(|label| Value { label, ticked: false }).collect();
            view! { <Values values mark=false /> }.into_any()
        }
    };
    let mark = answer.values.len() > 1;
    view! {
        <Tr>
            <Td cell=Cell::Primary>{answer.section.label()}</Td>
            <Td label="Accepts" cell=Cell::Solid>
                <Badge tone icon text=answer.verdict.label() />
            </Td>
            <Td label="This Person">
                <Values values=first_the_ticked(answer.values) mark />
            </Td>
            <Td label="Ticked">{ticked}</Td>
        </Tr>
    }
    .into_any()
}

fn first_the_ticked(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(|value| (!value.ticked, value.label.to_lowercase()));
    values
}

/// Values in a list, many of them folded; `mark` tells which are ticked.
#[component]
fn Values(values: Vec<Value>, mark: bool) -> impl IntoView {
    // The ticked come first; where there are none, nothing has to line up with a mark.
    let mark = mark && values.first().is_some_and(|value| value.ticked);
    let item = move |value: Value| {
        let ticked = if mark && value.ticked {
            Some(Either::Left(view! {
                <span class="flex-none text-positive"><Glyph icon=Icon::Check /></span>
                <span class="sr-only">"ticked: "</span>
            }))
        } else {
            mark.then(|| Either::Right(view! { <span class="size-4 flex-none"></span> }))
        };
        view! {
            <li class="flex items-start gap-1">
                {ticked}
                <bdi class="min-w-0 wrap-anywhere">{value.label}</bdi>
            </li>
        }
    };
    let mut values = values.into_iter();
    let first: Vec<_> = values.by_ref().take(SHOWN).collect();
    let rest: Vec<_> = values.collect();
    view! {
        <ul class="grid gap-0.5">{first.into_iter().map(item).collect_view()}</ul>
        {(!rest.is_empty())
            .then(|| {
                view! {
                    <details class="disclosure">
                        <summary class="inline-flex min-h-6 items-center gap-1 rounded-sm text-accent-text">
                            <span class="disclosure-caret flex">
                                <Glyph icon=Icon::ChevronDown />
                            </span>
                            {format!("{} more", grouped(u64::try_from(rest.len()).unwrap_or_default()))}
                        </summary>
                        <ul class="grid gap-0.5">{rest.into_iter().map(item).collect_view()}</ul>
                    </details>
                }
            })}
    }
    .into_any()
}
