//! Asking again, in the browser only: soon while something is at work, and on some pages slowly while nothing is.

use super::framed::in_frame;
use crate::api::ApiError;
use leptos::{
    leptos_dom::helpers::{WindowListenerHandle, set_timeout_with_handle, window_event_listener_untyped},
    prelude::*,
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(2);
const SLOWLY: Duration = Duration::from_secs(20);
/// A page that nobody touches for so long asks no more until somebody does: each question counts as a use of the
/// session, which would never end of being left alone.
const LEFT_ALONE: Duration = Duration::from_secs(30 * 60);
/// What tells that somebody is there. A page in another tab that comes to the front again is touched too.
const TOUCHES: [&str; 5] = ["pointermove", "pointerdown", "keydown", "wheel", "visibilitychange"];

/// When a page asks again after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    /// Something is at work.
    Soon,
    /// Nothing is, and the page shows what may change by itself.
    Slowly,
    Never,
}

impl Pace {
    const fn pause(self) -> Option<Duration> {
        match self {
            Self::Soon => Some(SOON),
            Self::Slowly => Some(SLOWLY),
            Self::Never => None,
        }
    }
}

/// Fetches again two seconds after each answer that says that something is at work. An answer that failed meanwhile
/// does not end it: the server may be back the next time. Never sooner than the answer: a page whose next answer is
/// always under way would never show one. Out of sight it asks until nobody has touched it for half an hour, and again as
/// soon as it is in sight.
pub fn poll_while<T>(
    resource: Resource<Result<T, ApiError>>,
    at_work: impl Fn(&T) -> bool + Copy + Send + Sync + 'static,
) where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    ask_again(resource, at_work, Pace::Never);
}

/// As [`poll_while`], and slowly while nothing is at work: for what a run in the background changes, such as consent that
/// was lost. It asks while the document is in sight and somebody has touched it of late, otherwise as soon as it is and
/// they do. In the frame of a portal, whose sessions are short and renewed by the portal, it does not ask slowly.
pub fn poll_always<T>(
    resource: Resource<Result<T, ApiError>>,
    at_work: impl Fn(&T) -> bool + Copy + Send + Sync + 'static,
) where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let idle = if in_frame() { Pace::Never } else { Pace::Slowly };
    ask_again(resource, at_work, idle);
}

fn ask_again<T>(
    resource: Resource<Result<T, ApiError>>,
    at_work: impl Fn(&T) -> bool + Copy + Send + Sync + 'static,
    idle: Pace,
) where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let ask = move || resource.refetch();
    let watch = Watch::new();
    watch.listen(ask);
    Effect::new(move |before: Option<Pace>| {
        let pace = resource.with(|answer| pace(answer.as_ref(), at_work, idle, before));
        watch.due.set_value(false);
        let when_over = move || match pace {
            Pace::Slowly => watch.ask_if(is_looked_at, ask),
            Pace::Soon | Pace::Never => watch.ask_if(is_followed, ask),
        };
        if let Some(pause) = pace.pause()
            && let Ok(timer) = set_timeout_with_handle(when_over, pause)
        {
            on_cleanup(move || timer.clear());
        }
        pace
    });
}

/// The pace after an answer, `idle` being that of a page on which nothing is at work. `None` until there is one.
fn pace<T>(
    answer: Option<&Result<T, ApiError>>,
    at_work: impl Fn(&T) -> bool,
    idle: Pace,
    before: Option<Pace>,
) -> Pace {
    match answer {
        Some(Ok(answer)) if at_work(answer) => Pace::Soon,
        Some(Ok(_)) => idle,
        Some(Err(ApiError::SignedOut | ApiError::NotFound(_))) => Pace::Never,
        Some(Err(_)) if before == Some(Pace::Soon) => Pace::Soon,
        Some(Err(_)) => idle,
        None => before.unwrap_or(Pace::Never),
    }
}

/// Whether a page asks that nobody waits for: `untouched` is how long nobody has touched it.
fn is_looked_at(hidden: bool, untouched: Duration) -> bool {
    !hidden && untouched < LEFT_ALONE
}

