//! Whatever the pages of a delta are like, the directory ends as Microsoft's is, and as reading everything leaves it.

use crate::{
    model::filter::Filters,
    tests::support::{Stage, only},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl Stage {
    /// Sees that the directory holds who is living at Microsoft, under their names, and the direct members of groups.
    async fn holds_what_microsoft_has(&self, what: &str) {
        let theirs = self.directory().await;
        let id = |object: &Value| object["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        let users: BTreeMap<Uuid, String> = theirs["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| (id(user), user["displayName"].as_str().unwrap_or_default().to_owned()))
            .collect();
        let held: Vec<(Uuid, String)> =
            sqlx::query_as("select id, display_name from directory_user where deleted_at is null")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let held: BTreeMap<_, _> = held.into_iter().collect();
        let ids = |users: &BTreeMap<Uuid, String>| users.keys().copied().collect::<BTreeSet<_>>();
        assert_eq!(ids(&held), ids(&users), "{what}");
        for user in ["Ana", "Ben", "Cleo", "Renamed"] {
            let named = |all: &BTreeMap<Uuid, String>| all.values().filter(|name| *name == user).count();
            assert_eq!(named(&held), named(&users), "{what}: {user}");
        }
        let members: Vec<(Uuid, Uuid)> = sqlx::query_as("select group_id, member_id from directory_group_member")
            .fetch_all(&self.pool)
            .await
            .unwrap();
        let members: BTreeSet<_> = members.into_iter().collect();
        let groups: BTreeSet<_> = theirs["groups"].as_array().unwrap().iter().map(id).collect();
        let mut expected = BTreeSet::new();
        for (group, of_group) in theirs["members"].as_object().unwrap() {
            for member in of_group.as_array().unwrap() {
                let member = member.as_str().unwrap().parse().unwrap();
                if users.contains_key(&member) || groups.contains(&member) {
                    expected.insert((group.parse().unwrap(), member));
                }
            }
        }
        // The recycle bin keeps memberships; here they may stay until the account is gone for good.
        let of_the_living = members
            .into_iter()
            .filter(|(_, member)| users.contains_key(member) || groups.contains(member))
            .collect::<BTreeSet<_>>();
        assert_eq!(of_the_living, expected, "{what}");
    }
}

/// Something of everything that a delta tells of.
async fn happen(stage: &Stage, round: usize, people: &[Uuid], groups: &[Uuid]) {
    let (ana, ben) = (people[round % people.len()], people[(round + 1) % people.len()]);
    let name = if round.is_multiple_of(2) { "Renamed" } else { "Ana" };
    stage.change(ana, json!({ "displayName": name, "city": null })).await;
    let new = stage.hire("Cleo", &format!("cleo{round}@contoso.example")).await;
    stage.join(groups[0], new).await;
    stage.leave(groups[0], ana).await;
    stage.join(groups[0], ana).await;
    stage.leave(groups[1], ben).await;
    if round.is_multiple_of(2) {
        stage.leave(groups[2], groups[1]).await;
        stage.delete(ben).await;
    } else {
        stage.join(groups[2], groups[1]).await;
        stage.purge(new).await;
    }
    if round % 3 == 2 {
        stage.restore(people[round % people.len()]).await;
    }
    let passing = stage.group("Passing", &[ana]).await;
    stage.join(groups[1], passing).await;
    if round.is_multiple_of(2) {
        stage.delete_group(passing).await;
    }
}

#[sqlx::test(migrations = false)]
async fn delta_and_full_refresh_end_in_the_same_state_under_every_fault(pool: PgPool) {
    let stage = Stage::new(&pool, 20).await;
    stage.small_pages().await;
    let kinds = [
        "none",
        "duplicate",
        "replay",
        "reorder",
        "empty",
        "cut",
        "expire",
        "reset",
    ];
    let mut people = vec![];
    for number in 0..2 * kinds.len() {
        people.push(stage.hire("Ben", &format!("ben{number}@contoso.example")).await);
    }
    let inner = stage.group("Inner", &people[..4]).await;
    let middle = stage.group("Middle", &[inner]).await;
    let outer = stage.group("Outer", &[middle]).await;
    let filters = Filters {
        group: only(&[&outer.to_string()]),
        ..Filters::default()
    };
    stage.enable(&filters).await;
    stage.run_well().await;
    stage.holds_what_microsoft_has("at first").await;
    for (round, kind) in kinds.into_iter().enumerate() {
        // Each in a place of its own, so that nobody is deleted twice.
        let some = [people[2 * round], people[2 * round + 1]];
        for user in some {
            stage.join(middle, user).await;
        }
        happen(&stage, 0, &some, &[inner, middle, outer]).await;
        if kind != "none" {
            stage
                .fault(json!({ "path": "/v1.0/*/delta", "kind": kind, "times": 2 }))
                .await;
        }
        stage.run_well().await;
        stage.lift_faults().await;
        stage.holds_what_microsoft_has(kind).await;
        stage.forget_links().await;
        stage.run_quietly().await;
        happen(&stage, 1, &[some[0]], &[inner, middle, outer]).await;
        stage.run_well().await;
        stage.restore(some[1]).await;
        stage.run_well().await;
        stage.holds_what_microsoft_has(kind).await;
        stage.forget_links().await;
        stage.run_quietly().await;
    }
}

#[sqlx::test(migrations = false)]
async fn an_account_in_the_recycle_bin_gone_for_good_and_back_is_told_by_deltas_alone(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.delete(ana).await;
    let when = stage.directory().await["deletedUsers"][0]["deletedDateTime"].clone();
    stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!(
        (person.mark_kind.as_deref(), json!(person.mark_at.unwrap())),
        (Some("deleted"), when),
        "the time is the recycle bin's"
    );
    stage.restore(ana).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind, None);
    stage.purge(ana).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind.as_deref(), Some("deleted"));
    let full = stage
        .microsoft
        .requests()
        .into_iter()
        .filter(|entry| entry.path == "/v1.0/users/delta" && !entry.query.contains("token"));
    assert_eq!(full.count(), 1, "everything was read but once");
}

