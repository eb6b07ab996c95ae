//! What the log says of a run.

use crate::{
    model::filter::Filters,
    server::telemetry::log,
    tests::{
        said,
        support::{Stage, ran_alone},
    },
};
use microsoft_sim::{Options, TenantSpec};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{
    io,
    sync::{Arc, Mutex},
};
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt as _};

/// A log kept in memory, and said aloud.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of these targets, read as JSON.
    fn lines(&self, target: &str) -> Vec<Value> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .filter(|line| line["target"].as_str().unwrap().starts_with(target))
            .collect()
    }
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        said::aloud(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Kept {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[sqlx::test(migrations = false)]
async fn every_line_of_a_run_names_run_and_tenant_and_no_secret(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "every_line_of_a_run_names_run_and_tenant_and_no_secret",
    )
    .await
    {
        return;
    }
    let stage = Stage::new(&pool, 5).await;
    stage.enable(&Filters::default()).await;
    stage
        .fault(json!({ "path": "/v1.0/deviceManagement", "kind": "status", "status": 403 }))
        .await;
    let kept = Kept::default();
    let run = {
        let _log = log("debug,graphile_worker=warn,sqlx=warn", true, kept.clone()).set_default();
        stage.run_well().await
    };
    let lines = kept.lines("entrain::");
    assert!(lines.len() > 5, "{lines:#?}");
    let (run, tenant) = (run.to_string(), stage.tenant.to_string());
    for line in &lines {
        let spans = line["spans"].as_array().cloned().unwrap_or_default();
        let named = spans
            .iter()
            .any(|span| span["run"] == run.as_str() && span["tenant"] == tenant.as_str());
        assert!(named, "{line:#}");
    }
    let text = kept.text();
    let options = Options::default();
    assert!(
        !text.contains(&options.client_secret) && !text.contains("Bearer "),
        "{text}"
    );
    let refused = lines
        .iter()
        .find(|line| line["fields"]["message"] == "devices could not be read");
    let error = refused.unwrap()["fields"]["error"].as_str().unwrap().to_owned();
    assert!(
        error.contains("(request-id ") && error.contains("client-request-id "),
        "{error}"
    );
}

#[sqlx::test(migrations = false)]
async fn every_failure_of_microsoft_stands_in_the_log_with_its_request_id_though_the_run_bears_it(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "every_failure_of_microsoft_stands_in_the_log_with_its_request_id_though_the_run_bears_it",
    )
    .await
    {
        return;
    }
    let fabrikam = TenantSpec {
        name: "fabrikam".into(),
        users: 0,
    };
    let options = Options {
        tenants: vec![fabrikam],
        ..Options::default()
    };
    let stage = Stage::with(&pool, options).await;
    let ana = stage.hire("Ana", "ana@fabrikam.example").await;
    let device = stage.enrol(json!({ "deviceName": "LT-1", "userId": ana })).await;
    let hidden = json!({ "displayName": "Hidden", "visibility": "HiddenMembership", "members": [ana] });
    let hidden = stage.control("POST", "tenants/fabrikam/groups", Some(hidden)).await;
    let hidden = hidden["id"].as_str().unwrap().to_owned();
    stage.enable(&Filters::default()).await;
    let denied = |path: &str| json!({ "path": path, "kind": "status", "status": 403 });
    let members = format!("/v1.0/groups/{hidden}/members");
    let ethernet = format!("/v1.0/deviceManagement/managedDevices/{device}");
    for path in [
        "/v1.0/subscribedSkus",
        "/v1.0/domains",
        members.as_str(),
        ethernet.as_str(),
    ] {
        stage.fault(denied(path)).await;
    }
    let healed = json!({ "path": "/v1.0/users/delta", "kind": "status", "status": 503, "retryAfter": "0", "times": 1 });
    stage.fault(healed).await;
    let kept = Kept::default();
    {
        let _log = log("info,graphile_worker=warn,sqlx=warn", true, kept.clone()).set_default();
        stage.run_well().await;
    }
    let lines = kept.lines("entrain::");
    for path in [
        "users/delta",
        "subscribedSkus",
        "domains",
        members.as_str(),
        ethernet.as_str(),
    ] {
        let told = lines.iter().any(|line| {
            let error = line["fields"]["error"].as_str().unwrap_or_default();
            // A member of a batch has what its own headers say, and our id of the batch.
            error.contains(path) && error.contains("client-request-id ")
        });
        assert!(told, "{path} is missing: {lines:#?}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_filter_that_lets_only_warnings_through_keeps_the_ids_of_the_run(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "a_filter_that_lets_only_warnings_through_keeps_the_ids_of_the_run",
    )
    .await
    {
        return;
    }
    let stage = Stage::new(&pool, 0).await;
    // Of a made-up directory the first round may begin with those who are gone, who have no name to be spoilt.
    stage.hire("Ana", "ana@contoso.example").await;
    stage
        .fault(json!({ "path": "/v1.0/users/delta", "kind": "surrogate", "times": 1 }))
        .await;
    let kept = Kept::default();
    let run = {
        let _log = log("warn", false, kept.clone()).set_default();
        stage.run_well().await
    };
    let text = kept.text();
    let line = text.lines().find(|line| line.contains("U+FFFD")).unwrap();
    assert!(
        line.contains(&run.to_string()) && line.contains(&stage.tenant.to_string()),
        "{line}"
    );
}

/// What a run asks the database, in the first words of each statement. For tests that have a process of their own.
async fn asked_by_a_run(stage: &Stage) -> Vec<String> {
    let kept = Kept::default();
    {
        let _log = log("debug", true, kept.clone()).set_default();
        stage.run_well().await;
    }
    let told = kept.lines("sqlx::query");
    let statements = told.iter().filter_map(|line| line["fields"]["summary"].as_str());
    statements.map(str::to_owned).collect()
}

#[sqlx::test(migrations = false)]
async fn a_run_with_nothing_to_do_asks_the_database_nine_times_at_most_besides_its_reports(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "a_run_with_nothing_to_do_asks_the_database_nine_times_at_most_besides_its_reports",
    )
    .await
    {
        return;
    }
    // Passes of their own, each with its own pace: they are tried, and this is what they ask.
    const OF_REPORTS: [&str; 5] = [
        "select id, device_name, serial_number, …",
        "select count(*) from directory_user …",
        "select 1 from run_lease …",
        "update microsoft_tenant set readings …",
        "COMMIT",
    ];
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    for denied in [
        &["managedDevices", "auditLogs"][..],
        &["managedDevices", "auditLogs", "groups"],
    ] {
        stage.deny(denied).await;
        stage.run_well().await;
        // Refusals are asked about twice.
        stage.run_well().await;
        let statements = asked_by_a_run(&stage).await;
        let of_reports = statements
            .iter()
            .filter(|statement| OF_REPORTS.contains(&statement.as_str()))
            .count();
        assert!(of_reports <= OF_REPORTS.len(), "each of them once: {statements:#?}");
        assert!((1..=9).contains(&(statements.len() - of_reports)), "{statements:#?}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_run_with_nothing_to_do_holds_no_microsoft_tenant_though_its_groups_have_never_been_told(pool: PgPool) {
    if ran_alone(
        &pool,
        module_path!(),
        "a_run_with_nothing_to_do_holds_no_microsoft_tenant_though_its_groups_have_never_been_told",
    )
    .await
    {
        return;
    }
    let stage = Stage::new(&pool, 25).await;
    stage.deny(&["managedDevices", "auditLogs", "groups"]).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.run_well().await;
    let statements = asked_by_a_run(&stage).await;
    let holds = |statement: &String| statement.starts_with("select 1 from microsoft_tenant");
    assert!(
        !statements.is_empty() && !statements.iter().any(holds),
        "{statements:#?}"
    );
}
