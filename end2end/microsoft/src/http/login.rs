//! The token endpoint of Microsoft Entra ID for client credentials (graph.md §1): the tenant is looked up first, then
//! the application, then its secret, then the scope, and the first that is wrong is named.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use serde_json::json;
use uuid::Uuid;

use super::{Ask, PLAIN_JSON, Reply};
use crate::cloud::Cloud;
use crate::protocol::query::{decode, pairs};

/// Hosts of Graph in every national cloud: the resource of a scope (graph.md §1).
const GRAPH_HOSTS: [&str; 5] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// An error of the token endpoint.
#[derive(Debug)]
struct Failure {
    status: u16,
    error: &'static str,
    code: u32,
    text: String,
}

fn failure(status: u16, error: &'static str, code: u32, text: impl Into<String>) -> Failure {
    Failure {
        status,
        error,
        code,
        text: text.into(),
    }
}

/// The tenant part of a token endpoint's path; nothing for other paths.
pub fn tenant(path: &str) -> Option<&str> {
    let tenant = path.strip_prefix('/')?.strip_suffix("/oauth2/v2.0/token")?;
    Some(tenant).filter(|tenant| !tenant.is_empty() && !tenant.contains('/'))
}

/// The answer to a token request.
pub fn token(cloud: &Cloud, ask: &Ask, tenant: &str) -> Reply {
    match grant(cloud, ask, &decode(tenant, false)) {
        Ok(tenant) => {
            let token = cloud.tokens().issue(tenant, cloud.token_lifetime, Instant::now());
            let seconds = cloud.token_lifetime.as_secs();
            let body = json!({
                "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
            });
            Reply::json(200, PLAIN_JSON, &body)
        }
        Err(failure) => refused(ask, &failure),
    }
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
        7_000_215 | 7_000_222 | 7_000_218 | 700_027 => "invalid_client",
        700_016 | 700_011 | 7_000_112 => "unauthorized_client",
        65001 | 50076 | 50079 | 53003 => "invalid_grant",
        70011 => "invalid_scope",
        500_011 => "invalid_resource",
        90033 | 90055 | 90006 | 90024 => "temporarily_unavailable",
        _ => "invalid_request",
    };
    let text = message.unwrap_or("A transient error has occurred. Please try again.");
    refused(ask, &failure(status, error, number, text))
}

fn grant(cloud: &Cloud, ask: &Ask, tenant: &str) -> Result<Uuid, Failure> {
    if ask.method != "POST" {
        let text = "Endpoint only accepts POST requests. Received a GET request.";
        return Err(failure(405, "invalid_request", 900_561, text));
    }
    let form = String::from_utf8_lossy(&ask.form);
    let fields: Vec<(String, String)> = pairs(&form).collect();
    let field = |name: &str| {
        let found = fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.clone());
        found.filter(|value| !value.is_empty())
    };
    let missing = |name: &str| {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        failure(400, "invalid_request", 900_144, text)
    };
    match field("grant_type").as_deref() {
        None => return Err(missing("grant_type")),
        Some("client_credentials") => {}
        Some(other) => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            return Err(failure(400, "unsupported_grant_type", 70003, text));
        }
    }
    match tenant.to_ascii_lowercase().as_str() {
        "common" | "consumers" => {
            let text = "The grant type is not supported over the /common or /consumers endpoints. Please use the \
                        /organizations or tenant-specific endpoint.";
            return Err(failure(400, "invalid_request", 9_001_023, text));
        }
        "organizations" => {
            let text = "No tenant-identifying information found in either the request or implied by any provided \
                        credentials.";
            return Err(failure(400, "invalid_request", 50059, text));
        }
        _ => {}
    }
    let (id, name, consent) = find(cloud, tenant)?;
    let (basic_id, basic_secret) = basic(ask).unzip();
    let client = basic_id
        .or_else(|| field("client_id"))
        .ok_or_else(|| missing("client_id"))?;
    if !client.eq_ignore_ascii_case(&cloud.client_id) || !consent {
        let text = format!(
            "Application with identifier '{client}' was not found in the directory '{name}'. This can happen if the \
             application has not been installed by the administrator of the tenant or consented to by any user in the \
             tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(failure(400, "unauthorized_client", 700_016, text));
    }
    if field("client_assertion").is_some() {
        let text =
            "The certificate with identifier used to sign the client assertion is not registered on application.";
        return Err(failure(401, "invalid_client", 700_027, text));
    }
    match basic_secret.or_else(|| field("client_secret")) {
        Some(secret) if secret == cloud.client_secret => {}
        Some(_) => {
            let text = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{client}'."
            );
            return Err(failure(401, "invalid_client", 7_000_215, text));
        }
        None => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(failure(401, "invalid_client", 7_000_218, text));
        }
    }
    scope(ask, &field("scope").ok_or_else(|| missing("scope"))?)?;
    Ok(id)
}

