//! The commands, each in a process of its own: this test program starts itself as `entrain`.

use crate::{
    command::run_line,
    model::{filter::Filters, ids::AccountId},
    store,
    tests::{
        said,
        support::{Stage, open_session},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use microsoft_sim::Options;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::{env, ffi::OsString, path::Path, process::ExitCode};
use tokio::process::Command;

const LINE: &str = "ENTRAIN_TEST_COMMAND_LINE";

/// Not a test: started by the tests below it runs the command line that they give, and ends as `entrain` would.
#[test]
fn entrain_itself() {
    let Ok(line) = env::var(LINE) else { return };
    let words: Vec<String> = serde_json::from_str(&line).unwrap();
    let code = run_line(std::iter::once("entrain".to_owned()).chain(words).map(OsString::from));
    let number = (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap();
    std::process::exit(number.into());
}

#[derive(Debug)]
pub(super) struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// The one document on stdout.
    pub fn json(&self) -> Value {
        let begin = self
            .stdout
            .find('{')
            .unwrap_or_else(|| panic!("{}{}", self.stdout, self.stderr));
        serde_json::from_str(&self.stdout[begin..]).unwrap()
    }
}

/// `entrain` with these words in a folder and with these settings alone, to be started.
pub(super) fn command(words: &[&str], settings: &[(&str, &str)], folder: &Path) -> Command {
    said::listen();
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "tests::command::entrain_itself", "--nocapture", "--quiet"])
        .env_clear()
        .env("PATH", env::var_os("PATH").unwrap_or_default())
        .env(LINE, serde_json::to_string(words).unwrap())
        .envs(env::var_os(said::SECRETS).map(|file| (said::SECRETS, file)))
        .envs(settings.iter().copied())
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    command
}

/// Runs `entrain` with these words in an empty folder and with these settings alone.
pub(super) async fn entrain(words: &[&str], settings: &[(&str, &str)], folder: &Path) -> Done {
    let output = command(words, settings, folder).output().await.unwrap();
    let done = Done {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    said::aloud(&said::without_shown_once(&done.stdout));
    said::aloud(&done.stderr);
    done
}

/// `entrain` over a stage's database and its Microsoft.
pub(super) async fn on(stage: &Stage, words: &[&str]) -> Done {
    on_with(stage, words, &[]).await
}

/// The same with more settings.
async fn on_with(stage: &Stage, words: &[&str], more: &[(&str, &str)]) -> Done {
    let owned = settings_of(stage);
    let settings: Vec<_> = owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let folder = tempfile::tempdir().unwrap();
    entrain(words, &[&settings, more].concat(), folder.path()).await
}

/// The key with which every `entrain` of a test encrypts what it stores.
pub(super) fn master_key() -> String {
    STANDARD.encode([7; 32])
}

/// The settings that lead to a stage's database and its Microsoft.
pub(super) fn settings_of(stage: &Stage) -> [(&'static str, String); 6] {
    let (address, options) = (format!("http://{}", stage.microsoft.address()), Options::default());
    [
        ("DATABASE_URL", database_url(&stage.pool)),
        ("ENTRAIN_MASTER_KEY", master_key()),
        ("ENTRAIN_MICROSOFT_LOGIN_URL", address.clone()),
        ("ENTRAIN_MICROSOFT_GRAPH_URL", address),
        ("ENTRAIN_MICROSOFT_CLIENT_ID", options.client_id),
        ("ENTRAIN_MICROSOFT_CLIENT_SECRET", options.client_secret),
    ]
}

#[sqlx::test(migrations = false)]
async fn the_log_at_its_finest_holds_neither_secret_nor_token(pool: PgPool) {
    let stage = Stage::new(&pool, 3).await;
    let done = on_with(&stage, &["sync", "--all"], &[("ENTRAIN_LOG", "trace")]).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stderr.contains("TRACE"), "{}", done.stderr);
    // The stand-in's tokens are JWTs, as Entra's are: three parts, of which two begin like this.
    for secret in [Options::default().client_secret.as_str(), "eyJ", "Bearer"] {
        let line = done.stderr.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// The address of a test's own database: that of the server, with another name of the database.
pub(super) fn database_url(pool: &PgPool) -> String {
    let mut url: url::Url = env::var("DATABASE_URL").unwrap().parse().unwrap();
    let options = pool.connect_options();
    url.set_path(options.get_database().unwrap());
    url.into()
}

#[tokio::test]
async fn wrong_usage_ends_with_64_and_help_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &[][..],
        &["sync"],
        &["sync", "--all", "--tenant", "x"],
        &["nonsense"],
        &["sync", "--all", "--format", "xml"],
    ] {
        let done = entrain(words, &[], folder.path()).await;
        assert_eq!(done.code, 64, "{words:?}: {}", done.stderr);
        assert!(!done.stderr.is_empty());
    }
    let help = entrain(&["--help"], &[], folder.path()).await;
    assert_eq!(help.code, 0);
    assert!(
        help.stdout.contains("One refresh and apply in the foreground"),
        "{}",
        help.stdout
    );
}

#[tokio::test]
async fn a_wrong_setting_ends_with_1_and_names_itself() {
    let folder = tempfile::tempdir().unwrap();
    let done = entrain(&["migrate"], &[("ENTRAIN_LISTEN", "nowhere")], folder.path()).await;
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("entrain: ENTRAIN_LISTEN"), "{}", done.stderr);
}

