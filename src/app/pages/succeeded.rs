//! When a page asks again because something was done on it.
//!
//! Not at every end of an action, as its `version` counts: an action that failed because the server can't be reached or
//! the session is over would have the page ask into the same failure, and what was typed into its forms would go with it.

use crate::api::ApiError;
use leptos::{prelude::*, server_fn::ServerFn};

/// Changes each time the action succeeds, and at no other time.
pub fn succeeded<S>(action: ServerAction<S>) -> Memo<usize>
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    latest(action, Result::is_ok)
}

/// Changes each time the server did or refused what was asked: it refuses what the page should not offer any more.
pub fn decided<S>(action: ServerAction<S>) -> Memo<usize>
where
    S: ServerFn<Error = ApiError> + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
{
    latest(action, |answer| {
        matches!(answer, Ok(_) | Err(ApiError::Refused(_) | ApiError::NotFound(_)))
    })
}

/// What the action answered when it last succeeded: what is told once is not taken away by a later failure.
pub fn told_last<S>(action: ServerAction<S>) -> Memo<Option<S::Output>>
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Clone + PartialEq + Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    let value = action.value();
    Memo::new(move |before: Option<&Option<S::Output>>| {
        let told = value.with(|value| value.as_ref()?.as_ref().ok().cloned());
        told.or_else(|| before.cloned().flatten())
    })
}

/// The version of the latest answer that counts.
fn latest<S>(action: ServerAction<S>, counts: fn(&Result<S::Output, S::Error>) -> bool) -> Memo<usize>
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    let (value, version) = (action.value(), action.version());
    Memo::new(move |before: Option<&usize>| {
        let counted = value.with(|value| value.as_ref().is_some_and(counts));
        // The version moves before the value does, so this is the value's own.
        match before {
            Some(before) if !counted => *before,
            _ => version.get_untracked(),
        }
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::{
        api::{
            end_user::SyncPersonNow,
            portals::{MadePortal, NewPortalSecret},
        },
        model::ids::PortalId,
    };
    use uuid::Uuid;

    fn answer(action: ServerAction<SyncPersonNow>, answer: Result<(), ApiError>) {
        action.version().update(|version| *version += 1);
        action.value().set(Some(answer));
    }

    #[test]
    fn a_page_asks_again_after_a_success_and_not_after_a_failure() {
        let owner = Owner::new();
        owner.set();
        let action = ServerAction::<SyncPersonNow>::new();
        let (done, told) = (succeeded(action), decided(action));
        let at = || (done.get_untracked(), told.get_untracked());
        assert_eq!(at(), (0, 0));
        answer(action, Err(ApiError::Offline));
        answer(action, Err(ApiError::SignedOut));
        assert_eq!(at(), (0, 0));
        answer(action, Ok(()));
        assert_eq!(at(), (3, 3));
        answer(action, Ok(()));
        assert_eq!(at(), (4, 4), "each success counts");
        answer(action, Err(ApiError::Refused("It was dropped meanwhile.".into())));
        assert_eq!(at(), (4, 5), "the page is out of date");
        action.clear();
        assert_eq!(at(), (4, 5));
    }

    #[test]
    fn what_was_told_once_stays_until_something_else_is_told() {
        let owner = Owner::new();
        owner.set();
        let action = ServerAction::<NewPortalSecret>::new();
        let told = told_last(action);
        let after = |answer| {
            action.value().set(Some(answer));
            told.get_untracked().map(|made| made.secret)
        };
        let made = |secret: &str| MadePortal {
            id: PortalId(Uuid::nil()),
            name: "Acme".into(),
            secret: secret.into(),
        };
        assert_eq!(after(Err(ApiError::Offline)), None);
        assert_eq!(after(Ok(made("first"))).as_deref(), Some("first"));
        assert_eq!(after(Err(ApiError::Offline)).as_deref(), Some("first"));
        action.clear();
        assert_eq!(told.get_untracked(), Some(made("first")));
        assert_eq!(after(Ok(made("second"))).as_deref(), Some("second"));
    }
}
