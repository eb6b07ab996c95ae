//! Fields that another program writes too: on the person's page with the decision, and as a count on the Organization.

use super::{
    mine::offered,
    problem::{FormProblem, failure},
};
use crate::{
    api::held::DecideContended,
    app::paths,
    model::{
        access::Role,
        held::{ContendedField, ContendedOverview, Contest},
        ids::OrganizationId,
    },
    ui::{
        badge::Tone,
        button::{Button, ButtonKind, ButtonSize},
        notice::Notice,
        number::count,
    },
};
use leptos::prelude::*;

/// The contended fields of an End User, each with who may decide it.
#[component]
pub fn ContendedFields(
    /// Whose.
    organization: OrganizationId,
    /// The fields, as the page's own answer brought them.
    fields: Vec<ContendedField>,
    /// **Microsoft wins** and **Leave it to NAME**.
    decide: ServerAction<DecideContended>,
) -> impl IntoView {
    (!fields.is_empty()).then(|| {
        view! {
            <div class="grid gap-3">
                <FormProblem error=failure(decide) />
                {fields
                    .into_iter()
                    .map(|field| view! { <Field organization field decide /> })
                    .collect_view()}
            </div>
        }
    })
}

#[component]
fn Field(organization: OrganizationId, field: ContendedField, decide: ServerAction<DecideContended>) -> impl IntoView {
    let other = if field.writer.is_empty() {
        "the other program".to_owned()
    } else {
        field.writer.clone()
    };
    let label = field.field.label();
    let (tone, title, text) = match field.state {
        Contest::Microsoft => (
            Tone::Neutral,
            format!("{label}: Microsoft wins"),
            format!("The sync restores Microsoft's value however often {other} writes another."),
        ),
        Contest::Other => (
            Tone::Neutral,
            format!("{label}: left to {other}"),
            "The sync does not write this field of this person, whatever Microsoft has, until you decide otherwise."
                .to_owned(),
        ),
        Contest::Open | Contest::Counting => (
            Tone::Caution,
            format!("{label} is contended"),
            format!(
                "Microsoft has \"{}\", {other} keeps writing \"{}\". The sync restored it in three runs running, and \
                 leaves it alone until Microsoft's value changes or you decide. Left to {other}, the sync does not write it \
                 again, whatever Microsoft has, until you decide otherwise.",
                field.microsoft, field.held
            ),
        ),
    };
    let leave = format!("Leave it to {other}");
    let next = paths::end_user(organization, field.end_user);
    let (id, key, state) = (field.end_user.to_string(), field.field.key(), field.state);
    let action = move || {
        offered(Role::Technician, move || {
            let (id, next, leave) = (id.clone(), next.clone(), leave.clone());
            view! {
                <ActionForm action=decide>
                    <input type="hidden" name="end_user" value=id />
                    <input type="hidden" name="field" value=key />
                    <input type="hidden" name="next" value=next />
                    <div class="flex flex-wrap gap-2">
                        {(state != Contest::Microsoft)
                            .then(|| {
                                view! {
                                    <Button
                                        kind=ButtonKind::Submit
                                        size=ButtonSize::Small
                                        name="winner"
                                        value="microsoft"
                                        pending=decide.pending()
                                    >
                                        "Microsoft wins"
                                    </Button>
                                }
                            })}
                        {(state != Contest::Other)
                            .then(|| {
                                view! {
                                    <Button
                                        kind=ButtonKind::Submit
                                        size=ButtonSize::Small
                                        name="winner"
                                        value="other"
                                        pending=decide.pending()
                                    >
                                        {leave}
                                    </Button>
                                }
                            })}
                    </div>
                </ActionForm>
            }
        })
    };
    view! {
        <Notice tone title action>
            {text}
        </Notice>
    }
    .into_any()
}

/// How many fields of an Organization are contended, with the people to decide about.
#[component]
pub fn ContendedCount(
    /// Which.
    organization: OrganizationId,
    /// What is contended there, as the page's own answer brought it.
    contended: ContendedOverview,
) -> impl IntoView {
    let ContendedOverview { people, fields } = contended;
    (fields > 0).then(|| {
        let title = if fields == 1 {
            "1 field is contended".to_owned()
        } else {
            format!("{} fields are contended", count(fields))
        };
        let them = if fields == 1 { "it" } else { "them" };
        view! {
            <Notice tone=Tone::Caution title>
                {format!("Another program writes {them} again and again. Decide who wins on the page of: ")}
                {people
                    .into_iter()
                    .enumerate()
                    .map(|(n, (id, name))| {
                        view! {
                            {(n > 0).then_some(", ")}
                            <a class="link" href=paths::end_user(organization, id)>
                                <bdi>{name}</bdi>
                            </a>
                        }
                    })
                    .collect_view()}
            </Notice>
        }
    })
}
