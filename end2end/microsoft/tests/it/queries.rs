//! Query options over HTTP: filters, counts, orders, searches, and the lists that are reached through an object.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::schema::Schema;
use crate::support::{broad_cloud, cloud, premium_cloud, texts};

const ALL: &str =
    "accountEnabled,department,userType,assignedLicenses,displayName,mail,createdDateTime,userPrincipalName";

#[tokio::test]
async fn a_filter_takes_the_same_users_on_every_page_as_a_look_at_all_of_them_does() {
    let cloud = cloud(120).await;
    let users = cloud.all(&format!("/users?$select={ALL}&$top=999")).await;
    let sku = users
        .iter()
        .find_map(|user| user["assignedLicenses"][0]["skuId"].as_str())
        .unwrap()
        .to_owned();
    let department = users
        .iter()
        .find_map(|user| user["department"].as_str())
        .unwrap()
        .to_owned();
    let licensed = format!("assignedLicenses/any(u:u/skuId eq {sku})");
    let in_department = format!("department eq '{}'", department.to_uppercase().replace('\'', "''"));
    type Holds<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(String, Holds<'_>)> = vec![
        (
            "accountEnabled eq false".to_owned(),
            Box::new(|user| user["accountEnabled"] == false),
        ),
        (
            in_department,
            Box::new(|user| {
                user["department"]
                    .as_str()
                    .is_some_and(|has| has.eq_ignore_ascii_case(&department))
            }),
        ),
        (
            licensed,
            Box::new(|user| {
                let licences = user["assignedLicenses"].as_array().unwrap();
                licences.iter().any(|licence| licence["skuId"] == sku.as_str())
            }),
        ),
        (
            "userType in ('Guest') and startsWith(displayName,'A')".to_owned(),
            Box::new(|user| {
                user["userType"] == "Guest" && user["displayName"].as_str().unwrap().to_lowercase().starts_with('a')
            }),
        ),
    ];
    for (filter, holds) in cases {
        let expected: BTreeSet<&str> = users
            .iter()
            .filter(|user| holds(user))
            .filter_map(|user| user["id"].as_str())
            .collect();
        let page = cloud.all(&format!("/users?$filter={filter}&$top=3")).await;
        assert_eq!(
            texts(&page, "id").into_iter().collect::<BTreeSet<_>>(),
            expected,
            "{filter}"
        );
        assert_eq!(page.len(), expected.len(), "{filter}: nobody twice");
    }
    let sku = format!("assignedLicenses/any(u:u/skuId eq {sku})");
    assert!(
        !cloud.all(&format!("/users?filter={sku}")).await.is_empty(),
        "without a dollar sign"
    );
}

#[tokio::test]
async fn an_advanced_filter_needs_header_and_count_and_counts_on_the_first_page_only() {
    let cloud = cloud(60).await;
    let filter = "/users?$filter=not(accountEnabled eq false) and assignedLicenses/$count ne 0&$top=5";
    let (status, code) = cloud.refused(filter).await;
    assert_eq!((status, code.as_str()), (400, "Request_UnsupportedQuery"));
    let counted = format!("{filter}&$count=true");
    assert_eq!(cloud.refused(&counted).await.0, 400, "the header is missing");
    let first = cloud.get_eventually(&counted).await;
    Schema::check_path("/users", 200, &first);
    let all = cloud.all_eventually(&counted).await;
    assert_eq!(first["@odata.count"], all.len());
    let second = cloud.get_eventually(first["@odata.nextLink"].as_str().unwrap()).await;
    assert!(second.get("@odata.count").is_none());
    assert_eq!(
        cloud.refused(first["@odata.nextLink"].as_str().unwrap()).await.0,
        400,
        "the header must be sent again"
    );
}

