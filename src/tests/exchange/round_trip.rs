//! What is exported can be imported again, and a spreadsheet runs nothing of it.

use super::stage::{csv, everybody, people, read_in, with, written};
use crate::{
    model::exchange::Kind,
    server::exchange::export::{Format, What},
    store::exchange_export::EndUserFilter,
};
use sqlx::PgPool;

fn everyone() -> What {
    What::EndUsers(EndUserFilter::default())
}

#[sqlx::test(migrations = false)]
async fn an_exported_file_is_imported_without_a_change_and_into_an_empty_database_whole(pool: PgPool) {
    with(&pool, &["Contoso", "=Formula GmbH"]).await;
    let file = "Organization,Name,Email,Phone,Street Address,City\n\
        Contoso,Ana,ana@x.example,+41 44 555 01 00,\"1 Main St; \"\"B\"\"\",-\n\
        =Formula GmbH,@home,at@x.example,-1,=1+1,'=quoted\n\
        Contoso,O'Brien,,,'s-Hertogenbosch,\n";
    people(&pool, file).await;
    let before = everybody(&pool).await;
    let out = csv(&pool, everyone()).await;
    assert!(out.starts_with("Organization,Name,Email,Phone,Mobile,Street Address,City,State,Postal Code,Job Title,"));
    assert!(
        out.contains("'+41 44 555 01 00") && out.contains("'@home") && out.contains("'=1+1"),
        "{out}"
    );
    for cell in out.lines().flat_map(|line| line.split(',')) {
        assert!(!cell.trim_matches('"').starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert_eq!(people(&pool, &out).await.numbers.unchanged, 3);
    let organizations = csv(
        &pool,
        What::Organizations {
            search: String::new(),
            theirs: None,
        },
    )
    .await;
    let again = read_in(&pool, Kind::Organizations, &organizations).await;
    assert_eq!((again.numbers.unchanged, again.numbers.read), (2, 2));

    sqlx::query("delete from end_user").execute(&pool).await.unwrap();
    sqlx::query("delete from organization").execute(&pool).await.unwrap();
    assert_eq!(
        read_in(&pool, Kind::Organizations, &organizations)
            .await
            .numbers
            .created,
        2
    );
    // With the mark that Excel wants it is the same file.
    people(&pool, &format!("\u{feff}{out}")).await;
    assert_eq!(everybody(&pool).await, before);
    assert_eq!(csv(&pool, everyone()).await, out);
}

#[sqlx::test(migrations = false)]
async fn an_export_holds_what_the_table_shows(pool: PgPool) {
    let ids = with(&pool, &["Contoso", "Fabrikam"]).await;
    people(
        &pool,
        "Organization,Name,Email\nContoso,Ana,ana@x.example\nContoso,100% Ben,b@x.example\nFabrikam,Cy,c@x.example\n",
    )
    .await;
    let lines = |filter: EndUserFilter| {
        let pool = pool.clone();
        async move { csv(&pool, What::EndUsers(filter)).await.lines().count() - 1 }
    };
    let filter = EndUserFilter {
        organization: Some(ids[0]),
        ..EndUserFilter::default()
    };
    assert_eq!(lines(filter.clone()).await, 2);
    assert_eq!(
        lines(EndUserFilter {
            search: "100%".into(),
            ..filter.clone()
        })
        .await,
        1
    );
    assert_eq!(
        lines(EndUserFilter {
            microsoft: "synced".into(),
            ..filter
        })
        .await,
        0
    );
    assert_eq!(lines(EndUserFilter::default()).await, 3);
    let json = written(&pool, everyone(), Format::JsonLines).await;
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["organization"], "Contoso");
    assert_eq!(first["name"], "100% Ben");
    assert_eq!(first["microsoftStatus"], "Not synced");
    assert!(
        written(&pool, everyone(), Format::Csv { mark: true })
            .await
            .starts_with('\u{feff}')
    );
}
