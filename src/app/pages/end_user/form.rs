//! **End User Details**: the synced fields, locked while Microsoft has the last word.

use crate::{
    api::end_user::{FormError, SaveEndUser},
    app::{pages::problem::FormProblem, paths},
    model::{
        end_user::{Field, Fields},
        end_user_details::{Difference, EndUserDetails},
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
    let locked = details.hold.is_locked();
    let (why_locked, why_free) = (details.hold.words(), details.hold.words());
    let result = save.value();
    let error = Signal::derive(move || result.get().and_then(Result::err));
    let version = details.version.clone();
    let version = move || match error.get() {
        Some(FormError::Stale { version, .. }) => version,
        _ => version.clone(),
    };
    let here = paths::end_user(details.organization, details.id);
    view! {
        <Section title="End User Details" id="end-user-details">
            <div class="grid gap-4">
                {locked
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
                        {(!locked)
                            .then(|| {
                                view! {
                                    <p class="text-text-muted">{why_free}</p>
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
}

/// The nine fields of a person; what was typed into a form that was refused stays in them.
#[component]
pub fn PersonFields(
    /// What they hold at first.
    held: Fields,
    /// Why the form was refused.
    error: Signal<Option<FormError>>,
    /// They can be read and copied, not changed.
    #[prop(optional)]
    locked: bool,
    /// The first takes the focus: in a dialog.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let fields = Field::ALL.into_iter().map(move |field| {
        let value = held.get(field).to_owned();
        let value = Signal::derive(move || {
            error.with(|error| {
                let typed = error.as_ref().and_then(FormError::typed);
                typed.map_or_else(|| value.clone(), |typed| typed.get(field).to_owned())
            })
        });
        let problem = Signal::derive(move || error.with(|error| error.as_ref()?.problem(field)));
        view! {
            <TextField
                label=field.label()
                name=format!("fields[{}]", field.key())
                id=format!("field-{}", field.key())
                kind=if matches!(field, Field::Phone | Field::Mobile) { "tel" } else { "text" }
                value
                error=problem
                required=field == Field::Name && !locked
                locked=locked.then(|| "Synced from Microsoft".to_owned())
                autofocus=autofocus && field == Field::Name
            />
        }
    });
    view! { <div class="grid gap-4 sm:grid-cols-2">{fields.collect_view()}</div> }
}

/// Why the form was not saved, and what differs from what the record holds now.
#[component]
pub fn SaveProblem(
    /// Why.
    error: Signal<Option<FormError>>,
) -> impl IntoView {
    let failed = Signal::derive(move || match error.get() {
        Some(FormError::Failed(error)) => Some(error),
        _ => None,
    });
    let other = move || {
        let error = error.get()?;
        let title = error.to_string();
        match error {
            FormError::Failed(_) => None,
            FormError::Invalid { .. } => Some(view! { <Notice tone=Tone::Critical title announce=true /> }.into_any()),
            FormError::Locked { reason, .. } => {
                Some(view! { <Notice tone=Tone::Critical title announce=true>{reason}</Notice> }.into_any())
            }
            FormError::Stale { differences, .. } => Some(
                view! {
                    <Notice tone=Tone::Critical title announce=true>
                        <Differences differences />
                    </Notice>
                }
                .into_any(),
            ),
        }
    };
    view! {
        <FormProblem error=failed />
        {other}
    }
}

#[component]
fn Differences(differences: Vec<Difference>) -> impl IntoView {
    let or_empty = |text: String| if text.is_empty() { "(empty)".to_owned() } else { text };
    let rows = differences.into_iter().map(move |difference| {
        view! {
            <li>
                {difference.field.label()}
                ": now "
                <bdi class="font-medium text-text">{or_empty(difference.now)}</bdi>
                ", you typed "
                <bdi class="font-medium text-text">{or_empty(difference.typed)}</bdi>
            </li>
        }
    });
    view! {
        <ul class="list-disc ps-4">{rows.collect_view()}</ul>
        <p class="mt-1">
            "What you typed is still in the form. Save Changes writes it over what stands there now; Cancel shows what stands there now."
        </p>
    }
}
