//! Every person of a run: told, and as of now.

use super::stage::{csv, read_in};
use crate::{
    model::{exchange::Kind, filter::Filters},
    server::exchange::{export::What, runs::PeopleFilter},
    store::{exchange_export::EndUserFilter, run_people},
    tests::support::{Stage, only},
};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn the_unchanged_and_the_long_standing_are_shown_as_of_now_and_nobody_twice(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    stage.hire("Cy", "cy@contoso.example").await;
    for user in [ana, ben] {
        stage.change(user, json!({ "department": "Sales" })).await;
    }
    stage
        .enable(&Filters {
            department: only(&["Sales"]),
            ..Filters::default()
        })
        .await;
    let first = stage.run_well().await;
    let now = |run, search: &'static str| {
        let pool = pool.clone();
        async move {
            let (people, total) = run_people::page_as_of_now(&pool, run, search, 1, 50).await.unwrap();
            assert_eq!(i64::try_from(people.len()).unwrap(), total);
            people
                .into_iter()
                .map(|one| (one.name, one.outcome.key()))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(now(first, "").await, [], "the first run tells of everybody");
    stage.change(ana, json!({ "jobTitle": "Chef" })).await;
    let second = stage.run_well().await;
    assert_eq!(
        now(second, "").await,
        [("Ben".into(), "unchanged"), ("Cy".into(), "skip")]
    );
    assert_eq!(now(second, "cy@").await, [("Cy".into(), "skip")]);
    let people = PeopleFilter {
        run: second,
        theirs: None,
        outcome: None,
        search: String::new(),
        told: true,
        as_of_now: true,
    };
    let out = csv(&pool, What::People(people)).await;
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    assert!(
        lines[1].starts_with("Contoso,Ana,ana@contoso.example,Updated,") && lines[1].contains("Job Title:  → Chef")
    );
    assert!(lines[2].contains("Ben") && lines[2].ends_with(",Now"), "{out}");
    assert!(lines[3].contains("The filters do not match: Department."), "{out}");
}

#[sqlx::test(migrations = false)]
async fn synced_people_are_exported_with_microsofts_data_and_read_back_without_a_change(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let out = csv(&pool, What::EndUsers(EndUserFilter::default())).await;
    assert!(
        out.lines().next().unwrap().ends_with(
            ",Microsoft Status,User Principal Name,Department,Office Location,Microsoft License,Last Microsoft Activity,MFA"
        ),
        "{out}"
    );
    assert!(out.contains(",Synced,") && out.contains("Microsoft 365"), "{out}");
    let row = read_in(&pool, Kind::EndUsers, &out).await;
    assert_eq!(
        (row.numbers.created, row.numbers.updated, row.numbers.rejected),
        (0, 0, 0)
    );
    assert_eq!(row.numbers.unchanged, stage.count().await);
    assert_eq!(row.read_only_columns.len(), 7);
}
