//! Whom a row means, and what it writes.

use super::stage::{audited, everybody, people, read_in, read_in_for, rejects, with};
use crate::model::exchange::{ImportNumbers, ImportState, Kind};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = false)]
async fn the_second_import_of_the_same_file_changes_nothing_and_says_so(pool: PgPool) {
    with(&pool, &["Contoso", "MÜLLER AG"]).await;
    let file = "Organization;Name;Email;Phone\n\
                contoso ;Ana;ana@contoso.example;'+41 44 555 01 00\n\
                Mu\u{308}ller ag;Éva;EVA@müller.example;1\n\
                Contoso;Nobody's Printer;;2\n";
    let first = people(&pool, file).await;
    assert_eq!((first.numbers.read, first.numbers.created), (3, 3));
    assert_eq!(first.numbers.words(), "3 created.");
    let after_first = everybody(&pool).await;
    assert_eq!(
        after_first,
        [
            "Contoso|Ana|ana@contoso.example|+41 44 555 01 00||import people.csv",
            "Contoso|Nobody's Printer||2||import people.csv",
            "MÜLLER AG|Éva|EVA@müller.example|1||import people.csv",
        ]
    );
    let written: Vec<(String, String)> = sqlx::query_as("select ctid::text, xmin::text from end_user order by 1")
        .fetch_all(&pool)
        .await
        .unwrap();
    let second = people(&pool, file).await;
    assert_eq!(second.numbers.unchanged, 3);
    assert_eq!(second.numbers.words(), "Nothing changed: 3 were so already.");
    let again: Vec<(String, String)> = sqlx::query_as("select ctid::text, xmin::text from end_user order by 1")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(again, written, "not a row was written");
    // In another case and Unicode form it is still the same people, spelled anew.
    let third = people(
        &pool,
        "Organization,Email,Name\nCONTOSO,ANA@CONTOSO.EXAMPLE,Ana\nMüller AG,eva@mu\u{308}ller.example,Éva\n",
    );
    let third = third.await;
    assert_eq!((third.numbers.created, third.numbers.updated), (0, 2));
    assert_eq!(everybody(&pool).await.len(), 3);
}

#[sqlx::test(migrations = false)]
async fn a_file_sent_twice_at_once_adds_nobody_twice(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let file = "Organization,Name,Email\nContoso,Ana,ana@x.example\nContoso,Ben,\n";
    let (one, two) = tokio::join!(people(&pool, file), people(&pool, file));
    let created = one.numbers.created + two.numbers.created;
    let unchanged = one.numbers.unchanged + two.numbers.unchanged;
    assert_eq!((created, unchanged, everybody(&pool).await.len()), (2, 2, 2));
}

#[sqlx::test(migrations = false)]
async fn a_missing_column_leaves_values_alone_and_an_empty_cell_clears_them(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    people(
        &pool,
        "Organization,Name,Email,Phone,City\nContoso,Ana,ana@x.example,1,Bern\n",
    )
    .await;
    people(&pool, "Organization,Email,Phone\nContoso,ana@x.example,\n").await;
    assert_eq!(
        everybody(&pool).await,
        ["Contoso|Ana|ana@x.example||Bern|import people.csv"]
    );
    // Name and Email are what people are found by: an empty cell clears neither.
    people(&pool, "Organization,Name,Email,City\nContoso,,ana@x.example,Genève\n").await;
    people(&pool, "Organization,Name,Phone\nContoso,ana,7\n").await;
    assert_eq!(
        everybody(&pool).await,
        ["Contoso|ana|ana@x.example|7|Genève|import people.csv"]
    );
}

