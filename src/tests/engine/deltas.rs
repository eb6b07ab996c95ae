//! Reading what has changed: where a pass goes on, and when it begins anew.

use crate::{
    engine::run::{RunEnd, run_tenant},
    model::{filter::Filters, run::Trigger},
    store::{
        StoreError,
        directory_pass::{self, Pass, PassKind, Stands},
    },
    tests::support::{Stage, until},
};
use chrono::{Duration, Utc};
use serde_json::json;
use sqlx::PgPool;

impl Stage {
    /// Has the service send few objects on a page of a delta.
    pub async fn small_pages(&self) {
        let small = json!({ "objects": 5, "members": 7 });
        self.control("PUT", "deltas", Some(small)).await;
    }

    /// The query strings of what was asked of a delta.
    pub fn asked_of_delta(&self, kind: &str) -> Vec<String> {
        let path = format!("/v1.0/{kind}/delta");
        let asked = self.microsoft.requests();
        let of_delta = asked.into_iter().filter(|entry| entry.path == path);
        of_delta.map(|entry| entry.query.replace("%24", "$")).collect()
    }

    /// Forgets what was asked.
    pub async fn forget_requests(&self) {
        self.control("DELETE", "requests", None).await;
    }

    /// Forgets where the passes go on, so that the next run reads everything.
    pub async fn forget_links(&self) {
        sqlx::query("delete from directory_pass")
            .execute(&self.pool)
            .await
            .unwrap();
    }

    pub async fn living(&self) -> i64 {
        sqlx::query_scalar("select count(*) from directory_user where deleted_at is null")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }
}

fn from_the_beginning(query: &str) -> bool {
    query.contains("$select") && !query.contains("token")
}

#[sqlx::test(migrations = false)]
async fn the_first_run_reads_everything_and_the_next_one_what_has_changed(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    for kind in ["users", "groups"] {
        let asked = stage.asked_of_delta(kind);
        assert!(from_the_beginning(&asked[0]), "{asked:?}");
    }
    stage.forget_requests().await;
    let before = stage.living().await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.group("Team", &[ana]).await;
    stage.run_well().await;
    let asked = stage.microsoft.requests();
    let paths: Vec<_> = asked.iter().map(|entry| entry.path.as_str()).collect();
    for path in [
        "/v1.0/users",
        "/v1.0/groups",
        "/v1.0/directory/deletedItems/microsoft.graph.user",
    ] {
        let listings = asked
            .iter()
            .filter(|entry| entry.path == path && !entry.query.contains("signInActivity"));
        assert_eq!(listings.count(), 0, "{paths:?}");
    }
    for kind in ["users", "groups"] {
        let asked: Vec<_> = asked
            .iter()
            .filter(|entry| entry.path == format!("/v1.0/{kind}/delta"))
            .collect();
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(asked[0].query.contains("deltatoken"), "{asked:?}");
    }
    assert_eq!(stage.living().await, before + 1);
    let groups: Vec<uuid::Uuid> =
        sqlx::query_scalar("select groups from directory_user_groups where directory_user_id = $1")
            .bind(ana)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(!groups.is_empty());
}

