//! Generated directories: the same from the same seed, and every oddity in a small one.

use std::collections::{BTreeMap, BTreeSet};

use microsoft_sim::{Options, TenantSpec, tenant_id};
use serde_json::Value;

use crate::support::{cloud, options, texts, with};

#[tokio::test]
async fn the_same_seed_and_name_give_the_same_directory_and_another_seed_does_not() {
    let (one, two) = (cloud(80).await.raw().await, cloud(80).await.raw().await);
    assert_eq!(one, two);
    let other = with(Options { seed: 2, ..options(80) }).await.raw().await;
    assert_ne!(one["id"], other["id"]);
    assert_ne!(one["users"], other["users"]);
    assert_eq!(one["id"], tenant_id(1, "contoso").to_string());
}

#[tokio::test]
async fn twenty_five_users_are_enough_for_every_oddity() {
    let raw = cloud(25).await.raw().await;
    let users = raw["users"].as_array().unwrap();
    assert_eq!(users.len(), 25);
    let any = |what: &str, test: &dyn Fn(&Value) -> bool| assert!(users.iter().any(test), "nobody: {what}");
    let text = |user: &Value, property: &str| user[property].as_str().unwrap_or_default().to_owned();
    any("guest", &|user| {
        user["userType"] == "Guest" && text(user, "userPrincipalName").contains("#EXT#@contoso.onmicrosoft.example")
    });
    any("guest without mail", &|user| {
        user["externalUserState"] == "PendingAcceptance" && user["mail"].is_null()
    });
    any("disabled", &|user| {
        user["accountEnabled"] == false && user["givenName"].is_string()
    });
    any("shared mailbox", &|user| {
        user["accountEnabled"] == false && text(user, "displayName").ends_with("Mailbox")
    });
    any("member without mail", &|user| {
        user["userType"] == "Member" && user["mail"].is_null()
    });
    any("no user type", &|user| user["userType"].is_null());
    any("no department", &|user| {
        user["department"].is_null() && user["userType"] == "Member"
    });
    any("no office", &|user| {
        user["officeLocation"].is_null() && user["department"].is_string()
    });
    any("no licence", &|user| {
        user["assignedLicenses"].is_null() && user["accountEnabled"] == true
    });
    any("emoji", &|user| text(user, "displayName").contains('🚀'));
    any("long name", &|user| text(user, "displayName").chars().count() > 100);
    for department in ["sales ", "SALES", " "] {
        any("misspelt department", &|user| user["department"] == department);
    }
    for department in [
        "Sales",
        "Engineering",
        "Operations",
        "Support",
        "Finance",
        "Marketing",
        "Human Resources",
        "Legal",
    ] {
        any(department, &|user| user["department"] == department);
    }
    let letters: String = users.iter().map(|user| text(user, "displayName")).collect();
    for (script, range) in [
        ("Cyrillic", '\u{400}'..='\u{4ff}'),
        ("Greek", '\u{370}'..='\u{3ff}'),
        ("Hebrew", '\u{590}'..='\u{5ff}'),
        ("Arabic", '\u{600}'..='\u{6ff}'),
        ("Devanagari", '\u{900}'..='\u{97f}'),
        ("Han", '\u{4e00}'..='\u{9fff}'),
        ("Hangul", '\u{ac00}'..='\u{d7af}'),
    ] {
        assert!(letters.chars().any(|letter| range.contains(&letter)), "{script}");
    }
    let mut mails: BTreeMap<String, usize> = BTreeMap::new();
    for mail in texts(users, "mail") {
        *mails.entry(mail.to_lowercase()).or_default() += 1;
    }
    assert!(mails.values().any(|count| *count >= 2), "two users with one address");
    let names: BTreeSet<String> = texts(users, "userPrincipalName")
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    assert_eq!(names.len(), 25, "names are nobody else's");
    assert!(!raw["deletedUsers"].as_array().unwrap().is_empty());
    assert!(raw["domains"].as_array().unwrap().len() >= 3);
}

#[tokio::test]
async fn a_small_directory_has_every_kind_of_group() {
    let raw = cloud(25).await.raw().await;
    let groups = raw["groups"].as_array().unwrap();
    let any = |test: &dyn Fn(&Value) -> bool| groups.iter().any(test);
    let has = |group: &Value, kind: &str| {
        group["groupTypes"]
            .as_array()
            .is_some_and(|types| types.iter().any(|t| t == kind))
    };
    assert!(any(
        &|group| has(group, "DynamicMembership") && group["membershipRule"].is_string()
    ));
    assert!(any(
        &|group| has(group, "Unified") && group["visibility"] == "HiddenMembership"
    ));
    assert!(any(&|group| raw["members"][group["id"].as_str().unwrap()]
        .as_array()
        .unwrap()
        .is_empty()));
}

#[tokio::test]
async fn names_and_addresses_are_in_domains_that_nobody_can_own() {
    let raw = cloud(500).await.raw().await;
    for user in raw["users"].as_array().unwrap() {
        for property in ["mail", "userPrincipalName"] {
            let text = user[property].as_str().unwrap_or(".example").to_lowercase();
            assert!(text.ends_with(".example"), "{text}");
        }
    }
}

#[tokio::test]
async fn most_tenants_are_premium_and_some_are_not() {
    let tenants = (0..40)
        .map(|number| TenantSpec {
            name: format!("customer-{number}"),
            users: 1,
        })
        .collect();
    let mut cloud = with(Options {
        tenants,
        ..Options::default()
    })
    .await;
    let summaries = cloud.control(reqwest::Method::GET, "/tenants", None).await;
    let (premium, plain): (Vec<_>, Vec<_>) = summaries
        .as_array()
        .unwrap()
        .iter()
        .partition(|tenant| tenant["premium"] == true);
    assert!(premium.len() > 20 && !plain.is_empty(), "{} of 40", premium.len());
    cloud.token = cloud.sign_in(plain[0]["id"].as_str().unwrap().parse().unwrap()).await;
    let (status, code) = cloud.refused("/users?$select=signInActivity").await;
    assert_eq!(
        (status, code.as_str()),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")
    );
}

#[tokio::test]
async fn two_tenants_that_would_share_a_domain_are_refused_by_it() {
    let named = |name: &str| TenantSpec {
        name: name.to_owned(),
        users: 1,
    };
    let started = microsoft_sim::start(Options {
        tenants: vec![named("Contoso Ltd"), named("contosoltd")],
        ..Options::default()
    });
    let error = started.await.unwrap_err().to_string();
    assert!(error.contains("'contosoltd.example'"), "{error}");
}

#[tokio::test]
async fn a_role_that_new_tenants_are_to_grant_is_granted_or_named_as_unknown() {
    let granting = |role: &str| Options {
        roles: vec![role.to_owned()],
        ..options(3)
    };
    let user = "/users?$top=1&$select=id";
    for (options, status) in [(options(3), 403), (granting("Directory.Read.All"), 200)] {
        let cloud = with(options).await;
        let id = cloud.get(user).await["value"][0]["id"].clone();
        let answer = cloud.send(&format!("/users/{}/memberOf", id.as_str().unwrap())).await;
        assert_eq!(answer.status().as_u16(), status);
    }
    let error = microsoft_sim::start(granting("Mail.Dream")).await.unwrap_err();
    assert!(error.to_string().contains("'Mail.Dream'"), "{error}");
}
