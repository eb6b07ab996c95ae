//! Sign-in activity and MFA registration: pages, doubts, refusals, and Microsoft's own examples.

use super::microsoft::{Microsoft, TENANT, error, ok, reply};
use super::stand_in::StandIn;
use crate::{
    graph::{ACTIVITY_PAGE, GraphError, GraphErrorKind, Report, SMALL_ACTIVITY_PAGE, Step, UserActivity},
    tests::fixtures::graph_examples,
};
use chrono::DateTime;
use serde::de::DeserializeOwned;
use serde_json::json;

const USERS: &str = "/graph/v1.0/users";
const REPORT: &str = "/graph/v1.0/reports/authenticationMethods/userRegistrationDetails";
const NO_PREMIUM: &str = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";

async fn all<T: DeserializeOwned>(mut report: Report<T>) -> Result<(Vec<T>, Report<T>), GraphError> {
    let mut all = Vec::new();
    loop {
        match report.step().await? {
            Step::Page(page) => all.extend(page),
            Step::Restarted => all.clear(),
            Step::End => return Ok((all, report)),
        }
    }
}

#[tokio::test]
async fn sign_in_activity_is_asked_for_alone_in_its_own_page_size() {
    let microsoft = Microsoft::start().await;
    let never = "11111111-0000-4000-8000-000000000000";
    let page = json!({"value": [
        {"id": TENANT, "signInActivity": {"lastSignInDateTime": "2026-01-02T03:04:05Z",
            "lastNonInteractiveSignInDateTime": "0001-01-01T00:00:00Z", "somethingNew": 1}},
        {"id": never},
    ]});
    microsoft.on(USERS, ok(page));
    let (read, report) = all(microsoft.tenant().sign_in_activity(ACTIVITY_PAGE)).await.unwrap();
    assert!(!report.is_small());
    let activity = read[0].sign_in_activity.clone().unwrap();
    assert!(activity.last_sign_in_date_time.is_some());
    assert_eq!(
        activity.last_non_interactive_sign_in_date_time, None,
        "the first instant is never"
    );
    assert_eq!(
        (read[1].id.to_string().as_str(), &read[1].sign_in_activity),
        (never, &None)
    );
    assert_eq!(microsoft.seen(USERS)[0].query, "$select=id,signInActivity&$top=500");
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_again_in_the_smaller_size_and_no_other_error_is() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, error(400, "Request_BadRequest"))
        .on(USERS, ok(json!({"value": [{"id": TENANT}]})));
    let (read, report) = all(microsoft.tenant().sign_in_activity(ACTIVITY_PAGE)).await.unwrap();
    assert_eq!((read.len(), report.is_small()), (1, true));
    let asked: Vec<_> = microsoft.seen(USERS).into_iter().map(|seen| seen.query).collect();
    assert_eq!(
        asked,
        [
            "$select=id,signInActivity&$top=500",
            "$select=id,signInActivity&$top=120"
        ]
    );

    for (first, size) in [(404, ACTIVITY_PAGE), (400, SMALL_ACTIVITY_PAGE)] {
        microsoft.clear(USERS);
        microsoft.on(USERS, error(first, "Request_BadRequest"));
        let refused = all(microsoft.tenant().sign_in_activity(size)).await.unwrap_err();
        assert_eq!(refused.status, Some(first));
    }
}

#[tokio::test]
async fn no_premium_licence_is_believed_the_second_time() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, error(403, NO_PREMIUM))
        .on(USERS, ok(json!({"value": [{"id": TENANT}]})));
    let (read, _) = all(microsoft.tenant().sign_in_activity(ACTIVITY_PAGE)).await.unwrap();
    assert_eq!(read.len(), 1, "it comes back now and then from tenants that have one");

    microsoft.on(REPORT, error(403, NO_PREMIUM));
    let refused = all(microsoft.tenant().user_registration_details()).await.unwrap_err();
    assert_eq!(refused.kind, GraphErrorKind::PremiumRequired);
    assert_eq!(microsoft.seen(REPORT).len(), 2);
}

