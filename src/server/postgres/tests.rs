use super::*;
use sqlx::Executor;
use tempfile::TempDir;

/// A machine without Postgres can't run these; `make test` installs one, so there they always run.
async fn start(folder: &Path) -> Option<EmbeddedPostgres> {
    match EmbeddedPostgres::start(folder).await {
        Ok(server) => Some(server),
        Err(EmbeddedPostgresError::Missing) => {
            eprintln!("skipped: no Postgres on this machine");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

async fn run(server: &EmbeddedPostgres, sql: &'static str) {
    let mut connection = PgConnection::connect(server.url()).await.expect("it answers");
    connection.execute(sql).await.expect(sql);
}

fn folder() -> TempDir {
    // Short and open to other accounts, whatever TMPDIR is.
    TempDir::new_in("/tmp").expect("a folder")
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop_and_a_start() {
    let folder = folder();
    let Some(first) = start(folder.path()).await else {
        return;
    };
    run(&first, "create table kept as select 7 as number").await;
    first.stop().await.expect("it stops");

    let second = start(folder.path()).await.expect("it was there before");
    run(&second, "select 1 / (select count(*) from kept where number = 7)").await;
    second.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_second_program_on_the_same_folder_is_refused_and_the_first_goes_on() {
    let folder = folder();
    let Some(first) = start(folder.path()).await else {
        return;
    };
    let second = EmbeddedPostgres::start(folder.path()).await;
    assert!(matches!(second, Err(EmbeddedPostgresError::InUse(_))), "{second:?}");
    run(&first, "select 1").await;
    first.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_look_tells_nothing_from_a_cluster_at_rest_and_one_that_runs_and_changes_none() {
    let folder = folder();
    assert!(matches!(EmbeddedPostgres::look(folder.path()), Ok(Found::Nothing)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "it made something");
    let Some(first) = start(folder.path()).await else {
        return;
    };
    let Ok(Found::Running(url)) = EmbeddedPostgres::look(folder.path()) else {
        panic!("it runs");
    };
    assert_eq!(url, first.url());
    run(&first, "select 1").await;
    first.stop().await.expect("it stops");
    assert!(matches!(EmbeddedPostgres::look(folder.path()), Ok(Found::Resting)));
    let second = start(folder.path()).await.expect("a look leaves no lock");
    second.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_server_left_by_a_killed_program_is_stopped_and_its_data_kept() {
    let folder = folder();
    let Some(first) = start(folder.path()).await else {
        return;
    };
    run(&first, "create table kept ()").await;
    let old_url = first.url().to_owned();
    abandon(first);

    let second = start(folder.path()).await.expect("it was there before");
    assert!(
        PgConnection::connect(&old_url).await.is_err(),
        "the old one still answers"
    );
    run(&second, "select * from kept").await;
    second.stop().await.expect("it stops");
}

/// What SIGKILL does to us: the lock falls, no destructor runs, the server goes on.
fn abandon(server: EmbeddedPostgres) {
    server._lock.unlock().expect("it was locked");
    std::mem::forget(server);
}

#[tokio::test]
async fn the_number_of_another_process_in_a_stale_pid_file_does_not_stop_the_start() {
    let folder = folder();
    let Some(first) = start(folder.path()).await else {
        return;
    };
    let pid_file = folder.path().join("postgres/cluster/postmaster.pid");
    let text = fs::read_to_string(&pid_file).expect("it runs");
    first.stop().await.expect("it stops");
    let number = text.lines().next().expect("a number");
    fs::write(&pid_file, text.replacen(number, &std::process::id().to_string(), 1)).expect("written");

    let second = start(folder.path()).await.expect("it was there before");
    second.stop().await.expect("it stops");
}

#[tokio::test]
async fn nobody_comes_in_without_the_password() {
    let folder = folder();
    let Some(server) = start(folder.path()).await else {
        return;
    };
    let mut address = url::Url::parse(server.url()).expect("an address");
    address.set_password(Some("guess")).expect("settable");
    assert!(PgConnection::connect(address.as_str()).await.is_err());
    let mode = fs::metadata(folder.path().join("postgres/password"))
        .expect("kept")
        .permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    server.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    let error = EmbeddedPostgres::start(&file)
        .await
        .expect_err("a file is no folder")
        .to_string();
    assert!(
        error.contains("file/postgres") && error.contains("ENTRAIN_DATA_DIR"),
        "{error}"
    );
}