#[tokio::test]
async fn a_count_by_the_path_is_a_number_as_plain_text() {
    let cloud = cloud(40).await;
    let staff = cloud.group("All Staff").await;
    for (path, list) in [
        ("/users/$count".to_owned(), "/users".to_owned()),
        ("/groups/%24count".to_owned(), "/groups".to_owned()),
        (
            format!("/groups/{staff}/members/$count"),
            format!("/groups/{staff}/members"),
        ),
        (
            "/users/$count?$filter=accountEnabled eq true".to_owned(),
            "/users?$filter=accountEnabled eq true".to_owned(),
        ),
    ] {
        assert_eq!(
            cloud.refused(&path).await,
            (400, "Request_BadRequest".to_owned()),
            "{path}"
        );
        let answer = cloud.send_eventually(&path).await;
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with("text/plain")
        );
        assert_eq!(
            answer.text().await.unwrap(),
            cloud.all(&list).await.len().to_string(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_order_holds_over_all_pages_and_a_lost_place_says_so() {
    let cloud = cloud(50).await;
    let users = cloud
        .all("/users?$orderby=displayName&$top=7&$select=displayName")
        .await;
    let names: Vec<String> = texts(&users, "displayName")
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    assert_eq!(names.len(), 50);
    assert!(names.is_sorted(), "{names:?}");
    let down = cloud.all("/users?$orderby=displayName desc&$top=7").await;
    let ids = |users: &[Value]| {
        texts(users, "id")
            .into_iter()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(ids(&down), ids(&users));

    let page = cloud.get("/users?$orderby=displayName&$top=2").await;
    let path = format!("/tenants/contoso/users/{}", page["value"][1]["id"].as_str().unwrap());
    cloud.control(Method::DELETE, &path, None).await;
    assert_eq!(
        cloud.refused(page["@odata.nextLink"].as_str().unwrap()).await,
        (400, "Directory_ExpiredPageToken".to_owned())
    );
    assert_eq!(
        cloud.refused("/users?$orderby=department").await.1,
        "Request_UnsupportedQuery"
    );
}

#[tokio::test]
async fn a_search_finds_groups_by_their_words() {
    let cloud = cloud(25).await;
    let path = "/groups?$search=\"displayName:sales\"";
    assert_eq!(cloud.refused(path).await, (400, "Request_UnsupportedQuery".to_owned()));
    let found = cloud.get_eventually(path).await;
    Schema::check_path("/groups", 200, &found);
    let names = texts(found["value"].as_array().unwrap(), "displayName");
    assert!(names.contains(&"Dynamic Sales"), "{names:?}");
    assert!(
        names.iter().all(|name| name.to_lowercase().contains("sales")),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_users_groups_are_the_groups_that_have_the_user() {
    let cloud = broad_cloud(40).await;
    let staff = cloud.group("All Staff").await;
    let members = cloud.all(&format!("/groups/{staff}/transitiveMembers")).await;
    let user = members
        .iter()
        .find(|member| member["@odata.type"] == "#microsoft.graph.user")
        .unwrap();
    let id = user["id"].as_str().unwrap();
    let all = cloud.all(&format!("/users/{id}/transitiveMemberOf?$top=2")).await;
    assert!(texts(&all, "id").contains(&staff.as_str()));
    assert!(all.iter().all(|group| group["@odata.type"] == "#microsoft.graph.group"));
    let direct = cloud.get(&format!("/users/{id}/memberOf")).await;
    Schema::check_path("/users/{id}/memberOf", 200, &direct);
    for group in direct["value"].as_array().unwrap() {
        let members = cloud
            .all(&format!("/groups/{}/members", group["id"].as_str().unwrap()))
            .await;
        assert!(texts(&members, "id").contains(&id));
    }
    let cast = format!("/users/{id}/memberOf/microsoft.graph.group?$count=true&$filter=startswith(displayName,'a')");
    let cast = cloud.get_eventually(&cast).await;
    assert!(
        cast["value"]
            .as_array()
            .unwrap()
            .iter()
            .all(|group| group.get("@odata.type").is_none())
    );
}

#[tokio::test]
async fn a_users_licences_come_with_their_plans() {
    let cloud = cloud(40).await;
    let users = cloud
        .all("/users?$filter=assignedLicenses/any()&$select=id,assignedLicenses")
        .await;
    let user = &users[0];
    let details = cloud
        .get(&format!("/users/{}/licenseDetails", user["id"].as_str().unwrap()))
        .await;
    Schema::check_path("/users/{id}/licenseDetails", 200, &details);
    let held = user["assignedLicenses"].as_array().unwrap();
    let details = details["value"].as_array().unwrap();
    assert_eq!(texts(details, "skuId"), texts(held, "skuId"));
    assert!(!details[0]["servicePlans"].as_array().unwrap().is_empty());
    let unlicensed = cloud
        .all_eventually("/users?$filter=assignedLicenses/$count eq 0&$count=true")
        .await;
    let none = cloud
        .get(&format!(
            "/users/{}/licenseDetails",
            unlicensed[0]["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(none["value"], json!([]));
}

#[tokio::test]
async fn an_object_is_found_by_its_id_whatever_its_kind() {
    let cloud = cloud(25).await;
    let kiosks = cloud.group("Kiosk Devices").await;
    let members = cloud.all(&format!("/groups/{kiosks}/members")).await;
    let ids: Vec<&str> = texts(&members, "id");
    for member in &members {
        let path = format!("/directoryObjects/{}", member["id"].as_str().unwrap());
        assert_eq!(cloud.get(&path).await["@odata.type"], member["@odata.type"]);
    }
    let request = cloud
        .client
        .post(cloud.url("/directoryObjects/getByIds"))
        .bearer_auth(&cloud.token);
    let body = json!({"ids": ids, "types": ["device"]});
    let found: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    let devices = members
        .iter()
        .filter(|member| member["@odata.type"] == "#microsoft.graph.device")
        .count();
    assert!(devices > 0);
    assert_eq!(found["value"].as_array().unwrap().len(), devices);
    let request = cloud
        .client
        .post(cloud.url("/directoryObjects/getByIds"))
        .bearer_auth(&cloud.token);
    assert_eq!(request.body("no json").send().await.unwrap().status().as_u16(), 400);
}

#[tokio::test]
async fn a_method_that_nobody_may_use_is_told_from_one_that_needs_a_permission() {
    let cloud = cloud(5).await;
    let ask = |method: Method, path: &str| {
        cloud
            .client
            .request(method, cloud.url(path))
            .bearer_auth(&cloud.token)
            .send()
    };
    for (method, path, status) in [
        (Method::POST, "/users", 403),
        (Method::PATCH, "/users/nobody@contoso.example", 403),
        (Method::DELETE, "/groups/00000000-0000-4000-8000-000000000000", 403),
        (Method::HEAD, "/users", 405),
        (Method::OPTIONS, "/users", 405),
        (Method::PUT, "/users", 405),
        (Method::DELETE, "/users", 405),
        (Method::PATCH, "/subscribedSkus", 405),
        (Method::GET, "/directoryObjects/getByIds", 405),
    ] {
        assert_eq!(
            ask(method.clone(), path).await.unwrap().status().as_u16(),
            status,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn beta_serves_what_is_the_same_there_under_its_own_name() {
    let cloud = cloud(12).await;
    let page = cloud
        .get(&format!("{}/beta/users?$select=id&$top=5", cloud.base()))
        .await;
    assert_eq!(
        page["@odata.context"],
        format!("{}/beta/$metadata#users(id)", cloud.base())
    );
    assert!(page["@odata.nextLink"].as_str().unwrap().contains("/beta/users?"));
    assert_eq!(
        cloud.all(&format!("{}/beta/users?$top=5", cloud.base())).await.len(),
        12
    );
}

#[tokio::test]
async fn who_selects_nothing_gets_a_tip() {
    let cloud = cloud(5).await;
    assert!(cloud.get("/users").await["@microsoft.graph.tips"].is_string());
    assert!(
        cloud
            .get("/users?$select=id")
            .await
            .get("@microsoft.graph.tips")
            .is_none()
    );
    let user = cloud.all("/users").await[0]["id"].as_str().unwrap().to_owned();
    assert!(cloud.get(&format!("/users/{user}")).await["@microsoft.graph.tips"].is_string());
    assert_eq!(
        cloud.get(&format!("/users('{user}')?$select=id")).await["id"],
        user.as_str()
    );
}

#[tokio::test]
async fn a_filter_by_sign_in_activity_stands_alone_and_is_only_for_premium_tenants() {
    let premium = premium_cloud(60).await;
    let filter = "/users?$filter=signInActivity/lastSignInDateTime le 2100-01-01&$select=signInActivity";
    let found = premium.all(filter).await;
    assert!(
        !found.is_empty()
            && found
                .iter()
                .all(|user| user["signInActivity"]["lastSignInDateTime"].is_string())
    );
    let both = "/users?$filter=signInActivity/lastSignInDateTime le 2100-01-01 and accountEnabled eq true";
    assert_eq!(premium.refused(both).await.0, 400);
    let permissions = format!("/tenants/{}/permissions", premium.tenant);
    premium
        .control(
            Method::PUT,
            &permissions,
            Some(json!({"denied": ["auditLogs"], "immediately": true})),
        )
        .await;
    assert_eq!(premium.refused(filter).await.0, 403);
}

#[tokio::test]
async fn members_of_any_kind_can_be_filtered_and_sorted_in_advanced_queries_only() {
    let cloud = cloud(60).await;
    let staff = cloud.group("All Staff").await;
    let all = cloud.all(&format!("/groups/{staff}/transitiveMembers?$top=999")).await;
    let letter = all[0]["displayName"].as_str().unwrap().to_lowercase().remove(0);
    let starts = |member: &&Value| {
        member["displayName"]
            .as_str()
            .unwrap()
            .to_lowercase()
            .starts_with(letter)
    };
    let expected = all.iter().filter(starts).count();
    let path = format!(
        "/groups/{staff}/transitiveMembers?$filter=startswith(displayName,'{letter}')&$orderby=displayName&$top=2"
    );
    assert_eq!(cloud.refused(&path).await, (400, "Request_UnsupportedQuery".to_owned()));
    let path = format!("{path}&$count=true");
    let first = cloud.get_eventually(&path).await;
    Schema::check_path("/groups/{id}/transitiveMembers", 200, &first);
    assert_eq!(first["@odata.count"], expected);
    let found = cloud.all_eventually(&path).await;
    assert!(found.len() == expected && expected > 0, "{expected}");
    assert!(found.iter().all(|member| member["@odata.type"].is_string()));
}
