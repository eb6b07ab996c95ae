//! From the bytes of an answer to a value or a typed error.

use super::{
    clock::ClockOffset,
    error::{GraphError, GraphErrorKind},
    redact::Secrets,
    retry, surrogate, words,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use url::Url;
use uuid::Uuid;

/// How much of a body that is not JSON is worth keeping.
const EXCERPT: usize = 200;
/// How much of it is searched for what must not be shown.
const SEARCHED: usize = 64 * 1024;
/// Texts of an error's body are kept up to here, in characters.
const LONGEST_TEXT: usize = 1_000;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub operation: String,
    pub status: u16,
    pub content_type: Option<String>,
    pub request_id: Option<String>,
    /// Of the batch, for one of its members.
    pub client_request_id: Uuid,
    /// Where a redirect leads.
    pub location: Option<String>,
    pub retry_after: Option<Duration>,
    /// The server's clock, if the answer is dated.
    pub clock: Option<ClockOffset>,
    /// What the request held that must not be repeated.
    pub secrets: Secrets,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Reads the body, naming the place in the JSON where that fails.
    ///
    /// Nesting is no danger: serde_json refuses what is deeper than 128 levels and skips what we do not know without
    /// recursion.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, GraphError> {
        let error = match self.read(&self.body) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some((mended, replaced)) = surrogate::mend(&self.body) else {
            return Err(error);
        };
        let value = self.read(&mended)?;
        tracing::warn!(
            operation = self.operation,
            request_id = self.request_id,
            replaced,
            "an answer of Microsoft held text that is no Unicode; what could not be read was replaced by U+FFFD"
        );
        Ok(value)
    }

    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, GraphError> {
        // By itself serde reads a struct from a list too, as its fields in their order: `[[], null]` would be an empty page.
        if body.trim_ascii_start().starts_with(b"[") {
            let message = format!("the answer is a list and no object (it begins {:?})", self.excerpt());
            return Err(self.error(GraphErrorKind::Decode, None, message));
        }
        let mut json = serde_json::Deserializer::from_slice(body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let message = match error.path().to_string().as_str() {
                "." => format!("{} (the answer begins {:?})", error.inner(), self.excerpt()),
                path => format!("at {path}: {}", error.inner()),
            };
            self.error(GraphErrorKind::Decode, None, message)
        })?;
        json.end()
            .map_err(|error| self.error(GraphErrorKind::Decode, None, error.to_string()))?;
        Ok(value)
    }

    /// The error that an answer of Graph reports.
    pub fn graph_error(&self) -> GraphError {
        if let Some(error) = self.redirect() {
            return error;
        }
        let report = Report::read(&self.body);
        let kind = report.codes.iter().rev().find_map(|code| kind_of_code(code));
        let kind = match kind {
            // Whatever the code: the service gave up what it had kept for us
            // (learn.microsoft.com/graph/delta-query-overview, synchronization reset).
            _ if self.status == 410 => GraphErrorKind::ExpiredPageToken,
            // A place is given up by an answer to what was asked; while the service is out of order nothing is lost.
            Some(GraphErrorKind::ExpiredPageToken) if !(400..500).contains(&self.status) => kind_of_status(self.status),
            Some(kind) => kind,
            None if self.is_intunes_refusal(&report) => GraphErrorKind::IntuneRequired,
            None if self.lacks_intunes_scope(&report) => GraphErrorKind::PermissionMissing,
            None => kind_of_status(self.status),
        };
        self.reported(kind, report)
    }

    /// Intune has no code for a tenant without a licence: it says so in words, with status 400 or 403.
    fn is_intunes_refusal(&self, report: &Report) -> bool {
        let said = report.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        let words = ["not applicable to target tenant", "required license not available"];
        matches!(self.status, 400 | 403)
            && self.operation.contains("/deviceManagement/")
            && words.iter().any(|words| said.contains(words))
    }

    /// Nor has it a code for a permission that is missing: 403 `Forbidden`, as for all else that it refuses, and words.
    fn lacks_intunes_scope(&self, report: &Report) -> bool {
        let said = report.message.as_deref().unwrap_or_default().to_ascii_lowercase();
        self.status == 403
            && self.operation.contains("/deviceManagement/")
            && said.contains("application must have one of the following scopes")
    }

    /// The error that an answer of the token endpoint reports
    /// (learn.microsoft.com/entra/identity-platform/reference-error-codes, handling error codes).
    pub fn token_error(&self) -> GraphError {
        if let Some(error) = self.redirect() {
            return error;
        }
        let report = Report::read(&self.body);
        let kind = match self.status {
            _ if report.aadsts.is_some() => GraphErrorKind::Token { aadsts: report.aadsts },
            429 => GraphErrorKind::Throttled,
            status if retry::is_transient_status(status) => GraphErrorKind::Unavailable,
            _ => GraphErrorKind::Token { aadsts: None },
        };
        self.reported(kind, report)
    }

    /// Neither endpoint redirects, so a redirect is somebody else's, and following it would take the token there.
    fn redirect(&self) -> Option<GraphError> {
        if !(300..400).contains(&self.status) {
            return None;
        }
        let target = self.location.as_deref().and_then(|location| Url::parse(location).ok());
        let place = target
            .as_ref()
            .and_then(|url| Some(format!("{}://{}", url.scheme(), url.host_str()?)));
        let message = format!(
            "the answer redirects to {} and was not followed",
            place.as_deref().unwrap_or("another address")
        );
        Some(self.error(GraphErrorKind::LinkRefused, None, message))
    }

    fn reported(&self, kind: GraphErrorKind, report: Report) -> GraphError {
        let telling = report.codes.iter().rev().find(|code| kind_of_code(code).is_some());
        let code = telling.or(report.codes.first()).cloned();
        let message = report.message.unwrap_or_else(|| self.excerpt());
        self.error(kind, code, message).with(|failure| {
            failure.request_id = failure.request_id.take().or(report.request_id);
        })
    }

    /// An error about this answer.
    pub fn error(&self, kind: GraphErrorKind, code: Option<String>, message: impl Into<String>) -> GraphError {
        let message = self.secrets.hide(&message.into());
        let error = GraphError::new(kind, self.operation.clone(), message).with(|failure| {
            failure.status = Some(self.status);
            failure.code = code.map(|code| self.secrets.hide(&code));
            failure.retry_after = self.retry_after;
        });
        self.naming(error)
    }

    /// An error about what this answer holds, with the ids by which Microsoft finds it.
    pub fn naming(&self, error: GraphError) -> GraphError {
        error.with(|failure| {
            failure.request_id = self.request_id.clone();
            failure.client_request_id = Some(self.client_request_id).filter(|id| !id.is_nil());
        })
    }

    /// The beginning of a body that is not what it should be: often a gateway's HTML page.
    fn excerpt(&self) -> String {
        let searched = &self.body[..self.body.len().min(SEARCHED)];
        let shown = self.secrets.hide(&String::from_utf8_lossy(searched));
        let end = shown.floor_char_boundary(EXCERPT);
        shown[..end].trim().trim_end_matches('\u{fffd}').to_owned()
    }
}