#[sqlx::test(migrations = false)]
async fn a_first_round_that_was_cut_off_goes_on_at_its_page(pool: PgPool) {
    let stage = Stage::new(&pool, 60).await;
    stage.small_pages().await;
    stage.enable(&Filters::default()).await;
    for kind in ["users", "groups"] {
        let path = format!("/v1.0/{kind}/delta?*skiptoken*");
        stage
            .fault(json!({ "path": path, "kind": "malformed", "nth": 3 }))
            .await;
        stage.run_badly().await;
        stage.lift_faults().await;
        assert_eq!(stage.count().await, 0, "nothing is applied before a pass is complete");
        let asked = stage.asked_of_delta(kind);
        let failed = asked.last().unwrap().clone();
        stage.forget_requests().await;
        // The next pass over it goes on, and the one over users has ended well when that over groups is cut off.
        if kind == "users" {
            stage
                .fault(json!({ "path": "/v1.0/groups/delta", "kind": "malformed", "times": 1 }))
                .await;
            stage.run_badly().await;
            stage.lift_faults().await;
        } else {
            stage.run_well().await;
        }
        let asked = stage.asked_of_delta(kind);
        assert_eq!(asked[0], failed, "the page that could not be read comes first");
        assert!(!asked.iter().any(|query| from_the_beginning(query)), "{asked:?}");
        stage.forget_requests().await;
    }
    let users = stage.directory().await["users"].as_array().unwrap().len();
    assert_eq!(usize::try_from(stage.living().await).unwrap(), users);
    assert!(stage.count().await > 0);
    stage.forget_links().await;
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn a_later_round_that_was_cut_off_goes_on_at_its_page_too(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.small_pages().await;
    stage.run_well().await;
    for number in 0..12 {
        stage
            .hire(&format!("Ana {number}"), &format!("ana{number}@contoso.example"))
            .await;
    }
    stage.forget_requests().await;
    let cut = json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "malformed", "times": 1 });
    stage.fault(cut).await;
    stage.run_badly().await;
    let failed = stage.asked_of_delta("users").pop().unwrap();
    stage.forget_requests().await;
    stage.run_well().await;
    assert_eq!(stage.asked_of_delta("users")[0], failed);
    let users = stage.directory().await["users"].as_array().unwrap().len();
    assert_eq!(usize::try_from(stage.living().await).unwrap(), users);
}

#[sqlx::test(migrations = false)]
async fn a_full_refresh_of_a_known_directory_that_was_cut_off_begins_again_and_misses_nobody(pool: PgPool) {
    let stage = Stage::new(&pool, 40).await;
    stage.small_pages().await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    // What happened meanwhile no link tells any more.
    stage.purge(ana).await;
    stage
        .control("POST", "tenants/contoso/delta/reset", Some(json!({ "as": "gone" })))
        .await;
    let cut = json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "malformed", "nth": 4, "times": 1 });
    stage.fault(cut).await;
    stage.run_badly().await;
    stage.forget_requests().await;
    stage.run_well().await;
    let asked = stage.asked_of_delta("users");
    assert!(from_the_beginning(&asked[1]), "after the link that was lost: {asked:?}");
    assert_eq!(stage.person(ana).await.mark_kind.as_deref(), Some("deleted"));
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn an_expired_link_leads_to_a_full_refresh_that_tells_who_went_meanwhile(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    let team = stage.group("Team", &[ana, ben]).await;
    stage.enable(&Filters::default()).await;
    for (expire, user) in [
        (("PUT", "clock", json!({ "ahead": 8 * 24 * 3_600 })), ana),
        (("POST", "tenants/contoso/delta/reset", json!({ "as": "expired" })), ben),
    ] {
        stage.run_well().await;
        stage.purge(user).await;
        let (method, path, body) = expire;
        stage.control(method, path, Some(body)).await;
        stage.forget_requests().await;
        stage.run_well().await;
        let asked = stage.asked_of_delta("users");
        assert!(
            asked[0].contains("deltatoken") && from_the_beginning(&asked[1]),
            "{asked:?}"
        );
        assert_eq!(stage.person(user).await.mark_kind.as_deref(), Some("deleted"));
        let members: i64 =
            sqlx::query_scalar("select count(*) from directory_group_member where group_id = $1 and member_id = $2")
                .bind(team)
                .bind(user)
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(
            members, 0,
            "who is no member any more is taken out by a round over all groups"
        );
        stage.run_quietly().await;
    }
}

#[sqlx::test(migrations = false)]
async fn after_six_days_and_for_values_that_are_read_otherwise_everything_is_read(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let now = Utc::now();
    let first_asked = async |at| {
        let end = run_tenant(&stage.engine, stage.tenant, Trigger::Hourly, at, None).await;
        assert!(matches!(end, Ok(RunEnd::Succeeded(_))), "{end:?}");
        let groups = stage
            .microsoft
            .requests()
            .into_iter()
            .find(|entry| entry.path == "/v1.0/groups/delta");
        let groups = groups.unwrap().query.replace("%24", "$");
        let users = stage.asked_of_delta("users").remove(0);
        stage.forget_requests().await;
        assert_eq!(from_the_beginning(&users), from_the_beginning(&groups));
        from_the_beginning(&users)
    };
    assert!(first_asked(now).await);
    assert!(!first_asked(now + Duration::days(6) - Duration::seconds(1)).await);
    assert!(
        !first_asked(now + Duration::days(7)).await,
        "each round brings a link of its own"
    );
    assert!(first_asked(now + Duration::days(13)).await);
    assert!(!first_asked(now + Duration::days(14)).await);
    sqlx::query("update directory_pass set form = 'an older program''s'")
        .execute(&pool)
        .await
        .unwrap();
    assert!(first_asked(now + Duration::days(14)).await);
}