#[sqlx::test(migrations = false)]
async fn who_leaves_and_joins_through_groups_of_groups_is_followed_by_what_changed_alone(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut people = vec![];
    for name in ["Ana", "Ben", "Cleo"] {
        people.push(stage.hire(name, &format!("{name}@contoso.example")).await);
    }
    let inner = stage.group("Inner", &people[..2]).await;
    let outer = stage.group("Outer", &[]).await;
    stage.run_well().await;
    let groups_of = async |user: Uuid| {
        let groups: Vec<Uuid> =
            sqlx::query_scalar("select groups from directory_user_groups where directory_user_id = $1")
                .bind(user)
                .fetch_one(&pool)
                .await
                .unwrap();
        let ours = groups.into_iter().filter(|group| [inner, outer].contains(group));
        ours.collect::<BTreeSet<_>>()
    };
    let both = BTreeSet::from([inner, outer]);
    stage.join(outer, inner).await;
    stage.run_well().await;
    assert_eq!(
        (groups_of(people[0]).await, groups_of(people[2]).await),
        (both.clone(), BTreeSet::new())
    );
    stage.join(inner, people[2]).await;
    stage.leave(inner, people[0]).await;
    stage.run_well().await;
    assert_eq!(
        (groups_of(people[0]).await, groups_of(people[2]).await),
        (BTreeSet::new(), both)
    );
    stage.delete_group(inner).await;
    stage.run_well().await;
    for user in people {
        assert_eq!(groups_of(user).await, BTreeSet::new());
    }
    stage.forget_links().await;
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn who_joined_in_a_round_over_all_groups_that_was_cut_off_is_in_them_after_the_next_one(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let inner = stage.group("Inner", &[]).await;
    let outer = stage.group("Outer", &[inner]).await;
    stage.run_well().await;
    stage.join(inner, ana).await;
    // The link is refused once, as if it were too old, and everything is stored but the last transaction.
    let expired = json!({ "path": "/v1.0/groups/delta?*deltatoken*", "kind": "expire", "times": 1 });
    stage.fault(expired).await;
    sqlx::raw_sql(
        "create function cut_off() returns trigger language plpgsql as $$ begin raise exception 'cut off'; end $$;
         create trigger cut_off before update of link on directory_pass for each row
             when (new.kind = 'groups') execute function cut_off()",
    )
    .execute(&pool)
    .await
    .unwrap();
    let error = stage.run_badly().await;
    assert!(error.to_string().contains("cut off"), "{error}");
    let members: i64 = sqlx::query_scalar("select count(*) from directory_group_member where member_id = $1")
        .bind(ana)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(members > 0, "nothing was stored before it was cut off");
    sqlx::raw_sql("drop trigger cut_off on directory_pass")
        .execute(&pool)
        .await
        .unwrap();
    // Now the link is good, and the delta tells what is held already.
    stage.run_well().await;
    let groups: Vec<Uuid> = sqlx::query_scalar("select groups from directory_user_groups where directory_user_id = $1")
        .bind(ana)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(groups.contains(&inner) && groups.contains(&outer), "{groups:?}");
}