#[sqlx::test(migrations = false)]
async fn what_an_import_changed_is_audited_with_old_and_new_values(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    people(
        &pool,
        "Organization,Name,Email,Phone\nContoso,Ana,ana@x.example,1\nContoso,Ben,ben@x.example,1\n",
    )
    .await;
    sqlx::query("update end_user set written_by = 'Ada Admin'")
        .execute(&pool)
        .await
        .unwrap();
    people(
        &pool,
        "Organization,Name,Email,Phone\nContoso,Ana,ana@x.example,2\nContoso,Ben,ben@x.example,1\n",
    )
    .await;
    assert_eq!(
        everybody(&pool).await,
        [
            "Contoso|Ana|ana@x.example|2||import people.csv",
            "Contoso|Ben|ben@x.example|1||Ada Admin"
        ],
        "who wrote it is new only where a value is"
    );
    let audited_people = audited(&pool, "end_user").await;
    assert_eq!(audited_people.len(), 3);
    assert_eq!(
        audited_people[2],
        (
            "entrain import".into(),
            "import".into(),
            json!([{ "field": "Phone", "old": "1", "new": "2" }])
        )
    );
    let imports = audited(&pool, "import").await;
    assert_eq!(imports.len(), 2);
    assert_eq!(
        imports[1].2,
        json!([
            { "field": "Rows", "old": "", "new": "2" }, { "field": "Created", "old": "", "new": "0" },
            { "field": "Updated", "old": "", "new": "1" }, { "field": "Unchanged", "old": "", "new": "1" },
            { "field": "Rejected", "old": "", "new": "0" },
        ])
    );
}

#[sqlx::test(migrations = false)]
async fn every_row_that_cannot_be_used_says_why_and_the_others_are_written(pool: PgPool) {
    with(&pool, &["Contoso", "Twice", "twice"]).await;
    people(
        &pool,
        "Organization,Name,Email\nContoso,Dora,\nContoso,Emil,emil@x.example\n",
    )
    .await;
    sqlx::query("update end_user set email = 'shared@x.example' where name = 'Dora'")
        .execute(&pool)
        .await
        .unwrap();
    people(&pool, "Organization,Name,Email\nContoso,Fritz,fritz@x.example\n").await;
    sqlx::query("update end_user set email = 'shared@x.example' where name = 'Fritz'")
        .execute(&pool)
        .await
        .unwrap();
    let file = "Organization,Name,Email\n\
        Contoso,Ana,ana@x.example\n\
        ,Ben,ben@x.example\n\
        Nowhere,Ben,ben@x.example\n\
        Twice,Ben,ben@x.example\n\
        Contoso,Shared,shared@x.example\n\
        Contoso,Ana again,ANA@x.example\n\
        Contoso,,new@x.example\n\
        Contoso,Emil,\n\
        Contoso,,\n\
        Contoso,short\n";
    let row = read_in(&pool, Kind::EndUsers, file).await;
    let told: Vec<_> = rejects(&pool, &row)
        .await
        .into_iter()
        .map(|reject| (reject.line, reject.reason))
        .collect();
    for ((line, reason), (wanted, words)) in told.iter().zip([
        (3, "names no Organization"),
        (4, "There is no Organization \"Nowhere\""),
        (5, "2 Organizations are called \"Twice\""),
        (6, "2 End Users of this Organization have this email"),
        (7, "Line 2 is about the same End User"),
        (8, "A new End User needs a Name"),
        (9, "An End User of this name has an email"),
        (10, "neither an Email nor a Name"),
        (11, "The row has 2 cells, the head names 3"),
    ]) {
        assert!(*line == wanted && reason.contains(words), "{line}: {reason}");
    }
    assert_eq!(
        row.numbers,
        ImportNumbers {
            read: 10,
            created: 1,
            updated: 0,
            unchanged: 0,
            rejected: 9
        }
    );
    assert_eq!(everybody(&pool).await.len(), 4);
}

#[sqlx::test(migrations = false)]
async fn a_file_for_one_organization_needs_no_column_and_touches_no_other(pool: PgPool) {
    let ids = with(&pool, &["Contoso", "Fabrikam"]).await;
    let only = Some((ids[0], "Contoso".to_owned()));
    let row = read_in_for(&pool, Kind::EndUsers, "Name,Email\nAna,ana@x.example\n", only.clone()).await;
    assert_eq!(row.numbers.created, 1);
    let text = "Organization,Name\ncontoso,Ben\n,Cy\nFabrikam,Dan\n";
    let row = read_in_for(&pool, Kind::EndUsers, text, only).await;
    assert_eq!((row.numbers.created, row.numbers.rejected), (2, 1));
    assert!(everybody(&pool).await.iter().all(|one| one.starts_with("Contoso|")));
}

