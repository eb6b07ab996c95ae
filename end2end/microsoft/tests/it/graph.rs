//! What Graph answers: pages, selections, members, licences, refusals.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{broad_cloud, cloud, premium_cloud, texts};

#[tokio::test]
async fn pages_are_of_a_hundred_unless_asked_and_together_hold_every_user_once() {
    let cloud = cloud(250).await;
    let first = cloud.get("/users").await;
    assert_eq!(first["value"].as_array().unwrap().len(), 100);
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/v1.0/users?", cloud.base())), "{link}");
    let users = cloud.all("/users").await;
    let ids: BTreeSet<&str> = texts(&users, "id").into_iter().collect();
    assert_eq!((users.len(), ids.len()), (250, 250));
    let in_one = cloud.get("/users?$top=999").await;
    assert_eq!(in_one["value"].as_array().unwrap().len(), 250);
    assert!(in_one.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn a_link_keeps_the_options_of_the_first_request_and_the_host_it_came_by() {
    let cloud = cloud(30).await;
    let request = cloud
        .client
        .get(cloud.url("/users?%24select=id,mail&%24top=9"))
        .bearer_auth(&cloud.token);
    let page: Value = request
        .header("host", "graph.simulated.example:8443")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let link = page["@odata.nextLink"].as_str().unwrap();
    let start = "http://graph.simulated.example:8443/v1.0/users?$select=id,mail&$top=9&$skiptoken=";
    assert!(link.starts_with(start), "{link}");
    let second = cloud
        .get(&link.replace("http://graph.simulated.example:8443", &cloud.base()))
        .await;
    let user = second["value"][0].as_object().unwrap();
    assert_eq!(
        user.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        BTreeSet::from(["id", "mail"])
    );
    assert_eq!(second["value"].as_array().unwrap().len(), 9);
}

#[tokio::test]
async fn users_that_come_and_go_between_two_pages_spoil_neither() {
    let cloud = cloud(30).await;
    let first = cloud.get("/users?$top=10").await;
    let seen = texts(first["value"].as_array().unwrap(), "id")
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let path = format!("/tenants/contoso/users/{}", seen[9]);
    cloud.control(Method::DELETE, &path, None).await;
    let rest = cloud.all(first["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(rest.len(), 20);
    assert!(
        texts(&rest, "id")
            .iter()
            .all(|id| !seen.iter().any(|other| other == id))
    );
}

#[tokio::test]
async fn what_is_selected_comes_with_null_where_there_is_nothing_and_the_id_always() {
    let cloud = cloud(25).await;
    let default = cloud.get("/users?$top=1").await;
    let keys = |user: &Value| user.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let expected = [
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    assert_eq!(keys(&default["value"][0]), expected.map(str::to_owned).into());
    let users = cloud
        .all("/users?$select=department,mail,deletedDateTime,otherMails")
        .await;
    for user in &users {
        let expected = ["department", "deletedDateTime", "id", "mail", "otherMails"].map(str::to_owned);
        assert_eq!(keys(user), expected.into());
        assert!(user["deletedDateTime"].is_null() && user["otherMails"].is_array());
    }
    assert!(users.iter().any(|user| user["department"].is_null()));
    let context = cloud.get("/users?$select=id,mail").await["@odata.context"].clone();
    assert_eq!(context, format!("{}/v1.0/$metadata#users(id,mail)", cloud.base()));
}

#[tokio::test]
async fn a_user_is_found_by_id_and_by_name_a_guests_name_escaped() {
    let cloud = cloud(25).await;
    let users = cloud.all("/users?$select=id,userPrincipalName").await;
    let guest = users
        .iter()
        .find(|user| user["userPrincipalName"].as_str().unwrap().contains("#EXT#"))
        .unwrap();
    let name = guest["userPrincipalName"].as_str().unwrap();
    let by_name = cloud
        .get(&format!("/users/{}", name.replace('#', "%23").to_uppercase()))
        .await;
    let by_id = cloud.get(&format!("/users/{}", guest["id"].as_str().unwrap())).await;
    assert_eq!(by_name, by_id);
    assert_eq!(by_id["userPrincipalName"], name);
    assert_eq!(
        cloud.refused("/users/nobody@contoso.example").await,
        (404, "Request_ResourceNotFound".to_owned())
    );
}

#[tokio::test]
async fn what_is_not_served_is_refused_with_graphs_own_codes() {
    let cloud = cloud(5).await;
    let cases = [
        ("/users?$top=1000", 400, "Request_BadRequest"),
        ("/users?$select=colour", 400, "Request_BadRequest"),
        ("/users?$skip=10", 400, "Request_UnsupportedQuery"),
        ("/users?$filter=department ne 'Sales'", 400, "Request_UnsupportedQuery"),
        ("/users?$filter=department eq", 400, "BadRequest"),
        ("/users/$count", 400, "Request_BadRequest"),
        ("/users?$skiptoken=made-up", 400, "Request_BadRequest"),
        ("/users?$select=skills", 501, "NotImplemented"),
        ("/colours", 400, "BadRequest"),
        ("/me", 400, "BadRequest"),
        (
            "/groups/00000000-0000-4000-8000-000000000000/members",
            404,
            "Request_ResourceNotFound",
        ),
    ];
    for (path, status, code) in cases {
        assert_eq!(cloud.refused(path).await, (status, code.to_owned()), "{path}");
    }
    assert_eq!(cloud.refused(&format!("{}/v2.0/users", cloud.base())).await.0, 400);
    let write = cloud
        .client
        .post(cloud.url("/users"))
        .bearer_auth(&cloud.token)
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(write.status().as_u16(), 403);
}

#[tokio::test]
async fn counting_works_for_who_asks_for_eventual_consistency() {
    let cloud = cloud(12).await;
    let request = cloud
        .client
        .get(cloud.url("/users?$count=true&$top=5"))
        .bearer_auth(&cloud.token);
    let page: Value = request
        .header("ConsistencyLevel", "eventual")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(page["@odata.count"], 12);
}

#[tokio::test]
async fn nested_groups_are_resolved_and_a_circle_of_groups_ends() {
    let cloud = cloud(60).await;
    let staff = cloud.group("All Staff").await;
    let direct = cloud.all(&format!("/groups/{staff}/members")).await;
    let all = cloud.all(&format!("/groups/{staff}/transitiveMembers?$top=7")).await;
    let of_kind = |items: &[Value], kind: &str| items.iter().filter(|item| item["@odata.type"] == kind).count();
    assert_eq!(of_kind(&direct, "#microsoft.graph.group"), 3);
    assert_eq!(
        of_kind(&all, "#microsoft.graph.group"),
        11,
        "three groups and the eight in them"
    );
    let cast = format!("/groups/{staff}/transitiveMembers/microsoft.graph.user");
    assert_eq!(cloud.refused(&cast).await.0, 400, "an advanced query");
    let users = cloud.all_eventually(&format!("{cast}?$count=true")).await;
    assert_eq!(users.len(), of_kind(&all, "#microsoft.graph.user"));
    assert!(users.len() > of_kind(&direct, "#microsoft.graph.user"));
    assert!(
        users.iter().all(|user| user.get("@odata.type").is_none()),
        "a cast list is of one type"
    );
    let ids: BTreeSet<&str> = texts(&all, "id").into_iter().collect();
    assert_eq!(ids.len(), all.len(), "nobody twice");

    let (aurora, borealis) = (
        cloud.group("Project Aurora").await,
        cloud.group("Project Borealis").await,
    );
    let circle = cloud.all(&format!("/groups/{aurora}/transitiveMembers")).await;
    assert!(texts(&circle, "id").contains(&borealis.as_str()) && !texts(&circle, "id").contains(&aurora.as_str()));
}

#[tokio::test]
async fn members_can_be_users_groups_and_devices() {
    let cloud = cloud(25).await;
    let kiosks = cloud.group("Kiosk Devices").await;
    let members = cloud
        .all(&format!(
            "/groups/{kiosks}/members?$select=id,displayName,userPrincipalName"
        ))
        .await;
    let types: BTreeSet<&str> = texts(&members, "@odata.type").into_iter().collect();
    assert_eq!(
        types,
        BTreeSet::from(["#microsoft.graph.device", "#microsoft.graph.user"])
    );
    let device = members
        .iter()
        .find(|member| member["@odata.type"] == "#microsoft.graph.device")
        .unwrap();
    assert!(
        device.get("userPrincipalName").is_none(),
        "a device has no such property"
    );
    assert_eq!(
        cloud
            .all(&format!("/groups/{kiosks}/members/microsoft.graph.user"))
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn consumed_units_are_the_licences_that_users_hold() {
    let cloud = cloud(200).await;
    let users = cloud.all("/users?$select=assignedLicenses").await;
    for sku in cloud.all("/subscribedSkus").await {
        let held = users
            .iter()
            .flat_map(|user| user["assignedLicenses"].as_array().unwrap());
        let held = held.filter(|licence| licence["skuId"] == sku["skuId"]).count();
        assert_eq!(sku["consumedUnits"], held, "{}", sku["skuPartNumber"]);
        assert!(sku["prepaidUnits"]["enabled"].as_u64().unwrap() >= held as u64);
    }
}

#[tokio::test]
async fn sign_in_activity_has_pages_of_500_and_is_only_for_premium_tenants() {
    let cloud = premium_cloud(60).await;
    assert_eq!(cloud.refused("/users?$select=signInActivity&$top=999").await.0, 400);
    let users = cloud.all("/users?$select=signInActivity&$top=500").await;
    assert!(
        users
            .iter()
            .any(|user| user["signInActivity"]["lastSuccessfulSignInDateTime"].is_string())
    );
    assert!(
        users.iter().any(|user| user.get("signInActivity").is_none()),
        "absent for who never signed in"
    );
    let permissions = format!("/tenants/{}/permissions", cloud.tenant);
    cloud
        .control(
            Method::PUT,
            &permissions,
            Some(json!({"denied": ["auditLogs"], "immediately": true})),
        )
        .await;
    assert_eq!(
        cloud.refused("/users?$select=signInActivity").await,
        (403, "Authentication_MSGraphPermissionMissing".to_owned())
    );
    cloud.get("/users").await;
}

#[tokio::test]
async fn a_permission_that_is_withdrawn_closes_its_paths_and_no_others() {
    let cloud = broad_cloud(25).await;
    let user = cloud.get("/users?$top=1&$select=id").await["value"][0]["id"].clone();
    let [direct, transitive] =
        ["memberOf", "transitiveMemberOf"].map(|list| format!("/users/{}/{list}", user.as_str().unwrap()));
    let staff = cloud.group("Dynamic Enabled Members").await;
    let hidden = cloud.group("Reorganisation").await;
    let members = format!("/groups/{staff}/members");
    let permissions = "/tenants/contoso/permissions";
    let denied = (403, "Authorization_RequestDenied".to_owned());
    let cases = [
        (
            "groups",
            vec!["/groups", members.as_str()],
            vec!["/users", "/subscribedSkus"],
        ),
        ("subscribedSkus", vec!["/subscribedSkus"], vec!["/groups"]),
        ("Domain.Read.All", vec!["/domains"], vec!["/organization"]),
        ("organization", vec!["/organization"], vec!["/domains"]),
        (
            "deletedItems",
            vec!["/directory/deletedItems/microsoft.graph.user"],
            vec!["/users"],
        ),
        ("members", vec![members.as_str()], vec!["/groups"]),
        ("devices", vec!["/devices"], vec!["/users"]),
        ("memberships", vec![direct.as_str()], vec![transitive.as_str()]),
    ];
    for (permission, closed, open) in cases {
        cloud
            .control(
                Method::PUT,
                permissions,
                Some(json!({"denied": [permission], "immediately": true})),
            )
            .await;
        for path in closed {
            assert_eq!(cloud.refused(path).await, denied, "{permission}: {path}");
        }
        for path in open {
            cloud.get(path).await;
        }
    }
    cloud
        .control(
            Method::PUT,
            permissions,
            Some(json!({"denied": ["hiddenMembers"], "immediately": true})),
        )
        .await;
    assert_eq!(cloud.refused(&format!("/groups/{hidden}/members")).await, denied);
    cloud
        .control(
            Method::PUT,
            permissions,
            Some(json!({"denied": ["users"], "immediately": true})),
        )
        .await;
    let member = cloud.get(&members).await["value"][0].clone();
    assert_eq!(member.as_object().unwrap().len(), 2, "id and type only: {member}");
}

#[tokio::test]
async fn every_answer_says_which_request_it_answers() {
    let cloud = cloud(1).await;
    let request = cloud.client.get(cloud.url("/users/nobody")).bearer_auth(&cloud.token);
    let answer = request
        .header("client-request-id", "0e1f6f2e-1111-4222-8333-444455556666")
        .send()
        .await
        .unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (own, theirs) = (header("request-id"), header("client-request-id"));
    assert!(!header("date").is_empty());
    assert_eq!(theirs, "0e1f6f2e-1111-4222-8333-444455556666");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["innerError"]["request-id"], own);
    assert_eq!(body["error"]["innerError"]["client-request-id"], theirs);
}