/// A place in a listing, or the link of a delta, is no more. They are spelled in more than one way.
const LOST: [&str; 3] = ["Directory_ExpiredPageToken", "syncStateNotFound", "resyncRequired"];

/// Codes to act on, wherever they come from (learn.microsoft.com/graph/errors; the premium and page-token codes are
/// documented in Microsoft's issue trackers only, and so is that of the reports' permission).
fn kind_of_code(code: &str) -> Option<GraphErrorKind> {
    Some(match code {
        "Authentication_RequestFromNonPremiumTenantOrB2CTenant" => GraphErrorKind::PremiumRequired,
        // The second is that of sign-in activity and of the reports.
        "Authorization_RequestDenied" | "Authentication_MSGraphPermissionMissing" => GraphErrorKind::PermissionMissing,
        _ if LOST.iter().any(|lost| code.eq_ignore_ascii_case(lost)) => GraphErrorKind::ExpiredPageToken,
        "Directory_ConcurrencyViolation" => GraphErrorKind::Unavailable,
        "TooManyRequests" | "activityLimitReached" => GraphErrorKind::Throttled,
        "InvalidAuthenticationToken" | "Authorization_IdentityNotFound" => GraphErrorKind::Unauthorized,
        _ => return None,
    })
}

fn kind_of_status(status: u16) -> GraphErrorKind {
    match status {
        401 => GraphErrorKind::Unauthorized,
        403 => GraphErrorKind::Forbidden,
        404 => GraphErrorKind::NotFound,
        429 => GraphErrorKind::Throttled,
        status if retry::is_transient_status(status) => GraphErrorKind::Unavailable,
        _ => GraphErrorKind::Other,
    }
}

/// What the body of a failed answer says, in Graph's shape or in OAuth's.
#[derive(Debug, Default)]
struct Report {
    /// From the outermost to the innermost, none empty.
    codes: Vec<String>,
    message: Option<String>,
    request_id: Option<String>,
    aadsts: Option<u32>,
}

impl Report {
    fn read(body: &[u8]) -> Self {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Self::default();
        };
        match &body["error"] {
            Value::Object(_) => Self::of_graph(&body["error"]),
            Value::String(_) => Self::of_oauth(&body),
            _ => Self::default(),
        }
    }

    fn of_graph(error: &Value) -> Self {
        let mut report = Self::default();
        let mut level = Some(error);
        while let Some(object) = level {
            report.codes.extend(text(object, "code"));
            report.message = report.message.or_else(|| text(object, "message"));
            report.request_id = report.request_id.or_else(|| text(object, "request-id"));
            // Both spellings are in use.
            level = ["innerError", "innererror"]
                .iter()
                .find_map(|name| object.get(name))
                .filter(|inner| inner.is_object());
        }
        report
    }

    fn of_oauth(body: &Value) -> Self {
        // The lines after the first repeat the ids and the time.
        let description = body["error_description"]
            .as_str()
            .and_then(|text| text.trim().lines().next());
        let description = description.map(|line| words::shown(line, LONGEST_TEXT));
        Self {
            codes: text(body, "error").into_iter().collect(),
            aadsts: aadsts(body, description.as_deref()),
            message: description.filter(|line| !line.is_empty()),
            request_id: text(body, "trace_id"),
        }
    }
}

/// The number in the text is the reason; the list may begin with another that is only a circumstance.
fn aadsts(body: &Value, description: Option<&str>) -> Option<u32> {
    let in_text = description.and_then(|text| {
        let digits = text.split_once("AADSTS")?.1;
        digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())]
            .parse()
            .ok()
    });
    in_text.or_else(|| body["error_codes"].get(0)?.as_u64()?.try_into().ok())
}

fn text(object: &Value, name: &str) -> Option<String> {
    Some(words::shown(object.get(name)?.as_str()?, LONGEST_TEXT)).filter(|text| !text.is_empty())
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
