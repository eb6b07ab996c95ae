//! What clients read before they sign in: OpenID Connect metadata, the public keys, and instance discovery.

use serde_json::{Value, json};
use url::Url;

use super::super::{Ask, PLAIN_JSON, Reply};
use super::failure::Failure;
use super::{Keys, Realm, Version};
use crate::cloud::Cloud;
use crate::identity::claims;
use crate::identity::registration::is_loopback;
use crate::protocol::query::pairs;

fn ok(body: &Value) -> Reply {
    Reply::json(200, PLAIN_JSON, body)
}

/// The realm of a path and how its issuer calls the tenant: literally `{tenantid}` where any tenant is meant.
fn named(cloud: &Cloud, tenant: &str) -> Result<(String, String), Failure> {
    match Realm::find(cloud, tenant, "invalid_tenant")? {
        Realm::Any => Ok((tenant.to_ascii_lowercase(), "{tenantid}".to_owned())),
        Realm::One(id) => Ok((id.to_string(), id.to_string())),
    }
}

/// The OpenID Connect metadata. A domain is answered with the tenant's id in every address.
pub fn openid(cloud: &Cloud, ask: &Ask, tenant: &str, version: Version) -> Result<Reply, Failure> {
    let (segment, issued) = named(cloud, tenant)?;
    let base = &ask.base;
    let host = base.split_once("://").map_or("", |(_, host)| host);
    let (issuer, keys, oauth) = match version {
        Version::V1 => (claims::issuer_v1(&issued), "discovery/keys", "oauth2"),
        Version::V2 => (claims::issuer(base, &issued), "discovery/v2.0/keys", "oauth2/v2.0"),
    };
    let mut body = json!({
        "token_endpoint": format!("{base}/{segment}/{oauth}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/{segment}/{keys}"),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        // Only v2.0 has pages for people here, so both documents lead to them.
        "authorization_endpoint": format!("{base}/{segment}/oauth2/v2.0/authorize"),
        "end_session_endpoint": format!("{base}/{segment}/oauth2/v2.0/logout"),
        "response_modes_supported": ["query", "form_post"],
        "response_types_supported": ["code"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name",
            "tid", "oid", "ver", "email", "roles"],
        "tenant_region_scope": null,
        "cloud_instance_name": host,
        "cloud_graph_host_name": host,
        "msgraph_host": host,
    });
    if version == Version::V2 {
        body["code_challenge_methods_supported"] = json!(["S256"]);
    }
    Ok(ok(&body))
}

/// The public keys. Where any tenant is meant, the key for consumers' accounts is among them, with their tenant as its
/// issuer (`manual-discovery-keys-1`).
pub fn keys(cloud: &Cloud, ask: &Ask, keys: Keys<'_>, tenant: &str, version: Version) -> Result<Reply, Failure> {
    let (segment, issued) = named(cloud, tenant)?;
    let issuer = (version == Version::V2).then(|| claims::issuer(&ask.base, &issued));
    let mut published = vec![keys.own.published(issuer.as_deref())];
    if let Some(consumers) = keys.consumers.filter(|_| segment != issued) {
        published.push(consumers.published(Some(&claims::issuer(&ask.base, claims::CONSUMERS))));
    }
    Ok(ok(&json!({ "keys": published })))
}

/// Instance discovery: whether a host is one of the cloud's own, and by which names it goes. It is asked of any host
/// and about any host; only the one asked, and this machine's names, are ours.
pub fn instance(ask: &Ask) -> Result<Reply, Failure> {
    let endpoint = pairs(&ask.query).find(|(name, _)| name == "authorization_endpoint");
    let (_, endpoint) = endpoint.ok_or_else(|| Failure::missing("authorization_endpoint"))?;
    let invalid = || {
        let text = "Unknown or invalid instance.";
        Failure::new(400, "invalid_instance", 50049, text)
    };
    let url = Url::parse(&endpoint).map_err(|_| invalid())?;
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let asked = format!("{}{port}", url.host_str().unwrap_or_default());
    let own = ask.base.split_once("://").map_or("", |(_, host)| host);
    if !asked.eq_ignore_ascii_case(own) && !is_loopback(&format!("http://{asked}")) {
        return Err(invalid());
    }
    let tenant = url
        .path_segments()
        .and_then(|mut segments| segments.next())
        .unwrap_or("common");
    Ok(ok(&json!({
        "tenant_discovery_endpoint":
            format!("{}://{asked}/{tenant}/v2.0/.well-known/openid-configuration", url.scheme()),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": asked, "preferred_cache": asked, "aliases": [asked] }],
    })))
}
