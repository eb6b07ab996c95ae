//! What the directory holds, in the form of the model: every column of every account, the deleted ones among them.

use super::{
    microsoft::{Id, Microsoft},
    real::Real,
};
use crate::tests::engine::expected::{address, folded, groups_of, kept, text};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What an account's row has to say, as a JSON object of all its columns but these: whose it is, what tells of the row
/// and not of the account (its hash, and as of which version it is), the groups, and when it was deleted and whether that
/// is a guess, which stand apart. Since when it is disabled we tell by our own clock, so that here it is only whether.
const ROWS: &str = "
    select id, deleted_at is null,
           to_jsonb(u) - '{microsoft_tenant_id,row_hash,changed_version,deleted_at,undated}'::text[]
               || jsonb_build_object('disabled_at', disabled_at is not null),
           coalesce((select groups from directory_user_groups g
                     where g.microsoft_tenant_id = u.microsoft_tenant_id and g.directory_user_id = u.id), '{}')
    from directory_user u";

/// No value of the directory is longer.
const LONGEST: usize = 1_024;

/// The row of an account of which Microsoft says this.
fn row(user: &Value) -> Value {
    let cleaned = |name: &str| kept(&text(user, name), LONGEST);
    let others = user["otherMails"].as_array().into_iter().flatten();
    let others: Vec<_> = others
        .map(|mail| kept(mail.as_str().unwrap_or_default(), LONGEST))
        .collect();
    let licences = user["assignedLicenses"].as_array().into_iter().flatten();
    let licences: BTreeSet<_> = licences.map(|licence| text(licence, "skuId")).collect();
    let is_guest = text(user, "userType").eq_ignore_ascii_case("guest");
    json!({
        "id": text(user, "id"),
        "upn": cleaned("userPrincipalName"),
        "display_name": cleaned("displayName"),
        "given_name": cleaned("givenName"),
        "surname": cleaned("surname"),
        "mail": cleaned("mail"),
        "other_mails": others,
        "business_phone": kept(user["businessPhones"][0].as_str().unwrap_or_default(), LONGEST),
        "mobile_phone": cleaned("mobilePhone"),
        "street_address": cleaned("streetAddress"),
        "city": cleaned("city"),
        "state": cleaned("state"),
        "postal_code": cleaned("postalCode"),
        "job_title": cleaned("jobTitle"),
        "department": cleaned("department"),
        "office_location": cleaned("officeLocation"),
        "user_type": if is_guest { "guest" } else { "member" },
        // As Postgres writes a time in UTC.
        "created_at": text(user, "createdDateTime").replace('Z', "+00:00"),
        "disabled_at": user["accountEnabled"] == Value::Bool(false),
        "licenses": licences,
        "address_key": folded(&address(user).unwrap_or_default()),
    })
}

/// In what two rows differ, for people.
fn difference(is: &Value, ought: &Value) -> Vec<String> {
    let none = Map::new();
    let [is, ought] = [is, ought].map(|row| row.as_object().unwrap_or(&none));
    let columns: BTreeSet<_> = is.keys().chain(ought.keys()).collect();
    let differing = columns
        .into_iter()
        .filter(|column| is.get(*column) != ought.get(*column));
    differing
        .map(|column| {
            format!(
                "{column} is {:?} and ought to be {:?}",
                is.get(column),
                ought.get(column)
            )
        })
        .collect()
}

impl Real {
    /// Sees that the stand-in holds what the model has of Microsoft, and that the directory is the same.
    pub async fn compare_directory(&self, microsoft: &Microsoft) {
        let theirs = self.stage.directory().await;
        let ids = |users: &Value| -> BTreeSet<String> {
            let users = users.as_array().unwrap().iter();
            users.map(|user| text(user, "id")).filter(|id| is_ours(id)).collect()
        };
        assert_eq!(ids(&theirs["users"]), microsoft.living.keys().cloned().collect());
        assert_eq!(ids(&theirs["deletedUsers"]), microsoft.bin.keys().cloned().collect());
        let rows: Vec<(Uuid, bool, Value, Vec<Uuid>)> = sqlx::query_as(ROWS).fetch_all(&self.stage.pool).await.unwrap();
        let (living, deleted): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, is_living, ..)| *is_living);
        let living: BTreeMap<Id, _> = living
            .into_iter()
            .map(|(id, _, row, groups)| (id.to_string(), (row, groups)))
            .collect();
        assert_eq!(
            living.keys().collect::<Vec<_>>(),
            microsoft.living.keys().collect::<Vec<_>>(),
            "who lives"
        );
        let groups = groups_of(&microsoft.dump());
        for (id, user) in &microsoft.living {
            let (is, in_groups) = &living[id];
            let wrong = difference(is, &row(user));
            assert!(wrong.is_empty(), "the directory has of {id}: {wrong:#?}");
            let ours = in_groups.iter().map(Uuid::to_string).filter(|id| is_ours(id));
            let of_user = groups.get(id).cloned().unwrap_or_default();
            assert_eq!(ours.collect::<BTreeSet<_>>(), of_user, "the groups of {id}");
        }
        self.compare_deleted(
            microsoft,
            deleted.into_iter().map(|(id, _, row, _)| (id.to_string(), row)),
        );
        self.compare_groups(microsoft).await;
    }

    /// Whoever is gone is as they were when they were last seen. Their groups are not looked at, as Microsoft keeps a
    /// deleted account in them unseen; the times are those of the recycle bin or our own. A run that was cut off may have
    /// seen somebody whom no whole run did, or later than the last whole one.
    fn compare_deleted(&self, microsoft: &Microsoft, rows: impl Iterator<Item = (Id, Value)>) {
        let rows: BTreeMap<_, _> = rows.collect();
        let seen = &self.customers.directory.users;
        let gone = seen.iter().filter(|(_, (_, is_living))| !is_living);
        for (id, _) in gone {
            assert!(
                rows.contains_key(id),
                "{id} was seen, is gone, and is not in the directory"
            );
        }
        for (id, is) in &rows {
            let states = microsoft.ever.get(id).map(Vec::as_slice).unwrap_or_default();
            let since = seen
                .get(id)
                .and_then(|(last, _)| states.iter().position(|state| state == last));
            let may_be = &states[since.unwrap_or_default()..];
            assert!(
                may_be.iter().any(|state| difference(is, &row(state)).is_empty()),
                "{id} is gone, and the directory has {is:#} of it, which it was not when it was seen: {may_be:#?}"
            );
        }
    }

    async fn compare_groups(&self, microsoft: &Microsoft) {
        let rows: Vec<(Uuid, String)> = sqlx::query_as("select id, name from directory_group where gone_at is null")
            .fetch_all(&self.stage.pool)
            .await
            .unwrap();
        let rows = rows.into_iter().map(|(id, name)| (id.to_string(), name));
        let is: BTreeMap<_, _> = rows.filter(|(id, _)| is_ours(id)).collect();
        let ought = microsoft.groups_by_name();
        assert_eq!(is, ought, "the groups of the directory");
    }
}

/// The stand-in has a few accounts in its recycle bin, and the stage has groups, that the histories know nothing of.
fn is_ours(id: &str) -> bool {
    id.starts_with("a0000000") || id.starts_with("b0000000")
}