#[sqlx::test(migrations = false)]
async fn organizations_are_found_by_name_in_any_spelling(pool: PgPool) {
    with(&pool, &["Zürich Optik", "Twin", "TWIN"]).await;
    let file = "Name,E-Mail,Phone,Shoe Size,Tenant\n zu\u{308}rich OPTIK ,info@optik.example,+41 1,44,X\nNew One,,,,\n\
                Twin,,,,\nnew one,a@b.example,,,\n";
    let row = read_in(&pool, Kind::Organizations, file).await;
    assert_eq!(row.unknown_columns, ["Shoe Size"]);
    assert_eq!(row.read_only_columns, ["Tenant"]);
    assert_eq!(
        row.numbers,
        ImportNumbers {
            read: 4,
            created: 1,
            updated: 1,
            unchanged: 0,
            rejected: 2
        }
    );
    let told = rejects(&pool, &row).await;
    assert!(told[0].reason.contains("2 Organizations have this name"), "{told:?}");
    assert!(
        told[1].reason.contains("Line 3 is about the same Organization"),
        "{told:?}"
    );
    let named: Vec<(String, String, String)> = sqlx::query_as(
        "select o.name, o.email, t.name from organization o join tenant t on t.id = o.tenant_id
         where o.name like 'Z%' or o.name like 'N%' order by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(named[0].0, "New One");
    assert_eq!(named[0].2, "New One", "a Tenant of its own");
    assert_eq!(
        (named[1].0.as_str(), named[1].1.as_str()),
        ("Zürich Optik", "info@optik.example")
    );
    let again = read_in(&pool, Kind::Organizations, file).await;
    assert_eq!((again.numbers.created, again.numbers.updated), (0, 0));
}

#[sqlx::test(migrations = false)]
async fn a_file_that_is_none_ends_with_a_sentence_and_writes_nothing(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04\0\0", "Excel workbook"),
        (b"Name,Email\nAna,ana@x.example\n", "no column Organization"),
        (
            b"Organization,City\nContoso,Bern\n",
            "neither a column Email nor a column Name",
        ),
    ] {
        let row = read_in(&pool, Kind::EndUsers, bytes).await;
        assert_eq!(row.state, ImportState::Failed);
        assert!(row.error.as_deref().unwrap().contains(words), "{row:?}");
    }
    assert!(everybody(&pool).await.is_empty());
    let row = read_in(&pool, Kind::EndUsers, b"Organization;Name\nContoso;Ren\xe9\n").await;
    assert!(row.windows_1252 && row.numbers.created == 1);
    assert_eq!(everybody(&pool).await, ["Contoso|René||||import people.csv"]);
}

#[sqlx::test(migrations = false)]
async fn hostile_values_are_data(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let name = "x".repeat(400);
    let file = format!(
        "Organization,Name,Email,City\nContoso,{name},a@x.example,<script>\nContoso,\u{200f}שלום 😀,b@x.example,'); drop table end_user; --\n"
    );
    assert_eq!(people(&pool, &file).await.numbers.created, 2);
    assert_eq!(
        people(&pool, &file).await.numbers.unchanged,
        2,
        "cut and cleaned, it is still the same"
    );
    let lengths: Vec<i32> = sqlx::query_scalar("select char_length(name) from end_user order by 1")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(lengths[1], 320);
}

#[sqlx::test(migrations = false)]
async fn what_a_file_spells_in_parts_is_kept_composed(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let file = "Organization,Name,Email\nContoso,Zoe\u{308},zoe\u{308}@x.example\n";
    assert_eq!(people(&pool, file).await.numbers.created, 1);
    assert_eq!(
        everybody(&pool).await,
        ["Contoso|Zoë|zoë@x.example|||import people.csv"]
    );
    assert_eq!(people(&pool, file).await.numbers.unchanged, 1);
}
