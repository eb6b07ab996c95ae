use super::microsoft::{Microsoft, TENANT, error, ok, reply};
use crate::{
    graph::{GraphErrorKind, MemberKind},
    model::ids::GroupId,
};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn the_organization_is_the_one_object_of_its_listing() {
    let microsoft = Microsoft::start().await;
    let domains = json!([{"name": "contoso.com", "type": "Managed", "isDefault": true}]);
    let body = json!({"value": [{"id": TENANT, "displayName": "Contoso", "verifiedDomains": domains}]});
    microsoft.on("/graph/v1.0/organization", ok(body));
    let organization = microsoft.tenant().organization().await.unwrap();
    assert_eq!(
        (
            organization.id.to_string().as_str(),
            organization.display_name.as_deref()
        ),
        (TENANT, Some("Contoso"))
    );
    assert_eq!(organization.verified_domains[0].name, "contoso.com");
}

#[tokio::test]
async fn an_empty_listing_of_organizations_is_an_error() {
    let microsoft = Microsoft::start().await;
    microsoft.on("/graph/v1.0/organization", ok(json!({"value": []})));
    assert_eq!(
        microsoft.tenant().organization().await.unwrap_err().kind,
        GraphErrorKind::Decode
    );
}

#[tokio::test]
async fn domains_and_products_are_read_over_all_pages() {
    let microsoft = Microsoft::start().await;
    let (domains, skus) = ("/graph/v1.0/domains", "/graph/v1.0/subscribedSkus");
    microsoft
        .on(
            domains,
            ok(json!({"value": [{"id": "a.com"}], "@odata.nextLink": microsoft.link(domains, "2")})),
        )
        .on(domains, ok(json!({"value": [{"id": "b.com"}]})))
        .on(skus, ok(json!({"value": [{"skuId": TENANT, "consumedUnits": 14}]})));
    let tenant = microsoft.tenant();
    let names: Vec<_> = tenant
        .domains()
        .await
        .unwrap()
        .into_iter()
        .map(|domain| domain.id)
        .collect();
    assert_eq!(names, ["a.com", "b.com"]);
    assert_eq!(tenant.subscribed_skus().await.unwrap()[0].consumed_units, Some(14));
}

#[tokio::test]
async fn a_guest_is_found_by_a_name_with_a_hash_sign() {
    let microsoft = Microsoft::start().await;
    let path = "/graph/v1.0/users/a_b.com%23EXT%23@contoso.com";
    microsoft.on(path, ok(json!({"id": TENANT, "userType": "Guest"})));
    let user = microsoft
        .tenant()
        .user("a_b.com#EXT#@contoso.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.user_type.as_deref(), Some("Guest"));
    assert!(microsoft.seen(path)[0].query.starts_with("$select=id,"));
}

#[tokio::test]
async fn a_user_who_does_not_exist_is_none() {
    let microsoft = Microsoft::start().await;
    microsoft.on(
        "/graph/v1.0/users/nobody@contoso.com",
        error(404, "Request_ResourceNotFound"),
    );
    assert_eq!(microsoft.tenant().user("nobody@contoso.com").await.unwrap(), None);
    for name in ["", ".", ".."] {
        assert_eq!(microsoft.tenant().user(name).await.unwrap(), None, "{name:?}");
    }
}

#[tokio::test]
async fn a_404_that_is_not_graphs_is_no_news_of_a_user() {
    let microsoft = Microsoft::start().await;
    microsoft.on(
        "/graph/v1.0/users/somebody@contoso.com",
        reply(404, "<html>Not Found</html>"),
    );
    let error = microsoft.tenant().user("somebody@contoso.com").await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (GraphErrorKind::NotFound, "<html>Not Found</html>")
    );
}

#[tokio::test]
async fn deleted_users_groups_and_members_have_their_own_addresses() {
    let microsoft = Microsoft::start().await;
    let (group, member) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let members = format!("/graph/v1.0/groups/{group}/members");
    let deleted = "/graph/v1.0/directory/deletedItems/microsoft.graph.user";
    microsoft
        .on(
            deleted,
            ok(json!({"value": [{"id": member, "deletedDateTime": "2026-01-02T03:04:05Z"}]})),
        )
        .on(
            "/graph/v1.0/groups",
            ok(json!({"value": [{"id": group, "displayName": "Sales"}]})),
        )
        .on(
            &members,
            ok(json!({"value": [{"@odata.type": "#microsoft.graph.group", "id": member}]})),
        );
    let tenant = microsoft.tenant();
    let gone = tenant.deleted_users().next_page().await.unwrap().unwrap();
    assert!(gone[0].deleted_date_time.is_some());
    assert_eq!(
        tenant.groups().next_page().await.unwrap().unwrap()[0]
            .display_name
            .as_deref(),
        Some("Sales")
    );
    let found = tenant.group_members(GroupId(group)).next_page().await.unwrap().unwrap();
    assert_eq!((found[0].id, &found[0].kind), (member, &MemberKind::Group));
    assert_eq!(microsoft.seen(&members)[0].query, "$select=id&$top=999");
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let microsoft = Microsoft::start().await;
    let domains: Vec<_> = (0..500)
        .map(|number| json!({"id": format!("domain-{number}.example")}))
        .collect();
    microsoft.on("/graph/v1.0/domains", ok(json!({"value": domains})));
    assert_eq!(microsoft.tenant().domains().await.unwrap().len(), 500);
}

#[tokio::test]
async fn an_answer_that_is_not_graphs_is_an_error_that_shows_its_beginning() {
    let microsoft = Microsoft::start().await;
    for body in [
        "<html>Sign in to the hotel network</html>",
        "",
        "{\"value\": [{\"id\"",
        "{}",
        "{\"value\": []} {}",
    ] {
        microsoft.clear("/graph/v1.0/domains");
        microsoft.on("/graph/v1.0/domains", reply(200, body));
        let error = microsoft.tenant().domains().await.unwrap_err();
        assert_eq!(
            (error.kind, error.status),
            (GraphErrorKind::Decode, Some(200)),
            "{body}"
        );
        assert!(!body.starts_with('<') || error.message.contains("hotel"), "{error}");
    }
}
