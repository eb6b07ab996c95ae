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
        undo::{UndoPlan, Undoing, UndonePerson},
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
    let nothing = plan.back_total == 0;
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
                    <People title="Goes back" total=plan.back_total people=plan.back />
                    <People title="Touched since, and left" total=plan.left_total people=plan.left />
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
    let people = |number: usize| {
        if number == 1 {
            "1 person".to_owned()
        } else {
            format!("{} people", grouped(number as u64))
        }
    };
    match (plan.back_total, plan.left_total) {
        (0, 0) => "This run wrote nobody, so there is nothing to undo.".into(),
        (0, left) => format!(
            "Nothing goes back: what the run wrote of {} was touched since.",
            people(left)
        ),
        (back, 0) => format!("What the run wrote of {} goes back.", people(back)),
        (back, left) => format!(
            "What the run wrote of {} goes back. Of {} something was touched since and is left.",
            people(back),
            people(left)
        ),
    }
}

#[component]
fn People(title: &'static str, total: usize, people: Vec<UndonePerson>) -> impl IntoView {
    let more = total.saturating_sub(people.len());
    (total > 0).then(|| {
        view! {
            <section aria-label=title>
                <h3 class="font-medium">{title} " (" {grouped(total as u64)} ")"</h3>
                <ul class="max-h-64 overflow-y-auto" tabindex="0" role="list" aria-label=title>
                    {people
                        .into_iter()
                        .map(|person| {
                            view! {
                                <li class="border-t border-line py-1.5">
                                    <span class="font-medium"><bdi>{person.name}</bdi></span>
                                    " "
                                    <bdi class="text-text-muted wrap-anywhere">{person.address}</bdi>
                                    <span class="block text-text-muted"><bdi>{person.organization}</bdi> ": " {person.words}</span>
                                    <Changes changes=in_words(person.changes) />
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
