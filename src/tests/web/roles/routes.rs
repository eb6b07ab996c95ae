use super::visit::{PEOPLE, Scene, letter};
use crate::server::router::pages;
use axum::http::Method;
use sqlx::PgPool;
use std::{collections::BTreeSet, fs, path::Path};

/// A page, the address that is opened, and what each of [`PEOPLE`] is told.
pub const PAGES: &[(&str, &str, &str)] = &[
    ("/sign-in", "/sign-in", "yyyyy"),
    ("/organizations", "/organizations", "oyyyy"),
    ("/organizations/:id", "/organizations/{organization}", "onyyy"),
    (
        "/organizations/:id/end-users",
        "/organizations/{organization}/end-users",
        "onyyy",
    ),
    (
        "/organizations/:id/end-users/:end_user",
        "/organizations/{organization}/end-users/{end_user}",
        "onyyy",
    ),
    (
        "/organizations/:id/assets",
        "/organizations/{organization}/assets",
        "onyyy",
    ),
    ("/assets", "/assets", "oyyyy"),
    ("/assets/:id", "/assets/{asset}", "onyyy"),
    (
        "/organizations/:id/excluded",
        "/organizations/{organization}/excluded",
        "onyyy",
    ),
    (
        "/organizations/:id/why",
        "/organizations/{organization}/why?user={user}",
        "onyyy",
    ),
    ("/microsoft-tenants", "/microsoft-tenants", "oyyyy"),
    (
        "/microsoft-tenants/cloud-solution-provider",
        "/microsoft-tenants/cloud-solution-provider",
        "offfy",
    ),
    (
        "/microsoft-tenants/consent-links",
        "/microsoft-tenants/consent-links",
        "offfy",
    ),
    ("/tenants/:id", "/tenants/{tenant}", "onyyy"),
    ("/activity", "/activity", "oyyyy"),
    ("/runs", "/runs", "oyyyy"),
    ("/activity/audit", "/activity/audit", "oyyyy"),
    (
        "/import/:kind",
        "/import/end-users?organization={organization}",
        "onfyy",
    ),
    ("/imports/:id", "/imports/{import}", "onyyy"),
    ("/search", "/search?q=con", "oyyyy"),
    ("/settings", "/settings", "oyyyy"),
    ("/runs/:id", "/runs/{run}", "onyyy"),
    // To accounts there are no frames: who comes in there is in the tests of portals.
    ("/embed/:portal/tenants/:id", "/embed/{run}/tenants/{tenant}", "nnnnn"),
    (
        "/embed/:portal/organizations/:id/end-users",
        "/embed/{run}/organizations/{organization}/end-users",
        "nnnnn",
    ),
];

/// Every other address that the server answers: files, probes, and what its router is told besides.
pub const OTHERS: &[(&str, &str, &str)] = &[
    ("/healthz", "/healthz", "yyyyy"),
    ("/readyz", "/readyz", "yyyyy"),
    ("/", "/", "oyyyy"),
    ("/export/organizations.csv", "/export/organizations.csv", "oyyyy"),
    (
        "/export/end-users.csv",
        "/export/end-users.csv?organization={organization}",
        "oyyyy",
    ),
    ("/export/assets.csv", "/export/assets.csv", "oyyyy"),
    ("/export/runs.csv", "/export/runs.csv", "oyyyy"),
    ("/export/runs.jsonl", "/export/runs.jsonl", "oyyyy"),
    ("/export/runs/{id}/people.csv", "/export/runs/{run}/people.csv", "onyyy"),
    ("/export/audit.csv", "/export/audit.csv", "oyyyy"),
    (
        "/export/imports/{id}/rejects.csv",
        "/export/imports/{import}/rejects.csv",
        "onyyy",
    ),
    // Begun by a link on one of our pages, and by Administrators.
    ("/connect/start", "/connect/start", "offfy"),
    ("/connect/partner", "/connect/partner", "offfy"),
    // Customers and their way back from Microsoft have no session. A link that nobody made is none.
    ("/connect/done", "/connect/done", "yyyyy"),
    ("/connect/link/{token}", "/connect/link/nonsense", "yyyyy"),
    // None is set up here, which leads back to the page that says so.
    ("/sign-in/{provider}", "/sign-in/microsoft", "ooooo"),
    ("/sign-in/{provider}/callback", "/sign-in/microsoft/callback", "ooooo"),
    // The form is empty: whoever may import is led back to choose a file.
    ("/import/{kind}/upload", "POST /import/end-users/upload", "oyfyy"),
    // A choice of filters to be previewed without script: the page, drawn under it.
    ("/tenants/{id}", "POST /tenants/{tenant}", "onyyy"),
    (
        "/embed/{portal}/tenants/{id}",
        "POST /embed/{run}/tenants/{tenant}",
        "nnnnn",
    ),
    ("/embed/{portal}/session", "POST /embed/{run}/session", "nnnnn"),
    (
        "/embed/{portal}/tenants/{id}/api/{*function}",
        "POST /embed/{run}/tenants/{tenant}/api/tenant1",
        "nnnnn",
    ),
    (
        "/embed/{portal}/organizations/{id}/api/{*function}",
        "POST /embed/{run}/organizations/{organization}/api/end_users1",
        "nnnnn",
    ),
];

