//! Changes that a test makes, the journal, and what lasts from run to run.

use microsoft_sim::{Options, SimError, start};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{cloud, options, texts, with};

#[tokio::test]
async fn a_user_is_created_changed_deleted_restored_and_removed_for_good() {
    let cloud = cloud(25).await;
    let name = "ana.nova@contoso.example";
    let new = json!({"userPrincipalName": name, "displayName": "Ana Nova", "department": "Sales", "mail": name});
    let user = cloud
        .control(Method::POST, "/tenants/contoso/users", Some(new.clone()))
        .await;
    let id = user["id"].as_str().unwrap().to_owned();
    assert_eq!(
        cloud.get(&format!("/users/{name}?$select=department")).await["department"],
        "Sales"
    );
    let (status, body) = cloud
        .try_control(Method::POST, "/tenants/contoso/users", Some(new))
        .await;
    assert_eq!(
        (status.as_u16(), &body["error"]),
        (409, &json!("'ana.nova@contoso.example' is taken"))
    );

    let path = format!("/tenants/contoso/users/{name}");
    let patched = json!({"department": null, "mail": null, "userPrincipalName": "Ana.Again@contoso.example"});
    cloud.control(Method::PATCH, &path, Some(patched)).await;
    let seen = cloud
        .get("/users/ana.again@contoso.example?$select=department,mail,displayName")
        .await;
    assert!(seen["department"].is_null() && seen["mail"].is_null());
    assert_eq!(seen["displayName"], "Ana Nova");
    assert_eq!(cloud.refused(&format!("/users/{name}")).await.0, 404);

    let path = format!("/tenants/contoso/users/{id}");
    cloud.control(Method::DELETE, &path, None).await;
    assert_eq!(cloud.refused(&format!("/users/{id}")).await.0, 404);
    let deleted = "/directory/deletedItems/microsoft.graph.user?$select=deletedDateTime,displayName";
    let gone = cloud
        .all(deleted)
        .await
        .into_iter()
        .find(|user| user["id"] == id.as_str())
        .unwrap();
    assert!(gone["deletedDateTime"].is_string());
    cloud.control(Method::POST, &format!("{path}/restore"), None).await;
    assert!(cloud.get(&format!("/users/{id}?$select=deletedDateTime")).await["deletedDateTime"].is_null());

    cloud
        .control(Method::DELETE, &format!("{path}?permanent=true"), None)
        .await;
    assert!(!texts(&cloud.all(deleted).await, "id").contains(&id.as_str()));
    let (status, _) = cloud.try_control(Method::POST, &format!("{path}/restore"), None).await;
    assert_eq!(status.as_u16(), 404);
}

#[tokio::test]
async fn a_value_that_microsofts_model_does_not_allow_is_refused_by_name() {
    let cloud = cloud(3).await;
    for (property, value) in [
        ("colour", json!("red")),
        ("accountEnabled", json!("yes")),
        ("createdDateTime", json!("now")),
    ] {
        let (status, body) = cloud
            .try_control(Method::POST, "/tenants/contoso/users", Some(json!({property: value})))
            .await;
        assert_eq!(status.as_u16(), 400);
        assert!(body["error"].as_str().unwrap().contains(property), "{body}");
    }
    assert_eq!(cloud.all("/users").await.len(), 3);
}

#[tokio::test]
async fn groups_and_their_members_can_be_changed_and_a_soft_delete_keeps_membership() {
    let cloud = cloud(10).await;
    let user = cloud.all("/users").await[0]["id"].as_str().unwrap().to_owned();
    let inner = json!({"displayName": "Inner", "members": [user]});
    let inner = cloud
        .control(Method::POST, "/tenants/contoso/groups", Some(inner))
        .await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let outer = json!({"displayName": "Outer"});
    let outer = cloud
        .control(Method::POST, "/tenants/contoso/groups", Some(outer))
        .await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let member = format!("/tenants/contoso/groups/{outer}/members/{inner}");
    let closure = format!("/groups/{outer}/transitiveMembers");
    cloud.control(Method::PUT, &member, None).await;
    assert_eq!(cloud.all(&closure).await.len(), 2);
    cloud
        .control(Method::DELETE, &format!("/tenants/contoso/users/{user}"), None)
        .await;
    assert_eq!(cloud.all(&closure).await.len(), 1);
    cloud
        .control(Method::POST, &format!("/tenants/contoso/users/{user}/restore"), None)
        .await;
    assert_eq!(cloud.all(&closure).await.len(), 2);
    cloud
        .control(Method::DELETE, &format!("/tenants/contoso/groups/{inner}"), None)
        .await;
    assert_eq!(cloud.all(&closure).await.len(), 0);
    assert_eq!(cloud.refused(&format!("/groups/{inner}")).await.0, 404);
}

#[tokio::test]
async fn dynamic_groups_and_consumed_units_follow_the_users() {
    let cloud = cloud(25).await;
    let sales = cloud.group("Dynamic Sales").await;
    let sku = cloud.raw().await["skus"][0].clone();
    let licence = json!([{"skuId": sku["skuId"], "disabledPlans": []}]);
    let user = json!({"userPrincipalName": "s@contoso.example", "department": "SALES", "assignedLicenses": licence});
    let user = cloud.control(Method::POST, "/tenants/contoso/users", Some(user)).await;
    let inside = async || {
        texts(&cloud.all(&format!("/groups/{sales}/members")).await, "id").contains(&user["id"].as_str().unwrap())
    };
    let units = async || cloud.raw().await["skus"][0]["consumedUnits"].as_u64().unwrap();
    let before = sku["consumedUnits"].as_u64().unwrap();
    assert!(inside().await);
    assert_eq!(units().await, before + 1);
    let patch = json!({"department": "Legal", "assignedLicenses": []});
    cloud
        .control(Method::PATCH, "/tenants/contoso/users/s@contoso.example", Some(patch))
        .await;
    assert!(!inside().await);
    assert_eq!(units().await, before);
}

