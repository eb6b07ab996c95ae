//! Names that a spreadsheet would run.

use super::poison;
use crate::tests::web::roles::visit::Scene;
use axum::http::Method;
use sqlx::PgPool;

/// OWASP, "CSV Injection"; some spreadsheets take the full-width ones too.
const BEGINNINGS: [&str; 10] = ["=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}", "\u{ff0b}", "\u{ff20}"];

fn exports(scene: &Scene) -> [String; 7] {
    [
        "/export/organizations.csv".into(),
        "/export/end-users.csv".into(),
        "/export/assets.csv".into(),
        "/export/runs.csv".into(),
        format!("/export/runs/{}/people.csv", scene.run),
        "/export/audit.csv".into(),
        format!("/export/imports/{}/rejects.csv", scene.import),
    ]
}

#[sqlx::test(migrations = false)]
async fn attack_csv_formulas_no_cell_and_no_heading_of_any_export_begins_one(pool: PgPool) {
    let mut before = "=".to_owned();
    let scene = poison::scene(&pool, "=cmd|'/C calc'!A0").await;
    for beginning in BEGINNINGS {
        // In place of the beginning before.
        let cut = before.chars().count() + 1;
        poison::columns(&pool, &format!("$1 || substr({{column}}, {cut})"), beginning).await;
        let heads = "update import set columns = jsonb_build_array($1 || 'cmd', $1 || 'cmd2')";
        sqlx::query(heads).bind(beginning).execute(&pool).await.unwrap();
        let cells = "update import_reject set cells = jsonb_build_array($1 || 'cmd', '''' || $1 || 'cmd')";
        sqlx::query(cells).bind(beginning).execute(&pool).await.unwrap();
        before = beginning.to_owned();
        for path in exports(&scene) {
            let told = scene.open("administrator", Method::GET, &path).await;
            let mut rows = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(told.words.trim_start_matches('\u{feff}').as_bytes());
            let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
            assert!(rows.len() > 1, "{path} holds nothing");
            let neutral = rows.iter().flatten().filter(|cell| cell.starts_with('\'')).count();
            assert!(neutral > 0, "{path} holds nothing that begins with {beginning:?}");
            let formula = rows
                .iter()
                .flatten()
                .find(|cell| BEGINNINGS.iter().any(|begins| cell.starts_with(begins)));
            assert_eq!(formula, None, "{path}, {beginning:?}");
        }
    }
}

#[sqlx::test(migrations = false)]
async fn attack_file_names_and_types_of_downloads_hold_nothing_that_somebody_wrote(pool: PgPool) {
    let scene = poison::scene(&pool, "\"\r\nset-cookie: a=b; filename=x.html").await;
    for path in exports(&scene).into_iter().chain(["/export/runs.jsonl".to_owned()]) {
        let told = scene.open("administrator", Method::GET, &path).await;
        let named = told.headers["content-disposition"].to_str().unwrap().to_owned();
        let name = named
            .strip_prefix("attachment; filename=\"")
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        assert!(name.chars().all(plain), "{path}: {named}");
        assert_eq!(told.headers["x-content-type-options"], "nosniff", "{path}");
        assert!(
            ["text/csv; charset=utf-8", "application/x-ndjson"].contains(&told.kind.as_str()),
            "{path}"
        );
        assert!(!told.headers.contains_key("set-cookie"), "{path}");
        if path.ends_with(".jsonl") {
            let lines = told.words.lines().map(serde_json::from_str::<serde_json::Value>);
            assert!(lines.inspect(|line| assert!(line.is_ok(), "{line:?}")).count() > 0);
        }
    }
}