pub fn filled(scene: &Scene, address: &str) -> String {
    address
        .replace("{organization}", &scene.stage.organization.to_string())
        .replace("{tenant}", &scene.stage.our_tenant.to_string())
        .replace("{end_user}", &scene.end_user.to_string())
        .replace("{user}", &scene.user.to_string())
        .replace("{asset}", &scene.asset.to_string())
        .replace("{run}", &scene.run.to_string())
        .replace("{import}", &scene.import.to_string())
}

async fn walk(scene: &Scene, table: &[(&str, &str, &str)]) -> Vec<String> {
    let mut wrong = vec![];
    for (route, address, expected) in table {
        let (method, address) = match address.strip_prefix("POST ") {
            Some(address) => (Method::POST, address),
            None => (Method::GET, *address),
        };
        for (who, expected) in PEOPLE.iter().zip(expected.chars()) {
            let told = scene.open(who, method.clone(), &filled(scene, address)).await;
            if letter(&told) != expected {
                wrong.push(format!("{route} told {who} {} and not {expected}", told.status));
            }
            let of_ours = told.words.to_lowercase().contains("contoso");
            if matches!(*who, "nobody" | "stranger") && of_ours {
                wrong.push(format!("{route} told {who} of our Organization"));
            }
        }
    }
    wrong
}

/// A path in the spelling of this table, whichever way a router writes its parameters.
fn spelled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.strip_prefix('{') {
        Some(name) => format!(":{}", name.trim_end_matches('}')),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[sqlx::test(migrations = false)]
async fn every_page_tells_each_person_what_the_table_says(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let routes: BTreeSet<_> = pages().iter().map(|route| spelled(route.path())).collect();
    let known: BTreeSet<_> = PAGES.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(routes, known, "a page without a row, or a row without a page");
    let wrong = walk(&scene, PAGES).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The paths that the server's own routers are given, read from their source: axum tells of none.
fn routes_in_source(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routes_in_source(&path, found);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (at, call) in text.match_indices(".route(") {
            let rest = text[at + call.len()..].trim_start();
            let rest = rest
                .strip_prefix('"')
                .expect("a route is a literal, so that this test finds it");
            found.insert(rest[..rest.find('"').unwrap()].to_owned());
        }
    }
}

#[sqlx::test(migrations = false)]
async fn every_other_address_tells_each_person_what_the_table_says(pool: PgPool) {
    let scene = Scene::new(&pool).await;
    let mut routes = BTreeSet::new();
    routes_in_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server"), &mut routes);
    // On a listener of its own, for those who run the server.
    routes.remove("/metrics");
    let known: BTreeSet<_> = OTHERS.iter().map(|(route, ..)| (*route).to_owned()).collect();
    assert_eq!(routes, known, "an address without a row, or a row without an address");
    let wrong = walk(&scene, OTHERS).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
