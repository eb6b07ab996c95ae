//! The list of runs and the audit log: filters, search, pages.

use super::stage::{csv, people, with};
use crate::{
    model::filter::Filters,
    server::exchange::export::What,
    store::{
        activity::{self, RunFilter},
        audit_list::{self, AuditFilter},
        in_utc,
    },
    tests::support::{Stage, only},
};
use chrono::Utc;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn runs_are_listed_once_for_each_organization_and_those_that_came_to_none(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let other = stage.another_organization("Tailspin").await;
    stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage
        .enable_for(
            other,
            &Filters {
                department: only(&["Nobody"]),
                ..Filters::default()
            },
        )
        .await;
    let run = stage.run_well().await;
    stage.consent(false).await;
    stage.run_badly().await;
    let now = in_utc(Utc::now());
    let list = |filter: RunFilter| {
        let (pool, now) = (pool.clone(), now);
        async move {
            let (rows, total) = activity::runs(&pool, &filter, 1, &now).await.unwrap();
            assert_eq!(i64::try_from(rows.len()).unwrap(), total);
            rows.into_iter()
                .map(|row| {
                    let name = row.organization.map_or_else(String::new, |(_, name)| name);
                    (row.run.state.label(), name, row.run.counts.create, row.run.counts.skip)
                })
                .collect::<Vec<_>>()
        }
    };
    let all = list(RunFilter::default()).await;
    assert_eq!(
        all,
        [
            ("Failed", String::new(), 0, 0),
            ("Succeeded", "Contoso".into(), 1, 0),
            ("Succeeded", "Tailspin".into(), 0, 1)
        ]
    );
    assert_eq!(
        list(RunFilter {
            organization: Some(other),
            ..RunFilter::default()
        })
        .await,
        all[2..]
    );
    assert_eq!(
        list(RunFilter {
            result: "failed".into(),
            ..RunFilter::default()
        })
        .await,
        all[..1]
    );
    assert_eq!(
        list(RunFilter {
            trigger: "hourly".into(),
            ..RunFilter::default()
        })
        .await,
        []
    );
    assert_eq!(
        list(RunFilter {
            trigger: "manual".into(),
            ..RunFilter::default()
        })
        .await
        .len(),
        3
    );
    assert_eq!(
        list(RunFilter {
            search: "tailsp".into(),
            ..RunFilter::default()
        })
        .await,
        all[2..]
    );
    assert_eq!(
        list(RunFilter {
            search: "consent".into(),
            ..RunFilter::default()
        })
        .await,
        all[..1]
    );
    let out = csv(&pool, What::Runs(RunFilter::default())).await;
    assert_eq!(out.lines().count(), 4);
    assert!(out.contains(&run.to_string()), "{out}");
    let out = csv(&pool, What::RunPeople(RunFilter::default())).await;
    assert!(out.contains("Ana,ana@contoso.example,Created,"), "{out}");
    assert!(
        out.contains("Tailspin,Ana,ana@contoso.example,Skipped,The filters do not match: Department."),
        "{out}"
    );
}

#[sqlx::test(migrations = false)]
async fn the_audit_log_is_filtered_by_who_what_kind_and_customer_and_searched_by_values(pool: PgPool) {
    let ids = with(&pool, &["Contoso", "Fabrikam"]).await;
    people(
        &pool,
        "Organization,Name,Email,City\nContoso,Ana,ana@x.example,Bern\nFabrikam,Ben,ben@x.example,Basel\n",
    )
    .await;
    people(&pool, "Organization,Email,City\nContoso,ana@x.example,Genf\n").await;
    let now = in_utc(Utc::now());
    let names = |filter: AuditFilter| {
        let (pool, now) = (pool.clone(), now);
        async move {
            let (rows, total) = audit_list::page(&pool, &filter, 1, &now).await.unwrap();
            assert_eq!(i64::try_from(rows.len()).unwrap(), total);
            rows.into_iter().map(|row| row.subject_name).collect::<Vec<_>>()
        }
    };
    let any = AuditFilter::default;
    let file = "End Users: people.csv";
    assert_eq!(
        names(any()).await,
        [file, "Ana", file, "Ben", "Ana", "Fabrikam", "Contoso"]
    );
    assert_eq!(
        names(AuditFilter {
            subject: "end_user".into(),
            ..any()
        })
        .await,
        ["Ana", "Ben", "Ana"]
    );
    assert_eq!(
        names(AuditFilter {
            action: "create".into(),
            ..any()
        })
        .await,
        ["Ben", "Ana", "Fabrikam", "Contoso"]
    );
    assert_eq!(
        names(AuditFilter {
            organization: Some(ids[1]),
            ..any()
        })
        .await,
        ["Ben", "Fabrikam"]
    );
    assert_eq!(
        names(AuditFilter {
            search: "genf".into(),
            ..any()
        })
        .await,
        ["Ana"]
    );
    assert_eq!(
        names(AuditFilter {
            search: "\"field\"".into(),
            ..any()
        })
        .await
        .len(),
        0,
        "values, not their shape"
    );
    assert_eq!(
        names(AuditFilter {
            who: "entrain import".into(),
            ..any()
        })
        .await
        .len(),
        5
    );
    assert_eq!(
        names(AuditFilter {
            who: "Nobody".into(),
            ..any()
        })
        .await
        .len(),
        0
    );
    assert_eq!(
        audit_list::actors(&pool, None).await.unwrap(),
        ["entrain import", "entrain test"]
    );
    let out = csv(&pool, What::Audit(any())).await;
    assert!(
        out.contains("entrain import,Command line,,Imported,End User,Ana,Contoso,City,Bern,Genf"),
        "{out}"
    );
}
