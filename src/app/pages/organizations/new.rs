use crate::{
    api::{ApiError, organizations::CreateOrganization, tenants::tenant_choices},
    app::pages::{
        problem::{FormProblem, Problem, failure, forget_failure},
        tenant_field::TenantField,
    },
    model::organization::SAME_NAME,
    ui::{
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
    let failed = failure(create);
    let taken = move || matches!(failed.get(), Some(ApiError::Refused(words)) if words == SAME_NAME);
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
                    <FormProblem error=failed />
                    <TextField label="Name" name="new[name]" required=true autofocus=true />
                    {move || {
                        taken()
                            .then(|| view! { <Checkbox label="Add a second Organization of this name" name="new[again]" /> })
                    }}
                    <TextField label="Email" name="new[email]" kind="email" />
                    <TextField label="Phone" name="new[phone]" kind="tel" />
                    <Suspense>
                        {move || Suspend::new(async move {
                            match choices.await {
                                Ok(choices) => view! {
                                    <TenantField
                                        name="new[tenant]"
                                        choices
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
    }
}
