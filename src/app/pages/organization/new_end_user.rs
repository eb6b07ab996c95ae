use crate::{
    api::end_user::{CreateEndUser, new_id},
    app::pages::{
        end_user::form::PersonFields,
        problem::Problem,
        refused_form::{SaveProblem, refusal},
    },
    model::{end_user::Fields, ids::OrganizationId},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::Dialog,
    },
};
use leptos::{either::Either, prelude::*};

const FORM: &str = "create-end-user";

/// **New End User**: only the name is required.
#[component]
pub fn NewEndUserDialog(
    /// Whose.
    organization: OrganizationId,
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
) -> impl IntoView {
    let create = ServerAction::<CreateEndUser>::new();
    let error = refusal(create);
    let id = Resource::new_blocking(|| (), |()| new_id());
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=FORM pending=create.pending()>
                "Create End User"
            </Button>
        }
    };
    view! {
        <Dialog title="New End User" close_href opener="new-end-user" focus_heading=false footer>
            <ActionForm action=create attr:id=FORM>
                <input type="hidden" name="organization" value=organization.to_string() />
                <div class="grid gap-4">
                    <SaveProblem error />
                    <Suspense>
                        {answered(id, move |answer| {
                            match answer {
                                Ok(id) => {
                                    Either::Left(view! { <input type="hidden" name="id" value=id.to_string() /> })
                                }
                                Err(error) => Either::Right(view! { <Problem error /> }),
                            }
                        })}
                    </Suspense>
                    <PersonFields held=Fields::default() error autofocus=true />
                    <p class="text-text-muted">
                        "With the address of a person in Microsoft, the next sync links the two instead of adding another, if the filters match."
                    </p>
                </div>
            </ActionForm>
        </Dialog>
    }.into_any()
}
