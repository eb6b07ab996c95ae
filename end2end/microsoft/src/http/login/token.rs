//! The token endpoint (graph.md §1): client credentials and authorization codes. The tenant is looked up first, then
//! the application, then what proves it, then what it asks for, and the first that is wrong is named.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{Ask, PLAIN_JSON, Reply};
use super::failure::Failure;
use super::{Fields, Keys, Realm, Version, display_name, is_called};
use crate::cloud::Cloud;
use crate::identity::assertion::{self, AssertionError};
use crate::identity::claims::{self, Issue, has_scope};
use crate::identity::code::{Authorization, CodeError};
use crate::identity::forgery::Material;
use crate::identity::registration::{SecretState, is_loopback};
use crate::protocol::query::decode;
use crate::tokens::Access;

/// Hosts of Graph in every national cloud, and its application id: the resource of a scope (graph.md §1).
const GRAPH: [&str; 5] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
    "00000003-0000-0000-c000-000000000000",
];

/// The answer to a token request, or what is wrong with it.
pub fn answer(cloud: &Cloud, keys: Keys<'_>, ask: &Ask, tenant: &str, version: Version) -> Result<Reply, Failure> {
    if ask.method != "POST" {
        let text = "Endpoint only accepts POST requests. Received a GET request.";
        return Err(Failure::new(405, "invalid_request", 900_561, text));
    }
    let form = Fields::of_form(ask);
    let request = Request { cloud, keys, ask, form };
    let body = match request.form.need("grant_type")? {
        "client_credentials" => request.client_credentials(tenant, version),
        "authorization_code" if version == Version::V2 => request.authorization_code(tenant),
        other => {
            let text = format!("The app requested an unsupported grant type '{other}'.");
            Err(Failure::new(400, "unsupported_grant_type", 70003, text))
        }
    }?;
    Ok(Reply::json(200, PLAIN_JSON, &body))
}

/// A token request.
struct Request<'a> {
    cloud: &'a Cloud,
    keys: Keys<'a>,
    ask: &'a Ask,
    form: Fields,
}

