//! Errors of sign-in as Microsoft writes them (graph.md §1).

use serde_json::json;

use super::super::{Ask, PLAIN_JSON, Reply};

/// An error of sign-in.
#[derive(Debug)]
pub struct Failure {
    /// The HTTP status, where the error is not sent by a redirect.
    pub status: u16,
    /// The OAuth error, to which programs react.
    pub error: &'static str,
    /// The number after AADSTS.
    pub code: u32,
    /// What people read.
    pub text: String,
}

impl Failure {
    /// An error.
    pub fn new(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Self {
        Self {
            status,
            error,
            code,
            text: text.into(),
        }
    }

    /// A parameter that has to be there.
    pub fn missing(name: &str) -> Self {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        Self::new(400, "invalid_request", 900_144, text)
    }

    /// A tenant that is not there.
    pub fn no_tenant(tenant: &str, error: &'static str) -> Self {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the \
             correct cloud. Check with your subscription administrator, this may happen if there are no active \
             subscriptions for the tenant."
        );
        Self::new(400, error, 90002, text)
    }

    /// An application that the tenant does not know.
    pub fn no_application(client: &str, tenant: &str) -> Self {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You may have sent your authentication request to the wrong tenant."
        );
        Self::new(400, "unauthorized_client", 700_016, text)
    }

    /// An address that sign-in must not lead to.
    pub fn redirect(uri: &str, client: &str) -> Self {
        let text = format!(
            "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the \
             application '{client}'. Make sure the redirect URI sent in the request matches one added to your \
             application in the Azure portal."
        );
        Self::new(400, "invalid_request", 50011, text)
    }

    /// Something that went wrong in the stand-in itself.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::new(500, "server_error", 90033, error.to_string())
    }

    /// The sentence with what support asks for.
    pub fn description(&self, ask: &Ask) -> String {
        let (correlation, timestamp) = (correlation(ask), timestamp(ask));
        format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}",
            self.code, self.text, ask.request_id
        )
    }

    /// The error as the answer to a program.
    pub fn reply(&self, ask: &Ask) -> Reply {
        let body = json!({
            "error": self.error,
            "error_description": self.description(ask),
            "error_codes": [self.code],
            "timestamp": timestamp(ask),
            "trace_id": ask.request_id,
            "correlation_id": correlation(ask),
            "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.code),
        });
        Reply::json(self.status, PLAIN_JSON, &body)
    }
}

fn correlation(ask: &Ask) -> String {
    ask.client_request_id
        .clone()
        .unwrap_or_else(|| ask.request_id.to_string())
}

fn timestamp(ask: &Ask) -> String {
    ask.now.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// The error that a fault orders: `code` is the number of an AADSTS error.
pub fn ordered(ask: &Ask, status: u16, code: Option<&str>, message: Option<&str>) -> Reply {
    let number = code
        .and_then(|code| code.trim_start_matches("AADSTS").parse().ok())
        .unwrap_or(match status {
            429 => 90055,
            _ => 90033,
        });
    let error = match number {
        7_000_215 | 7_000_222 | 7_000_218 | 700_027 | 700_021 | 700_023 | 700_024 => "invalid_client",
        700_016 | 700_011 | 7_000_112 => "unauthorized_client",
        65001 | 50076 | 50079 | 53003 => "invalid_grant",
        70011 => "invalid_scope",
        500_011 => "invalid_resource",
        90033 | 90055 | 90006 | 90024 => "temporarily_unavailable",
        _ => "invalid_request",
    };
    let text = message.unwrap_or("A transient error has occurred. Please try again.");
    Failure::new(status, error, number, text).reply(ask)
}