fn find(cloud: &Cloud, tenant: &str) -> Result<(Uuid, String, bool), Failure> {
    let directories = cloud.directories();
    // A short name is our own way of speaking: Microsoft knows ids and domains.
    let by_domain = |domain: &str| domain.eq_ignore_ascii_case(tenant);
    let found = directories.iter().find(|directory| {
        Uuid::try_parse(tenant).is_ok_and(|id| id == directory.id)
            || directory.domains.iter().any(|domain| by_domain(domain.id()))
    });
    let name = |text: Option<&str>| text.unwrap_or_default().to_owned();
    found
        .map(|directory| {
            (
                directory.id,
                name(directory.organization.text("displayName")),
                directory.consent,
            )
        })
        .ok_or_else(|| {
            let text = format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into \
                 the correct cloud. Check with your subscription administrator, this may happen if there are no active \
                 subscriptions for the tenant."
            );
            failure(400, "invalid_request", 90002, text)
        })
}

/// Client id and secret of an `Authorization: Basic` header.
fn basic(ask: &Ask) -> Option<(String, String)> {
    let (scheme, encoded) = ask.authorization.as_deref()?.split_once(' ')?;
    let bytes = STANDARD
        .decode(encoded.trim())
        .ok()
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(bytes).ok()?;
    // Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
    text.split_once(':')
        .map(|(id, secret)| (decode(id, true), decode(secret, true)))
}

fn scope(ask: &Ask, scope: &str) -> Result<(), Failure> {
    let invalid = || {
        let text =
            format!("The provided value for the input parameter 'scope' isn't valid. The scope {scope} isn't valid.");
        failure(400, "invalid_scope", 70011, text)
    };
    let resource = scope.strip_suffix("/.default").ok_or_else(invalid)?;
    if resource.is_empty() || resource.contains(' ') {
        return Err(invalid());
    }
    // A client whose Graph host is this server derives its scope from that host.
    let resource = resource.trim_end_matches('/');
    let own = resource.split_once("://").map(|(_, host)| host) == ask.base.split_once("://").map(|(_, host)| host);
    if own || GRAPH_HOSTS.iter().any(|host| host.eq_ignore_ascii_case(resource)) {
        return Ok(());
    }
    let text = format!("The resource principal named {resource} was not found in the tenant.");
    Err(failure(400, "invalid_resource", 500_011, text))
}

fn refused(ask: &Ask, failure: &Failure) -> Reply {
    let timestamp = Utc::now().format("%Y-%m-%d %H:%M:%SZ").to_string();
    let trace = ask.request_id;
    let correlation = ask
        .client_request_id
        .clone()
        .unwrap_or_else(|| Uuid::new_v4().to_string());
    let code = failure.code;
    let body = json!({
        "error": failure.error,
        "error_description": format!(
            "AADSTS{code}: {}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}", failure.text
        ),
        "error_codes": [code],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    });
    Reply::json(failure.status, PLAIN_JSON, &body)
}
