//! Folders of Graph's own answers.

use std::fs;

use microsoft_sim::Options;
use serde_json::{Value, json};

use crate::schema::fixtures;
use crate::support::with;

fn folder(files: &[(&str, Value)]) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("northwind-").tempdir().unwrap();
    for (name, body) in files {
        fs::write(folder.path().join(name), body.to_string()).unwrap();
    }
    folder
}

#[tokio::test]
async fn a_folder_becomes_a_tenant_with_what_is_missing_made_up() {
    let context = |set: &str| format!("https://graph.microsoft.com/v1.0/$metadata#{set}");
    let ann = "11111111-2222-4333-8444-555555555555";
    let folder = folder(&[
        (
            "a.json",
            json!({"@odata.context": context("users"), "value": [
                {"id": ann, "displayName": "Ann", "mail": null},
                {"displayName": "Without Id", "createdDateTime": "String (timestamp)", "colour": "red"},
                {"id": "not-a-guid", "displayName": "Strange Id"},
            ]}),
        ),
        (
            "b.json",
            json!({"@odata.context": context("users(department)/$entity"), "id": ann, "department": "Sales"}),
        ),
        (
            "groups-list.json",
            json!({"value": [{"id": "99999999-2222-4333-8444-555555555555", "displayName": "First"}]}),
        ),
        ("group-members-1.json", json!({"value": [{"id": ann}]})),
        ("error.json", json!({"error": {"code": "x", "message": "y"}})),
        (
            "contracts.json",
            json!({"@odata.context": context("contracts"), "value": [{"id": ann}]}),
        ),
    ]);
    let options = Options {
        load: vec![folder.path().to_owned()],
        ..Options::default()
    };
    let one = with(options.clone()).await;
    let users = one
        .all("/users?$select=displayName,department,createdDateTime,mail")
        .await;
    assert_eq!(users.len(), 3);
    let found = |name: &str| users.iter().find(|user| user["displayName"] == name).unwrap();
    assert_eq!(
        found("Ann")["department"],
        "Sales",
        "two examples of one user are one user"
    );
    assert!(
        found("Without Id")["createdDateTime"].is_null(),
        "a placeholder that is no time is left out"
    );
    let members = one.all("/groups/99999999-2222-4333-8444-555555555555/members").await;
    assert_eq!(members[0]["id"], ann);
    assert_eq!(one.get("/domains").await["value"].as_array().unwrap().len(), 1);
    assert_eq!(
        with(options).await.raw().await,
        one.raw().await,
        "and the same every time"
    );
}

#[tokio::test]
async fn microsofts_documentation_examples_are_served() {
    let Some(fixtures) = fixtures() else { return };
    let cloud = with(Options {
        load: vec![fixtures.join("graph")],
        ..Options::default()
    })
    .await;
    assert_eq!(
        cloud.tenant.to_string(),
        "84841066-274d-4ec0-a5c1-276be684bdd3",
        "the organization of the examples"
    );
    let users = cloud.all("/users?$select=displayName,mail,userPrincipalName").await;
    for name in ["Conf Room Adams", "MOD Administrator", "Adele Vance"] {
        assert!(users.iter().any(|user| user["displayName"] == name), "{name}");
    }
    assert!(
        users
            .iter()
            .any(|user| user["userPrincipalName"].as_str().unwrap_or_default().contains("#EXT#"))
    );
    assert!(cloud.all("/groups").await.len() > 5);
    let skus = cloud.all("/subscribedSkus").await;
    assert!(
        skus.iter()
            .any(|sku| sku["skuPartNumber"] == "ENTERPRISEPREMIUM" && sku["consumedUnits"] == 14)
    );
    assert!(
        cloud
            .all("/domains")
            .await
            .iter()
            .any(|domain| domain["id"] == "contoso.com")
    );
    let domains = cloud.all("/domains").await;
    assert_eq!(domains.iter().filter(|domain| domain["isInitial"] == true).count(), 1);
    let raw = cloud.raw().await;
    let filled = raw["members"]
        .as_object()
        .unwrap()
        .values()
        .filter(|members| !members.as_array().unwrap().is_empty());
    assert!(filled.count() >= 2, "the member examples were put into groups");
}

#[tokio::test]
async fn a_folder_without_answers_is_refused() {
    let folder = folder(&[("error.json", json!({"error": {}}))]);
    let options = Options {
        load: vec![folder.path().to_owned()],
        ..Options::default()
    };
    let error = microsoft_sim::start(options).await.unwrap_err().to_string();
    assert!(error.contains("looks like an answer of Graph"), "{error}");
}
