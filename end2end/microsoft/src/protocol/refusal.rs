//! The errors of Graph: status, code, message and body (graph.md §10).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What programs react to.
    pub code: String,
    /// What people read.
    pub message: String,
}

impl Refusal {
    /// Any error.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// A query option that is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// A query that is right for OData, but more than the directory does.
    pub fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    /// An option that is right for OData, but not served here.
    pub fn unsupported(option: &str) -> Self {
        Self::unsupported_query(format!(
            "Unsupported Query. The option '{option}' is not supported here."
        ))
    }

    /// An address that is longer than is read.
    pub fn address_too_long() -> Self {
        Self::new(414, "BadRequest", "The request's address is too long.")
    }

    /// A body that is longer than is read.
    pub fn body_too_long() -> Self {
        Self::new(413, "RequestBodyTooLarge", "The request's body is too long.")
    }

    /// An option that was sent more than once.
    pub fn twice(option: &str) -> Self {
        Self::bad_request(format!(
            "Query option '{option}' was specified more than once, but it must be specified at most once."
        ))
    }

    /// A selected property that the model does not know on a type.
    pub fn no_property(name: &str, type_name: &str) -> Self {
        Self::bad_request(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{type_name}'."
        ))
    }

    /// The path's first unknown segment.
    pub fn no_segment(segment: &str) -> Self {
        Self::new(
            400,
            "BadRequest",
            format!("Resource not found for the segment '{segment}'."),
        )
    }

    /// An object that is not, or no longer, there.
    pub fn not_found(key: &str) -> Self {
        let message = format!(
            "Resource '{key}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(404, "Request_ResourceNotFound", message)
    }

    /// A permission that is missing.
    pub fn denied() -> Self {
        Self::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    /// The permission for sign-in activity and reports that is missing. graph.md §2 leaves its code open; it is that of
    /// Microsoft's issue trackers.
    pub fn reports_denied() -> Self {
        Self::new(
            403,
            "Authentication_MSGraphPermissionMissing",
            "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API. \
             For more information about Microsoft Graph permissions, please visit \
             https://learn.microsoft.com/graph/permissions-overview.",
        )
    }

    /// Intune's permission that is missing: its words are JSON, with lines of their own.
    pub fn intune_denied() -> Self {
        let words = json!({
            "_version": 3,
            "Message": "Application is not authorized to perform this operation. Application must have one of the \
                        following scopes: DeviceManagementManagedDevices.Read.All, \
                        DeviceManagementManagedDevices.ReadWrite.All - Operation ID (for customer support): \
                        00000000-0000-0000-0000-000000000000",
            "CustomApiErrorPhrase": "",
        });
        Self::new(403, "Forbidden", format!("{words:#}"))
    }

    /// A method that nobody may use there, whatever they hold (the example in "Combine multiple HTTP requests").
    pub fn method_not_allowed() -> Self {
        Self::new(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    /// A delta token that is too old or never was one (`manual-error-syncstatenotfound-400-1`).
    pub fn sync_state_not_found() -> Self {
        Self::new(
            400,
            "syncStateNotFound",
            "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
        )
    }

    /// More than a limit allows (`error-throttled-429-1`).
    pub fn throttled() -> Self {
        let (code, message) = Self::usual_code(429);
        Self::new(429, code, message)
    }

    /// A page token that leads nowhere any more (`manual-error-expiredpagetoken-400-1`).
    pub fn expired_page() -> Self {
        Self::new(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        )
    }

    /// Sign-in activity of a tenant without Entra ID P1 (graph.md §2; `manual-error-nonpremium-403-1`).
    pub fn not_premium() -> Self {
        Self::new(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )
    }

    /// Intune of a tenant that has no licence for it (graph.md §6: the words are seen, status and code are not).
    pub fn no_intune() -> Self {
        Self::new(400, "BadRequest", "Request not applicable to target tenant.")
    }

    /// A property outside the directory's main store (`error-notimplemented-1`).
    pub fn outside_store() -> Self {
        Self::new(501, "NotImplemented", "This operation target is not yet supported.")
    }

    /// A token that is missing or not one of ours any more.
    pub fn token(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message)
    }

    /// The code that goes with a status when a fault names none.
    pub fn usual_code(status: u16) -> (&'static str, &'static str) {
        match status {
            400 => ("Request_BadRequest", "Bad request."),
            401 => (
                "InvalidAuthenticationToken",
                "Access token has expired or is not yet valid.",
            ),
            403 => (
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            ),
            404 => ("Request_ResourceNotFound", "Resource does not exist."),
            409 => (
                "Directory_ConcurrencyViolation",
                "A conflicting object is being changed.",
            ),
            410 => ("resyncRequired", "Resync required."),
            429 => ("TooManyRequests", "Please retry again later."),
            500 => ("generalException", "General exception while processing."),
            503 => ("serviceNotAvailable", "The service is temporarily unavailable."),
            _ => ("UnknownError", "Error."),
        }
    }

    /// The body. Throttling has a second code inside (`error-throttled-429-1`).
    pub fn body(&self, now: DateTime<Utc>, request: &str, client_request: &str) -> Value {
        let mut inner = json!({
            "date": now.format("%Y-%m-%dT%H:%M:%S").to_string(),
            "request-id": request,
            "client-request-id": client_request,
        });
        if self.status == 429 {
            inner["code"] = json!("429");
            inner["status"] = json!("429");
            inner["message"] = json!("Please retry after");
        }
        json!({"error": {"code": self.code, "message": self.message, "innerError": inner}})
    }
}
