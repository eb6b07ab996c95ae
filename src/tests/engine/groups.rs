//! Groups: membership through groups of groups, and what becomes of it.

use crate::{
    engine::refresh::close::close_groups,
    model::filter::{Choice, Filters},
    tests::support::{Stage, only},
};
use sqlx::PgPool;
use uuid::Uuid;

async fn by_group(stage: &Stage, group: Uuid) {
    let filters = Filters {
        group: only(&[&group.to_string()]),
        ..Filters::default()
    };
    stage.enable(&filters).await;
}

#[sqlx::test(migrations = false)]
async fn a_person_follows_the_members_of_a_group_within_a_group(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    let inner = stage.group("Inner", &[ana]).await;
    let middle = stage.group("Middle", &[inner]).await;
    let outer = stage.group("Outer", &[middle]).await;
    by_group(&stage, outer).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Ana");
    assert_eq!(stage.count().await, 1);

    stage.leave(inner, ana).await;
    stage.join(inner, ben).await;
    let run = stage.run_well().await;
    assert_eq!(stage.person(ben).await.name, "Ben");
    assert_eq!((stage.counts(run).await.out_of_scope, stage.count().await), (1, 2));

    stage.leave(outer, middle).await;
    let run = stage.run_well().await;
    assert_eq!(stage.counts(run).await.out_of_scope, 2);
}

/// Who is in which groups, through groups of groups.
async fn closed(pool: &PgPool) -> Vec<(Uuid, Vec<Uuid>)> {
    sqlx::query_as("select directory_user_id, groups from directory_user_groups order by directory_user_id")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// Forgets who is in which groups, and closes those of these members anew, or everybody's, so many at once.
async fn close_anew(stage: &Stage, members: Option<&[Uuid]>, at_once: usize) -> usize {
    let mut tx = stage.pool.begin().await.unwrap();
    sqlx::query("delete from directory_user_groups")
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("update directory_pass set unclosed = $1 where kind = 'groups'")
        .bind(members.map(<[Uuid]>::to_vec))
        .execute(&mut *tx)
        .await
        .unwrap();
    let written = close_groups(&mut tx, stage.tenant, at_once).await.unwrap();
    tx.commit().await.unwrap();
    let left: i64 = sqlx::query_scalar(
        "select count(*) from directory_pass where kind = 'groups' and unclosed is distinct from '{}'",
    )
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    assert_eq!(left, 0, "nothing is left to close");
    written
}

#[sqlx::test(migrations = false)]
async fn groups_that_are_closed_in_parts_are_those_that_are_closed_at_once(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let mut people = vec![];
    for number in 0..5 {
        let name = format!("Ana {number}");
        people.push(stage.hire(&name, &format!("ana{number}@contoso.example")).await);
    }
    let inner = stage.group("Inner", &people[..3]).await;
    let outer = stage.group("Outer", &[inner, people[3]]).await;
    stage.run_well().await;
    let all = closed(&pool).await;
    let outside: Vec<_> = all.iter().filter(|(_, groups)| groups.contains(&outer)).collect();
    assert_eq!(outside.len(), 4, "{all:?}");
    let inside: Vec<_> = all
        .iter()
        .filter(|(_, groups)| groups.contains(&inner))
        .cloned()
        .collect();
    assert_eq!(inside.len(), 3, "{all:?}");
    for at_once in [1, 2, 3, all.len(), 1_000] {
        assert_eq!(close_anew(&stage, None, at_once).await, all.len());
        assert_eq!(closed(&pool).await, all, "everybody, {at_once} at once");
        // Whoever is in a group that moved moved with it.
        assert_eq!(close_anew(&stage, Some(&[inner]), at_once).await, inside.len());
        assert_eq!(
            closed(&pool).await,
            inside,
            "those in a group that moved, {at_once} at once"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn who_was_closed_wrongly_by_another_version_is_closed_anew_by_this_one(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.group("Team", &[ana]).await;
    stage.run_well().await;
    let right = closed(&pool).await;
    sqlx::query("update directory_user_groups set groups = '{}' where directory_user_id = $1")
        .bind(ana)
        .execute(&pool)
        .await
        .unwrap();
    stage.run_well().await;
    assert_ne!(closed(&pool).await, right, "nothing has told of it");
    sqlx::query("update directory_pass set form = 'another version'")
        .execute(&pool)
        .await
        .unwrap();
    stage.run_well().await;
    assert_eq!(closed(&pool).await, right);
}

#[sqlx::test(migrations = false)]
async fn a_deleted_group_keeps_its_row_as_gone_and_accepts_nobody(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let group = stage.group("Team", &[ana]).await;
    by_group(&stage, group).await;
    stage.run_well().await;
    stage.delete_group(group).await;
    stage.hire("Ben", "ben@contoso.example").await;
    let run = stage.run_well().await;
    assert_eq!((stage.counts(run).await.out_of_scope, stage.count().await), (1, 1));
    let groups = crate::store::directory::groups(&pool, stage.tenant).await.unwrap();
    let gone: Vec<_> = groups.iter().filter(|g| g.gone).map(|g| g.name.as_str()).collect();
    assert_eq!(gone, ["Team"]);
    assert_eq!(
        stage.attention(stage.organization).await,
        None,
        "a group that is gone is no refusal"
    );
}

#[sqlx::test(migrations = false)]
async fn a_member_of_a_group_whom_no_listing_of_users_names_does_no_harm(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    // The group of devices holds devices, which are nobody.
    let devices = stage.directory().await["groups"]
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["displayName"] == "Kiosk Devices")
        .unwrap()["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    by_group(&stage, devices).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 1);
}

#[sqlx::test(migrations = false)]
async fn who_is_in_no_group_can_be_chosen_on_purpose(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    let group = stage.group("Team", &[ana]).await;
    let filters = Filters {
        group: Choice::Values(vec![None]),
        user_type: only(&["member"]),
        department: Choice::Values(vec![None]),
        ..Filters::default()
    };
    // Nobody is in it, so that who is can't be known.
    stage.delete_group(dynamic(&stage, "Reorganisation").await).await;
    stage.leave(dynamic(&stage, "Dynamic Enabled Members").await, ben).await;
    stage.leave(dynamic(&stage, "Dynamic Enabled Members").await, ana).await;
    stage.enable(&filters).await;
    stage.run_well().await;
    let people: Vec<_> = stage.people().await.into_iter().map(|p| p.name).collect();
    assert_eq!(people, ["Ben"]);
    stage.leave(group, ana).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 2);
}

async fn dynamic(stage: &Stage, name: &str) -> Uuid {
    let directory = stage.directory().await;
    let groups = directory["groups"].as_array().unwrap().clone();
    let group = groups.iter().find(|group| group["displayName"] == name).unwrap();
    group["id"].as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrations = false)]
async fn groups_can_be_chosen_by_name_before_the_pass_over_them_is_complete(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let team = stage.group("Team", &[ana]).await;
    stage
        .fault(serde_json::json!({ "path": "/v1.0/subscribedSkus", "kind": "delay", "delayMs": 800, "times": 1 }))
        .await;
    let named = || async { crate::store::directory::groups(&pool, stage.tenant).await.unwrap() };
    tokio::join!(stage.run_well(), async {
        crate::tests::support::until("the group is named", 60, || async { !named().await.is_empty() }).await;
        let readings = crate::store::microsoft_tenant::get(&pool, stage.tenant)
            .await
            .unwrap()
            .readings;
        assert!(
            !readings.groups.is_read(),
            "who is in it, through others too, is still to be told"
        );
        by_group(&stage, team).await;
    });
    stage.run_well().await;
    stage.person(ana).await;
}
