//! The End Users table, and the people of a run: search, filter, order and pages.

use crate::{
    model::{
        directory::Readings,
        end_user::Fields,
        filter::Filters,
        ids::{EndUserId, OrganizationId, TenantId},
        microsoft_user::Told,
    },
    store::{
        self,
        end_user_page::{self, EndUserPage, EndUserQuery, PAGE, Words},
        migrate,
    },
    tests::support::{Stage, tester},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

async fn organization(pool: &PgPool, people: &[(&str, &str)]) -> OrganizationId {
    migrate::migrate(pool).await.unwrap();
    let id = OrganizationId(Uuid::now_v7());
    let tenant = TenantId(Uuid::now_v7());
    store::organization::create(pool, &tester(), id, tenant, "Contoso", "", "")
        .await
        .unwrap();
    let people: Vec<_> = people
        .iter()
        .map(|(name, email)| {
            let fields = Fields {
                name: (*name).into(),
                email: (*email).into(),
                ..Fields::default()
            };
            (EndUserId(Uuid::now_v7()), fields)
        })
        .collect();
    store::end_user::insert(pool, id, &people).await.unwrap();
    id
}

/// A page of people whom nobody in Microsoft stands behind.
async fn page(pool: &PgPool, id: OrganizationId, query: &EndUserQuery) -> EndUserPage {
    let words = Words {
        name_of: &HashMap::new(),
        readings: &Readings::default(),
        last_pass_at: None,
        now: &store::in_utc(Utc::now()),
    };
    end_user_page::page(pool, id, None, query, words).await.unwrap()
}

async fn names(pool: &PgPool, id: OrganizationId, query: EndUserQuery) -> Vec<String> {
    let EndUserPage { rows, total, .. } = page(pool, id, &query).await;
    assert!(total >= i64::try_from(rows.len()).unwrap());
    rows.into_iter().map(|row| row.name).collect()
}

fn search(words: &str) -> EndUserQuery {
    EndUserQuery {
        search: words.into(),
        ..EndUserQuery::default()
    }
}

#[sqlx::test(migrations = false)]
async fn a_search_finds_exactly_its_words_whatever_they_mean_to_postgres(pool: PgPool) {
    let people = [
        ("100% Ana", "a@x.example"),
        ("Ben_Smith", "b@x.example"),
        ("C\\D", "c@x.example"),
        ("Plain", "p@x.example"),
    ];
    let id = organization(&pool, &people).await;
    for (words, found) in [
        ("%", "100% Ana"),
        ("_", "Ben_Smith"),
        ("\\", "C\\D"),
        (" BEN_s ", "Ben_Smith"),
    ] {
        assert_eq!(names(&pool, id, search(words)).await, [found], "{words}");
    }
    assert_eq!(names(&pool, id, search("P@X")).await, ["Plain"]);
    assert_eq!(names(&pool, id, search("")).await.len(), 4);
    assert_eq!(names(&pool, id, search("Pl\0ain")).await, ["Plain"]);
    assert!(names(&pool, id, search("' or true --")).await.is_empty());
}

#[sqlx::test(migrations = false)]
async fn a_search_finds_every_spelling_and_unicode_form_of_a_name(pool: PgPool) {
    let id = organization(&pool, &[("José Núñez", "josé@x.example"), ("Zoe", "zoe@x.example")]).await;
    for words in [
        "josé núñez",
        "JOSÉ NÚÑEZ",
        "jose\u{301} nu\u{301}n\u{303}ez",
        "JOSE\u{301}@X",
    ] {
        assert_eq!(names(&pool, id, search(words)).await, ["José Núñez"], "{words}");
    }
}

#[sqlx::test(migrations = false)]
async fn the_people_of_a_run_are_searched_the_same_way(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for name in ["100% Ana", "Ben_Smith", "Plain"] {
        stage.hire(name, &format!("{}@contoso.example", name.len())).await;
    }
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    for (words, found) in [("%", 1), ("_", 1), ("\\", 0), ("plain", 1), ("", 3)] {
        let (people, total) = store::run::people(&pool, run, None, words, 1, 50).await.unwrap();
        assert_eq!((people.len(), total), (found, i64::try_from(found).unwrap()), "{words}");
    }
    let (people, total) = store::run::people(&pool, run, None, "", 9, 2).await.unwrap();
    assert_eq!(
        (people.len(), total),
        (0, 3),
        "beyond the last page the total is still the total"
    );
}

#[sqlx::test(migrations = false)]
async fn pages_hold_everybody_once_in_every_order(pool: PgPool) {
    let many: Vec<_> = (0..220)
        .map(|n| (format!("Person {}", n % 7), format!("{n:03}@x.example")))
        .collect();
    let borrowed: Vec<_> = many
        .iter()
        .map(|(name, email)| (name.as_str(), email.as_str()))
        .collect();
    let id = organization(&pool, &borrowed).await;
    for sort in ["", "name", "-name", "email", "-email"] {
        let (mut seen, mut order) = (HashSet::new(), vec![]);
        for number in 1..=3 {
            let query = EndUserQuery {
                sort: sort.into(),
                page: number,
                ..EndUserQuery::default()
            };
            let EndUserPage { rows, total, more, .. } = page(&pool, id, &query).await;
            assert_eq!((total, more), (220, number < 3));
            assert_eq!(i64::try_from(rows.len()).unwrap(), if number == 3 { 20 } else { PAGE });
            seen.extend(rows.iter().map(|row| row.id));
            let by = |row: &crate::model::end_user::EndUserRow| match sort {
                "email" | "-email" => row.email.clone(),
                _ => row.name.clone(),
            };
            order.extend(rows.iter().map(by));
        }
        assert_eq!(seen.len(), 220, "{sort}");
        let mut sorted = order.clone();
        sorted.sort();
        if sort.starts_with('-') {
            sorted.reverse();
        }
        assert_eq!(order, sorted, "{sort}");
    }
    let beyond = EndUserQuery {
        page: 9,
        ..EndUserQuery::default()
    };
    let EndUserPage { rows, total, .. } = page(&pool, id, &beyond).await;
    assert_eq!(
        (rows.len(), total),
        (0, 220),
        "beyond the last page the total is still the total"
    );
}

#[sqlx::test(migrations = false)]
async fn the_table_shows_who_is_synced_with_their_marks_and_licences(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let sku: Uuid = serde_json::from_value(stage.directory().await["skus"].clone()).map_or_else(
        |_| Uuid::nil(),
        |skus: Vec<serde_json::Value>| skus[0]["skuId"].as_str().unwrap().parse().unwrap(),
    );
    stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    stage
        .change(
            ben,
            json!({ "assignedLicenses": [{ "skuId": sku, "disabledPlans": [] }] }),
        )
        .await;
    stage.end_user(stage.organization, "Zoe", "zoe@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.change(ben, json!({ "accountEnabled": false })).await;
    stage.run_well().await;

    let product = HashMap::from([(crate::model::ids::SkuId(sku), "The Suite".to_owned())]);
    for (microsoft, found) in [
        ("", vec!["Ana", "Ben", "Zoe"]),
        ("synced", vec!["Ana", "Ben"]),
        ("notSynced", vec!["Zoe"]),
        ("disabled", vec!["Ben"]),
        ("hideDisabled", vec!["Ana", "Zoe"]),
    ] {
        let query = EndUserQuery {
            microsoft: microsoft.into(),
            ..EndUserQuery::default()
        };
        let words = Words {
            name_of: &product,
            readings: &Readings::default(),
            last_pass_at: Some(Utc::now()),
            now: &store::in_utc(Utc::now()),
        };
        let page = end_user_page::page(&pool, stage.organization, Some(stage.tenant), &query, words);
        let rows = page.await.unwrap().rows;
        assert_eq!(
            rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
            found,
            "{microsoft}"
        );
        for row in rows.iter().filter(|row| row.name == "Ben") {
            assert!(row.mark.is_some() && row.synced);
            assert!(matches!(&row.licenses, Some(Told::Known { value, .. }) if *value == ["The Suite"]));
        }
    }
}
