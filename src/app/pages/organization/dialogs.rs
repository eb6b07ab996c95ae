//! Editing, moving and deleting an Organization. What stops and what goes is said before it is done.

use crate::{
    api::{
        form::FormError,
        organizations::{
            DeleteConsequences, DeleteOrganization, EditOrganization, InformationForm, MoveConsequences,
            MoveOrganization, OrganizationSettings, load_organization_settings, preview_delete, preview_move,
        },
    },
    app::{
        pages::{
            address::address,
            problem::{FormProblem, Problem, failure, forget_failure},
            refused_form::{SaveProblem, problem_of, refusal, typed_or_held, version_to_send},
        },
        paths,
    },
    model::ids::OrganizationId,
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::Dialog,
        field::TextField,
        number::count,
    },
};
use leptos::{either::Either, prelude::*};

#[component]
fn Waiting() -> impl IntoView {
    view! {
        <div class="grid gap-2" aria-busy="true">
            <span class="skeleton w-48"></span>
            <span class="skeleton w-full"></span>
        </div>
    }
    .into_any()
}

const EDIT: &str = "edit-organization";

/// Name, email and phone.
#[component]
pub fn EditDialog(
    /// Whose.
    id: OrganizationId,
    /// **Save Changes**.
    edit: ServerAction<EditOrganization>,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| load_organization_settings(id));
    forget_failure(edit);
    let error = refusal(edit);
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=EDIT pending=edit.pending()>
                "Save Changes"
            </Button>
        }
    };
    view! {
        <Dialog
            title="Edit Organization"
            close_href=paths::organization(id)
            close_label="Cancel"
            opener="edit-information"
            footer
        >
            <ActionForm action=edit attr:id=EDIT>
                <div class="grid gap-4">
                    <SaveProblem error />
                    <Suspense fallback=Waiting>
                        {answered(found, move |answer| {
                            match answer {
                                Ok(found) => view! { <Fields found error /> }.into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Fields(found: OrganizationSettings, error: Signal<Option<FormError<InformationForm>>>) -> impl IntoView {
    let row = found.organization;
    let version = version_to_send(error, found.version);
    view! {
        <div class="grid gap-4">
            <input type="hidden" name="id" value=row.id.to_string() />
            <input type="hidden" name="version" value=version />
            <TextField
                label="Name"
                name="information[name]"
                value=typed_or_held(error, row.name, |form: &InformationForm| &form.name)
                error=problem_of(error, "name")
                required=true
            />
            <TextField
                label="Email"
                name="information[email]"
                kind="email"
                value=typed_or_held(error, row.email, |form: &InformationForm| &form.email)
                error=problem_of(error, "email")
            />
            <TextField
                label="Phone"
                name="information[phone]"
                kind="tel"
                value=typed_or_held(error, row.phone, |form: &InformationForm| &form.phone)
                error=problem_of(error, "phone")
            />
        </div>
    }
    .into_any()
}

const MOVE: &str = "move-organization";

/// Says what moving stops, and does it.
#[component]
pub fn MoveDialog(
    /// Which Organization.
    id: OrganizationId,
    /// The Tenant as the form sent it; empty for a new one.
    to: String,
    /// **Move Organization**.
    moving: ServerAction<MoveOrganization>,
) -> impl IntoView {
    forget_failure(moving);
    let asked = to.clone();
    let found = Resource::new_blocking(|| (), move |()| preview_move(id, asked.clone()));
    let footer = move || {
        view! {
            <Suspense>
                {answered(found, move |answer| {
                    // Nothing to send where it stays, or where the Tenant is gone.
                    answer
                        .is_ok_and(|found| !found.stays)
                        .then(|| {
                            view! {
                                <Button
                                    variant=ButtonVariant::Primary
                                    kind=ButtonKind::Submit
                                    form=MOVE
                                    pending=moving.pending()
                                >
                                    "Move Organization"
                                </Button>
                            }
                        })
                })}
            </Suspense>
        }
    };
    view! {
        <Dialog title="Move Organization" close_href=paths::organization(id) footer>
            <ActionForm action=moving attr:id=MOVE>
                <div class="grid gap-4">
                    <FormProblem error=failure(moving) />
                    <input type="hidden" name="id" value=id.to_string() />
                    <input type="hidden" name="to" value=to />
                    <Suspense fallback=Waiting>
                        {answered(found, move |answer| {
                            match answer {
                                Ok(found) if found.stays => {
                                    view! { <p>"It belongs to this Tenant already. Close, and choose another one."</p> }.into_any()
                                }
                                Ok(found) => view! { <Moving found /> }.into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </div>
            </ActionForm>
        </Dialog>
    }.into_any()
}

#[component]
fn Moving(found: MoveConsequences) -> impl IntoView {
    let MoveConsequences {
        organization: row,
        target,
        microsoft,
        stops,
        from_goes,
        gains,
        ..
    } = found;
    let to = target.map_or_else(|| format!("a new Tenant named {}", row.name), |tenant| tenant.name);
    let after = match microsoft {
        Some(name) => Either::Left(view! {
            "The new Tenant is mapped to "
            <bdi>{name}</bdi>
            ". The user sync is not set up there by itself; its filters start at All, or at the last ones used with that Microsoft tenant."
        }),
        None => Either::Right("The new Tenant is not mapped to a Microsoft tenant, so nobody is synced until it is."),
    };
    let from = row.tenant_name.clone();
    view! {
        <p>
            <strong class="font-medium"><bdi>{row.name.clone()}</bdi></strong> " moves from the Tenant "
            <strong class="font-medium"><bdi>{row.tenant_name}</bdi></strong> " to "
            <strong class="font-medium"><bdi>{to}</bdi></strong> "."
        </p>
        {stops.map(|name| view! { <Stopping organization=row.name microsoft=name /> })}
        <p>{after}</p>
        {from_goes
            .then(|| view! { <p>"The Tenant " <bdi>{from}</bdi> " has nothing else in it and is deleted."</p> })}
        <Gains gains />
        <p class="text-text-muted">
            "End Users keep everything they hold. Mappings and filters are kept, and come back when it is moved back."
        </p>
    }
    .into_any()
}

/// The one Organization whose sync stops, by name.
#[component]
fn Stopping(organization: String, microsoft: String) -> impl IntoView {
    view! {
        <div class="grid gap-1">
            <p>"The user sync of this Organization stops:"</p>
            <ul class="list-disc ps-5 font-medium">
                <li class="wrap-anywhere">
                    <bdi>{organization}</bdi> ", synced from " <bdi>{microsoft}</bdi>
                </li>
            </ul>
        </div>
    }
    .into_any()
}

/// To whom a whole directory opens, as they have every Organization that is left of its Tenant.
#[component]
fn Gains(gains: Vec<(String, String)>) -> impl IntoView {
    let sentences = gains.into_iter().map(|(name, tenant)| {
        view! {
            <p class="wrap-anywhere">
                "Afterwards " <strong class="font-medium"><bdi>{name}</bdi></strong> " sees the whole directory of "
                <strong class="font-medium"><bdi>{tenant}</bdi></strong> "."
            </p>
        }
    });
    sentences.collect_view().into_any()
}

const DELETE: &str = "delete-organization-form";

/// Says what goes and what stays, and wants the name typed.
#[component]
pub fn DeleteDialog(
    /// Which Organization.
    id: OrganizationId,
) -> impl IntoView {
    let delete = ServerAction::<DeleteOrganization>::new();
    let found = Resource::new_blocking(|| (), move |()| preview_delete(id));
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Danger kind=ButtonKind::Submit form=DELETE pending=delete.pending()>
                "Delete Organization"
            </Button>
        }
    };
    view! {
        <Dialog title="Delete Organization" close_href=paths::organization(id) opener="delete-organization" footer>
            <ActionForm action=delete attr:id=DELETE>
                <div class="grid gap-4">
                    <FormProblem error=failure(delete) />
                    <input type="hidden" name="id" value=id.to_string() />
                    <Suspense fallback=Waiting>
                        {answered(found, move |answer| {
                            match answer {
                                Ok(found) => view! { <Deleting found /> }.into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Deleting(found: DeleteConsequences) -> impl IntoView {
    let DeleteConsequences {
        organization: row,
        stops,
        tenant_goes,
        gains,
    } = found;
    let export = address(paths::EXPORT_END_USERS, &[("organization", &row.id.to_string())]);
    let number = row.end_users.unwrap_or_default();
    let people = match number {
        0 => "It has no End Users.".to_owned(),
        1 => "Its one End User is deleted with it.".to_owned(),
        n => format!("Its {} End Users are deleted with it.", count(n)),
    };
    let tenant_fate = if tenant_goes {
        " has nothing else in it and is deleted too."
    } else {
        " stays."
    };
    view! {
        <p>
            <strong class="font-medium"><bdi>{row.name.clone()}</bdi></strong>
            " is deleted for good. Nobody is deleted in Microsoft."
        </p>
        <p>
            {people} " "
            {(number > 0)
                .then(|| view! { <a class="link" href=export rel="external">"Export them first"</a> })}
        </p>
        {stops.map(|name| view! { <Stopping organization=row.name microsoft=name /> })}
        <p>"Its Tenant " <bdi>{row.tenant_name}</bdi> {tenant_fate} " The audit log is kept."</p>
        <Gains gains />
        <TextField label="Type the name of the Organization to confirm" name="confirm" required=true />
    }
    .into_any()
}
