//! What a visit ends with, where it does not end on a screen: for us with a way on, for an administrator of a customer
//! with thanks or the error and nothing else.

use crate::{
    api::ApiError,
    app::paths,
    engine::consent::ConsentError,
    model::connect::{ASKED, LinkState},
    server::{
        guard::status_of,
        plain_page::{Document, PlainPage, way_on},
        state::AppState,
    },
    sync::consent::Refused,
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use html_escape::{encode_double_quoted_attribute, encode_text};

/// For whom a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// An Administrator of ours.
    Ours,
    /// An administrator of a customer.
    Customer,
}

const NEW_LINK: &str = "Ask whoever sent you the link for a new one.";
const BEGIN_AGAIN: &str = "Go back and begin again.";
const BACK: (&str, &str) = (paths::MICROSOFT_TENANTS, "Back to Microsoft Tenant Integrations");

/// A page of a title and a text; ours has a way back.
pub fn page(state: &AppState, reader: Reader, status: StatusCode, title: &str, text: &str) -> Response {
    PlainPage {
        status,
        title,
        text,
        link: (reader == Reader::Ours).then_some(BACK),
        style: Some(&state.assets.css),
        again: false,
    }
    .into_response()
}

/// What an error of ours says to an Administrator.
pub fn failure(state: &AppState, error: &ApiError) -> Response {
    let status = status_of(error);
    page(
        state,
        Reader::Ours,
        status,
        "This could not be begun",
        &error.to_string(),
    )
}

/// A `state` that was never given out, or one that says nothing.
pub fn unknown(state: &AppState) -> Response {
    let text = "It belongs to no visit that was begun here, or its record is gone. Nothing was connected. If you followed \
                a link, ask whoever sent it for a new one; if you are signed in to Entrain, begin again under Microsoft \
                Tenant Integrations, Integrate.";
    let reader = Reader::Customer;
    page(
        state,
        reader,
        StatusCode::UNPROCESSABLE_ENTITY,
        "This answer is not known",
        text,
    )
}

