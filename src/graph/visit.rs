//! What a browser is sent to Microsoft for: the addresses of consent and sign-in, and what names a tenant.

use super::{
    client::GraphClient,
    error::{GraphError, GraphErrorKind},
    persist::persist,
    settings::append,
    transport::Connection,
};
use reqwest::{Method, Request};
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

/// The properties of an OpenID configuration that are looked at.
#[derive(Deserialize)]
struct Configuration {
    issuer: String,
}

impl GraphClient {
    /// The id of a tenant by its id or one of its domains, as the public OpenID configuration tells it
    /// (learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
    pub async fn tenant_id(&self, tenant: &str) -> Result<Uuid, GraphError> {
        let tenant = tenant.trim().to_lowercase();
        if let Ok(id) = tenant.parse() {
            return Ok(id);
        }
        super::tokens::check_tenant(&tenant)?;
        let path = [tenant.as_str(), "v2.0", ".well-known", "openid-configuration"];
        let url = append(self.login_url(), &path);
        let answer = persist(false, async |connection: Connection| {
            let request = Request::new(Method::GET, url.clone());
            let answer = self.transport().send(request, connection).await?;
            if answer.is_success() {
                Ok(answer)
            } else {
                Err(answer.token_error())
            }
        })
        .await?;
        let configuration: Configuration = answer.decode()?;
        id_of_issuer(&configuration.issuer).ok_or_else(|| {
            let message = "the answer does not say which tenant it is about";
            answer.error(GraphErrorKind::Decode, None, message)
        })
    }

    /// Where an administrator consents to everything that the app registration asks for
    /// (learn.microsoft.com/entra/identity-platform/v2-admin-consent). Without a tenant Microsoft takes that of whoever
    /// signs in.
    pub fn consent_address(&self, tenant: Option<Uuid>, back: &Url, state: &str) -> Url {
        let tenant = tenant.map_or_else(|| "organizations".to_owned(), |id| id.to_string());
        let mut url = append(self.login_url(), &[&tenant, "v2.0", "adminconsent"]);
        url.query_pairs_mut()
            .append_pair("client_id", self.client_id())
            .append_pair("scope", &self.scope())
            .append_pair("redirect_uri", back.as_str())
            .append_pair("state", state);
        url
    }

    /// Where somebody of a tenant signs in, so that we may act for them with one scope
    /// (learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, with PKCE).
    pub fn sign_in_address(&self, tenant: Uuid, scope: &str, back: &Url, state: &str, challenge: &str) -> Url {
        let mut url = append(self.login_url(), &[&tenant.to_string(), "oauth2", "v2.0", "authorize"]);
        url.query_pairs_mut()
            .append_pair("client_id", self.client_id())
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("scope", scope)
            .append_pair("redirect_uri", back.as_str())
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("prompt", "select_account");
        url
    }
}

/// `https://login.microsoftonline.com/{id}/v2.0`
fn id_of_issuer(issuer: &str) -> Option<Uuid> {
    let url = Url::parse(issuer).ok()?;
    url.path_segments()?.find_map(|segment| segment.parse().ok())
}

/// What Microsoft's words in an address mean for an administrator: the remedy of the AADSTS code in them, if there is
/// one that we know. For people; whether it failed is told by `error` alone.
pub fn remedy_of_description(description: &str) -> Option<String> {
    let digits = description.split_once("AADSTS")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let code = digits[..end].parse().ok()?;
    Some(match super::aadsts::advice(code) {
        Some(advice) => format!("{} (AADSTS{code})", advice.remedy),
        None => format!("Microsoft explains it at {}.", super::aadsts::lookup_page(code)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_names_its_tenant() {
        let id = "84841066-274d-4ec0-a5c1-276be684bdd3";
        let found = id_of_issuer(&format!("https://login.microsoftonline.com/{id}/v2.0"));
        assert_eq!(found.unwrap().to_string(), id);
        assert_eq!(id_of_issuer("https://login.microsoftonline.com/{tenantid}/v2.0"), None);
        assert_eq!(id_of_issuer("nothing"), None);
    }

    #[test]
    fn microsofts_words_are_explained_by_their_code() {
        let words = |text| remedy_of_description(text).unwrap_or_default();
        assert!(words("AADSTS65004: User declined.\r\nTrace ID: x").contains("declined"));
        assert!(words("AADSTS90094: The grant needs admin").contains("Global Administrator"));
        assert!(words("AADSTS900382: cross cloud").contains("national cloud"));
        assert!(words("AADSTS1: x").contains("error?code=1"));
        assert_eq!(remedy_of_description("The admin canceled the request"), None);
    }
}
