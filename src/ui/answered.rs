//! Draws what the server last answered.

use leptos::prelude::*;

/// Draws the latest answer of a resource, inside a [`Suspense`] or [`Transition`], which shows what stands until the
/// first one is there.
///
/// What is in sight rests on the answer that it was drawn from until the next one replaces it, in one step. A
/// [`Suspend`] that awaits the resource would give up the signals of the old view as soon as asking begins, while
/// the view itself stays, and a click or a key in between would end the program. An answer that says the same as
/// the one before draws nothing: what is being typed, chosen or read stays as it is.
///
/// The server, which draws once, reads the answer itself. A memo is told of an answer a moment after the boundary that
/// waits for it, on another thread: the page would now and then be sent with nothing in the boundary, and the browser
/// could not take it over.
pub fn answered<S, T, V>(answer: S, draw: impl Fn(T) -> V + Send + 'static) -> impl IntoView
where
    S: Get<Value = Option<T>> + Copy + Send + Sync + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let latest = Memo::new(move |_| answer.get());
    let read = move || {
        if cfg!(feature = "ssr") {
            answer.get()
        } else {
            latest.get()
        }
    };
    move || read().map(|answer| draw(answer).into_any())
}
