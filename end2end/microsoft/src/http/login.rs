//! The sign-in half of the cloud, Microsoft Entra ID: metadata, tokens, sign-in and admin consent, below
//! `/{tenant}/...` for a tenant's id, each of its domains, `organizations` and `common` (graph.md §1).
//!
//! Left out, as nothing here needs them: refresh tokens, device codes, `response_mode=fragment`, sessions (so
//! `prompt=none` never finds anybody signed in), the v1.0 pages for people.

mod authorize;
mod consent;
mod failure;
mod metadata;
mod page;
mod token;

use uuid::Uuid;

pub use failure::ordered;

use super::{Ask, Reply};
use crate::cloud::Cloud;
use crate::identity::signing::{SigningError, SigningKey};
use crate::model::directory::Directory;
use crate::protocol::query::{decode, pairs};
use failure::Failure;

/// Which generation of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// What a path of sign-in is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Token(Version),
    Authorize,
    Logout,
    AdminConsent(Version),
    Metadata(Version),
    Keys(Version),
    Instance,
}

/// A path of sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// The tenant as the path writes it.
    pub tenant: &'a str,
    endpoint: Endpoint,
}

impl Route<'_> {
    /// Whether this is the token endpoint.
    pub fn is_token(&self) -> bool {
        matches!(self.endpoint, Endpoint::Token(_))
    }
}

/// The path of sign-in that this is, if it is one.
pub fn route(path: &str) -> Option<Route<'_>> {
    let (tenant, rest) = path.strip_prefix('/')?.split_once('/')?;
    if tenant.is_empty() || ["v1.0", "beta"].iter().any(|graph| tenant.eq_ignore_ascii_case(graph)) {
        return None;
    }
    let endpoint = match rest.to_ascii_lowercase().as_str() {
        "oauth2/v2.0/token" => Endpoint::Token(Version::V2),
        "oauth2/token" => Endpoint::Token(Version::V1),
        "oauth2/v2.0/authorize" => Endpoint::Authorize,
        "oauth2/v2.0/logout" => Endpoint::Logout,
        "v2.0/adminconsent" => Endpoint::AdminConsent(Version::V2),
        "adminconsent" => Endpoint::AdminConsent(Version::V1),
        "v2.0/.well-known/openid-configuration" => Endpoint::Metadata(Version::V2),
        ".well-known/openid-configuration" => Endpoint::Metadata(Version::V1),
        "discovery/v2.0/keys" => Endpoint::Keys(Version::V2),
        "discovery/keys" => Endpoint::Keys(Version::V1),
        "discovery/instance" if tenant.eq_ignore_ascii_case("common") => Endpoint::Instance,
        _ => return None,
    };
    Some(Route { tenant, endpoint })
}

/// The tenant part of a token endpoint's path; nothing for other paths.
pub fn tenant(path: &str) -> Option<&str> {
    route(path).filter(Route::is_token).map(|route| route.tenant)
}

/// The answer to a request for sign-in.
pub async fn answer(cloud: &Cloud, ask: &Ask, route: Route<'_>) -> Reply {
    let keys = match Keys::of(cloud, ask, route).await {
        Ok(keys) => keys,
        Err(error) => return Failure::internal(&error).reply(ask),
    };
    let tenant = decode(route.tenant, false);
    let answered = match route.endpoint {
        Endpoint::Token(version) => token::answer(cloud, keys, ask, &tenant, version),
        Endpoint::Metadata(version) => metadata::openid(cloud, ask, &tenant, version),
        Endpoint::Keys(version) => metadata::keys(cloud, ask, keys, &tenant, version),
        Endpoint::Instance => metadata::instance(ask),
        Endpoint::Authorize => return authorize::answer(cloud, ask, &tenant),
        Endpoint::Logout => return authorize::logout(cloud, ask),
        Endpoint::AdminConsent(version) => return consent::answer(cloud, ask, &tenant, version),
    };
    answered.unwrap_or_else(|failure| failure.reply(ask))
}

/// The keys that an answer takes. The second one takes a while to be made, and few need it.
#[derive(Debug, Clone, Copy)]
struct Keys<'a> {
    own: &'a SigningKey,
    consumers: Option<&'a SigningKey>,
}

impl<'a> Keys<'a> {
    async fn of(cloud: &'a Cloud, ask: &Ask, route: Route<'_>) -> Result<Self, SigningError> {
        let both = ask.forgery.is_some() || route.endpoint == Endpoint::Keys(Version::V2);
        let consumers = match both {
            true => Some(cloud.consumer_key().await?),
            false => None,
        };
        let own = cloud.key().await?;
        Ok(Self { own, consumers })
    }
}

/// Whom a path's tenant part means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Realm {
    /// `organizations` or `common`: whichever tenant the person is of.
    Any,
    /// One tenant.
    One(Uuid),
}

impl Realm {
    /// The realm; `error` is what an unknown tenant is called, which differs between the endpoints.
    fn find(cloud: &Cloud, tenant: &str, error: &'static str) -> Result<Self, Failure> {
        if ["organizations", "common"]
            .iter()
            .any(|any| tenant.eq_ignore_ascii_case(any))
        {
            return Ok(Self::Any);
        }
        let directories = cloud.directories();
        let found = directories.iter().find(|directory| is_called(directory, tenant));
        found
            .map(|directory| Self::One(directory.id))
            .ok_or_else(|| Failure::no_tenant(tenant, error))
    }

    /// Whether a tenant is within it.
    fn holds(self, tenant: Uuid) -> bool {
        self == Self::Any || self == Self::One(tenant)
    }
}

/// Whether Microsoft would know the tenant by this: ids and domains. A short name is our own way of speaking.
fn is_called(directory: &Directory, tenant: &str) -> bool {
    Uuid::try_parse(tenant).is_ok_and(|id| id == directory.id)
        || directory
            .domains
            .iter()
            .any(|domain| domain.id().eq_ignore_ascii_case(tenant))
}

/// What a tenant calls itself.
fn display_name(directory: &Directory) -> &str {
    directory.organization.text("displayName").unwrap_or_default()
}

/// The fields of a form or a query; an empty one counts as missing.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn of_form(ask: &Ask) -> Self {
        Self(pairs(&String::from_utf8_lossy(&ask.form)).collect())
    }

    fn of_query(ask: &Ask) -> Self {
        Self(pairs(&ask.query).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn need(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| Failure::missing(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_sign_in_and_of_graph_are_told_apart() {
        let endpoint = |path| route(path).map(|route| route.endpoint);
        assert_eq!(
            endpoint("/contoso.example/oauth2/v2.0/token"),
            Some(Endpoint::Token(Version::V2))
        );
        assert_eq!(endpoint("/common/discovery/instance"), Some(Endpoint::Instance));
        assert_eq!(endpoint("/contoso.example/discovery/instance"), None);
        assert_eq!(endpoint("/v1.0/adminconsent"), None);
        assert_eq!(endpoint("/v1.0/users"), None);
        assert_eq!(tenant("/x/oauth2/v2.0/token"), Some("x"));
        assert_eq!(tenant("/x/adminconsent"), None);
    }
}
