use crate::{
    api::held::{UndoRun, plan_undo},
    app::{
        pages::{
            changes::Changes,
            problem::{FormProblem, failure},
            when::When,
        },
        paths,
    },
    model::{
        end_user_details::in_words,
        ids::RunId,
        undo::{Tally, UndoPlan, Undoing, UndoneItem},
    },
    ui::{
        answered::answered,
        badge::Tone,
        button::{Button, ButtonKind, ButtonVariant},
        checkbox::Checkbox,
        dialog::{Dialog, DialogWidth},
        notice::Notice,
        number::grouped,
    },
};
use leptos::{either::Either, prelude::*};

// Not `undo-run`: that is the link which opens the dialog, and a button sends the form of its name.
const FORM: &str = "undo-run-form";

/// How a run hangs together with others: which it undid, and which undid it.
#[component]
pub fn UndoLinks(
    /// The links.
    undoing: Undoing,
) -> impl IntoView {
    let line = |before: &'static str, (run, started): (RunId, crate::model::time::Moment)| {
        view! {
            <p class="text-text-muted">
                {before} " "
                <a class="link" href=paths::run(run)>
                    <When moment=started />
                </a>
            </p>
        }
    };
    view! {
        {undoing.undoes.map(|run| line("Undoes the run of", run))}
        {undoing.undone_by.map(|run| line("Undone by the run of", run))}
    }
    .into_any()
}

/// **Undo Run**: what goes back, what was touched and is left, and the box that disables the user sync.
#[component]
pub fn UndoDialog(
    /// The run.
    run: RunId,
) -> impl IntoView {
    let plan = Resource::new_blocking(move || run, plan_undo);
    let undo = ServerAction::<UndoRun>::new();
    let close = paths::run(run);
    view! {
        <Transition fallback=|| ()>
            {answered(plan, move |answer| {
                let close = close.clone();
                match answer {
                    Ok(plan) => Either::Left(view! { <UndoForm plan undo close /> }),
                    Err(error) => {
                        Either::Right(
                            view! {
                                <Dialog title="Undo Run" close_href=close width=DialogWidth::Narrow>
                                    <Notice tone=Tone::Critical title="The plan can't be shown">{error.to_string()}</Notice>
                                </Dialog>
                            },
                        )
                    }
                }
            })}
        </Transition>
    }.into_any()
}

#[component]
fn UndoForm(plan: UndoPlan, undo: ServerAction<UndoRun>, close: String) -> impl IntoView {
    let nothing = plan.back_total.all() == 0;
    let names: Vec<_> = plan.enabled.iter().map(|(_, name)| name.clone()).collect();
    let run = plan.run.to_string();
    view! {
        <Dialog
            title="Undo Run"
            close_href=close
            opener="undo-run"
            footer=move || {
                (!nothing)
                    .then(|| {
                        view! {
                            <Button
                                kind=ButtonKind::Submit
                                variant=ButtonVariant::Danger
                                form=FORM
                                pending=undo.pending()
                            >
                                "Undo Run"
                            </Button>
                        }
                    })
            }
        >
            <ActionForm action=undo attr:id=FORM>
                <input type="hidden" name="run" value=run />
                <div class="grid gap-4">
                    <FormProblem error=failure(undo) />
                    <p role="status" class="font-medium">{summary(&plan)}</p>
                    {(!names.is_empty() && !nothing)
                        .then(|| {
                            view! {
                                <Checkbox
                                    label="Disable the user sync of "
                                    name="disable"
                                    checked=true
                                    hint="Otherwise the next run does the same again."
                                >
                                    {names_in_a_row(names)}
                                </Checkbox>
                            }
                        })}
                    <Items title="Goes back" total=plan.back_total.all() items=plan.back />
                    <Items title="Touched since, and left" total=plan.left_total.all() items=plan.left />
                    <p class="text-text-muted">"Undoing is a run of its own and can itself be undone."</p>
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

/// Each name with a direction of its own, so that two from right to left do not change places.
fn names_in_a_row(names: Vec<String>) -> impl IntoView {
    let names = names.into_iter().enumerate();
    names
        .map(|(n, name)| view! { {(n > 0).then_some(", ")} <bdi>{name}</bdi> })
        .collect_view()
}

fn summary(plan: &UndoPlan) -> String {
    let words = |tally: Tally| tally.words(|number| grouped(number as u64));
    let (back, left) = (plan.back_total, plan.left_total);
    match (back.all(), left.all()) {
        (0, 0) => "This run wrote no person and no Asset, so there is nothing to undo.".into(),
        (0, _) => format!(
            "Nothing goes back: what the run wrote of {} was touched since.",
            words(left)
        ),
        (_, 0) => format!("What the run wrote of {} goes back.", words(back)),
        _ => format!(
            "What the run wrote of {} goes back. Of {} something was touched since and is left.",
            words(back),
            words(left)
        ),
    }
}

#[component]
fn Items(title: &'static str, total: usize, items: Vec<UndoneItem>) -> impl IntoView {
    let more = total.saturating_sub(items.len());
    (total > 0).then(|| {
        view! {
            <section aria-label=title>
                <h3 class="font-medium">{title} " (" {grouped(total as u64)} ")"</h3>
                <ul class="max-h-64 overflow-y-auto border-b border-line" tabindex="0" role="list" aria-label=title>
                    {items
                        .into_iter()
                        .map(|item| {
                            view! {
                                <li class="border-t border-line py-1.5">
                                    <span class="font-medium"><bdi>{item.name}</bdi></span>
                                    " "
                                    <bdi class="text-text-muted wrap-anywhere">{item.address}</bdi>
                                    <span class="block text-text-muted"><bdi>{item.organization}</bdi> ": " {item.words}</span>
                                    <Changes changes=in_words(item.changes) />
                                </li>
                            }
                        })
                        .collect_view()}
                    {(more > 0)
                        .then(|| view! { <li class="py-1.5 text-text-muted">{format!("and {} more", grouped(more as u64))}</li> })}
                </ul>
            </section>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_tells_people_and_assets_apart() {
        let summary = |back: (usize, usize), left: (usize, usize)| {
            let tally = |(people, assets)| Tally { people, assets };
            summary(&UndoPlan {
                run: RunId::default(),
                back: vec![],
                back_total: tally(back),
                left: vec![],
                left_total: tally(left),
                enabled: vec![],
            })
        };
        assert_eq!(
            summary((0, 0), (0, 0)),
            "This run wrote no person and no Asset, so there is nothing to undo."
        );
        assert_eq!(
            summary((0, 0), (0, 1)),
            "Nothing goes back: what the run wrote of 1 Asset was touched since."
        );
        assert_eq!(
            summary((1, 1200), (0, 0)),
            "What the run wrote of 1 person and 1,200 Assets goes back."
        );
        assert_eq!(
            summary((0, 2), (3, 1)),
            "What the run wrote of 2 Assets goes back. Of 3 people and 1 Asset something was touched since and is left."
        );
    }
}