impl Request<'_> {
    fn client_credentials(&self, tenant: &str, version: Version) -> Result<Value, Failure> {
        let realm = match tenant.to_ascii_lowercase().as_str() {
            "common" | "consumers" => {
                let text = "The grant type is not supported over the /common or /consumers endpoints. Please use the \
                            /organizations or tenant-specific endpoint.";
                return Err(Failure::new(400, "invalid_request", 9_001_023, text));
            }
            _ => Realm::find(self.cloud, tenant, "invalid_request")?,
        };
        let Realm::One(id) = realm else {
            let text = "No tenant-identifying information found in either the request or implied by any provided \
                        credentials.";
            return Err(Failure::new(400, "invalid_request", 50059, text));
        };
        let (client, secret) = self.client()?;
        self.known(id, &client)?;
        self.prove(&client, secret, id)?;
        let resource = match version {
            Version::V1 => self.resource(self.form.need("resource")?)?,
            Version::V2 => self.scope(self.form.need("scope")?)?,
        };
        let lifetime = self.cloud.token_lifetime.choose();
        let token = self.application_token(id, &resource, lifetime)?;
        let seconds = lifetime.as_secs();
        Ok(match version {
            Version::V1 => json!({
                "token_type": "Bearer", "expires_in": seconds.to_string(), "ext_expires_in": seconds.to_string(),
                "expires_on": (self.ask.now.timestamp() + seconds_of(lifetime)).to_string(),
                "resource": resource, "access_token": token,
            }),
            Version::V2 => json!({
                "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
            }),
        })
    }

    fn authorization_code(&self, tenant: &str) -> Result<Value, Failure> {
        let realm = Realm::find(self.cloud, tenant, "invalid_request")?;
        let (client, secret) = self.client()?;
        if !self.cloud.registration.is(&client) {
            return Err(Failure::no_application(&client, tenant));
        }
        let code = self.form.need("code")?;
        let redirect_uri = self.form.need("redirect_uri")?;
        let refused = |error: &CodeError| Failure::new(400, "invalid_grant", error.code(), error.to_string());
        let mut codes = self.cloud.codes();
        let granted = codes
            .find(code, Instant::now())
            .map_err(|error| refused(&error))?
            .clone();
        if !realm.holds(granted.tenant) {
            let text = "Provided Authorization Code is intended to use against other tenant, thus rejected.";
            return Err(Failure::new(400, "invalid_grant", 700_005, text));
        }
        // An address on this machine is registered for native applications, which have nothing to prove.
        if secret.is_some() || self.proof_is_given() || !is_loopback(&granted.redirect_uri) {
            self.prove(&client, secret, granted.tenant)?;
        }
        if redirect_uri != granted.redirect_uri {
            let text = format!(
                "The reply address '{redirect_uri}' does not match the reply address '{}' provided when requesting \
                 Authorization code.",
                granted.redirect_uri
            );
            return Err(Failure::new(400, "invalid_client", 500_112, text));
        }
        if !granted.fits(self.form.get("code_verifier")) {
            let text = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
            return Err(Failure::new(400, "invalid_grant", 501_481, text));
        }
        codes.redeem(code);
        drop(codes);
        self.person_tokens(&granted)
    }

    /// The client's id, and its secret when both come as HTTP Basic.
    fn client(&self) -> Result<(String, Option<String>), Failure> {
        match basic(self.ask) {
            Some((id, secret)) => Ok((id, Some(secret))),
            None => Ok((self.form.need("client_id")?.to_owned(), None)),
        }
    }

    /// Whether the tenant knows the application.
    fn known(&self, tenant: Uuid, client: &str) -> Result<(), Failure> {
        let directories = self.cloud.directories();
        let directory = directories.iter().find(|directory| directory.id == tenant);
        match directory {
            Some(directory)
                if directory.consent
                    && directory.works_from.is_none_or(|from| from <= self.ask.now)
                    && self.cloud.registration.is(client) =>
            {
                Ok(())
            }
            other => Err(Failure::no_application(client, other.map_or("", display_name))),
        }
    }

    fn proof_is_given(&self) -> bool {
        ["client_secret", "client_assertion"]
            .iter()
            .any(|name| self.form.get(name).is_some())
    }

    /// Whether the client is who it says.
    fn prove(&self, client: &str, basic: Option<String>, tenant: Uuid) -> Result<(), Failure> {
        if let Some(assertion) = self.form.get("client_assertion") {
            let kind = self.form.need("client_assertion_type")?;
            if kind != assertion::KIND {
                let text = format!("The client assertion type '{kind}' is not supported.");
                return Err(Failure::new(400, "invalid_request", 900_144, text));
            }
            let audience = |audience: &str| self.is_audience(audience, tenant);
            let verified = assertion::verify(assertion, &self.cloud.registration, audience, self.ask.now);
            return verified.map_err(|error| {
                let (status, name) = match error {
                    AssertionError::Malformed(_) => (400, "invalid_request"),
                    _ => (401, "invalid_client"),
                };
                Failure::new(status, name, error.code(), error.to_string())
            });
        }
        let Some(secret) = basic.or_else(|| self.form.get("client_secret").map(str::to_owned)) else {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(Failure::new(401, "invalid_client", 7_000_218, text));
        };
        match self.cloud.registration.secret(&secret, self.ask.now) {
            SecretState::Valid => Ok(()),
            SecretState::Expired => {
                let text = format!(
                    "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create \
                     new keys for your app, or consider using certificate credentials for added security."
                );
                Err(Failure::new(401, "invalid_client", 7_000_222, text))
            }
            SecretState::Unknown => {
                let text = format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                     value, not the client secret ID, for a secret added to app '{client}'."
                );
                Err(Failure::new(401, "invalid_client", 7_000_215, text))
            }
        }
    }

    /// Whether an assertion's audience is the token endpoint of this tenant, by the host that the client came to. Where
    /// the client does not know the tenant yet, the endpoint that it came to is meant, as MSAL writes it
    /// (`audience=authority.token_endpoint`, also for `/organizations`).
    fn is_audience(&self, audience: &str, tenant: Uuid) -> bool {
        let (audience, base) = (audience.to_ascii_lowercase(), self.ask.base.to_ascii_lowercase());
        let path = audience.strip_prefix(&base).and_then(|path| path.strip_prefix('/'));
        let Some((segment, rest)) = path.and_then(|path| path.split_once('/')) else {
            return false;
        };
        if self.ask.path.eq_ignore_ascii_case(&format!("/{segment}/{rest}")) && rest == "oauth2/v2.0/token" {
            return true;
        }
        let directories = self.cloud.directories();
        matches!(rest, "oauth2/v2.0/token" | "oauth2/token")
            && directories
                .iter()
                .any(|directory| directory.id == tenant && is_called(directory, segment))
    }

    /// The resource of a scope, which for an application is always its `/.default`.
    fn scope(&self, scope: &str) -> Result<String, Failure> {
        let resource = scope.strip_suffix("/.default").filter(|resource| {
            // Several scopes are separated by blanks.
            !resource.is_empty() && !resource.contains(' ')
        });
        let resource = resource.ok_or_else(|| {
            let text = format!(
                "The provided value for the input parameter 'scope' isn't valid. The scope {scope} isn't valid."
            );
            Failure::new(400, "invalid_scope", 70011, text)
        })?;
        self.resource(resource)
    }

    fn resource(&self, resource: &str) -> Result<String, Failure> {
        // A client whose Graph host is this server derives its resource from that host, on either port.
        let bare = resource.trim_end_matches('/');
        let own = host(bare).is_some_and(|name| host(&self.ask.base) == Some(name));
        if own || GRAPH.iter().any(|known| known.eq_ignore_ascii_case(bare)) {
            return Ok(resource.to_owned());
        }
        let text = format!("The resource principal named {bare} was not found in the tenant.");
        Err(Failure::new(400, "invalid_resource", 500_011, text))
    }

    fn issue(&self, lifetime: Duration) -> Issue<'_> {
        Issue {
            base: &self.ask.base,
            client: &self.cloud.registration.client_id,
            now: self.ask.now,
            seconds: seconds_of(lifetime),
        }
    }

    fn sign(&self, claims: &Value) -> Result<String, Failure> {
        self.keys.own.sign(claims).map_err(|error| Failure::internal(&error))
    }

    /// The id token, or what a fault has in its place.
    fn id_token(&self, claims: Value) -> Result<String, Failure> {
        let (Some(forgery), Some(consumers)) = (self.ask.forgery, self.keys.consumers) else {
            return self.sign(&claims);
        };
        let material = Material {
            base: &self.ask.base,
            own: self.keys.own,
            consumers,
        };
        forgery
            .token(claims, material)
            .map_err(|error| Failure::internal(&error))
    }

    fn application_token(&self, tenant: Uuid, resource: &str, lifetime: Duration) -> Result<String, Failure> {
        let directories = self.cloud.directories();
        let directory = directories.iter().find(|directory| directory.id == tenant);
        let directory = directory.ok_or_else(|| Failure::no_tenant(&tenant.to_string(), "invalid_request"))?;
        let token = self.sign(&claims::of_application(directory, resource, &self.issue(lifetime)))?;
        let access = Access {
            tenant,
            permissions: directory.permissions_in_force(),
            delegated: false,
            partner_center: None,
        };
        self.cloud.tokens().remember(&token, access, lifetime, Instant::now());
        Ok(token)
    }

    fn person_tokens(&self, granted: &Authorization) -> Result<Value, Failure> {
        let directories = self.cloud.directories();
        let directory = directories.iter().find(|directory| directory.id == granted.tenant);
        let user = directory.and_then(|directory| Some((directory, directory.users.get(&granted.user)?)));
        let (directory, user) = user.ok_or_else(|| {
            let text = "The user account has been deleted from the directory.";
            Failure::new(400, "invalid_grant", 50034, text)
        })?;
        let lifetime = self.cloud.token_lifetime.choose();
        let issue = self.issue(lifetime);
        let token = self.sign(&claims::of_person(directory, user, &granted.scope, &issue))?;
        let access = Access {
            tenant: granted.tenant,
            permissions: Default::default(),
            delegated: true,
            partner_center: has_scope(&granted.scope, claims::PARTNER_CENTER).then_some(granted.user),
        };
        self.cloud.tokens().remember(&token, access, lifetime, Instant::now());
        let mut body = json!({
            "token_type": "Bearer", "scope": granted.scope, "expires_in": lifetime.as_secs(),
            "ext_expires_in": lifetime.as_secs(), "access_token": token,
        });
        if has_scope(&granted.scope, "openid") {
            let nonce = granted.nonce.as_deref();
            let claims = claims::of_sign_in(directory, user, &granted.scope, nonce, &issue);
            body["id_token"] = json!(self.id_token(claims)?);
        }
        // MSAL asks for this beside the token, to name the account by.
        if self.form.get("client_info") == Some("1") {
            let info = json!({ "uid": user.id(), "utid": directory.id }).to_string();
            body["client_info"] = json!(URL_SAFE_NO_PAD.encode(info));
        }
        Ok(body)
    }
}

fn seconds_of(lifetime: Duration) -> i64 {
    i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX)
}

/// The host name of an address, without its port.
fn host(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    Some(rest.rsplit_once(':').map_or(rest, |(name, _)| name))
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
