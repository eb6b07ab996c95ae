use super::{
    dialogs::{DeleteDialog, EditDialog, MoveDialog},
    organization_id,
};
use crate::{
    api::{
        ApiError,
        organizations::{EditOrganization, MoveOrganization, OrganizationSettings, load_organization_settings},
    },
    app::{
        pages::{address::field, mine::has_role, problem::Problem, succeeded::succeeded, tenant_field::TenantField},
        paths,
    },
    model::access::Role,
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonLink, ButtonSize},
        icon::Icon,
        section::Section,
    },
};
use leptos::{either::Either, prelude::*};
use leptos_router::components::Form;

/// Section **ORGANIZATION SETTINGS**: the Tenant, and deleting.
#[component]
pub fn Settings(
    /// **Move Organization**.
    moving: ServerAction<MoveOrganization>,
) -> impl IntoView {
    let id = organization_id();
    let moved = succeeded(moving);
    let settings = Resource::new_blocking(
        move || (id.get(), moved.get()),
        |(id, _)| async move {
            match id {
                Some(id) => load_organization_settings(id).await.map(Some),
                None => Ok(None),
            }
        },
    );
    view! {
        <Transition>
            {answered(settings, move |answer| {
                match answer {
                    Ok(Some(settings)) if !settings.tenants.is_empty() => Some(Either::Left(view! { <Inside settings /> })),
                    // The page above says so, or it is for Administrators.
                    Ok(_) | Err(ApiError::NotFound(_) | ApiError::SignedOut | ApiError::Forbidden(_)) => None,
                    Err(error) => Some(Either::Right(view! { <Problem error /> })),
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Inside(settings: OrganizationSettings) -> impl IntoView {
    let OrganizationSettings {
        organization, tenants, ..
    } = settings;
    let chosen = Some(organization.tenant_id.to_string());
    view! {
        <div class="max-w-2xl">
            <Section title="ORGANIZATION SETTINGS" id="organization-settings">
                <div class="grid gap-4 border-y border-line py-3">
                    <Form method="GET" action=paths::organization(organization.id) noscroll=true>
                        <input type="hidden" name="dialog" value="move" />
                        <div class="grid gap-2">
                            <TenantField
                                name="to"
                                choices=tenants
                                chosen
                                hint="Moving to another Tenant asks first, and says what happens to the user sync."
                            />
                            <div>
                                <Button kind=ButtonKind::Submit size=ButtonSize::Small>
                                    "Move to this Tenant"
                                </Button>
                            </div>
                        </div>
                    </Form>
                    <div class="flex flex-wrap items-center justify-between gap-2">
                        <p class="text-text-muted">"Deleting takes its End Users with it, and asks first."</p>
                        <ButtonLink
                            href=paths::delete_organization(organization.id)
                            size=ButtonSize::Small
                            icon=Icon::MinusCircle
                            keep_scroll=true
                            id="delete-organization"
                        >
                            "Delete Organization"
                        </ButtonLink>
                    </div>
                </div>
            </Section>
        </div>
    }
    .into_any()
}

/// The dialog that the address names.
#[component]
pub fn Dialogs(
    /// **Save** of the information.
    edit: ServerAction<EditOrganization>,
    /// **Move Organization**.
    moving: ServerAction<MoveOrganization>,
) -> impl IntoView {
    let id = organization_id();
    let (dialog, to) = (field("dialog"), field("to"));
    let (works, administers) = (has_role(Role::Technician), has_role(Role::Administrator));
    move || {
        let id = id.get()?;
        match dialog.get().as_str() {
            "edit" if works.get() => Some(view! { <EditDialog id edit /> }.into_any()),
            "move" if administers.get() => Some(view! { <MoveDialog id to=to.get() moving /> }.into_any()),
            "delete" if administers.get() => Some(view! { <DeleteDialog id /> }.into_any()),
            _ => None,
        }
    }
}
