//! Letting somebody of elsewhere in: an account that waits for whoever has its address there.

use super::admit::{realm_of_issuer, realm_of_tenant};
use crate::{
    api::ApiError,
    model::{access::Role, audit::Actor, ids::AccountId, sign_in::ProviderKind},
    server::settings::SignInSettings,
    store::{account::Account, identity},
};
use sqlx::PgPool;
use uuid::Uuid;

/// The place that somebody is invited from: the only one there is, or the one that is named. The sentence of an error says
/// what to write.
pub fn realm(settings: &SignInSettings, from: Option<&str>) -> Result<String, String> {
    let realms = settings.realms();
    let wanted = match (from, realms.as_slice()) {
        (None, []) => {
            return Err(
                "nobody of elsewhere may sign in: set ENTRAIN_MICROSOFT_SIGN_IN_TENANTS or ENTRAIN_OIDC_ISSUER".into(),
            );
        }
        (None, [only]) => return Ok(only.clone()),
        (None, _) => return Err(format!("say from where with --from; there are {}", realms.join(", "))),
        (Some(from), _) => match from.parse::<Uuid>() {
            Ok(tenant) => realm_of_tenant(tenant),
            Err(_) => match &settings.provider {
                Some(other) if from == ProviderKind::Openid.key() => realm_of_issuer(&other.issuer),
                _ => from.to_owned(),
            },
        },
    };
    if realms.contains(&wanted) {
        Ok(wanted)
    } else {
        let known = if realms.is_empty() {
            "none".to_owned()
        } else {
            realms.join(", ")
        };
        Err(format!("nobody may sign in from {wanted}; the settings name {known}"))
    }
}

/// Has the account with an email wait for its owner, and adds it where there is none.
pub async fn invite(pool: &PgPool, email: &str, name: &str, role: Role, realm: &str) -> Result<(), ApiError> {
    if !email.contains('@') {
        return Err(ApiError::Refused(format!("\"{email}\" is no address to sign in with.")));
    }
    let account = Account {
        id: AccountId(Uuid::now_v7()),
        email: email.trim().to_owned(),
        name: Some(name.trim())
            .filter(|name| !name.is_empty())
            .unwrap_or(email)
            .to_owned(),
        role,
    };
    let actor = Actor::command("entrain admin invite");
    Ok(identity::invite(pool, &actor, &account, realm).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::settings::OidcSettings;

    #[test]
    fn an_invitation_names_one_of_the_places_that_people_may_come_from() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let of = |tenants: &[Uuid]| SignInSettings {
            tenants: tenants.to_vec(),
            ..SignInSettings::default()
        };
        let first = format!("microsoft:{one}");
        assert_eq!(realm(&of(&[one]), None).unwrap(), first);
        assert_eq!(realm(&of(&[one, two]), Some(&one.to_string())).unwrap(), first);
        assert_eq!(realm(&of(&[one, two]), Some(&first)).unwrap(), first);
        assert!(realm(&of(&[one, two]), None).unwrap_err().contains("--from"));
        assert!(realm(&of(&[one]), Some("openid")).unwrap_err().contains(&first));
        assert!(realm(&of(&[]), None).unwrap_err().contains("ENTRAIN_OIDC_ISSUER"));
        let both = SignInSettings {
            provider: Some(OidcSettings {
                issuer: "https://id.example".into(),
                client_id: "entrain".into(),
                client_secret: "secret".into(),
                name: "ID".into(),
            }),
            ..of(&[one])
        };
        assert_eq!(realm(&both, Some("openid")).unwrap(), "openid:https://id.example");
        assert!(realm(&both, Some("openid:https://other.example")).is_err());
    }
}
