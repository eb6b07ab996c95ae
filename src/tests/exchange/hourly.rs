//! A legacy integration that writes the same End Users every hour, beside the sync.

use super::stage::{people, read_in};
use crate::{
    model::{exchange::Kind, filter::Filters},
    tests::support::Stage,
};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn an_hourly_import_of_the_synced_people_makes_no_doubles_and_the_next_run_restores_what_it_wrote(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana López", "ana@contoso.example").await;
    stage.hire("Ben Smith", "ben@contoso.example").await;
    stage
        .change(ana, json!({ "businessPhones": ["+1 555 0100"], "jobTitle": "Chef" }))
        .await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let legacy = "Organization,Name,Email,Phone,Job Title\n\
        Contoso,Ana Lopez,ANA@contoso.example,(1) 555-0999,Cook\n\
        Contoso,Ben Smith,ben@contoso.example,,\n\
        Contoso,Printer Room,printers@contoso.example,12,\n";
    for hour in 0..3 {
        let row = people(&pool, legacy).await;
        assert_eq!(row.numbers.created, i64::from(hour == 0), "the printers, once");
        let written = stage.person(ana).await;
        assert_eq!(
            (written.name.as_str(), written.job_title.as_str()),
            ("Ana Lopez", "Cook")
        );
        stage.run_well().await;
        let restored = stage.person(ana).await;
        assert_eq!(
            (restored.name.as_str(), restored.job_title.as_str()),
            ("Ana López", "Chef")
        );
        assert_eq!(restored.phone, "+1 555 0100");
        assert_eq!(stage.count().await, 3);
    }
    let by: String = sqlx::query_scalar("select written_by from end_user where name = 'Ana López'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(by, "import people.csv", "the run knows the other writer by name");
}

#[sqlx::test(migrations = false)]
async fn people_who_are_imported_and_synced_at_the_same_moment_are_there_once(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut file = "Organization,Name,Email\n".to_owned();
    for number in 0..60 {
        let email = format!("p{number}@contoso.example");
        stage.hire(&format!("Person {number}"), &email).await;
        file.push_str(&format!("Contoso,Person {number},{email}\n"));
    }
    stage.enable(&Filters::default()).await;
    let (_, imported, again) = tokio::join!(
        stage.run_well(),
        read_in(&pool, Kind::EndUsers, &file),
        read_in(&pool, Kind::EndUsers, &file)
    );
    assert_eq!((imported.error, again.error), (None, None));
    assert_eq!(stage.count().await, 60);
    stage.run_well().await;
    let mapped: i64 = sqlx::query_scalar("select count(*) from end_user_mapping")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!((stage.count().await, mapped), (60, 60));
}
