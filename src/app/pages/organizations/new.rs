use crate::{
    api::organizations::CreateOrganization,
    app::pages::problem::{FormProblem, failure, forget_failure},
    ui::{
        button::{Button, ButtonKind, ButtonVariant},
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
                    <FormProblem error=failure(create) />
                    <TextField
                        label="Name"
                        name="name"
                        required=true
                        autofocus=true
                        hint="A Tenant of the same name comes with it."
                    />
                    <TextField label="Email" name="email" kind="email" />
                    <TextField label="Phone" name="phone" kind="tel" />
                </div>
            </ActionForm>
        </Dialog>
    }
}
