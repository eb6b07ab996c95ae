//! A form that was refused: why, what was typed, and what differs from what stands there now.

use crate::{
    api::form::FormError,
    app::pages::problem::FormProblem,
    model::audit::AuditChange,
    ui::{badge::Tone, notice::Notice},
};
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::FromServerFnError},
};

/// Why a form's action was refused, also when the form was sent without script.
pub fn refusal<S, T>(action: ServerAction<S>) -> Signal<Option<FormError<T>>>
where
    S: ServerFn<Output = (), Error = FormError<T>> + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    FormError<T>: FromServerFnError,
{
    let value = action.value();
    Signal::derive(move || value.get().and_then(Result::err))
}

/// What a field shows: what was typed into a form that was refused, else what it holds. A failure that says nothing of
/// the form, as of a server that can't be reached, takes nothing back.
pub fn typed_or_held<T>(
    error: Signal<Option<FormError<T>>>,
    held: String,
    of: impl Fn(&T) -> &str + Send + Sync + 'static,
) -> Signal<String>
where
    T: Send + Sync + 'static,
{
    let shown = Memo::new(move |before: Option<&String>| {
        let typed = error.with(|error| error.as_ref()?.typed().map(|typed| of(typed).to_owned()));
        typed.or_else(|| before.cloned()).unwrap_or_else(|| held.clone())
    });
    shown.into()
}

/// What is wrong with a field, by its name in the form.
pub fn problem_of<T>(error: Signal<Option<FormError<T>>>, field: &'static str) -> Signal<Option<String>>
where
    T: Send + Sync + 'static,
{
    Signal::derive(move || error.with(|error| error.as_ref()?.problem(field)))
}

/// The version that a form sends: the one it was opened on, or the one that it was told of since.
pub fn version_to_send<T>(error: Signal<Option<FormError<T>>>, opened: String) -> Signal<String>
where
    T: Send + Sync + 'static,
{
    let version = Memo::new(move |before: Option<&String>| {
        let told = error.with(|error| error.as_ref()?.told_version().map(str::to_owned));
        told.or_else(|| before.cloned()).unwrap_or_else(|| opened.clone())
    });
    version.into()
}

/// Why the form was not saved, and what differs from what the record holds now.
#[component]
pub fn SaveProblem<T>(
    /// Why.
    error: Signal<Option<FormError<T>>>,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    let failed = Signal::derive(move || match error.get() {
        Some(FormError::Failed(error) | FormError::Refused { error, .. }) => Some(error),
        _ => None,
    });
    let other = move || {
        let error = error.get()?;
        let title = error.to_string();
        match error {
            FormError::Failed(_) | FormError::Refused { .. } => None,
            FormError::Invalid { .. } => Some(view! { <Notice tone=Tone::Critical title announce=true /> }.into_any()),
            FormError::Locked { reason, .. } => {
                Some(view! { <Notice tone=Tone::Critical title announce=true>{reason}</Notice> }.into_any())
            }
            FormError::Stale { differences, .. } => Some(
                view! {
                    <Notice tone=Tone::Critical title announce=true>
                        <Differences differences />
                    </Notice>
                }
                .into_any(),
            ),
        }
    };
    view! {
        <FormProblem error=failed />
        {other}
    }
    .into_any()
}

#[component]
fn Differences(differences: Vec<AuditChange>) -> impl IntoView {
    let or_empty = |text: String| if text.is_empty() { "(empty)".to_owned() } else { text };
    let rows = differences.into_iter().map(move |difference| {
        view! {
            <li>
                {difference.field}
                ": now "
                <bdi class="font-medium text-text">{or_empty(difference.old)}</bdi>
                ", you typed "
                <bdi class="font-medium text-text">{or_empty(difference.new)}</bdi>
            </li>
        }
    });
    view! {
        <ul class="list-disc ps-4">{rows.collect_view()}</ul>
        <p class="mt-1">
            "What you typed is still in the form. Save Changes writes it over what stands there now; Cancel shows what stands there now."
        </p>
    }.into_any()
}
