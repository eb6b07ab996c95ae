//! `entrain import` and `entrain export` as they are typed.

use super::stage::with;
use crate::tests::command::{database_url, entrain};
use sqlx::PgPool;
use std::fs;

#[sqlx::test(migrations = false)]
async fn people_are_imported_and_exported_from_the_command_line(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(&pool);
    let settings = [("DATABASE_URL", url.as_str())];
    let run = |words: &'static [&'static str]| entrain(words, &settings, folder.path());
    fs::write(
        folder.path().join("people.csv"),
        "Organization,Name,Phone,Size\nContoso,Ana,+41 1,44\nNowhere,=Ben,,\n",
    )
    .unwrap();
    let done = run(&["import", "end-users", "people.csv"]).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stdout.contains("people.csv: 1 created, 1 rejected."),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains("mean nothing here: Size."), "{}", done.stdout);
    assert!(done.stderr.contains("people.csv: 100 %"), "{}", done.stderr);
    let rejects = fs::read_to_string(folder.path().join("people.csv.rejects.csv")).unwrap();
    assert_eq!(
        rejects,
        "\u{feff}Organization,Name,Phone,Size,Line,Reason\r\nNowhere,'=Ben,,,3,\"There is no Organization \"\"Nowhere\"\". Create or import it first.\"\r\n"
    );
    // The rejects mended are a file to import, and an import without rejects leaves none behind.
    fs::write(
        folder.path().join("people.csv"),
        rejects.replace("Nowhere,", "Contoso,"),
    )
    .unwrap();
    let done = run(&["import", "end-users", "people.csv", "--format", "json"]).await;
    assert_eq!(done.json()["numbers"]["created"], 1, "{}", done.stdout);
    assert!(!folder.path().join("people.csv.rejects.csv").exists());

    let done = run(&["export", "end-users", "--organization", "contoso"]).await;
    assert!(
        done.stdout.contains("Contoso,Ana,,'+41 1,") && done.stdout.contains("Contoso,'=Ben,"),
        "{}",
        done.stdout
    );
    let done = run(&["export", "organizations", "--format", "json"]).await;
    assert_eq!(done.json()["organization"], "Contoso");
    let done = run(&["export", "runs", "--people", "--output", "runs.csv"]).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        fs::read_to_string(folder.path().join("runs.csv"))
            .unwrap()
            .starts_with("Run,Started,Organization,Name,")
    );
}

#[sqlx::test(migrations = false)]
async fn a_file_that_is_not_there_and_a_wrong_word_are_wrong_usage_and_a_bad_file_is_a_failure(pool: PgPool) {
    with(&pool, &["Contoso"]).await;
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(&pool);
    let settings = [("DATABASE_URL", url.as_str())];
    for words in [
        &["import", "end-users", "absent.csv"][..],
        &["import", "nonsense", "absent.csv"],
        &["export", "nonsense"],
        &["export", "organizations", "--people"],
        &["export", "end-users", "--organization", "Nobody"],
    ] {
        let done = entrain(words, &settings, folder.path()).await;
        assert_eq!(done.code, 64, "{words:?}: {}", done.stderr);
    }
    fs::write(folder.path().join("bad.csv"), "City\nBern\n").unwrap();
    let done = entrain(&["import", "end-users", "bad.csv"], &settings, folder.path()).await;
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("bad.csv: The file has no column Organization."),
        "{}",
        done.stderr
    );
}