/// Why nothing came of a visit, and what to do.
pub fn trouble(state: &AppState, reader: Reader, error: &ConsentError) -> Response {
    let (title, text) = words(reader, error);
    let status = match error {
        ConsentError::Store(store) if store.is_unavailable() => StatusCode::SERVICE_UNAVAILABLE,
        ConsentError::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    // Of the table, nobody is ticked any more: the dialog has those that were chosen.
    let way_on = match error {
        ConsentError::Cancelled => (paths::CONSENT_IN_BULK, "Open Consent in Bulk"),
        _ => BACK,
    };
    PlainPage {
        status,
        title,
        text: &text,
        link: (reader == Reader::Ours).then_some(way_on),
        style: Some(&state.assets.css),
        again: matches!(error, ConsentError::NotYet(_)),
    }
    .into_response()
}

fn words(reader: Reader, error: &ConsentError) -> (&'static str, String) {
    let then = if reader == Reader::Ours { BEGIN_AGAIN } else { NEW_LINK };
    match error {
        ConsentError::Refused(Refused::Over(LinkState::Expired)) => (
            "The time for this is over",
            format!("Nothing was connected. {then}"),
        ),
        ConsentError::Refused(Refused::Over(LinkState::Revoked)) => {
            ("This link was revoked", format!("Nothing was connected. {then}"))
        }
        ConsentError::Refused(Refused::Over(LinkState::Used | LinkState::Open)) => (
            "This was used before",
            format!("It is good for one answer only, so this one was not heard. If it was not you who used it, say so. {then}"),
        ),
        ConsentError::Refused(Refused::MakerGone) => (
            "This link is not good any more",
            format!("Whoever made it may not connect anything now. Nothing was connected. {then}"),
        ),
        ConsentError::Refused(Refused::OtherSession) => (
            "This was begun in another session",
            "An answer is heard only in the session in which the visit to Microsoft was begun. Sign in to Entrain in this \
             browser, and begin again under Microsoft Tenant Integrations, Integrate."
                .to_owned(),
        ),
        ConsentError::Refused(Refused::OtherTenant) => (
            "Another Microsoft tenant was expected",
            format!(
                "Whoever signed in at Microsoft belongs to another Microsoft tenant, so nothing was connected. Sign in at \
                 Microsoft as an administrator of the expected one, in a private window if need be. {then}"
            ),
        ),
        ConsentError::Refused(Refused::ConnectedAlready) => (
            "This Microsoft tenant is connected already",
            "Nothing was changed, and nothing more is needed.".to_owned(),
        ),
        ConsentError::Declined(why) => ("Microsoft did not give consent", format!("Nothing was connected. {why} {}", match reader {
            Reader::Ours => BEGIN_AGAIN,
            Reader::Customer => "The link is still good: open it again.",
        })),
        ConsentError::NotSignedIn(why) => (
            "Signing in for the partner failed",
            format!("Nothing was connected. {why} {then}"),
        ),
        ConsentError::Cancelled => (
            "The sign-in was cancelled at Microsoft",
            "Nothing was connected, and no customer was asked for. The customers that you ticked are still chosen: to go \
             on, open Consent in Bulk and sign in again, with an account of your partner tenant."
                .to_owned(),
        ),
        ConsentError::NotYet(error) => (
            "Consent is there, and Microsoft has yet to let us in",
            format!(
                "This takes a minute or so after consent. This page tries again every 5 seconds; leave it open. {}",
                told(reader, error)
            ),
        ),
        ConsentError::TooLong(error) => (
            "Consent is there, and Microsoft still does not let us in",
            format!(
                "This should take a minute or so and has taken more than five, so this page does not try again by itself. \
                 {} {}",
                match reader {
                    Reader::Ours => {
                        "Look in Microsoft Entra of this tenant, under Enterprise applications, whether the app is there \
                         and its permissions are granted. Then load this page again, or begin again."
                    }
                    Reader::Customer => {
                        "Load this page again in a quarter of an hour. If that does not help, tell whoever sent you the \
                         link."
                    }
                },
                told(reader, error)
            ),
        ),
        ConsentError::Unproven(error) => (
            "Consent could not be verified",
            match reader {
                Reader::Ours => format!(
                    "Nothing was connected. {} Load this page again to try once more.",
                    told(reader, error)
                ),
                // What stands in the way is mostly ours to mend, and noted with the link.
                Reader::Customer => "Nothing was connected. Load this page again to try once more. If that does not help, \
                                     tell whoever sent you the link: they see what Microsoft said."
                    .to_owned(),
            },
        ),
        ConsentError::Store(error) => ("Something went wrong here", format!("Nothing was connected: {error}.")),
    }
}

/// Details of our app are for us.
fn told(reader: Reader, error: &crate::engine::RunError) -> String {
    match reader {
        Reader::Ours => format!("What Microsoft says so far: {}", error.words()),
        Reader::Customer => String::new(),
    }
}

/// What an administrator of a customer reads before they go to Microsoft: what will be read and why.
pub fn invitation(state: &AppState, from: &str, name: &str, onward: &str) -> Response {
    let asked: String = ASKED
        .iter()
        .map(|asked| {
            format!(
                "<li class=\"grid gap-0.5\"><strong class=\"font-medium\">{}</strong><span>{}</span>\
                 <code class=\"font-mono text-xs text-text-muted wrap-anywhere\">{}</code></li>",
                encode_text(asked.what),
                encode_text(asked.why),
                encode_text(asked.permission)
            )
        })
        .collect();
    let whom = if name.is_empty() {
        String::new()
    } else {
        format!(
            " It is meant for <strong class=\"font-medium\"><bdi>{}</bdi></strong> and no other organization.",
            encode_text(name)
        )
    };
    let html = format!(
        "<title>Let Entrain read your directory · Entrain</title><meta name=\"robots\" content=\"noindex\">\
         <link rel=\"stylesheet\" href=\"/pkg/{css}\"><main class=\"mx-auto grid max-w-prose gap-4 p-6\">\
         <h1 class=\"text-xl font-semibold tracking-tight\">Let Entrain read your directory</h1>\
         <p><bdi>{from}</bdi> asks you, as an administrator of your Microsoft 365, to let Entrain read these. Nothing is \
         ever changed at Microsoft.{whom}</p><ul class=\"grid gap-3\">{asked}</ul>\
         <p class=\"text-text-muted\">At Microsoft you sign in as a Global Administrator, see the same list, and accept or \
         decline. You can withdraw it at any time in Microsoft Entra, under Enterprise applications.</p>\
         {onward}</main>",
        css = encode_double_quoted_attribute(&state.assets.css),
        from = encode_text(from),
        onward = way_on(onward, "Continue to Microsoft", " rel=\"external noreferrer\""),
    );
    let policy = (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    // The address holds the link's secret.
    let referrer = (header::REFERRER_POLICY, "no-referrer");
    ([policy, referrer], Document(html)).into_response()
}