#[tokio::test]
async fn the_journal_tells_what_was_asked() {
    let cloud = cloud(3).await;
    cloud.control(Method::DELETE, "/requests", None).await;
    cloud.get("/users?$top=2").await;
    cloud.refused("/users/nobody").await;
    let journal = cloud.control(Method::GET, "/requests", None).await;
    let journal = journal.as_array().unwrap();
    assert_eq!(journal.len(), 2);
    let first = &journal[0];
    assert_eq!(
        (&first["method"], &first["path"], &first["query"]),
        (&json!("GET"), &json!("/v1.0/users"), &json!("$top=2"))
    );
    assert_eq!(
        (&first["tenant"], &first["status"]),
        (&json!(cloud.tenant), &json!(200))
    );
    assert_eq!(journal[1]["status"], 404);
    assert_eq!(cloud.simulator.requests().len(), 2);
}

#[tokio::test]
async fn the_raw_directory_holds_everybody_and_everything() {
    let cloud = cloud(40).await;
    let raw = cloud.raw().await;
    assert_eq!(raw["users"].as_array().unwrap().len(), 40);
    assert!(!raw["deletedUsers"].as_array().unwrap().is_empty());
    let staff = cloud.group("All Staff").await;
    let direct = cloud.all(&format!("/groups/{staff}/members")).await;
    assert_eq!(raw["members"][&staff].as_array().unwrap().len(), direct.len());
    let summaries = cloud.control(Method::GET, "/tenants", None).await;
    assert_eq!(
        (&summaries[0]["name"], &summaries[0]["users"]),
        (&json!("contoso"), &json!(40))
    );
}

#[tokio::test]
async fn what_was_changed_lasts_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        state_file: Some(folder.path().join("deep/state.json")),
        ..options(20)
    };
    let first = with(options.clone()).await;
    let user = json!({"userPrincipalName": "stays@contoso.example", "displayName": "Stays"});
    first.control(Method::POST, "/tenants/contoso/users", Some(user)).await;
    first
        .control(
            Method::PUT,
            "/tenants/contoso/permissions",
            Some(json!({"denied": ["domains"]})),
        )
        .await;
    let before: Value = first.raw().await;
    first.simulator.shutdown().await;
    let second = with(options).await;
    assert_eq!(second.raw().await, before);
    assert_eq!(second.refused("/domains").await.0, 403);
}

#[tokio::test]
async fn the_state_file_is_written_soon_after_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    let cloud = with(Options {
        state_file: Some(path.clone()),
        ..options(3)
    })
    .await;
    cloud
        .control(Method::PUT, "/tenants/contoso/consent", Some(json!({"granted": false})))
        .await;
    for _ in 0..100 {
        if path.exists() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no state file");
}

#[tokio::test]
async fn what_cannot_start_says_why_in_one_sentence() {
    let cloud = cloud(1).await;
    let taken = start(Options {
        listen: cloud.simulator.address(),
        ..options(1)
    })
    .await
    .unwrap_err();
    assert!(
        taken
            .to_string()
            .starts_with("the simulated Microsoft cloud cannot listen on 127.0.0.1:"),
        "{taken}"
    );
    let missing = start(Options {
        load: vec!["/nowhere/at/all".into()],
        ..options(1)
    })
    .await
    .unwrap_err();
    assert!(matches!(missing, SimError::Load { .. }));
    let twice = Options {
        tenants: [options(1).tenants, options(2).tenants].concat(),
        ..options(1)
    };
    assert!(matches!(start(twice).await.unwrap_err(), SimError::SameName(_)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "{").unwrap();
    let broken = start(Options {
        state_file: Some(path),
        ..options(1)
    })
    .await
    .unwrap_err();
    assert!(matches!(broken, SimError::State { .. }));
}

#[tokio::test]
async fn the_services_clock_stamps_what_happens_and_is_told_in_every_answer() {
    let cloud = cloud(1).await;
    let clock = json!({"ahead": 86_400 * 30});
    assert_eq!(cloud.control(Method::PUT, "/clock", Some(clock.clone())).await, clock);
    assert_eq!(cloud.control(Method::GET, "/clock", None).await, clock);
    let date = cloud.send("/users").await.headers()["date"]
        .to_str()
        .unwrap()
        .to_owned();
    let date = chrono::NaiveDateTime::parse_from_str(&date, "%a, %d %b %Y %H:%M:%S GMT").unwrap();
    assert_eq!((date.and_utc() - chrono::Utc::now()).num_hours(), 30 * 24 - 1, "{date}");
    let user = json!({"displayName": "From the future"});
    let user = cloud.control(Method::POST, "/tenants/contoso/users", Some(user)).await;
    let made: chrono::DateTime<chrono::Utc> = user["createdDateTime"].as_str().unwrap().parse().unwrap();
    assert!((made.naive_utc() - date).num_seconds().abs() < 60);
    let (status, _) = cloud
        .try_control(Method::PUT, "/clock", Some(json!({"behind": 1})))
        .await;
    assert!(status.is_client_error());
}