#[sqlx::test(migrations = false)]
async fn a_request_that_microsoft_does_not_accept_is_no_reason_to_read_everything(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.run_well().await;
    stage.forget_requests().await;
    let refused = json!({ "path": "/v1.0/users/delta", "kind": "status", "status": 400, "code": "Request_BadRequest" });
    stage.fault(refused).await;
    stage.run_badly().await;
    assert_eq!(stage.asked_of_delta("users").len(), 1);
    stage.lift_faults().await;
    stage.forget_requests().await;
    stage.run_well().await;
    assert!(!from_the_beginning(&stage.asked_of_delta("users")[0]));
}

#[sqlx::test(migrations = false)]
async fn an_expired_page_of_the_recycle_bin_is_no_reason_to_read_everything(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.delete(ana).await;
    stage.forget_requests().await;
    let bin = "/v1.0/directory/deletedItems";
    let expired = json!({ "path": bin, "kind": "status", "status": 400, "code": "Directory_ExpiredPageToken" });
    stage.fault(expired).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind.as_deref(), Some("deleted"));
    let asked = stage.asked_of_delta("users");
    assert!(!asked.iter().any(|query| from_the_beginning(query)), "{asked:?}");
    stage.lift_faults().await;
    stage.run_well().await;
    let asked = stage.asked_of_delta("users");
    assert!(!asked.iter().any(|query| from_the_beginning(query)), "{asked:?}");
}

#[sqlx::test(migrations = false)]
async fn a_link_moves_only_from_where_its_reader_found_it(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let pass = |link: &str| Pass {
        link: link.into(),
        stands: Stands::Done,
        began_at: Utc::now(),
        form: "form".into(),
    };
    let mut db = pool.acquire().await.unwrap();
    let kind = PassKind::Users;
    directory_pass::move_on(&mut db, stage.tenant, kind, None, &pass("a"))
        .await
        .unwrap();
    for from in [None, Some("b")] {
        let moved = directory_pass::move_on(&mut db, stage.tenant, kind, from, &pass("c")).await;
        assert!(matches!(moved, Err(StoreError::LinkMoved)), "{moved:?}");
    }
    directory_pass::move_on(&mut db, stage.tenant, kind, Some("a"), &pass("b"))
        .await
        .unwrap();
    let kept = directory_pass::get(&pool, stage.tenant).await.unwrap();
    assert_eq!((kept.users.unwrap().link.as_str(), kept.groups), ("b", None));
}

#[sqlx::test(migrations = false)]
async fn of_two_readers_of_one_link_the_later_one_writes_nothing(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.small_pages().await;
    stage.run_well().await;
    for number in 0..8 {
        stage
            .hire(&format!("Ana {number}"), &format!("ana{number}@contoso.example"))
            .await;
    }
    let before = stage.living().await;
    stage.forget_requests().await;
    let late = json!({ "path": "/v1.0/users/delta?*skiptoken*", "kind": "delay", "delayMs": 600, "times": 1 });
    stage.fault(late).await;
    let (end, ()) = tokio::join!(stage.run(), async {
        until("the first page is read", 60, || async {
            let asked = stage.microsoft.requests();
            asked.iter().any(|entry| entry.path == "/v1.0/users/delta")
        })
        .await;
        // Whatever the lease says: the data that goes with a link is written once.
        sqlx::query("update directory_pass set link = link || '&moved'")
            .execute(&pool)
            .await
            .unwrap();
    });
    let RunEnd::Failed(_, error) = end else {
        panic!("{end:?}")
    };
    assert!(error.to_string().contains("another reader"), "{error}");
    assert_eq!(stage.living().await, before);
}
