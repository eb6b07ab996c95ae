use crate::{
    api::held::{DecideHeld, LetInDropped},
    app::{
        pages::{
            address::address,
            changes::Changes,
            email::EmailText,
            mine::offered,
            problem::{FormProblem, failure},
        },
        paths,
    },
    model::{
        access::Role,
        audit::AuditChange,
        end_user_details::in_words,
        held::{HeldPerson, HeldRows, RowChange},
        ids::RunId,
    },
    ui::{
        button::{Button, ButtonKind, ButtonSize, ButtonVariant},
        number::count,
        pagination::{Pagination, range_words},
        section::Section,
        selection::{RowBox, Selection},
        table::{ActionsHead, Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;
use uuid::Uuid;

/// Rows on a page.
const PAGE: i64 = 50;
const FORM: &str = "decide-held";

/// **Held**: what the guard did not let through, to be approved or dropped, and what was dropped.
#[component]
pub fn HeldSection(
    /// The run.
    run: RunId,
    /// What is held and dropped of its Organizations now.
    rows: HeldRows,
    /// Which page of the held rows, from 1.
    page: i64,
    /// **Approve** and **Drop**.
    decide: ServerAction<DecideHeld>,
    /// **Let in again**.
    let_in: ServerAction<LetInDropped>,
    /// Which held rows are ticked.
    selection: Selection,
) -> impl IntoView {
    let HeldRows {
        held,
        held_total,
        seen,
        dropped,
        dropped_total,
    } = rows;
    // Outside of the tables: what can't be done because the last row is gone is said where no table is left.
    view! {
        <FormProblem error=failure(decide) />
        <FormProblem error=failure(let_in) />
        {(held_total > 0).then(|| view! { <Held run held total=held_total seen page decide selection /> })}
        {(dropped_total > 0).then(|| view! { <Dropped run dropped total=dropped_total let_in /> })}
    }
    .into_any()
}

#[component]
fn Held(
    run: RunId,
    held: Vec<HeldPerson>,
    total: i64,
    seen: Uuid,
    page: i64,
    decide: ServerAction<DecideHeld>,
    selection: Selection,
) -> impl IntoView {
    let text = format!(
        "{} held, as one run would have changed too much at once. Nothing of this is written before somebody approves \
         it; each run plans it anew.",
        if total == 1 {
            "1 change is".to_owned()
        } else {
            format!("{} changes are", count(total))
        }
    );
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let (before, shown) = ((page.max(1) - 1) * PAGE, i64::try_from(held.len()).unwrap_or_default());
    let words = range_words(whole(before + 1), whole(before + shown), whole(total), false);
    let to = |page: i64| address(&paths::run(run), &[("held", &page.to_string())]);
    let previous = (page > 1).then(|| to(page - 1));
    let next = (before + shown < total).then(|| to(page + 1));
    let paged = previous.is_some() || next.is_some();
    let head = || {
        view! {
            <Th label="Chosen" cell=Cell::Select hidden=true />
            <Th label="Person" />
            <Th label="Organization" />
            <Th label="Change" />
            <Th label="Why it is held" />
        }
    };
    view! {
        <Section title="Held" id="held" text>
            <ActionForm action=decide attr:id=FORM>
                <input type="hidden" name="run" value=run.to_string() />
                <input type="hidden" name="seen" value=seen.to_string() />
                <Table caption="Held changes" wide=true head>
                    {held.into_iter().map(|row| view! { <HeldRow row selection /> }).collect_view()}
                </Table>
                {paged.then(|| view! { <Pagination label="held changes" text=words previous next /> })}
                {offered(Role::Technician, move || view! { <Decide pending=decide.pending() /> })}
            </ActionForm>
        </Section>
    }
    .into_any()
}

/// **Approve** and **Drop**.
#[component]
fn Decide(pending: Memo<bool>) -> impl IntoView {
    view! {
        <div class="mt-3 flex flex-wrap items-center gap-2">
            <Button
                kind=ButtonKind::Submit
                variant=ButtonVariant::Primary
                name="decision"
                value="approve"
                pending
            >
                "Approve"
            </Button>
            <Button kind=ButtonKind::Submit name="decision" value="drop" pending>
                "Drop"
            </Button>
            <span class="text-text-muted">"the ticked rows, or:"</span>
            <Button kind=ButtonKind::Submit name="decision" value="approve-all" pending>
                "Approve All"
            </Button>
            <Button kind=ButtonKind::Submit name="decision" value="drop-all" pending>
                "Drop All"
            </Button>
        </div>
        <p class="mt-2 max-w-prose text-text-muted">
            "Approve plans afresh and writes what is still the same. A dropped change is not planned again until \
             Microsoft's value changes."
        </p>
    }
    .into_any()
}

/// Who it is about, with a link where there is an End User.
#[component]
fn Who(row: HeldPerson) -> impl IntoView {
    let name = match row.end_user {
        Some(end_user) => view! {
            <a class="link" href=paths::end_user(row.organization.0, end_user)>
                <bdi>{row.name}</bdi>
            </a>
        }
        .into_any(),
        None => view! { <bdi>{row.name}</bdi> }.into_any(),
    };
    view! {
        {name}
        <span class="block text-text-muted">
            <EmailText address=row.address />
        </span>
    }
    .into_any()
}

fn changes_of(change: RowChange) -> (Vec<AuditChange>, bool) {
    match change {
        RowChange::Create { fields } => (in_words(fields), true),
        other => (
            vec![AuditChange {
                field: other.part().label().to_owned(),
                old: other.old(),
                new: other.new_value(),
            }],
            false,
        ),
    }
}

#[component]
fn HeldRow(row: HeldPerson, selection: Selection) -> impl IntoView {
    let label = format!("{}: {}", row.name, row.change.part().label());
    let why = row.rule.map(|rule| rule.words());
    let is_new = matches!(row.change, RowChange::Create { .. });
    let (changes, fresh) = changes_of(row.change.clone());
    let organization = row.organization.1.clone();
    let id = row.id.to_string();
    view! {
        <Tr>
            <Td cell=Cell::Select>
                {offered(Role::Technician, move || {
                    view! { <RowBox selection label=label.clone() name="rows[]" value=id.clone() form=FORM /> }
                })}
            </Td>
            <Td cell=Cell::Primary>
                <Who row />
            </Td>
            <Td label="Organization">
                <bdi>{organization}</bdi>
            </Td>
            <Td label="Change">
                {is_new.then(|| view! { <span class="block">"New End User"</span> })}
                <Changes changes folded=is_new fresh />
            </Td>
            <Td label="Why it is held">
                <span class="block min-w-40">{why}</span>
            </Td>
        </Tr>
    }
    .into_any()
}

#[component]
fn Dropped(run: RunId, dropped: Vec<HeldPerson>, total: i64, let_in: ServerAction<LetInDropped>) -> impl IntoView {
    let shown = i64::try_from(dropped.len()).unwrap_or_default();
    let text = if shown < total {
        format!("The latest {} of {}. ", count(shown), count(total))
    } else {
        String::new()
    } + "Not planned again until Microsoft's value changes, or somebody lets them in again.";
    let head = || {
        view! {
            <Th label="Person" />
            <Th label="Organization" />
            <Th label="Change" />
            <Th label="Dropped" />
            <ActionsHead />
        }
    };
    view! {
        <Section title="Dropped" id="dropped" text>
            <Table caption="Dropped changes" wide=true head>
                {dropped
                    .into_iter()
                    .map(|row| view! { <DroppedRow run row let_in /> })
                    .collect_view()}
            </Table>
        </Section>
    }
    .into_any()
}

#[component]
fn DroppedRow(run: RunId, row: HeldPerson, let_in: ServerAction<LetInDropped>) -> impl IntoView {
    let (changes, fresh) = changes_of(row.change.clone());
    let (organization, since) = (row.organization.1.clone(), row.since.clone());
    let (id, name) = (row.id.to_string(), format!(": {}", row.name));
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <Who row />
            </Td>
            <Td label="Organization">
                <bdi>{organization}</bdi>
            </Td>
            <Td label="Change">
                <Changes changes folded=fresh fresh />
            </Td>
            <Td label="Dropped" cell=Cell::Solid>
                <crate::app::pages::when::When moment=since />
            </Td>
            <Td cell=Cell::Actions>
                {offered(Role::Technician, move || {
                    let (id, name) = (id.clone(), name.clone());
                    view! {
                        <ActionForm action=let_in>
                            <input type="hidden" name="run" value=run.to_string() />
                            <input type="hidden" name="row" value=id />
                            <Button kind=ButtonKind::Submit size=ButtonSize::Small>
                                "Let in again"
                                <span class="sr-only">{name}</span>
                            </Button>
                        </ActionForm>
                    }
                })}
            </Td>
        </Tr>
    }
    .into_any()
}
