//! What the report of registered authentication methods says of a user, and what a test changes about it (graph.md §5).

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::change::{ChangeError, stamp};
use super::directory::{Directory, PREMIUM_PLANS};
use super::entity::Entity;
use super::schema::Kind;

/// What counts as a strong method: an email address or a security question resets a password and no more.
const WEAK: [&str; 2] = ["email", "securityQuestion"];

/// The report's entry for a user with these methods.
pub fn registration(id: Uuid, user: &Entity, methods: &[&str], updated: DateTime<Utc>) -> Entity {
    let strong = methods.iter().any(|method| !WEAK.contains(method));
    let has = |method: &str| methods.contains(&method);
    let passwordless = ["fido2", "passKeyDeviceBound", "windowsHelloForBusiness"];
    let preferences = [
        ("microsoftAuthenticatorPush", "push"),
        ("softwareOneTimePasscode", "oath"),
        ("mobilePhone", "sms"),
    ];
    let preferred = preferences
        .into_iter()
        .find(|(method, _)| has(method))
        .map_or("none", |(_, preferred)| preferred);
    let entity = Entity::new(Kind::Registration)
        .with("id", id.to_string())
        .with("isAdmin", false)
        .with("isMfaCapable", strong)
        .with("isMfaRegistered", strong)
        .with("isPasswordlessCapable", passwordless.into_iter().any(has))
        .with("isSsprCapable", false)
        .with("isSsprEnabled", false)
        .with("isSsprRegistered", methods.len() > 1)
        .with("isSystemPreferredAuthenticationMethodEnabled", true)
        .with("lastUpdatedDateTime", stamp(updated))
        .with("methodsRegistered", json!(methods))
        .with("systemPreferredAuthenticationMethods", json!([]))
        .with("userPreferredMethodForSecondaryAuthentication", preferred);
    named(entity, user)
}

/// The report repeats what the user is called.
fn named(entity: Entity, user: &Entity) -> Entity {
    let text = |name| user.text(name).unwrap_or_default().to_owned();
    entity
        .with("userDisplayName", text("displayName"))
        .with("userPrincipalName", text("userPrincipalName"))
        .with(
            "userType",
            user.text("userType").unwrap_or("Member").to_ascii_lowercase(),
        )
}

impl Directory {
    /// Merges properties into a user's entry, which is made if there is none. `methodsRegistered` alone settles what
    /// follows from it.
    pub fn patch_registration(
        &mut self,
        key: &str,
        map: &Map<String, Value>,
        now: DateTime<Utc>,
    ) -> Result<Uuid, ChangeError> {
        let (id, user) = self
            .user(key)
            .ok_or_else(|| ChangeError::NotFound("user", key.to_owned()))?;
        let mut entity = match (map.get("methodsRegistered"), self.registrations.get(&id)) {
            (None, Some(held)) => held.clone(),
            (methods, _) => {
                let methods = methods.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                let methods: Vec<_> = methods.iter().filter_map(Value::as_str).collect();
                registration(id, user, &methods, now)
            }
        };
        for (name, value) in map.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("id")) {
            entity.set(name, value)?;
        }
        self.registrations.insert(id, entity);
        Ok(id)
    }

    /// Takes a user out of the report, as if it had not been made for them yet.
    pub fn remove_registration(&mut self, key: &str) -> Result<Uuid, ChangeError> {
        let (id, _) = self
            .user(key)
            .ok_or_else(|| ChangeError::NotFound("user", key.to_owned()))?;
        self.registrations.remove(&id);
        Ok(id)
    }

    pub(super) fn rename_registration(&mut self, id: Uuid, user: &Entity) {
        if let Some(entity) = self.registrations.remove(&id) {
            self.registrations.insert(id, named(entity, user));
        }
    }

    /// Gives the tenant Entra ID P1, by a subscription of its own, or takes every plan that holds it out of what it has
    /// subscribed to.
    pub fn set_premium(&mut self, premium: bool) {
        if premium == self.premium() {
            return;
        }
        if premium {
            self.skus.push(crate::generate::entra_p1(self.id));
            return;
        }
        let skus = std::mem::take(&mut self.skus);
        self.skus = skus
            .into_iter()
            .map(|sku| {
                let plans = sku.list("servicePlans").iter();
                let kept: Vec<_> = plans
                    .filter(|plan| {
                        plan["servicePlanId"]
                            .as_str()
                            .is_none_or(|id| !PREMIUM_PLANS.contains(&id))
                    })
                    .cloned()
                    .collect();
                sku.with("servicePlans", kept)
            })
            .filter(|sku| sku.text("skuPartNumber") != Some("AAD_PREMIUM"))
            .collect();
    }
}
