use super::expected::{self, People, Ticks};
use crate::{
    model::{
        filter::{Choice, Filters},
        ids::{DirectoryUserId, OrganizationId},
        plan::Counts,
    },
    tests::support::{Stage, contoso},
};
use microsoft_sim::Options;
use serde_json::Value;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

pub(super) fn filters(ticks: &Ticks) -> Filters {
    let list = |section: &Option<Vec<Option<String>>>| section.clone().map_or(Choice::All, Choice::Values);
    let words = |words: &[&str]| Choice::Values(words.iter().map(|word| Some((*word).to_owned())).collect());
    Filters {
        user_type: ticks.user_type.as_ref().map_or(Choice::All, |kinds| words(kinds)),
        domain: ticks
            .domain
            .clone()
            .map_or(Choice::All, |all| Choice::Values(all.into_iter().map(Some).collect())),
        office_location: list(&ticks.office),
        department: list(&ticks.department),
        group: list(&ticks.group),
        license_status: match ticks.licensed {
            None => Choice::All,
            Some(true) => words(&["licensed"]),
            Some(false) => words(&["unlicensed"]),
        },
    }
}

fn group(directory: &Value, name: &str) -> Option<String> {
    let groups = directory["groups"].as_array().unwrap();
    let found = groups.iter().find(|group| group["displayName"] == name)?;
    Some(found["id"].as_str().unwrap().to_owned())
}

fn some(values: &[&str]) -> Option<Vec<Option<String>>> {
    Some(values.iter().map(|value| Some((*value).to_owned())).collect())
}

async fn synced(stage: &Stage, organization: OrganizationId) -> People {
    let people = stage.people_of(organization).await.into_iter();
    people
        .map(|p| {
            let user = p.directory_user_id.map(|id| id.to_string()).unwrap_or_default();
            let fields = [
                p.name,
                p.email,
                p.phone,
                p.mobile,
                p.street_address,
                p.city,
                p.state,
                p.postal_code,
                p.job_title,
            ];
            (user, fields)
        })
        .collect()
}

async fn stored_licences(stage: &Stage) -> BTreeMap<String, BTreeSet<String>> {
    let rows: Vec<(DirectoryUserId, Vec<Uuid>)> =
        sqlx::query_as("select id, licenses from directory_user where deleted_at is null")
            .fetch_all(&stage.pool)
            .await
            .unwrap();
    let texts = |ids: Vec<Uuid>| ids.iter().map(ToString::to_string).collect();
    rows.into_iter()
        .map(|(id, skus)| (id.to_string(), texts(skus)))
        .collect()
}

/// Enables an Organization for each choice, runs once, compares each with what the rules expect, runs again and sees
/// that nothing was written.
async fn check(stage: &Stage, choices: &[(&str, Ticks)]) -> HashMap<String, usize> {
    let mut organizations = vec![];
    for (name, ticks) in choices {
        let organization = stage.another_organization(name).await;
        stage.enable_for(organization, &filters(ticks)).await;
        organizations.push((organization, *name, ticks));
    }
    stage.run_well().await;
    let directory = stage.directory().await;
    let mut sizes = HashMap::new();
    for (organization, name, ticks) in &organizations {
        let (is, ought) = (synced(stage, *organization).await, expected::people(&directory, ticks));
        similar(name, &is, &ought);
        sizes.insert((*name).to_owned(), ought.len());
    }
    assert_eq!(stored_licences(stage).await, expected::licences(&directory));

    let again = stage.run_quietly().await;
    for row in crate::store::run::organizations(&stage.pool, again).await.unwrap() {
        let Counts {
            create,
            link,
            update,
            disable,
            enable,
            ..
        } = row.counts;
        assert_eq!([create, link, update, disable, enable], [0; 5], "{}", row.name);
    }
    sizes
}

/// Tells who is missing, who is too many and who differs, rather than two long lists.
fn similar(name: &str, is: &People, ought: &People) {
    let missing: Vec<_> = ought.iter().filter(|(id, _)| !is.contains_key(*id)).collect();
    let extra: Vec<_> = is.iter().filter(|(id, _)| !ought.contains_key(*id)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "{name}: missing {missing:?}, extra {extra:?}"
    );
    for (id, fields) in ought {
        assert_eq!(&is[id], fields, "{name}");
    }
}

#[sqlx::test(migrations = false)]
async fn exactly_the_people_that_the_rules_expect_become_end_users_and_a_second_run_writes_nothing(pool: PgPool) {
    let stage = Stage::with(&pool, contoso(150)).await;
    let directory = stage.directory().await;
    let (staff, offices) = (group(&directory, "All Staff"), group(&directory, "All Offices"));
    let aurora = group(&directory, "Project Aurora");
    let choices = [
        ("everybody", Ticks::default()),
        (
            "department, office and nested group",
            Ticks {
                department: some(&[" sales", "ENGINEERING", "Operations"]),
                office: Some(vec![Some("Mu\u{308}NCHEN".into()), Some("london hq".into()), None]),
                group: Some(vec![staff.clone()]),
                ..Ticks::default()
            },
        ),
        (
            "nobody in a department",
            Ticks {
                department: Some(vec![None]),
                ..Ticks::default()
            },
        ),
        (
            "a group of groups, or none",
            Ticks {
                group: Some(vec![offices, None]),
                ..Ticks::default()
            },
        ),
        (
            "two groups that contain each other",
            Ticks {
                group: Some(vec![aurora]),
                ..Ticks::default()
            },
        ),
        (
            "guests",
            Ticks {
                user_type: Some(vec!["guest"]),
                ..Ticks::default()
            },
        ),
        (
            "licensed members of one domain",
            Ticks {
                user_type: Some(vec!["member"]),
                domain: Some(vec!["CONTOSO.example".into()]),
                licensed: Some(true),
                ..Ticks::default()
            },
        ),
        (
            "unlicensed",
            Ticks {
                licensed: Some(false),
                ..Ticks::default()
            },
        ),
    ];
    let sizes = check(&stage, &choices).await;
    let everybody = sizes["everybody"];
    for (name, size) in &sizes {
        assert!(
            *size > 0 && (*size < everybody || name == "everybody"),
            "{name} proves nothing: {size}"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn a_tenant_of_microsofts_own_examples_is_synced_as_the_rules_expect(pool: PgPool) {
    let Some(_) = crate::tests::fixtures::graph_examples(&["user"]) else {
        return;
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/fixtures/graph");
    let options = Options {
        load: vec![folder.into()],
        ..Options::default()
    };
    let stage = Stage::with(&pool, options).await;
    let groups = stage.directory().await["groups"].clone();
    let all: Vec<_> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|group| Some(group["id"].as_str().unwrap().to_owned()))
        .collect();
    let choices = [
        ("everybody", Ticks::default()),
        (
            "members of any group",
            Ticks {
                group: Some(all),
                ..Ticks::default()
            },
        ),
        (
            "unlicensed without a department",
            Ticks {
                department: Some(vec![None]),
                licensed: Some(false),
                ..Ticks::default()
            },
        ),
    ];
    let sizes = check(&stage, &choices).await;
    assert!(sizes.values().all(|size| *size > 0), "{sizes:?}");
}
