//! The house rules that a machine can hold: who imports whom, how long files are, where SQL is.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms that a room may name. `server` and `command` may name all.
const MAY_IMPORT: [(&str, &[&str]); 8] = [
    ("model", &[]),
    ("sync", &["model"]),
    ("ui", &[]),
    ("app", &["ui", "model", "api"]),
    // In the bodies of its functions `server` (who asks), `store`, `engine` and `sync`.
    ("api", &["model", "server", "store", "engine", "sync"]),
    ("graph", &["model"]),
    ("store", &["model"]),
    ("engine", &["sync", "graph", "store", "model"]),
];

/// What else a room must not name.
const NEVER: [(&str, &[&str]); 8] = [
    (
        "model",
        &["tokio::", "reqwest::", "axum::", "leptos::", "Utc::now", "now_v7"],
    ),
    (
        "sync",
        &[
            "tokio::",
            "sqlx::",
            "reqwest::",
            "Utc::now",
            "Instant::now",
            "new_v4",
            "now_v7",
            "async fn",
        ],
    ),
    ("ui", &["sqlx::", "axum::", "Utc::now"]),
    ("app", &["sqlx::", "axum::", "Utc::now"]),
    ("api", &["sqlx::"]),
    ("graph", &["leptos", "sqlx::", "axum::"]),
    ("store", &["axum::", "leptos", "reqwest::"]),
    ("engine", &["axum::", "leptos", "sqlx::query"]),
];

fn root() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn files_in(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_in(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = vec![];
    files_in(&root().join(folder), extension, &mut found);
    found.sort();
    assert!(!found.is_empty(), "{folder} has no .{extension}");
    found
}

/// A file without its comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let lines = text
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that a piece of code names: in `crate::room::...` and in `crate::{room::..., room}`.
fn rooms(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let rest = &code[at + path.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                c if c.is_whitespace() => {}
                _ => {
                    if begins {
                        rooms.insert(word(&list[at..]));
                    }
                    begins = false;
                }
            }
        }
    }
    rooms.remove("");
    rooms
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn rooms_are_read_from_plain_and_from_grouped_paths() {
    let code = "use crate::{\n    graph::{self, A},\n    store,\n};\nlet x = crate::model::ids::Id;";
    let found: Vec<_> = rooms(code).into_iter().collect();
    assert_eq!(found, ["graph", "model", "store"]);
}

#[test]
fn no_room_imports_what_it_must_not() {
    let mut wrong = vec![];
    for (room, allowed) in MAY_IMPORT {
        for file in files(&format!("src/{room}"), "rs") {
            for other in rooms(&code(&file)) {
                if other != room && !allowed.contains(&other.as_str()) {
                    wrong.push(format!("{} imports {other}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_room_names_a_library_that_is_not_its_business() {
    let mut wrong = vec![];
    for (room, never) in NEVER {
        for file in files(&format!("src/{room}"), "rs") {
            let code = code(&file);
            for name in never.iter().filter(|name| code.contains(**name)) {
                wrong.push(format!("{} names {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_room_is_in_the_table_and_has_a_name_that_says_what_it_is() {
    let free = ["server", "command", "tests", "docs"];
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let known = free.contains(&name.as_str()) || MAY_IMPORT.iter().any(|(room, _)| *room == name);
            assert!(known, "src/{name} is a room without a rule");
        }
    }
    for file in files("src", "rs") {
        for part in file.with_extension("").components() {
            let part = part.as_os_str().to_str().unwrap();
            assert!(
                !["utils", "util", "helpers", "common", "types"].contains(&part),
                "{}",
                file.display()
            );
        }
    }
}

#[test]
fn the_stand_in_imports_nothing_of_ours() {
    let manifest = fs::read_to_string(root().join("end2end/microsoft/Cargo.toml")).unwrap();
    assert!(!manifest.contains("entrain"), "the stand-in would repeat our mistakes");
    for file in files("end2end/microsoft", "rs") {
        assert!(!code(&file).contains("entrain::"), "{}", file.display());
    }
}

#[test]
fn no_file_is_longer_than_four_hundred_lines() {
    let mut long = vec![];
    for file in ["src", "end2end/microsoft", "benches"]
        .into_iter()
        .flat_map(|folder| files(folder, "rs"))
    {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines >= 400 {
            long.push(format!("{}: {lines}", file.display()));
        }
    }
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn sql_is_in_the_store_only() {
    for file in files("src", "rs") {
        let path = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        // The server asks a database for its version before anything else may use it.
        let may = path.starts_with("src/store/") || path.starts_with("src/tests/") || path == "src/server/database.rs";
        let code = code(&file);
        let has = ["sqlx::query", "query_as(", "query_scalar("]
            .iter()
            .any(|sql| code.contains(sql));
        assert!(may || !has, "{path} has SQL");
    }
}

#[test]
fn migrations_are_lower_case_with_spelled_out_constraint_names() {
    for file in files("migrations", "sql") {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.as_bytes()[..4].iter().all(u8::is_ascii_digit), "{name}");
        for line in fs::read_to_string(&file).unwrap().lines() {
            let sql = line.split("--").next().unwrap();
            // What stands in quotes is data.
            let plain: String = sql.split('\'').step_by(2).collect();
            assert_eq!(plain, plain.to_lowercase(), "{name}");
            for unnamed in ["primary key", "references", "check (", "unique ("] {
                let at_start = plain.trim_start();
                let part = at_start.starts_with("constraint")
                    || at_start.starts_with(unnamed)
                    || at_start.starts_with("foreign");
                assert!(
                    !plain.contains(unnamed) || part,
                    "{name}: a constraint without a name: {line}"
                );
            }
        }
    }
}

#[test]
fn exceptions_to_lints_are_expected_and_have_a_reason() {
    for file in ["src", "benches"].into_iter().flat_map(|folder| files(folder, "rs")) {
        let code = code(&file);
        // Written in two parts, or this file would break its own rule.
        let allow = concat!("#[", "allow(");
        assert!(!code.contains(allow), "{}", file.display());
        for (at, _) in code.match_indices(concat!("#[", "expect(")) {
            let end = code[at..].find(")]").unwrap();
            assert!(code[at..at + end].contains("reason"), "{}", file.display());
        }
    }
}

#[test]
fn the_pages_are_listed_in_one_place() {
    // Whoever lists them keeps every other thread from loading resources meanwhile.
    let call = concat!("generate_route_list", "(");
    let calls: usize = files("src", "rs")
        .iter()
        .map(|file| code(file).matches(call).count())
        .sum();
    assert_eq!(calls, 1, "ask crate::server::router::pages");
}

#[test]
fn every_attack_of_the_documentation_has_its_test() {
    let page = fs::read_to_string(root().join("src/docs/security.md")).unwrap();
    let source: String = files("src", "rs").iter().map(|file| code(file)).collect();
    let names = page.split('`').skip(1).step_by(2).filter(|name| {
        let test = name.contains('_') && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        test && name.len() > 20
    });
    let missing: Vec<_> = names.filter(|name| !source.contains(&format!("fn {name}("))).collect();
    assert!(
        missing.is_empty(),
        "the page tells of tests that are gone: {missing:#?}"
    );
}
