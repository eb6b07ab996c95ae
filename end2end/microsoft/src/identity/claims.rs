//! What tokens say: the claims of Microsoft's pages on access tokens and id tokens (graph.md §1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::random::id_of;

/// For whom, by whom and for how long a token is issued.
#[derive(Debug, Clone, Copy)]
pub struct Issue<'a> {
    /// Scheme and host by which the client came.
    pub base: &'a str,
    /// The application's id.
    pub client: &'a str,
    /// When it is issued.
    pub now: DateTime<Utc>,
    /// How long it lives, in seconds.
    pub seconds: i64,
}

/// The tenant of consumers' accounts, which no organization is (graph.md §1).
pub const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The issuer of a tenant's v2.0 tokens.
pub fn issuer(base: &str, tenant: &str) -> String {
    format!("{base}/{tenant}/v2.0")
}

/// The issuer of a tenant's v1.0 tokens, which Graph's access tokens are.
pub fn issuer_v1(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

fn dates(issue: &Issue<'_>) -> Value {
    // Microsoft dates a token five minutes back for clocks that are behind.
    let back = (issue.now - TimeDelta::minutes(5)).timestamp();
    json!({ "iat": back, "nbf": back, "exp": issue.now.timestamp() + issue.seconds, "uti": uti() })
}

fn uti() -> String {
    URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes())
}

fn merged(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}

/// The application's service principal in a tenant.
pub fn service_principal(tenant: Uuid, client: &str) -> Uuid {
    id_of(&format!("service principal of {client} in {tenant}"))
}

/// An access token of the application itself. Without any role there is no `roles` claim, and that is no error.
pub fn of_application(directory: &Directory, audience: &str, issue: &Issue<'_>) -> Value {
    let (tenant, own) = (directory.id, service_principal(directory.id, issue.client));
    let mut claims = json!({
        "aud": audience, "iss": issuer_v1(&tenant.to_string()), "tid": tenant, "appid": issue.client,
        "appidacr": "1", "idtyp": "app", "oid": own, "sub": own, "ver": "1.0",
    });
    let roles = directory.roles_in_force();
    if !roles.is_empty() {
        claims["roles"] = json!(roles);
    }
    merged(claims, dates(issue))
}

/// The scope that stands for Partner Center in the name of a person.
pub const PARTNER_CENTER: &str = "https://api.partnercenter.microsoft.com/user_impersonation";

/// An access token of a person.
pub fn of_person(directory: &Directory, user: &Entity, scope: &str, issue: &Issue<'_>) -> Value {
    let audience = match has_scope(scope, PARTNER_CENTER) {
        true => "https://api.partnercenter.microsoft.com",
        false => "00000003-0000-0000-c000-000000000000",
    };
    let claims = json!({
        "aud": audience, "iss": issuer_v1(&directory.id.to_string()),
        "tid": directory.id, "appid": issue.client, "idtyp": "user", "oid": user.id(),
        "sub": pairwise(user.id(), "00000003-0000-0000-c000-000000000000"), "scp": scope,
        "upn": user.text("userPrincipalName"), "name": user.text("displayName"), "ver": "1.0",
    });
    merged(claims, dates(issue))
}

/// Whether a scope is among those that were asked for.
pub fn has_scope(scopes: &str, scope: &str) -> bool {
    scopes.split(' ').any(|asked| asked.eq_ignore_ascii_case(scope))
}

/// An id token. `name`, `preferred_username` and `oid` come with the scope `profile`, `email` with `email`.
pub fn of_sign_in(directory: &Directory, user: &Entity, scope: &str, nonce: Option<&str>, issue: &Issue<'_>) -> Value {
    let tenant = directory.id.to_string();
    let mut claims = json!({
        "aud": issue.client, "iss": issuer(issue.base, &tenant), "tid": tenant,
        "sub": pairwise(user.id(), issue.client), "ver": "2.0",
    });
    let mut put = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            claims[name] = json!(value);
        }
    };
    put("nonce", nonce);
    if has_scope(scope, "profile") {
        put("oid", Some(user.id()));
        put("name", user.text("displayName"));
        put("preferred_username", user.text("userPrincipalName"));
    }
    if has_scope(scope, "email") {
        put("email", user.text("mail"));
    }
    let roles = Uuid::try_parse(user.id())
        .ok()
        .and_then(|id| directory.user_roles.get(&id));
    if let Some(roles) = roles.filter(|roles| !roles.is_empty()) {
        claims["roles"] = json!(roles);
    }
    merged(claims, dates(issue))
}

/// A person's `sub`: another one for each application.
fn pairwise(user: &str, client: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{user}/{client}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_another_subject_in_each_application() {
        assert_eq!(pairwise("ann", "one"), pairwise("ann", "one"));
        assert_ne!(pairwise("ann", "one"), pairwise("ann", "two"));
        assert_ne!(pairwise("ann", "one"), pairwise("ben", "one"));
    }
}
