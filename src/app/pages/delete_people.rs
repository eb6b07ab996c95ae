//! **Delete** of End Users, one or several: says that nobody is deleted in Microsoft, and offers to keep them out.

use crate::{
    api::end_user::{DeleteEndUsers, people_to_delete},
    app::pages::problem::{FormProblem, Problem, failure, forget_failure},
    model::{
        end_user_details::ToDelete,
        ids::{EndUserId, OrganizationId},
    },
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        checkbox::Checkbox,
        dialog::Dialog,
        number::grouped,
    },
};
use leptos::{either::Either, prelude::*};

const FORM: &str = "delete-people";

/// The dialog.
#[component]
pub fn DeletePeopleDialog(
    /// Whose End Users.
    organization: OrganizationId,
    /// Which.
    ids: Vec<EndUserId>,
    /// **Delete**.
    delete: ServerAction<DeleteEndUsers>,
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
    /// Where to go when it is done.
    #[prop(into)]
    next: String,
    /// What opened it, to give the focus back to.
    #[prop(default = "")]
    opener: &'static str,
) -> impl IntoView {
    let several = ids.len() > 1;
    let nobody = ids.is_empty();
    let found = Resource::new_blocking(|| (), {
        let ids = ids.clone();
        move |()| people_to_delete(organization, ids.clone())
    });
    forget_failure(delete);
    let title = if several { "Delete End Users" } else { "Delete End User" };
    let footer = move || {
        (!nobody).then(|| {
            view! {
                <Button variant=ButtonVariant::Danger kind=ButtonKind::Submit form=FORM pending=delete.pending()>
                    "Delete"
                </Button>
            }
        })
    };
    let fields = ids
        .iter()
        .map(|id| view! { <input type="hidden" name="ids[]" value=id.to_string() /> })
        .collect_view();
    view! {
        <Dialog title close_href opener footer>
            <ActionForm action=delete attr:id=FORM>
                <input type="hidden" name="organization" value=organization.to_string() />
                <input type="hidden" name="next" value=next />
                {fields}
                <div class="grid gap-4">
                    <FormProblem error=failure(delete) />
                    <Suspense fallback=|| view! { <span class="skeleton w-full"></span> }>
                        {answered(found, move |answer| {
                            match answer {
                                Ok(found) => Either::Left(view! { <Consequences found /> }),
                                Err(error) => Either::Right(view! { <Problem error /> }),
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
fn Consequences(found: ToDelete) -> impl IntoView {
    let number = found.ids.len();
    if number == 0 {
        return Either::Left(view! {
            <p>"Nobody is ticked who is still there. Close this, tick people in the table, and press Delete again."</p>
        });
    }
    let (one, all) = (number == 1, found.mapped == number);
    let who = match found.names.first() {
        Some(name) if one => Either::Left(view! {
            <p>
                <strong class="font-medium wrap-anywhere">
                    <bdi>{name.clone()}</bdi>
                </strong> " and everything that Entrain holds of this person are deleted here."
            </p>
        }),
        _ => {
            let more = number - found.names.len();
            Either::Right(view! {
                <p>
                    <strong class="font-medium">{format!("{} End Users", grouped(number as u64))}</strong>
                    " and everything that Entrain holds of them are deleted here:"
                </p>
                <ul class="list-disc ps-5 font-medium">
                    {found
                        .names
                        .into_iter()
                        .map(|name| view! { <li class="wrap-anywhere"><bdi>{name}</bdi></li> })
                        .collect_view()}
                    {(more > 0).then(|| view! { <li class="text-text-muted">{format!("and {} more", grouped(more as u64))}</li> })}
                </ul>
            })
        }
    };
    let microsoft = match (found.mapped, one) {
        (0, true) => "No Microsoft account belongs to this person, so nothing changes in Microsoft.".to_owned(),
        (0, false) => "No Microsoft account belongs to them, so nothing changes in Microsoft.".to_owned(),
        (_, true) => "The person is not deleted in Microsoft, and will be created again by the next sync while the \
                      filters match."
            .to_owned(),
        (_, false) if all => "They are not deleted in Microsoft, and will be created again by the next sync while the \
                              filters match."
            .to_owned(),
        (some, false) => format!(
            "{} of them have a Microsoft account: those are not deleted in Microsoft, and will be created again by \
             the next sync while the filters match.",
            grouped(some as u64)
        ),
    };
    let keep_out = (found.mapped > 0).then(|| {
        let (label, hint) = if one {
            (
                "Keep this person out of future syncs",
                "No sync creates this person again, until somebody lets them in again under End Users.",
            )
        } else {
            (
                "Keep these people out of future syncs",
                "No sync creates them again, until somebody lets them in again under End Users.",
            )
        };
        view! { <Checkbox label name="keep_out" hint /> }
    });
    Either::Right(view! {
        <div class="grid gap-2">{who}</div>
        <p>{microsoft}</p>
        <p class="text-text-muted">"Assets assigned to them become unassigned."</p>
        {keep_out}
    })
}
