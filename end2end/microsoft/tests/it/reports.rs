//! The report of registered authentication methods, sign-in activity, and who may have them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{Cloud, cloud, premium_cloud, texts};

const REPORT: &str = "/reports/authenticationMethods/userRegistrationDetails";

async fn premium(cloud: &Cloud, premium: bool) {
    let path = format!("/tenants/{}/premium", cloud.tenant);
    let told = cloud
        .control(Method::PUT, &path, Some(json!({ "premium": premium })))
        .await;
    assert_eq!(told["premium"], premium);
}

#[tokio::test]
async fn the_report_is_paged_filtered_and_sorted() {
    let cloud = premium_cloud(120).await;
    let unthrottled = Some(json!({ "enabled": false }));
    cloud.control(Method::PUT, "/throttle", unthrottled).await;
    let all = cloud.all(REPORT).await;
    assert_eq!(
        all,
        cloud.all(&format!("{REPORT}?$top=7")).await,
        "page by page the same"
    );
    let users = cloud.all("/users?$select=id,accountEnabled&$top=999").await;
    let enabled = users.iter().filter(|user| user["accountEnabled"] == true).count();
    assert!(
        all.len() < enabled && all.len() > enabled / 2,
        "{} of {enabled}",
        all.len()
    );
    let registered = cloud.all(&format!("{REPORT}?$filter=isMfaRegistered eq true")).await;
    assert!(!registered.is_empty() && registered.len() < all.len());
    for entry in &all {
        let strong = entry["methodsRegistered"]
            .as_array()
            .unwrap()
            .iter()
            .any(|method| method != "email");
        assert_eq!(entry["isMfaRegistered"], strong, "{entry}");
    }
    let sorted = cloud.all(&format!("{REPORT}?$orderby=userPrincipalName desc")).await;
    let mut names = texts(&all, "userPrincipalName");
    names.sort_by_key(|name| std::cmp::Reverse(name.to_lowercase()));
    assert_eq!(texts(&sorted, "userPrincipalName"), names);
    for refused in [
        "?$search=\"a\"",
        "?$expand=x",
        "?$top=1001",
        "?$select=defaultMfaMethod",
    ] {
        assert_eq!(cloud.refused(&format!("{REPORT}{refused}")).await.0, 400, "{refused}");
    }
}

#[tokio::test]
async fn without_the_licence_or_the_permission_sign_ins_and_the_report_are_refused_whole() {
    let cloud = premium_cloud(25).await;
    let activity = "/users?$select=id,signInActivity";
    premium(&cloud, false).await;
    for path in [activity, REPORT] {
        let answer = cloud.send(path).await;
        assert_eq!(answer.status(), 403, "{path}");
        let body: Value = answer.json().await.unwrap();
        Schema::check_named("ODataError", &body);
        assert_eq!(
            body["error"]["code"],
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
        );
    }
    premium(&cloud, true).await;
    assert!(!cloud.all(REPORT).await.is_empty() && !cloud.all(activity).await.is_empty());
    let path = format!("/tenants/{}/permissions", cloud.tenant);
    let denied = json!({ "denied": ["auditLogs"], "immediately": true });
    cloud.control(Method::PUT, &path, Some(denied)).await;
    for path in [activity, REPORT] {
        let refused = cloud.refused(path).await;
        assert_eq!(
            refused,
            (403, "Authentication_MSGraphPermissionMissing".to_owned()),
            "{path}"
        );
    }
    assert!(!cloud.all("/users").await.is_empty(), "everything else is still there");
}

#[tokio::test]
async fn a_persons_entry_and_sign_ins_are_changed_through_the_control_api() {
    let cloud = premium_cloud(25).await;
    let user = cloud.all("/users?$top=999").await[0]["id"].as_str().unwrap().to_owned();
    let (person, entry) = (
        format!("/tenants/{}/users/{user}", cloud.tenant),
        format!("/tenants/{}/users/{user}/registration", cloud.tenant),
    );
    let methods = |methods: Value| Some(json!({ "methodsRegistered": methods }));
    for (registered, given) in [(true, json!(["fido2"])), (false, json!(["email"])), (false, json!([]))] {
        cloud.control(Method::PATCH, &entry, methods(given)).await;
        let read = cloud.get(&format!("{REPORT}/{user}")).await;
        Schema::check_path(&format!("{REPORT}/{{id}}"), 200, &read);
        assert_eq!(read["isMfaRegistered"], registered);
    }
    cloud
        .control(Method::PATCH, &person, Some(json!({ "displayName": "Renamed" })))
        .await;
    assert_eq!(
        cloud.get(&format!("{REPORT}/{user}")).await["userDisplayName"],
        "Renamed"
    );
    cloud.control(Method::DELETE, &entry, None).await;
    assert_eq!(cloud.refused(&format!("{REPORT}/{user}")).await.0, 404);

    let activity = json!({ "signInActivity": { "lastSignInDateTime": "2026-01-02T03:04:05Z" } });
    cloud.control(Method::PATCH, &person, Some(activity.clone())).await;
    let read = cloud.get(&format!("/users/{user}?$select=id,signInActivity")).await;
    assert_eq!(read["signInActivity"], activity["signInActivity"]);
    cloud
        .control(Method::PATCH, &person, Some(json!({ "signInActivity": null })))
        .await;
    let read = cloud.get(&format!("/users/{user}?$select=id,signInActivity")).await;
    assert!(read.get("signInActivity").is_none(), "absent for who never signed in");
    assert_eq!(cloud.refused("/users/delta?$select=id,signInActivity").await.0, 400);
}

#[tokio::test]
async fn a_sixth_report_within_ten_seconds_has_to_wait_and_users_do_not() {
    let cloud = premium_cloud(25).await;
    let mut served = 0;
    let refused = loop {
        let answer = cloud.send(REPORT).await;
        if answer.status() == 429 {
            break answer;
        }
        served += 1;
        assert!(served < 20);
    };
    assert!(served >= 5, "{served}");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
    assert_eq!(cloud.send("/users").await.status(), 200);
}

#[tokio::test]
async fn of_some_people_only_attempts_are_known_and_some_never_signed_in() {
    let cloud = premium_cloud(60).await;
    let people = cloud.all("/users?$select=id,signInActivity&$top=500").await;
    let has = |person: &&Value, name: &str| person["signInActivity"].get(name).is_some();
    let never = people
        .iter()
        .filter(|person| person.get("signInActivity").is_none())
        .count();
    let succeeded = people
        .iter()
        .filter(|person| has(person, "lastSuccessfulSignInDateTime"))
        .count();
    let attempted = people.iter().filter(|person| has(person, "lastSignInDateTime")).count();
    assert!(
        never > 0 && succeeded > 0 && attempted > succeeded,
        "{never} {succeeded} {attempted}"
    );
}

#[tokio::test]
async fn the_report_of_a_new_person_is_not_there_yet() {
    let cloud = cloud(25).await;
    let path = format!("/tenants/{}/users", cloud.tenant);
    let user = cloud
        .control(Method::POST, &path, Some(json!({ "displayName": "New" })))
        .await;
    let raw = cloud.raw().await;
    let entries = raw["registrations"].as_array().unwrap();
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry["id"] != user["id"]));
}
