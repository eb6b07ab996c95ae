//! What a screen shows in the place of data that could not be had, and what a form shows that could not be done.

use crate::{
    api::{
        ApiError,
        error::{answer_forbidden, answer_not_found},
    },
    app::{
        pages::{
            address::address,
            framed::{in_frame, outside},
            reason::{Answer, remedy},
        },
        paths,
    },
    ui::{
        badge::Tone,
        button::{ButtonLink, ButtonVariant},
        empty_state::EmptyState,
        icon::Icon,
        notice::Notice,
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

/// The error of an address whose id is none.
pub fn no_such(what: &str) -> ApiError {
    ApiError::NotFound(format!("There is no such {what}. It may have been removed."))
}

/// Data that could not be had: what failed, and the next step.
#[component]
pub fn Problem(
    /// What the server said.
    error: ApiError,
) -> impl IntoView {
    let location = use_location();
    let here = format!(
        "{}{}",
        location.pathname.get_untracked(),
        search_of(&location.search.get_untracked())
    );
    let text = error.to_string();
    match error {
        // The portal signs in again, and the frame's own script asks it to.
        ApiError::SignedOut if in_frame() => {
            let text = "Your portal can sign you in again by itself. If nothing happens, go back to it and open this page \
                        there again.";
            view! {
                <div data-signed-out="">
                    <EmptyState icon=Icon::Lock title="Your session is over" text />
                </div>
            }
            .into_any()
        }
        ApiError::SignedOut => {
            let to = address("/sign-in", &[("next", &here)]);
            let action = move || {
                view! {
                    <ButtonLink href=to variant=ButtonVariant::Primary external=true>
                        "Sign in"
                    </ButtonLink>
                }
            };
            view! { <EmptyState icon=Icon::Lock title="Signed out" text action /> }.into_any()
        }
        ApiError::NotFound(_) => {
            answer_not_found();
            let action =
                || outside(|| view! { <ButtonLink href=paths::ORGANIZATIONS>"Go to Organizations"</ButtonLink> });
            view! { <EmptyState icon=Icon::Search title="Not found" text action /> }.into_any()
        }
        ApiError::Forbidden(_) => {
            answer_forbidden();
            let action =
                || outside(|| view! { <ButtonLink href=paths::ORGANIZATIONS>"Go to Organizations"</ButtonLink> });
            view! { <EmptyState icon=Icon::Lock title="You have no permission for this" text action /> }.into_any()
        }
        _ => {
            let to = here;
            // The whole page is loaded anew: that works without script and after an update of the server.
            let action = move || {
                view! {
                    <ButtonLink href=to external=true icon=Icon::Refresh>
                        "Try again"
                    </ButtonLink>
                }
            };
            view! { <EmptyState icon=Icon::AlertTriangle title="This could not be loaded" text action /> }.into_any()
        }
    }
}

fn search_of(search: &str) -> String {
    let search = search.trim_start_matches('?');
    if search.is_empty() {
        String::new()
    } else {
        format!("?{search}")
    }
}

/// What a form's action failed with, also when the form was sent without script.
pub fn failure<S>(action: ServerAction<S>) -> Signal<Option<ApiError>>
where
    S: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    let value = action.value();
    Signal::derive(move || value.with(|value| value.as_ref()?.as_ref().err().cloned()))
}

/// Forgets an earlier failure, so that a dialog opened again does not begin with it; what was told once stays. A page on
/// the server, and one that has just come from there, keeps it: there it is the answer to the form.
pub fn forget_failure<S>(action: ServerAction<S>)
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    // The server says of itself that it is not hydrating.
    let is_answer =
        Owner::current_shared_context().is_some_and(|context| !context.is_browser() || context.during_hydration());
    let has_failed = || action.value().with_untracked(|value| matches!(value, Some(Err(_))));
    if !is_answer && has_failed() {
        action.clear();
    }
}

/// Says at a form why it could not be done.
#[component]
pub fn FormProblem(
    /// See [`failure`].
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    move || {
        error.get().map(|error| {
            let text = error.to_string();
            view! {
                <Notice tone=Tone::Critical title=remedy(&text).to_owned() announce=true>
                    <Answer text />
                </Notice>
            }
        })
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::{
        api::portals::{MadePortal, NewPortalSecret},
        model::ids::PortalId,
    };
    use uuid::Uuid;

    #[test]
    fn a_dialog_opened_again_forgets_a_failure_and_keeps_what_was_told_once() {
        let owner = Owner::new();
        owner.set();
        let action = ServerAction::<NewPortalSecret>::new();
        let opened_after = |answer| {
            action.value().set(Some(answer));
            forget_failure(action);
            action.value().get_untracked()
        };
        assert_eq!(opened_after(Err(ApiError::Offline)), None);
        let made = MadePortal {
            id: PortalId(Uuid::nil()),
            name: "Acme".into(),
            secret: "told once".into(),
        };
        assert_eq!(opened_after(Ok(made.clone())), Some(Ok(made)));
    }
}
