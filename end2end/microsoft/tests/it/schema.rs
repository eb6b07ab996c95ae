//! Answers against the OpenAPI cut of Microsoft's model. The cut stands outside the repository: without it these
//! checks are left out, and say so.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Cloud, broad_cloud, cloud, premium_cloud, with};

/// The OpenAPI cut.
pub struct Schema {
    document: Value,
    /// Building a validator takes longer than using it a hundred times.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// The folder of fixtures beside the workspace, or the one that `ENTRAIN_FIXTURES` names, if it is there.
pub fn fixtures() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let folder = std::env::var_os("ENTRAIN_FIXTURES").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("left out: there is no {}", folder.display());
    None
}

impl Schema {
    fn load() -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Schema>> = OnceLock::new();
        let load = || {
            let text = std::fs::read_to_string(fixtures()?.join("graph-openapi-subset.json")).unwrap();
            Some(Self {
                document: serde_json::from_str(&text).unwrap(),
                validators: Mutex::default(),
            })
        };
        LOADED.get_or_init(load).as_ref()
    }

    /// Checks a body against a named schema.
    pub fn check_named(name: &str, body: &Value) {
        if let Some(schema) = Self::load() {
            schema.check(json!({"$ref": format!("#/components/schemas/{name}")}), name, body);
        }
    }

    /// Checks a body against what the cut says of a path's answer.
    pub fn check_path(path: &str, status: u16, body: &Value) {
        let Some(schema) = Self::load() else { return };
        if status >= 400 {
            return Self::check_named("ODataError", body);
        }
        let answer =
            &schema.document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(answer.is_object(), "the cut has no path {path}");
        schema.check(answer.clone(), path, body);
    }

    fn check(&self, schema: Value, what: &str, body: &Value) {
        let validator = self.validator(schema, what);
        let errors: Vec<String> = validator
            .iter_errors(body)
            .map(|error| format!("{} at {}", error, error.instance_path))
            .collect();
        assert!(errors.is_empty(), "{what}: {}", errors.join("; "));
    }

    fn validator(&self, mut schema: Value, what: &str) -> Arc<Validator> {
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let build = || {
            // References in the cut point from its root: the components travel with the schema.
            schema["components"] = self.document["components"].clone();
            Arc::new(
                jsonschema::options()
                    .should_validate_formats(true)
                    .build(&schema)
                    .unwrap(),
            )
        };
        Arc::clone(validators.entry(what.to_owned()).or_insert_with(build))
    }
}

/// Asks every path that the stand-in serves, page after page, and checks each answer.
async fn check_everything(cloud: &Cloud) {
    let raw = cloud.raw().await;
    let first = |list: &str| raw[list][0]["id"].as_str().map(str::to_owned);
    let wide = "accountEnabled,department,signInActivity,assignedLicenses,licenseAssignmentStates,deletedDateTime,\
                userType,proxyAddresses,otherMails,createdDateTime,companyName,externalUserState,streetAddress,mail,\
                city,state,postalCode,country,usageLocation,identities,provisionedPlans,assignedPlans,employeeOrgData";
    let wide = if raw["premium"] == true {
        wide.to_owned()
    } else {
        wide.replace("signInActivity,", "")
    };
    let mut asked = vec![
        ("/users", "/users".to_owned()),
        ("/users", format!("/users?$select={wide}&$top=7")),
        (
            "/directory/deletedItems/microsoft.graph.user",
            "/directory/deletedItems/microsoft.graph.user".to_owned(),
        ),
        ("/groups", "/groups?$top=5".to_owned()),
        ("/devices", "/devices?$top=2".to_owned()),
        (
            "/devices",
            "/devices?$filter=isCompliant eq true&$select=id,displayName".to_owned(),
        ),
        ("/subscribedSkus", "/subscribedSkus".to_owned()),
        ("/domains", "/domains".to_owned()),
        ("/organization", "/organization".to_owned()),
        (
            "/organization/{id}",
            format!("/organization/{}", raw["organization"]["id"].as_str().unwrap()),
        ),
        ("/users/{id}", "/users/nobody@nowhere.example".to_owned()),
        ("/users", "/users?$filter=accountEnabled eq true".to_owned()),
        (
            "/users",
            "/users?$filter=accountEnabled ne true&$count=true&$orderby=displayName".to_owned(),
        ),
        ("/users", "/users?$filter=accountEnabled ne true".to_owned()),
        ("/groups", "/groups?$search=\"displayName:all\"&$count=true".to_owned()),
    ];
    let report = "/reports/authenticationMethods/userRegistrationDetails";
    asked.push((report, format!("{report}?$top=50")));
    if let Some(id) = first("registrations") {
        asked.push((
            "/reports/authenticationMethods/userRegistrationDetails/{id}",
            format!("{report}/{id}"),
        ));
    }
    if let Some(user) = first("users") {
        for list in ["memberOf", "transitiveMemberOf", "licenseDetails"] {
            asked.push(match list {
                "memberOf" => ("/users/{id}/memberOf", format!("/users/{user}/memberOf")),
                "transitiveMemberOf" => ("/users/{id}/transitiveMemberOf", format!("/users/{user}/{list}")),
                _ => ("/users/{id}/licenseDetails", format!("/users/{user}/{list}")),
            });
        }
    }
    let single = [
        ("/users/{id}", "/users", "users"),
        ("/devices/{id}", "/devices", "devices"),
        ("/subscribedSkus/{id}", "/subscribedSkus", "skus"),
        ("/domains/{id}", "/domains", "domains"),
    ];
    for (template, path, list) in single {
        if let Some(id) = first(list) {
            asked.push((template, format!("{path}/{id}")));
        }
    }
    for group in raw["groups"].as_array().unwrap() {
        let id = group["id"].as_str().unwrap();
        asked.push(("/groups/{id}", format!("/groups/{id}")));
        for list in ["members", "transitiveMembers"] {
            let template = if list == "members" {
                "/groups/{id}/members"
            } else {
                "/groups/{id}/transitiveMembers"
            };
            asked.push((template, format!("/groups/{id}/{list}?$top=50")));
            asked.push((
                template,
                format!("/groups/{id}/{list}?$select=id,displayName,mail,deviceId"),
            ));
        }
        let (members, closure) = (
            "/groups/{id}/members/microsoft.graph.user",
            "/groups/{id}/transitiveMembers/microsoft.graph.user",
        );
        asked.push((members, format!("/groups/{id}/members/microsoft.graph.user")));
        asked.push((
            closure,
            format!("/groups/{id}/transitiveMembers/microsoft.graph.user?$select={wide}&$count=true"),
        ));
    }
    for (template, path) in asked {
        let mut next = Some(path);
        while let Some(link) = next {
            let answer = match link.contains("$count=true") {
                true => cloud.send_eventually(&link).await,
                false => cloud.send(&link).await,
            };
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap();
            Schema::check_path(template, status, &body);
            next = body["@odata.nextLink"].as_str().map(str::to_owned);
        }
    }
}