/// Whether a page asks that shows something at work: whoever waits for it may look on without a touch, or do something
/// else meanwhile, but not for ever.
fn is_followed(hidden: bool, untouched: Duration) -> bool {
    !hidden || untouched < LEFT_ALONE
}

/// Whether somebody looks.
#[derive(Clone, Copy)]
struct Watch {
    /// The pause is over, and nobody has looked since.
    due: StoredValue<bool>,
    /// When somebody last touched the page, in milliseconds of the browser's clock.
    touched: StoredValue<f64>,
}

impl Watch {
    fn new() -> Self {
        Self {
            due: StoredValue::new(false),
            touched: StoredValue::new(0.0),
        }
    }

    /// Hears of each touch, and asks at once where the pause was over before it.
    fn listen(self, ask: impl Fn() + Copy + Send + Sync + 'static) {
        Effect::new(move |_| {
            self.touched.set_value(js_sys::Date::now());
            let listeners = TOUCHES.map(|event| {
                window_event_listener_untyped(event, move |_| {
                    self.touched.set_value(js_sys::Date::now());
                    if self.due.get_value() {
                        self.ask_if(is_looked_at, ask);
                    }
                })
            });
            on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
        });
    }

    /// Asks if it may, by whether the document is hidden and how long nobody has touched it; otherwise once somebody looks.
    fn ask_if(self, may: fn(bool, Duration) -> bool, ask: impl Fn()) {
        let milliseconds = (js_sys::Date::now() - self.touched.get_value()).max(0.0);
        let may = may(document().hidden(), Duration::from_secs_f64(milliseconds / 1_000.0));
        self.due.set_value(!may);
        if may {
            ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paced(answer: Option<Result<bool, ApiError>>, idle: Pace, before: Option<Pace>) -> Pace {
        pace(answer.as_ref(), |at_work| *at_work, idle, before)
    }

    #[test]
    fn a_page_asks_soon_while_something_is_at_work_and_otherwise_as_an_idle_one_does() {
        for idle in [Pace::Slowly, Pace::Never] {
            for before in [None, Some(Pace::Soon), Some(idle)] {
                assert_eq!(paced(Some(Ok(true)), idle, before), Pace::Soon);
                assert_eq!(paced(Some(Ok(false)), idle, before), idle);
            }
        }
        assert_eq!(Pace::Soon.pause(), Some(Duration::from_secs(2)));
        assert_eq!(Pace::Slowly.pause(), Some(Duration::from_secs(20)));
        assert_eq!(Pace::Never.pause(), None);
    }

    #[test]
    fn an_answer_that_failed_ends_nothing_and_a_session_that_is_over_ends_it() {
        for idle in [Pace::Slowly, Pace::Never] {
            for error in [ApiError::Offline, ApiError::Unavailable, ApiError::Internal] {
                assert_eq!(paced(Some(Err(error.clone())), idle, Some(Pace::Soon)), Pace::Soon);
                assert_eq!(paced(Some(Err(error)), idle, Some(idle)), idle);
            }
            for error in [ApiError::SignedOut, ApiError::NotFound(String::new())] {
                assert_eq!(paced(Some(Err(error)), idle, Some(Pace::Soon)), Pace::Never);
            }
        }
    }

    #[test]
    fn a_page_never_asks_again_before_its_first_answer() {
        assert_eq!(paced(None, Pace::Slowly, None), Pace::Never);
        assert_eq!(paced(None, Pace::Slowly, Some(Pace::Soon)), Pace::Soon);
    }

    #[test]
    fn a_page_that_is_hidden_or_left_alone_does_not_ask_slowly() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert!(is_looked_at(false, minutes(0)));
        assert!(is_looked_at(false, minutes(29)));
        assert!(!is_looked_at(true, minutes(0)), "in another tab");
        assert!(!is_looked_at(false, minutes(30)), "the session has to end some day");
    }

    #[test]
    fn a_page_with_something_at_work_asks_in_sight_and_for_half_an_hour_out_of_it() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert!(is_followed(false, minutes(0)));
        assert!(is_followed(false, minutes(300)), "somebody looks on");
        assert!(is_followed(true, minutes(29)), "in another tab");
        assert!(!is_followed(true, minutes(30)), "the session has to end some day");
    }
}