#[sqlx::test(migrations = false)]
async fn a_plan_writes_nothing_and_ends_with_2_until_a_sync_has_done_it(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    let before = stage.rows_as_written().await;
    let plan = ["sync", "--organization", "contoso", "--plan", "--format", "json"];
    let planned = on(&stage, &plan).await;
    assert_eq!(planned.code, 2, "{}", planned.stderr);
    assert_eq!(stage.rows_as_written().await, before, "a plan wrote something");
    let runs: i64 = sqlx::query_scalar("select count(*) from run")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(runs, 0);

    let synced = on(&stage, &["sync", "--organization", "contoso", "--format", "json"]).await;
    assert_eq!(synced.code, 0, "{}", synced.stderr);
    let (planned, synced) = (planned.json(), synced.json());
    let promised = &planned["plans"][0]["counts"];
    assert!(promised["create"].as_i64().unwrap() > 0);
    assert_eq!(
        &synced["runs"][0]["organizations"][0]["counts"], promised,
        "the run did not do what the plan said"
    );
    assert_eq!(promised["create"], stage.count().await);

    let done = on(&stage, &plan).await;
    assert_eq!(done.code, 0, "{}", done.stdout);
    let text = on(&stage, &["sync", "--all", "--plan"]).await;
    assert!(text.stdout.contains("Contoso: ") && text.code == 0, "{}", text.stdout);
}

#[sqlx::test(migrations = false)]
async fn a_plan_that_the_guard_would_hold_ends_with_3_and_says_why(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut users = vec![];
    for number in 0..6 {
        let address = format!("p{number}@contoso.example");
        users.push(stage.hire(&format!("Person {number}"), &address).await);
    }
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    for user in &users[..3] {
        stage.change(*user, json!({ "accountEnabled": false })).await;
    }
    let before = stage.rows_as_written().await;
    let planned = on(&stage, &["sync", "--all", "--plan", "--format", "json"]).await;
    assert_eq!(planned.code, 3, "{}", planned.stderr);
    assert_eq!(stage.rows_as_written().await, before, "a plan wrote something");
    let document = planned.json();
    let held = document["plans"][0]["held"].as_array().unwrap();
    assert_eq!(held.len(), 3);
    assert_eq!(
        (&held[0]["part"], &held[0]["new"]),
        (&json!("Disabled in Microsoft"), &json!("Disabled"))
    );
    let text = on(&stage, &["sync", "--all", "--plan"]).await;
    assert!(text.stdout.contains("One run would mark many"), "{}", text.stdout);
}

#[sqlx::test(migrations = false)]
async fn a_name_that_nobody_or_several_have_ends_with_64(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.another_organization("Contoso").await;
    for (words, told) in [
        (["sync", "--organization", "Nobody"], "there is no Organization"),
        (
            ["sync", "--organization", "CONTOSO"],
            "several Organizations are called",
        ),
        (["sync", "--tenant", "nobody.example"], "there is no Microsoft tenant"),
    ] {
        let done = on(&stage, &words).await;
        assert_eq!(done.code, 64, "{}", done.stderr);
        assert!(done.stderr.contains(told), "{}", done.stderr);
    }
}

#[sqlx::test(migrations = false)]
async fn a_sync_that_failed_ends_with_1_and_says_why(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.consent(false).await;
    let done = on(&stage, &["sync", "--tenant", "contoso.example"]).await;
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("consent"), "{}", done.stderr);
}

