use crate::{
    api::{
        ApiError,
        end_user::new_id,
        form::FormError,
        organizations::{CreateOrganization, NewOrganization},
        tenants::tenant_choices,
    },
    app::pages::{
        problem::{Problem, forget_failure},
        refused_form::{SaveProblem, problem_of, refusal, typed_or_held},
        tenant_field::TenantField,
    },
    model::organization::SAME_NAME,
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        checkbox::Checkbox,
        dialog::Dialog,
        field::TextField,
    },
};
use leptos::prelude::*;

const FORM: &str = "create-organization";

/// **New Organization**: only the name is required.
#[component]
pub fn NewOrganizationDialog(
    /// **Create Organization**.
    create: ServerAction<CreateOrganization>,
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
) -> impl IntoView {
    forget_failure(create);
    let choices = Resource::new_blocking(|| (), |()| tenant_choices(String::new()));
    let id = Resource::new_blocking(|| (), |()| new_id());
    let needed = Signal::derive(move || {
        let (id, choices) = id.get().zip(choices.get())?;
        Some(id.and_then(|id| Ok((id, choices?))))
    });
    let error = refusal(create);
    let taken = move || {
        let words = error.get().map(|error| match error {
            FormError::Refused {
                error: ApiError::Refused(words),
                ..
            } => words,
            _ => String::new(),
        });
        words.is_some_and(|words| words == SAME_NAME)
    };
    let typed = move |of: fn(&NewOrganization) -> &str| typed_or_held(error, String::new(), of);
    let chosen = error.with_untracked(|error| Some(error.as_ref()?.typed()?.tenant.clone()));
    let chosen = StoredValue::new(chosen.filter(|chosen| !chosen.is_empty()));
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=FORM pending=create.pending()>
                "Create Organization"
            </Button>
        }
    };
    view! {
        <Dialog title="New Organization" close_href opener="new-organization" focus_heading=false footer>
            <ActionForm action=create attr:id=FORM>
                <div class="grid gap-4">
                    <SaveProblem error />
                    <TextField
                        label="Name"
                        name="new[name]"
                        value=typed(|new| &new.name)
                        error=problem_of(error, "name")
                        required=true
                        autofocus=true
                    />
                    {move || {
                        taken()
                            .then(|| view! { <Checkbox label="Add a second Organization of this name" name="new[again]" /> })
                    }}
                    <TextField
                        label="Email"
                        name="new[email]"
                        kind="email"
                        value=typed(|new| &new.email)
                        error=problem_of(error, "email")
                    />
                    <TextField
                        label="Phone"
                        name="new[phone]"
                        kind="tel"
                        value=typed(|new| &new.phone)
                        error=problem_of(error, "phone")
                    />
                    <Suspense>
                        {answered(needed, move |answer| {
                            match answer {
                                Ok((id, choices)) => view! {
                                    <input type="hidden" name="new[id]" value=id.to_string() />
                                    <TenantField
                                        name="new[tenant]"
                                        choices
                                        chosen=chosen.get_value()
                                        hint="Several Organizations may share a Tenant: one customer, billed by office."
                                    />
                                }
                                .into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </div>
            </ActionForm>
        </Dialog>
    }.into_any()
}