#[tokio::test]
async fn a_missing_permission_is_named_by_what_was_asked_and_not_by_where() {
    let microsoft = Microsoft::start().await;
    for path in [USERS, REPORT] {
        microsoft.on(path, error(403, "Authorization_RequestDenied"));
    }
    let activity = all(microsoft.tenant().sign_in_activity(ACTIVITY_PAGE))
        .await
        .unwrap_err();
    let report = all(microsoft.tenant().user_registration_details()).await.unwrap_err();
    for refused in [activity, report] {
        assert_eq!(refused.kind, GraphErrorKind::PermissionMissing);
        assert!(refused.remedy().contains("AuditLog.Read.All"), "{}", refused.remedy());
    }
}

#[tokio::test]
async fn registrations_are_read_over_all_pages_and_bring_what_is_not_known_yet() {
    let microsoft = Microsoft::start().await;
    let entry = json!({"id": TENANT, "isMfaRegistered": true, "methodsRegistered": ["fido2", null, "aNewMethod"],
        "userPreferredMethodForSecondaryAuthentication": "", "lastUpdatedDateTime": "2026-03-13T19:15:41.6195833Z"});
    microsoft
        .on(
            REPORT,
            ok(json!({"value": [], "@odata.nextLink": microsoft.link(REPORT, "2")})),
        )
        .on(REPORT, ok(json!({"value": [entry]})));
    let (read, _) = all(microsoft.tenant().user_registration_details()).await.unwrap();
    assert_eq!(read[0].is_mfa_registered, Some(true));
    assert_eq!(read[0].methods_registered, ["fido2", "aNewMethod"]);
    assert_eq!(
        microsoft.seen(REPORT)[0].query,
        "",
        "neither $select nor $top is documented"
    );
    microsoft.clear(REPORT);
    microsoft.on(REPORT, reply(200, "{\"value\": [{\"isMfaRegistered\": true}]}"));
    assert!(
        all(microsoft.tenant().user_registration_details()).await.is_err(),
        "whose it is has to be said"
    );
}

#[tokio::test]
async fn the_stand_in_gives_500_a_page_or_120_and_both_bring_everybody() {
    for (largest, pages) in [(500, 2), (120, 6)] {
        let stand_in = StandIn::with_pages_of(600, largest).await;
        stand_in.give_premium().await;
        let (read, report) = all(stand_in.tenant.sign_in_activity(ACTIVITY_PAGE)).await.unwrap();
        assert_eq!((read.len(), report.is_small()), (600, largest == 120));
        assert_eq!(stand_in.asked("/v1.0/users").len(), pages);
        let (registered, _) = all(stand_in.tenant.user_registration_details()).await.unwrap();
        assert!(registered.len() > 400, "{}", registered.len());
    }
}

#[test]
fn microsofts_examples_of_sign_in_activity_and_registration_are_read() {
    let Some(examples) = graph_examples(&["users-list-signinactivity", "manual-userregistrationdetails"]) else {
        return;
    };
    let (mut activities, mut registrations) = (0, 0);
    for example in examples {
        for object in example.json["value"].as_array().unwrap() {
            if example.name.starts_with("manual") {
                let read: crate::graph::UserRegistrationDetails = serde_json::from_value(object.clone()).unwrap();
                assert_eq!(read.is_mfa_registered, object["isMfaRegistered"].as_bool());
                assert_eq!(json!(read.methods_registered), object["methodsRegistered"]);
                registrations += 1;
                continue;
            }
            // The documentation leaves out the id, which Graph always sends.
            let mut object = object.clone();
            object["id"] = json!(TENANT);
            let read: UserActivity = serde_json::from_value(object.clone()).unwrap();
            let published = object["signInActivity"]["lastSignInDateTime"].as_str();
            let published = published.map(|text| DateTime::parse_from_rfc3339(text).unwrap().to_utc());
            assert_eq!(
                read.sign_in_activity
                    .and_then(|activity| activity.last_sign_in_date_time),
                published
            );
            activities += 1;
        }
    }
    assert!(activities >= 4 && registrations == 3, "{activities} {registrations}");
}