#[sqlx::test(migrations = false)]
async fn an_administrator_is_added_once_and_the_password_is_printed_only_when_it_was_made(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let words = ["admin", "create", "--email", "ana@msp.example"];
    let made = on(&stage, &words).await;
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stdout.contains("The password, shown this once"), "{}", made.stdout);
    let again = on(&stage, &words).await;
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("with this email exists"), "{}", again.stderr);
    let listed = on(&stage, &["admin", "list"]).await;
    assert!(
        listed.stdout.contains("ana@msp.example, Administrator\n"),
        "{}",
        listed.stdout
    );
    let listed = on(&stage, &["admin", "list", "--format", "json"]).await.json();
    let ana = &listed["accounts"][0];
    assert_eq!(
        (&ana["email"], &ana["role"], &ana["disabled"]),
        (&json!("ana@msp.example"), &json!("administrator"), &json!(false))
    );
}

#[sqlx::test(migrations = false)]
async fn a_password_is_reset_on_the_command_line_which_ends_all_sessions_and_is_told(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let done = on(&stage, &["admin", "create", "--email", "ana@msp.example"]).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    let (id, before): (AccountId, String) =
        sqlx::query_as("select id, password_hash from account where email = 'ana@msp.example'")
            .fetch_one(&pool)
            .await
            .unwrap();
    open_session(&pool, id, b"ana").await;
    let done = on(&stage, &["admin", "password", "ANA@msp.example"]).await;
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stdout.contains("another password, shown this once"),
        "{}",
        done.stdout
    );
    let after: String = sqlx::query_scalar("select password_hash from account where id = $1")
        .bind(id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_ne!(before, after);
    assert_eq!(store::session::find(&pool, b"ana").await.unwrap(), None);
    let told: Vec<(String, String)> =
        sqlx::query_as("select action, actor_name from audit_event where subject_id = $1 order by at")
            .bind(id)
            .fetch_all(&pool)
            .await
            .unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|(action, who)| (action.as_str(), who.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("create", "entrain admin create"),
            ("change_password", "entrain admin password")
        ]
    );
    let short = on_with(
        &stage,
        &["admin", "password", "ana@msp.example"],
        &[("ENTRAIN_ADMIN_PASSWORD", "short")],
    );
    assert!(short.await.stderr.contains("at least 12 characters"));
    let nobody = on(&stage, &["admin", "reset", "nobody@msp.example"]).await;
    assert_eq!(nobody.code, 1);
    assert!(nobody.stderr.contains("account with this email"), "{}", nobody.stderr);
}

/// Starts the stand-in with an option that stops it.
async fn simulate_in_vain(option: &str, value: &str, folder: &Path) -> Done {
    let anywhere = "127.0.0.1:0";
    let words = ["simulate", "--listen", anywhere, "--control", anywhere, option, value];
    let done = entrain(&words, &[], folder).await;
    assert_eq!(done.code, 1);
    done
}

#[tokio::test]
async fn a_wrong_list_of_faults_stops_the_stand_in_and_names_file_and_entry() {
    let folder = tempfile::tempdir().unwrap();
    for (text, words) in [
        (
            r#"[{"path": "token", "kind": "html"}, {"path": "token", "kind": "rain"}]"#,
            "fault 2 of the list",
        ),
        (
            r#"[{"path": "token", "kind": "html", "tenant": "nobody"}]"#,
            "fault 1 of the list",
        ),
        ("{", "not a JSON list of faults"),
    ] {
        std::fs::write(folder.path().join("faults.json"), text).unwrap();
        let done = simulate_in_vain("--faults", "faults.json", folder.path()).await;
        assert!(
            done.stderr.contains("faults.json") && done.stderr.contains(words),
            "{}",
            done.stderr
        );
    }
}

#[tokio::test]
async fn a_stand_in_with_wrong_limits_or_an_unknown_permission_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("limits.json"), r#"{"tiny": 1}"#).unwrap();
    for (option, value, words) in [
        ("--throttle", "limits.json", "unknown field `tiny`"),
        ("--throttle", "absent.json", "absent.json"),
        ("--grant", "Mail.Dream", "'Mail.Dream'"),
    ] {
        let done = simulate_in_vain(option, value, folder.path()).await;
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
}