#[tokio::test]
async fn every_answer_from_a_generated_directory_validates_against_microsofts_model() {
    if Schema::load().is_some() {
        check_everything(&broad_cloud(120).await).await;
        check_everything(&premium_cloud(120).await).await;
    }
}

#[tokio::test]
async fn every_answer_from_the_documentations_examples_validates_against_microsofts_model() {
    if let Some(folder) = fixtures() {
        let options = microsoft_sim::Options {
            load: vec![folder.join("graph")],
            ..Default::default()
        };
        check_everything(&with(options).await).await;
    }
}

#[tokio::test]
async fn every_property_of_microsofts_model_can_be_selected_or_is_honestly_refused() {
    let Some(schema) = Schema::load() else { return };
    let cloud = premium_cloud(25).await;
    let navigation = [
        "manager",
        "memberOf",
        "members",
        "transitiveMembers",
        "ownedDevices",
        "registeredDevices",
    ];
    let kinds = [
        ("user", "/users"),
        ("group", "/groups"),
        ("organization", "/organization"),
        ("subscribedSku", "/subscribedSkus"),
    ];
    for (kind, path) in kinds {
        let properties = schema.document["components"]["schemas"][kind]["properties"]
            .as_object()
            .unwrap();
        for property in properties
            .keys()
            .filter(|property| !navigation.contains(&property.as_str()))
        {
            let answer = cloud.send(&format!("{path}?$select={property}")).await;
            let status = answer.status().as_u16();
            assert!(status == 200 || status == 501, "{kind}/{property}: {status}");
            Schema::check_path(path, status, &answer.json().await.unwrap());
        }
    }
}

#[tokio::test]
async fn errors_that_are_ordered_validate_too() {
    let cloud = cloud(1).await;
    for status in [400, 401, 403, 404, 409, 410, 429, 500, 503] {
        let id = cloud.fault(crate::support::status_fault("/v1.0/users", status)).await;
        let answer = cloud.send("/users").await;
        assert_eq!(answer.status().as_u16(), status);
        Schema::check_named("ODataError", &answer.json().await.unwrap());
        cloud.control(Method::DELETE, &format!("/faults/{id}"), None).await;
    }
}

#[tokio::test]
async fn the_checks_themselves_find_a_mistyped_property_and_a_missing_list() {
    if Schema::load().is_none() {
        return;
    }
    let wrong = |body: Value| std::panic::catch_unwind(|| Schema::check_path("/users", 200, &body)).is_err();
    assert!(wrong(json!({"value": [{"id": "1", "accountEnabled": "yes"}]})));
    assert!(wrong(json!({"value": [{"id": "1", "displayname": "x"}]})));
    assert!(wrong(json!({"@odata.context": "x"})));
    assert!(!wrong(json!({"value": [{"id": "1", "accountEnabled": null}]})));
}
