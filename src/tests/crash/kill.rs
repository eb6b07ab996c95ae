//! The crash matrix of the program: SIGKILL while the n-th commit of a run is on its way, which then is or is not.
//!
//! A sample in every test; all commits with both fates with `ENTRAIN_CRASH_MATRIX=all`, as `make crash` does.

use super::{
    brake::{Brake, Fate},
    copies::{Copies, Scene},
    state::{State, expect_nobody_twice},
};
use crate::{model::ids::RunId, tests::command::database_url};
use sqlx::PgPool;

/// Whether all of a matrix is wanted.
pub fn is_whole() -> bool {
    std::env::var("ENTRAIN_CRASH_MATRIX").is_ok_and(|all| all == "all")
}

/// The commits to cut, each numbered from 1: all of them, or the run's beginning, a page, the last one before the first
/// Organization is applied, the Organizations, the one after them, and the end.
pub fn chosen(tables: &[String]) -> Vec<i64> {
    let last = i64::try_from(tables.len()).unwrap();
    if is_whole() {
        return (1..=last).collect();
    }
    let written = [
        "organization_touch",
        "end_user",
        "end_user_mapping",
        "run_organization",
        "standing_outcome",
    ];
    let applied = |table: &String| written.contains(&table.as_str());
    let first = tables
        .iter()
        .position(applied)
        .map_or(last / 2, |at| i64::try_from(at).unwrap() + 1);
    let mut at = vec![1, 2, first - 1, first, first + 1, first + 2, last];
    at.retain(|at| (1..=last).contains(at));
    at.dedup();
    at
}

/// Every run on record, the earliest first: id, state, what is said about it.
pub async fn runs(pool: &PgPool) -> Vec<(RunId, String, Option<String>)> {
    sqlx::query_as("select id, state, error from run order by started_at, id")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// What holds at the moment of the cut: no Organization is half planned, and nobody is there twice.
pub async fn expect_whole_organizations(copies: &Copies, undisturbed: &State, when: &str) {
    let pool = &copies.stage.pool;
    expect_nobody_twice(pool).await;
    let now = State::read(pool).await;
    for organization in copies.organizations {
        // It tells of itself in the transaction that writes it.
        let is_done: bool = sqlx::query_scalar(
            "select exists (select 1 from run_organization o join run r on r.id = o.run_id
                            where o.organization_id = $1 and r.trigger = 'command')",
        )
        .bind(organization)
        .fetch_one(pool)
        .await
        .unwrap();
        let expected = if is_done { undisturbed } else { &copies.before };
        now.of(organization).expect(&expected.of(organization), when);
    }
}

/// The next run ends as one that was never cut off would have: it finds what the cut one stored, goes on from the link
/// that was stored with it, and repeats nothing. Were a link ahead of its data, the people in between would be missing;
/// were it behind, they would be told of twice. One more run then writes nothing but itself.
pub async fn expect_as_if_nothing_had_happened(copies: &Copies, address: &str, undisturbed: &State, when: &str) {
    let pool = &copies.stage.pool;
    // A dead program's lease lasts a while; that is waited for in tests of its own.
    sqlx::query("update run_lease set expires_at = now()")
        .execute(pool)
        .await
        .unwrap();
    let (code, told) = copies.sync(address).end().await;
    assert_eq!(code, 0, "{when}: {told}");
    expect_nobody_twice(pool).await;
    State::read(pool).await.expect(undisturbed, when);
    copies.stage.run_quietly().await;
}

async fn cut(copies: &mut Copies, undisturbed: &State, commits: i64, at: i64, fate: Fate) {
    let when = format!("killed at commit {at} of {commits}, which was {fate:?}");
    let address = copies.next().await;
    let pool = copies.stage.pool.clone();
    let earlier = runs(&pool).await.len();
    let brake = Brake::set(&pool, at).await;
    let program = copies.sync(&address);
    brake.caught().await;
    program.kill().await;
    brake.release(fate).await;

    expect_whole_organizations(copies, undisturbed, &when).await;
    let is_over = at == commits && fate == Fate::Committed;
    let began = at > 1 || fate == Fate::Committed;
    let of_run = runs(&pool).await.split_off(earlier);
    let state = of_run.first().map(|(_, state, _)| state.as_str());
    let expected = match (began, is_over) {
        (false, _) => None,
        (true, true) => Some("succeeded"),
        (true, false) => Some("running"),
    };
    assert_eq!(state, expected, "{when}");

    expect_as_if_nothing_had_happened(copies, &address, undisturbed, &when).await;
    if state == Some("running") {
        let of_run = runs(&pool).await.split_off(earlier);
        let (_, state, error) = &of_run[0];
        let error = error.as_deref().unwrap_or_default();
        assert!(
            state == "failed" && error.contains("worker stopped"),
            "{when}: {state} {error}"
        );
    }
    copies.drop_last().await;
}

async fn matrix(pool: PgPool, scene: Scene) {
    let server = database_url(&pool);
    let mut copies = Copies::of(pool, &server, scene).await;
    let (undisturbed, tables) = copies.undisturbed().await;
    println!("{scene:?}: {tables:?}");
    let commits = i64::try_from(tables.len()).unwrap();
    assert!(commits >= 8, "{commits}");
    for (n, at) in chosen(&tables).into_iter().enumerate() {
        let fates = [Fate::Committed, Fate::RolledBack];
        let fates = if is_whole() { &fates[..] } else { &fates[n % 2..][..1] };
        for fate in fates {
            cut(&mut copies, &undisturbed, commits, at, *fate).await;
        }
    }
}

#[sqlx::test(migrations = false)]
async fn a_first_run_killed_at_a_commit_is_made_good_by_the_next(pool: PgPool) {
    matrix(pool, Scene::First).await;
}

#[sqlx::test(migrations = false)]
async fn a_run_over_changes_killed_at_a_commit_is_made_good_by_the_next(pool: PgPool) {
    matrix(pool, Scene::Changes).await;
}
