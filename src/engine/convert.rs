//! From what Graph sends to what the directory holds.

use crate::{
    graph,
    model::{
        directory::{DirectoryUser, UserType},
        ids::{DirectoryUserId, SkuId},
    },
    store::{
        directory::HashedUser,
        directory_fact::{MfaRegistration, SignIn},
        subscribed_sku::Sku,
    },
    sync::{
        address::address_of,
        normalise::{self, clean},
    },
};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// No directory value is longer; what is cut for the End User's columns is cut later.
const MAX: usize = 1_024;

/// A user of the directory. Graph does not tell since when an account is disabled, so it is `now` if it is.
///
/// A missing `accountEnabled` is not "disabled", and missing licences are not "none": unreadable is never "no".
pub fn user(user: &graph::User, now: DateTime<Utc>) -> HashedUser {
    let text = |value: &Option<String>| value.as_deref().map(|value| clean(value, MAX)).unwrap_or_default();
    let told = user.assigned_licenses.items();
    let mut licenses: Vec<_> = told
        .into_iter()
        .flatten()
        .map(|license| SkuId(license.sku_id))
        .collect();
    licenses.sort_unstable();
    licenses.dedup();
    let user = DirectoryUser {
        id: DirectoryUserId(user.id),
        upn: text(&user.user_principal_name),
        display_name: text(&user.display_name),
        given_name: text(&user.given_name),
        surname: text(&user.surname),
        mail: text(&user.mail),
        other_mails: user.other_mails.iter().map(|mail| clean(mail, MAX)).collect(),
        business_phone: user
            .business_phones
            .first()
            .map(|phone| clean(phone, MAX))
            .unwrap_or_default(),
        mobile_phone: text(&user.mobile_phone),
        street_address: text(&user.street_address),
        city: text(&user.city),
        state: text(&user.state),
        postal_code: text(&user.postal_code),
        job_title: text(&user.job_title),
        department: text(&user.department),
        office_location: text(&user.office_location),
        user_type: match &user.user_type {
            Some(kind) if kind.eq_ignore_ascii_case("guest") => UserType::Guest,
            _ => UserType::Member,
        },
        created_at: user.created_date_time,
        disabled_at: (user.account_enabled == Some(false)).then_some(now),
        deleted_at: user.deleted_date_time,
        licenses,
        groups: vec![],
    };
    HashedUser {
        row_hash: hash(&user, told.is_some()),
        address_key: address_of(&user).map(|address| address.key).unwrap_or_default(),
        user,
        licenses_told: told.is_some(),
    }
}

/// 128 bits over the row and the version of the normaliser. The time of first being seen disabled is not Microsoft's
/// word and not part of it.
fn hash(user: &DirectoryUser, licenses_told: bool) -> Uuid {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(&normalise::VERSION.to_le_bytes());
    for text in [
        &user.upn,
        &user.display_name,
        &user.given_name,
        &user.surname,
        &user.mail,
        &user.business_phone,
        &user.mobile_phone,
        &user.street_address,
        &user.city,
        &user.state,
        &user.postal_code,
        &user.job_title,
        &user.department,
        &user.office_location,
    ] {
        part(text.as_bytes());
    }
    part(&user.other_mails.len().to_le_bytes());
    for mail in &user.other_mails {
        part(mail.as_bytes());
    }
    part(user.user_type.key().as_bytes());
    part(&[u8::from(user.disabled_at.is_some())]);
    for time in [user.created_at, user.deleted_at] {
        part(&time.map_or(i64::MIN, |time| time.timestamp_micros()).to_le_bytes());
    }
    for license in &user.licenses {
        part(license.0.as_bytes());
    }
    // Or a later word that there are none would look like nothing new.
    if !licenses_told {
        part(b"licences not told");
    }
    let digest = hasher.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(first)
}

/// A subscribed product that can be assigned to users.
pub fn sku(sku: &graph::SubscribedSku) -> Sku {
    let units = |n: Option<i64>| i32::try_from(n.unwrap_or_default().max(0)).unwrap_or(i32::MAX);
    Sku {
        id: SkuId(sku.sku_id),
        part_number: sku
            .sku_part_number
            .as_deref()
            .map(|name| clean(name, MAX))
            .unwrap_or_default(),
        used: units(sku.consumed_units),
        total: units(sku.prepaid_units.as_ref().and_then(|prepaid| prepaid.enabled)),
    }
}

/// Sign-in activity; absent for who never signed in. Microsoft tells two kinds of attempts, and the later one counts.
pub fn sign_in(user: &graph::UserActivity) -> SignIn {
    let activity = user.sign_in_activity.clone().unwrap_or_default();
    SignIn {
        id: DirectoryUserId(user.id),
        successful_at: activity.last_successful_sign_in_date_time,
        attempted_at: activity
            .last_sign_in_date_time
            .max(activity.last_non_interactive_sign_in_date_time),
    }
}

/// MFA registration; nothing where Microsoft does not say whether a method is registered.
pub fn mfa(details: &graph::UserRegistrationDetails) -> Option<MfaRegistration> {
    let mut methods: Vec<_> = details.methods_registered.iter().map(|name| clean(name, 64)).collect();
    methods.sort();
    methods.dedup();
    Some(MfaRegistration {
        id: DirectoryUserId(details.id),
        is_registered: details.is_mfa_registered?,
        methods,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> HashedUser {
        user(&serde_json::from_value(json).unwrap(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn missing_account_enabled_is_not_disabled_and_a_missing_type_is_a_member() {
        let read = read(serde_json::json!({ "id": "00000000-0000-0000-0000-000000000001" })).user;
        assert!(read.is_enabled());
        assert_eq!(read.user_type, UserType::Member);
    }

    #[test]
    fn licences_that_were_not_told_are_not_none_and_told_none_is_news_after_them() {
        let with = |licenses: serde_json::Value| {
            read(serde_json::json!({ "id": "00000000-0000-0000-0000-000000000001", "assignedLicenses": licenses }))
        };
        let (untold, none) = (with(serde_json::Value::Null), with(serde_json::json!([])));
        assert!(!untold.licenses_told && none.licenses_told);
        assert_ne!(untold.row_hash, none.row_hash);
        let held = Some(none.row_hash);
        assert!(untold.licenses_unknown(None) && !untold.licenses_unknown(held) && !none.licenses_unknown(None));
    }

    #[test]
    fn the_hash_changes_with_a_value_and_not_with_the_hour() {
        let json = |name: &str| {
            serde_json::json!({
                "id": "00000000-0000-0000-0000-000000000001", "displayName": name, "accountEnabled": false
            })
        };
        let later = DateTime::UNIX_EPOCH + chrono::Duration::days(9);
        let again = user(&serde_json::from_value(json("Ana")).unwrap(), later);
        assert_eq!(read(json("Ana")).row_hash, again.row_hash);
        assert_ne!(read(json("Ana")).row_hash, read(json("Anna")).row_hash);
    }
}
