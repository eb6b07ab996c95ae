use crate::{
    model::explanation::Rule,
    ui::{
        badge::{Badge, Tone},
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// The rules in their order, and which one decided.
#[component]
pub fn Rules(
    /// The one that decided.
    rule: Rule,
    /// Why, in words.
    reason: String,
) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Rule" />
            <Th label="Answer" />
        }
    };
    view! {
        <Section title="Rules" id="rules" text="Asked in this order; the first that applies decides.">
            <Table caption="Rules" head>
                {Rule::ALL
                    .into_iter()
                    .map(|one| {
                        let reason = reason.clone();
                        view! {
                            <Tr>
                                <Td cell=Cell::Primary>{one.question()}</Td>
                                <Td label="Answer">
                                    <RuleAnswer one decided=rule reason />
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

#[component]
fn RuleAnswer(one: Rule, decided: Rule, reason: String) -> impl IntoView {
    if one < decided {
        return "No".into_any();
    }
    if one > decided {
        return view! { <span class="text-text-muted">"Not asked"</span> }.into_any();
    }
    let yes = (one != Rule::Match).then_some("Yes. ");
    view! {
        <span class="flex flex-wrap items-baseline gap-x-2 gap-y-1">
            <Badge tone=Tone::Info text="Decided" />
            <span>{yes} {reason}</span>
        </span>
    }
    .into_any()
}
