//! The line that tells what a choice does now, with the people behind each number.

use crate::{
    api::ApiError,
    app::{
        pages::{email::EmailText, framed::in_frame, reason::ReasonText},
        paths,
    },
    model::{
        ids::OrganizationId,
        plan::{Outcome, PlanSummary, PlannedPerson},
    },
    ui::{
        badge::Tone,
        icon::{Glyph, Icon},
        notice::Notice,
        number::grouped,
    },
};
use leptos::{either::Either, prelude::*};

/// The line, and the people folded under it.
#[component]
pub fn PlanLine(
    /// What the choice does.
    plan: RwSignal<PlanSummary>,
    /// The line is behind the boxes.
    stale: Signal<bool>,
    /// Why the choice could not be counted.
    uncounted: Signal<Option<ApiError>>,
    /// Filters of an enabled sync: who joins and who leaves matters most.
    editing: bool,
    /// Whose sync.
    organization: OrganizationId,
) -> impl IntoView {
    let attention = move || {
        plan.with(|plan| plan.attention.clone())
            .filter(|_| uncounted.with(Option::is_none))
    };
    let line = move || match uncounted.get() {
        Some(error) => format!("What this choice does could not be counted. {error}"),
        None => plan.with(words),
    };
    view! {
        <div class="grid gap-2" aria-busy=move || stale.get().to_string()>
            {move || {
                attention()
                    .map(|words| {
                        view! {
                            <Notice tone=Tone::Caution title="Nothing can be applied yet">
                                <ReasonText text=words />
                                <p class="mt-1">
                                    "The number of new people is not known either. If there are more than 25, they are held until somebody approves them."
                                </p>
                            </Notice>
                        }
                    })
            }}
            <p role="status" class="font-medium tabular-nums" class:text-text-muted=stale>
                {line}
            </p>
            // The people scroll by themselves, so that the buttons stay in sight however many they are.
            <div
                class="max-h-[min(14rem,30vh)] overflow-y-auto border-b border-line wrap-anywhere empty:border-0"
                tabindex="0"
                role="group"
                aria-label="People behind the numbers"
            >
                {move || {
                    uncounted.with(Option::is_none).then(|| plan.with(|plan| groups(plan, editing, organization)))
                }}
            </div>
        </div>
    }.into_any()
}

/// Each number with its people. While filters of an enabled sync are edited, who joins and who leaves comes first.
fn groups(plan: &PlanSummary, editing: bool, organization: OrganizationId) -> impl IntoView + use<> {
    let mut groups = vec![];
    if editing {
        groups.push(("would join", plan.joining, plan.joins.clone()));
        groups.push(("would no longer be updated", plan.leaving, plan.leaves.clone()));
    }
    for (outcome, title) in [
        (Outcome::Create, "new"),
        (Outcome::Link, "linked to existing End Users"),
        (Outcome::Conflict, "in conflict"),
        (Outcome::Held, "held until somebody approves them"),
        (Outcome::Update, "updated"),
        (Outcome::Disable, "marked as disabled"),
        (Outcome::Enable, "no longer marked as disabled"),
        (Outcome::OutOfScope, "synced before and out of scope"),
        (Outcome::Skip, "skipped"),
    ] {
        // Those who leave are named above, and are all who are out of scope unless others were before.
        if outcome != Outcome::OutOfScope || plan.leaving != plan.counts.out_of_scope {
            groups.push((title, plan.counts.get(outcome), of(plan, outcome)));
        }
    }
    groups
        .into_iter()
        .map(|(title, total, people)| view! { <Group title total people organization /> })
        .collect_view()
}

fn of(plan: &PlanSummary, outcome: Outcome) -> Vec<PlannedPerson> {
    plan.people
        .iter()
        .filter(|person| person.outcome == outcome)
        .cloned()
        .collect()
}

/// "180 of 212 Microsoft users match: 140 new, 38 linked to existing End Users, 2 conflicts".
fn words(plan: &PlanSummary) -> String {
    let counts = &plan.counts;
    let conflicts = if counts.conflict == 1 { "conflict" } else { "conflicts" };
    let parts: Vec<_> = [
        (counts.create, "new"),
        (counts.link, "linked to existing End Users"),
        (counts.update + counts.disable + counts.enable, "updated"),
        (counts.unchanged, "unchanged"),
        (counts.conflict, conflicts),
        (counts.held, "held for approval"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{} {what}", grouped(count.into())))
    .collect();
    let head = format!(
        "{} of {} Microsoft users match",
        grouped(plan.matching.into()),
        grouped(plan.users.into())
    );
    if parts.is_empty() {
        head
    } else {
        format!("{head}: {}", parts.join(", "))
    }
}

/// A number with the people behind it, folded.
#[component]
fn Group(
    /// What happens to them.
    title: &'static str,
    /// How many they are.
    total: u32,
    /// The first of them, by name.
    people: Vec<PlannedPerson>,
    /// Whose sync.
    organization: OrganizationId,
) -> impl IntoView {
    let more = usize::try_from(total).unwrap_or_default().saturating_sub(people.len());
    (total > 0).then(|| {
        view! {
            <details class="disclosure border-t border-line">
                <summary class="flex min-h-8 items-center gap-2 rounded-md hover:bg-surface-hover">
                    <span class="disclosure-caret text-text-muted transition-[rotate]">
                        <Glyph icon=Icon::ChevronDown />
                    </span>
                    <span class="tabular-nums">{format!("{} {title}", grouped(total.into()))}</span>
                </summary>
                <ul class="pb-2 ps-6">
                    {people
                        .into_iter()
                        .map(|person| {
                            let name = person.name;
                            let name = if in_frame() {
                                Either::Left(view! { <bdi class="font-medium">{name}</bdi> })
                            } else {
                                Either::Right(
                                    view! {
                                        <a class="link font-medium" href=paths::why(organization, person.user)>
                                            <bdi>{name}</bdi>
                                        </a>
                                    },
                                )
                            };
                            view! {
                                <li class="py-1">
                                    {name}
                                    " "
                                    <span class="text-text-muted"><EmailText address=person.address /></span>
                                    <span class="block text-text-muted">{person.why}</span>
                                </li>
                            }
                        })
                        .collect_view()}
                    {(more > 0)
                        .then(|| view! { <li class="py-1 text-text-muted">{format!("and {} more", grouped(more as u64))}</li> })}
                </ul>
            </details>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::Counts;

    #[test]
    fn the_line_reads_as_the_product_page_promises() {
        let counts = Counts {
            create: 140,
            link: 38,
            conflict: 2,
            skip: 32,
            ..Counts::default()
        };
        let plan = PlanSummary {
            users: 212,
            matching: 180,
            counts,
            ..PlanSummary::default()
        };
        assert_eq!(
            words(&plan),
            "180 of 212 Microsoft users match: 140 new, 38 linked to existing End Users, 2 conflicts"
        );
    }
}
