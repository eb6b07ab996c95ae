//! What can go wrong between us and Microsoft, and what an administrator can do about it.

use super::{aadsts, retry, words};
use std::{fmt, ops::Deref, time::Duration};
use uuid::Uuid;

/// How much of a message is kept, in characters: a value that does not fit may be as long as the whole answer.
const LONGEST_MESSAGE: usize = 1_000;

/// A request to Microsoft that failed. Reads as one sentence; its fields are those of [`Failure`].
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct GraphError(Box<Failure>);

/// Everything known about a failure; support at Microsoft asks for the request id and the time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What to act on.
    pub kind: GraphErrorKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The most telling code of the answer: Graph's, or OAuth's `error` for a token.
    pub code: Option<String>,
    /// The answer's own words, or ours. For people.
    pub message: String,
    /// Microsoft's id of the request.
    pub request_id: Option<String>,
    /// Our id of the request, which Microsoft logs too.
    pub client_request_id: Option<Uuid>,
    /// Method and path, without the query.
    pub operation: String,
    /// How long the last answer asked us to wait.
    pub retry_after: Option<Duration>,
}

/// The kinds of failures that a caller tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GraphErrorKind {
    /// Entra refused a token, with this AADSTS code.
    Token {
        /// The digits after `AADSTS`.
        aadsts: Option<u32>,
    },
    /// 401, again with a fresh token.
    Unauthorized,
    /// 403: the app lacks the permission for this endpoint.
    PermissionMissing,
    /// 403 for another reason, such as Conditional Access.
    Forbidden,
    /// The endpoint needs an Entra ID P1 or P2 licence in the tenant.
    PremiumRequired,
    /// The endpoint needs an Intune licence in the tenant.
    IntuneRequired,
    /// 404.
    NotFound,
    /// 429, after all waiting.
    Throttled,
    /// The place in a listing, or the link of a delta, has expired or was given up: start again from the first page.
    ExpiredPageToken,
    /// Microsoft is out of order (5xx), after all waiting.
    Unavailable,
    /// No answer: name, connection, TLS, or an answer cut short.
    Network,
    /// No whole answer in time.
    Timeout,
    /// An answer that can not be read.
    Decode,
    /// A link that leads away from the configured address.
    LinkRefused,
    /// A link that has been followed before.
    LinkLoop,
    /// An answer or a listing beyond every plausible size.
    TooLarge,
    /// The settings can not be used.
    Settings,
    /// Any other answer.
    Other,
}

impl GraphError {
    pub(super) fn new(kind: GraphErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Failure {
            kind,
            status: None,
            code: None,
            message: words::shown(&message.into(), LONGEST_MESSAGE),
            request_id: None,
            client_request_id: None,
            operation: operation.into(),
            retry_after: None,
        }))
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Failure)) -> Self {
        change(&mut self.0);
        self
    }
}

impl Deref for GraphError {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl Failure {
    /// Whether Graph itself says that what was asked for does not exist. A 404 without a code of Graph's is a proxy's
    /// or a wrong address's, and no news of anybody.
    pub fn is_gone(&self) -> bool {
        self.kind == GraphErrorKind::NotFound && self.code.is_some()
    }

    /// Whether the same request may succeed later without anybody's doing.
    pub fn is_transient(&self) -> bool {
        use GraphErrorKind as Kind;
        match self.kind {
            Kind::Throttled | Kind::Unavailable | Kind::Network | Kind::Timeout => true,
            Kind::Token { aadsts } => {
                aadsts.and_then(aadsts::advice).is_some_and(|advice| advice.transient)
                    || self.status.is_some_and(retry::is_transient_status)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, &self.code) {
            (Some(status), Some(code)) => write!(f, "{} was answered with status {status}, {code}", self.operation)?,
            (Some(status), None) => write!(f, "{} was answered with status {status}", self.operation)?,
            (None, _) => write!(f, "{} failed", self.operation)?,
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match (&self.request_id, self.client_request_id) {
            (Some(id), Some(ours)) => write!(f, " (request-id {id}, client-request-id {ours})"),
            (Some(id), None) => write!(f, " (request-id {id})"),
            (None, Some(ours)) => write!(f, " (client-request-id {ours})"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: GraphErrorKind) -> GraphError {
        GraphError::new(kind, "GET /v1.0/users", "no")
    }

    #[test]
    fn an_error_says_what_failed_on_what() {
        let plain = error(GraphErrorKind::Network);
        assert_eq!(plain.to_string(), "GET /v1.0/users failed: no");
        let answered = plain.with(|failure| {
            failure.status = Some(403);
            failure.code = Some("Authorization_RequestDenied".into());
            failure.request_id = Some("r-1".into());
        });
        assert_eq!(
            answered.to_string(),
            "GET /v1.0/users was answered with status 403, Authorization_RequestDenied: no (request-id r-1)"
        );
        let ours = Uuid::from_u128(7);
        let with_ours = answered.with(|failure| failure.client_request_id = Some(ours));
        let end = format!("no (request-id r-1, client-request-id {ours})");
        assert!(with_ours.to_string().ends_with(&end), "{with_ours}");
        let unanswered = error(GraphErrorKind::Timeout).with(|failure| failure.client_request_id = Some(ours));
        let end = format!("no (client-request-id {ours})");
        assert!(
            unanswered.to_string().ends_with(&end),
            "of a request without an answer Microsoft may still know our id: {unanswered}"
        );
    }

    #[test]
    fn a_refused_token_is_transient_by_its_code_or_status() {
        let token = |aadsts| error(GraphErrorKind::Token { aadsts });
        assert!(token(Some(90033)).is_transient());
        assert!(!token(Some(7000215)).is_transient());
        assert!(token(None).with(|failure| failure.status = Some(503)).is_transient());
        assert!(!token(None).with(|failure| failure.status = Some(400)).is_transient());
    }
}
