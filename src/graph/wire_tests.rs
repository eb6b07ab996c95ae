use super::*;
use serde_json::{from_value, json, to_value};

const ID: &str = "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0";

fn user(property: &str, value: serde_json::Value) -> Result<User, serde_json::Error> {
    from_value(json!({"id": ID, property: value}))
}

#[test]
fn a_user_with_nothing_but_an_id_is_read() {
    let bare: User = from_value(json!({"id": ID})).unwrap();
    assert_eq!(
        bare,
        User {
            id: ID.parse().unwrap(),
            ..User::default()
        }
    );
}

#[test]
fn a_user_without_an_id_is_an_error() {
    assert!(from_value::<User>(json!({"displayName": "Adele Vance"})).is_err());
}

#[test]
fn a_null_property_reads_as_a_missing_one() {
    let mut object = to_value(User::default()).unwrap();
    let properties = object.as_object_mut().unwrap();
    // The one for which it makes a difference, in a delta.
    properties.remove("assignedLicenses");
    for (name, value) in properties {
        if name != "id" {
            *value = serde_json::Value::Null;
        }
    }
    assert_eq!(from_value::<User>(object).unwrap(), User::default());
}

#[test]
fn a_null_in_a_list_of_texts_is_left_out() {
    assert_eq!(
        user("otherMails", json!([null, "a@b.example"])).unwrap().other_mails,
        ["a@b.example"]
    );
}

#[test]
fn unknown_properties_are_ignored() {
    let read = user("@odata.type", json!("#microsoft.graph.user")).unwrap();
    assert_eq!(user("newIn2030", json!({"deep": [1]})).unwrap(), read);
}

#[test]
fn unknown_licences_differ_from_no_licences_and_in_a_delta_those_left_out_are_none() {
    let told = |value| user("assignedLicenses", value).unwrap().assigned_licenses;
    assert_eq!(
        (told(json!(null)).items(), told(json!([])).items()),
        (None, Some(&[][..]))
    );
    let left_out = user("city", json!(null)).unwrap().assigned_licenses;
    assert_eq!(left_out.items(), None);
    assert_eq!(left_out.in_delta().items(), Some(&[][..]));
    assert_eq!(told(json!(null)).in_delta().items(), None);
    let one = AssignedLicense {
        sku_id: ID.parse().unwrap(),
        disabled_plans: vec![],
    };
    assert_eq!(
        told(json!([{"skuId": ID, "disabledPlans": null}, null])).items(),
        Some(&[one][..])
    );
}

#[test]
fn a_date_is_read_in_every_plausible_spelling() {
    let expected = Some(DateTime::parse_from_rfc3339("2021-08-02T10:30:06Z").unwrap().to_utc());
    for text in [
        "2021-08-02T10:30:06Z",
        "2021-08-02t10:30:06z",
        "2021-08-02T10:30:06.0000000Z",
        "2021-08-02T12:30:06+02:00",
        "2021-08-02T10:30:06-00:00",
        "2021-08-02 10:30:06Z",
        "2021-08-02T10:30:06",
        " 2021-08-02T10:30:06Z ",
    ] {
        assert_eq!(
            user("createdDateTime", json!(text)).unwrap().created_date_time,
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_date_that_means_never_is_none() {
    for text in ["", "0001-01-01T00:00:00Z"] {
        assert_eq!(user("deletedDateTime", json!(text)).unwrap().deleted_date_time, None);
    }
}

#[test]
fn a_date_that_is_none_is_an_error_that_shows_it() {
    let error = user("createdDateTime", json!("yesterday")).unwrap_err();
    assert!(error.to_string().contains("yesterday"), "{error}");
    assert!(user("createdDateTime", json!(20210802)).is_err());
}

#[test]
fn an_unknown_value_of_an_enumeration_is_kept() {
    let group: Group = from_value(json!({
        "id": ID, "groupTypes": ["Unified", "dynamicmembership", "Quantum"], "visibility": "Secret",
    }))
    .unwrap();
    let quantum = GroupType::Other("Quantum".into());
    assert_eq!(
        group.group_types,
        [GroupType::Unified, GroupType::DynamicMembership, quantum]
    );
    assert_eq!(group.visibility, Some(GroupVisibility::Other("Secret".into())));
    assert_eq!(
        to_value(&group).unwrap()["groupTypes"],
        json!(["Unified", "DynamicMembership", "Quantum"])
    );
}

#[test]
fn a_member_says_what_it_is_or_is_unknown() {
    let kind = |odata_type: serde_json::Value| {
        from_value::<MemberRef>(json!({"id": ID, "@odata.type": odata_type}))
            .unwrap()
            .kind
    };
    assert_eq!(kind(json!("#microsoft.graph.user")), MemberKind::User);
    assert_eq!(kind(json!("#microsoft.graph.group")), MemberKind::Group);
    assert_eq!(
        kind(json!("#microsoft.graph.device")),
        MemberKind::Other("#microsoft.graph.device".into())
    );
    assert_eq!(kind(json!(null)), MemberKind::Unknown);
    assert_eq!(
        from_value::<MemberRef>(json!({"id": ID})).unwrap().kind,
        MemberKind::Unknown
    );
}

#[test]
fn a_product_with_a_status_of_the_future_is_read() {
    let sku: SubscribedSku = from_value(json!({
        "skuId": ID, "capabilityStatus": "Hibernating", "servicePlans": null, "prepaidUnits": {"lockedOut": 3},
    }))
    .unwrap();
    assert_eq!(sku.capability_status.unwrap().as_str(), "Hibernating");
    assert_eq!(sku.prepaid_units.unwrap().locked_out, Some(3));
    assert!(sku.service_plans.is_empty());
}
