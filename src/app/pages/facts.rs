//! Facts that may be unknown: licences, MFA and last activity, with their three values, their age, and the way to the rest.

use crate::{
    app::pages::{reason::ReasonText, when::When},
    model::microsoft_user::{LastActivity, Mfa, PassState, Told},
    ui::{
        badge::{Badge, Tone},
        icon::Icon,
        unreadable::Unreadable,
    },
};
use leptos::prelude::*;

/// **Last Microsoft Activity**.
#[component]
pub fn Activity(
    /// What is known.
    told: Told<LastActivity>,
    /// Stands in a table row.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    view! { <Fact told compact show=activity_words /> }
}

/// Licences, in full.
#[component]
pub fn ToldLicenses(
    /// What is known.
    told: Told<Vec<String>>,
) -> impl IntoView {
    view! { <Fact told compact=false show=licenses_in_full /> }
}

fn licenses_in_full(names: Vec<String>) -> AnyView {
    if names.is_empty() {
        return view! { <span class="text-text-muted">"None"</span> }.into_any();
    }
    view! { <ul>{names.into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}</ul> }.into_any()
}

/// Licences in a table row: the first, and how many more.
#[component]
pub fn CompactLicenses(
    /// What is known.
    told: Told<Vec<String>>,
) -> impl IntoView {
    view! { <Fact told compact=true show=first_license /> }
}

fn first_license(names: Vec<String>) -> AnyView {
    let mut names = names.into_iter();
    let Some(first) = names.next() else {
        return view! { <span class="text-text-muted">"None"</span> }.into_any();
    };
    let rest: Vec<String> = names.collect();
    let more = (!rest.is_empty()).then(|| {
        let (number, rest) = (rest.len(), rest.join(", "));
        view! {
            <span class="text-text-muted" title=rest.clone()>
                <span aria-hidden="true">{format!(" +{number}")}</span>
                <span class="sr-only">{format!(", {rest}")}</span>
            </span>
        }
    });
    view! { <span class="block text-xs text-pretty">{first} {more}</span> }.into_any()
}

/// **MFA**.
#[component]
pub fn MfaStatus(
    /// What is known.
    told: Told<Mfa>,
    /// Stands in a table row.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let show = if compact { mfa_badge } else { mfa_in_full };
    view! { <Fact told compact show /> }
}

fn activity_words(activity: LastActivity) -> AnyView {
    match activity {
        LastActivity::SignedIn(moment) => view! { <When moment /> }.into_any(),
        LastActivity::Attempted(moment) => view! {
            <When moment />
            <span class="block max-w-32 text-xs text-balance whitespace-normal text-text-muted">"Attempted, not known to succeed"</span>
        }
        .into_any(),
        LastActivity::Never => view! { <span class="text-text-muted">"Never signed in"</span> }.into_any(),
    }
}

fn mfa_badge(mfa: Mfa) -> AnyView {
    let methods = (!mfa.methods.is_empty()).then(|| mfa.methods.join(", "));
    let told = methods.clone();
    view! {
        <span title=methods>
            {mfa_word(mfa.registered)}
            {told.map(|methods| view! { <span class="sr-only">{format!(", {methods}")}</span> })}
        </span>
    }
    .into_any()
}

fn mfa_in_full(mfa: Mfa) -> AnyView {
    let methods = (!mfa.methods.is_empty()).then(|| mfa.methods.join(", "));
    view! {
        {mfa_word(mfa.registered)}
        {methods.map(|methods| view! { <span class="mt-1 block">{methods}</span> })}
    }
    .into_any()
}

fn mfa_word(registered: bool) -> AnyView {
    let text = Mfa::status(registered);
    if registered {
        view! { <Badge tone=Tone::Positive icon=Icon::CheckCircle text /> }.into_any()
    } else {
        view! { <Badge tone=Tone::Caution text /> }.into_any()
    }
}

/// A fact with its age: in sight where it stands alone or is older than it should be, else for screen readers.
#[component]
fn Fact<T: 'static>(told: Told<T>, compact: bool, show: fn(T) -> AnyView) -> impl IntoView {
    match told {
        Told::Known { value, read, aging } => {
            let why = aging.as_ref().map(|why| format!(". {why}."));
            let age = if compact && aging.is_none() {
                // A hundred rows hold three of them each: the words are enough.
                view! { <span class="sr-only">{format!(" As of {}", read.ago)}</span> }.into_any()
            } else {
                view! {
                    // Cells of the table keep their words in one line, and this is a sentence.
                    <span class="block max-w-64 text-xs whitespace-normal text-text-muted">
                        " As of " <When moment=read /> {why}
                    </span>
                }
                .into_any()
            };
            view! {
                {show(value)}
                {age}
            }
            .into_any()
        }
        Told::Unreadable { reason, remedy } if compact || remedy.is_empty() => {
            view! { <Unreadable reason compact /> }.into_any()
        }
        Told::Unreadable { reason, remedy } => view! {
            <Unreadable reason />
            <ReasonText text=remedy />
        }
        .into_any(),
    }
}

/// How the passes over a Microsoft tenant stand: when each was read, or why not and what would help.
#[component]
pub fn Passes(
    /// Sign-in activity.
    sign_ins: PassState,
    /// MFA registration.
    mfa: PassState,
) -> impl IntoView {
    if sign_ins.refusal.is_some() && sign_ins == mfa {
        return view! { <Pass name="Sign-in activity and MFA registration" state=mfa /> }.into_any();
    }
    view! {
        <Pass name="Sign-in activity" state=sign_ins />
        <Pass name="MFA registration" state=mfa />
    }
    .into_any()
}

/// How the reading of one kind of data stands.
#[component]
pub fn Pass(
    /// Of what.
    name: &'static str,
    /// How it stands.
    state: PassState,
) -> impl IntoView {
    let PassState { read, refusal } = state;
    let is_known = read.is_some();
    let read = match (read, &refusal) {
        (Some(moment), _) => view! { "as of " <When moment /> }.into_any(),
        (None, Some(_)) => ().into_any(),
        (None, None) => "not read yet".into_any(),
    };
    let refusal = refusal.map(|refusal| {
        let text = if is_known { "Not readable now" } else { "Not readable" };
        view! {
            <span class="inline-flex flex-wrap items-center gap-1.5">
                <Badge tone=Tone::Caution icon=Icon::Info text />
                {refusal.cause.label()}
            </span>
            {(!refusal.words.is_empty()).then(|| view! { <ReasonText text=refusal.words /> })}
        }
    });
    view! {
        <div class="min-w-0">
            <span class="text-text-muted">{name}" "</span>
            {read}
            " "
            {refusal}
        </div>
    }
    .into_any()
}
