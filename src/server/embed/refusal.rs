//! The pages that end in a frame when nothing else can: in the words of somebody who sits at a portal, without anything
//! that would help whoever tries doors. Why a token was refused is in the log.

use super::place::session_path;
use crate::{server::state::AppState, store::portal::Portal};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use html_escape::{encode_double_quoted_attribute, encode_text};

/// What is shown in place of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody has sent a token yet, at the address where one is waited for.
    Waiting,
    /// Likewise, at the address of a page.
    NoSession,
    /// The session is over.
    Over,
    /// The cookie did not come back.
    NoCookie,
    /// The token's end is over.
    Expired,
    /// The token was used before, and its session is not in this browser.
    Used,
    /// The token is not one of this portal for us.
    Forged,
    /// Neither a Tenant nor an Organization has the id.
    NoScope,
    /// Not a page of the portal.
    WrongOrigin,
    /// No such portal.
    UnknownPortal,
    /// Another thing than what the session is about.
    OutOfScope,
}

impl Refusal {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Waiting => StatusCode::OK,
            Self::NoSession | Self::Over | Self::NoCookie | Self::Expired => StatusCode::UNAUTHORIZED,
            Self::Used => StatusCode::CONFLICT,
            Self::Forged => StatusCode::BAD_REQUEST,
            Self::NoScope => StatusCode::UNPROCESSABLE_ENTITY,
            Self::WrongOrigin => StatusCode::FORBIDDEN,
            Self::UnknownPortal | Self::OutOfScope => StatusCode::NOT_FOUND,
        }
    }

    /// What is the matter, and what to do.
    pub const fn words(self) -> (&'static str, &'static str) {
        const AGAIN: &str = "Go back to your portal and open this page there again.";
        match self {
            Self::Waiting | Self::NoSession => (
                "Waiting for your portal",
                "Your portal signs you in here. If nothing happens, go back to it and open this page there again.",
            ),
            Self::Over => (
                "Your session is over",
                "Your portal can sign you in again by itself. If nothing happens, go back to it and open this page there \
                 again.",
            ),
            Self::NoCookie => (
                "Your browser keeps no cookie for this page",
                "Inside another page it does not let this one remember that you are signed in. The page works in a tab of \
                 its own.",
            ),
            Self::Expired => ("The sign-in from your portal has expired", AGAIN),
            Self::Used => (
                "This sign-in was used already",
                "Each sign-in from your portal works once. Go back to it and open this page there again.",
            ),
            Self::Forged => (
                "Your portal's sign-in could not be verified",
                "Nothing was opened. If it happens again, tell whoever runs your portal: the log of Entrain says why.",
            ),
            Self::NoScope => (
                "Your portal asked for something that does not exist here",
                "It may have been removed. Tell whoever runs your portal.",
            ),
            Self::WrongOrigin => (
                "This page was opened from the wrong place",
                "It opens inside the portal that it was registered for, and nowhere else. Go to your portal and open it \
                 there.",
            ),
            Self::UnknownPortal => (
                "This portal is not known here",
                "It may have been removed. Tell whoever runs your portal.",
            ),
            Self::OutOfScope => ("This page is not part of what your portal opened", AGAIN),
        }
    }

    /// The page, for a frame of a portal, if there is such a portal.
    pub fn page(self, state: &AppState, portal: Option<&Portal>) -> Response {
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        let ancestors = ancestors(portal.map_or(&[], |portal| &portal.origins));
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors {ancestors}"
        );
        let mut response = (self.status(), self.html(state, portal)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        set_policy(&mut response, &policy);
        response
    }

    /// The same for our script.
    pub fn told(self) -> Response {
        let (title, text) = self.words();
        (self.status(), format!("{title}. {text}")).into_response()
    }

    fn html(self, state: &AppState, portal: Option<&Portal>) -> String {
        let (title, text) = self.words();
        let attribute = |text: &str| encode_double_quoted_attribute(text).into_owned();
        let session = portal.map(|portal| session_path(portal.id)).unwrap_or_default();
        let script = portal.map_or_else(String::new, |portal| {
            let over = if matches!(self, Self::Over) { " data-over" } else { "" };
            format!(
                "<script src=\"/embed-frame.js\" defer data-session=\"{}\" data-origins=\"{}\"{over}></script>",
                attribute(&session),
                attribute(&portal.origins.join(" "))
            )
        });
        let link = if matches!(self, Self::NoCookie) {
            format!(
                "<p><a class=\"link\" href=\"{}\" target=\"_blank\" rel=\"opener\">Open in a new tab</a></p>",
                attribute(&session)
            )
        } else {
            String::new()
        };
        format!(
            "<!doctype html><html lang=\"en\" data-framed><head><meta charset=\"utf-8\"><title>{title} · Entrain</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
             <link rel=\"stylesheet\" href=\"/pkg/{css}\">{script}</head>\
             <body><main class=\"mx-auto grid max-w-prose gap-4 p-6\" data-embed-content>\
             <h1 class=\"text-xl font-semibold tracking-tight\">{title}</h1><p>{text}</p>{link}</main></body></html>",
            title = encode_text(title),
            text = encode_text(text),
            css = attribute(&state.assets.css),
        )
    }
}

/// Who may have a page in a frame, for its policy. Origins hold nothing that ends a list or a policy: see
/// [`super::portals::origin`].
pub fn ancestors(origins: &[String]) -> String {
    if origins.is_empty() {
        "'none'".to_owned()
    } else {
        origins.join(" ")
    }
}

/// Gives an answer this policy.
pub fn set_policy(response: &mut Response, policy: &str) {
    // Without one the layer of all answers adds the strictest.
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
