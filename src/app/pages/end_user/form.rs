//! **End User Details**: the synced fields, locked while Microsoft has the last word.

use crate::{
    api::{end_user::SaveEndUser, form::FormError},
    app::{
        pages::mine::has_role,
        pages::refused_form::{SaveProblem, problem_of, refusal, typed_or_held, version_to_send},
        paths,
    },
    model::{
        access::Role,
        end_user::{Field, Fields},
        end_user_details::EndUserDetails,
    },
    ui::{
        badge::Tone,
        button::{Button, ButtonKind, ButtonLink, ButtonVariant},
        field::TextField,
        icon::Icon,
        notice::Notice,
        section::Section,
    },
};
use leptos::prelude::*;

/// The form.
#[component]
pub fn DetailsForm(
    /// What the page shows.
    details: EndUserDetails,
    /// **Save Changes**.
    save: ServerAction<SaveEndUser>,
) -> impl IntoView {
    let synced = details.hold.is_locked();
    let works = has_role(Role::Technician).get_untracked();
    let locked: Vec<_> = Field::ALL
        .into_iter()
        .filter_map(|field| {
            let is_theirs = details.locked.contains(&field);
            let why = is_theirs.then_some("Synced from Microsoft");
            let why = why.or_else(|| (!works).then_some("Only Technicians change this"))?;
            Some((field, why))
        })
        .collect();
    let has_free = locked.len() < Field::ALL.len();
    let (why_locked, why_free) = (details.hold.words(), (!synced).then(|| details.hold.words()));
    let error = refusal(save);
    let version = version_to_send(error, details.version.clone());
    let here = paths::end_user(details.organization, details.id);
    view! {
        <Section title="End User Details" id="end-user-details">
            <div class="grid gap-4">
                {synced
                    .then(|| {
                        view! {
                            <Notice tone=Tone::Neutral icon=Icon::Lock title="Synced from Microsoft">
                                {why_locked}
                            </Notice>
                        }
                    })}
                <SaveProblem error />
                <ActionForm action=save>
                    <input type="hidden" name="organization" value=details.organization.to_string() />
                    <input type="hidden" name="id" value=details.id.to_string() />
                    <input type="hidden" name="version" value=version />
                    <div class="grid gap-4">
                        <PersonFields held=details.fields error locked />
                        {has_free
                            .then(|| {
                                view! {
                                    {why_free.map(|why| view! { <p class="text-text-muted">{why}</p> })}
                                    <div class="flex flex-wrap gap-2">
                                        <Button
                                            kind=ButtonKind::Submit
                                            variant=ButtonVariant::Primary
                                            pending=save.pending()
                                        >
                                            "Save Changes"
                                        </Button>
                                        // The page as a whole, so that what was typed and what was refused are gone.
                                        <ButtonLink href=here external=true>
                                            "Cancel"
                                        </ButtonLink>
                                    </div>
                                }
                            })}
                    </div>
                </ActionForm>
            </div>
        </Section>
    }
    .into_any()
}

/// The nine fields of a person; what was typed into a form that was refused stays in them.
#[component]
pub fn PersonFields(
    /// What they hold at first.
    held: Fields,
    /// Why the form was refused.
    error: Signal<Option<FormError<Fields>>>,
    /// Those that can be read and copied, not changed, and why.
    #[prop(optional)]
    locked: Vec<(Field, &'static str)>,
    /// The first takes the focus: in a dialog.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let fields = Field::ALL.into_iter().map(move |field| {
        let value = typed_or_held(error, held.get(field).to_owned(), move |typed: &Fields| {
            typed.get(field)
        });
        let problem = problem_of(error, field.key());
        let why = locked.iter().find(|(of, _)| *of == field);
        let why = why.map(|(_, why)| (*why).to_owned());
        let required = field == Field::Name && why.is_none();
        view! {
            <TextField
                label=field.label()
                name=format!("fields[{}]", field.key())
                id=format!("field-{}", field.key())
                kind=if matches!(field, Field::Phone | Field::Mobile) { "tel" } else { "text" }
                value
                error=problem
                required
                locked=why
                autofocus=autofocus && field == Field::Name
            />
        }
    });
    view! { <div class="grid gap-4 sm:grid-cols-2">{fields.collect_view()}</div> }
}
