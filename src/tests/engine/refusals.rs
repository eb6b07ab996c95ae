//! Permissions that Microsoft refuses: one kind of data goes, with its remedy, and the rest goes on.

use crate::{
    engine::one_person::{PersonEnd, Whom, sync_person},
    model::{directory::Reading, filter::Filters, ids::DirectoryUserId},
    store,
    tests::support::{Stage, only},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

fn of_group(group: Uuid) -> Filters {
    Filters {
        group: only(&[&group.to_string()]),
        ..Filters::default()
    }
}

#[sqlx::test(migrations = false)]
async fn without_groups_only_marks_are_written_where_a_filter_names_one_and_others_go_on(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let group = stage.group("Team", &[ana]).await;
    let second = stage.another_organization("Second").await;
    stage.enable(&of_group(group)).await;
    stage.enable_for(second, &Filters::default()).await;
    stage.run_well().await;

    stage.deny(&["groups"]).await;
    stage
        .change(ana, json!({ "displayName": "Renamed", "accountEnabled": false }))
        .await;
    let run = stage.run_well().await;
    let person = stage.person(ana).await;
    assert_eq!(
        (person.name.as_str(), person.mark_kind.as_deref()),
        ("Ana", Some("disabled"))
    );
    let attention = stage.attention(stage.organization).await.unwrap();
    assert!(attention.contains("GroupMember.Read.All"), "{attention}");
    let told = store::run::organizations(&pool, run).await.unwrap();
    let told = told.iter().find(|row| row.id == stage.organization).unwrap();
    assert_eq!(told.attention.as_ref(), Some(&attention));

    let other = stage.people_of(second).await;
    assert_eq!(
        (other[0].name.as_str(), other[0].mark_kind.as_deref()),
        ("Renamed", Some("disabled"))
    );
    assert_eq!(stage.attention(second).await, None);

    stage.deny(&[]).await;
    stage.run_well().await;
    assert_eq!(stage.attention(stage.organization).await, None);
    assert_eq!(stage.person(ana).await.name, "Renamed");
}

#[sqlx::test(migrations = false)]
async fn without_groups_from_the_start_a_group_filter_creates_nobody_and_says_why(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let group = stage.group("Team", &[ana]).await;
    stage.deny(&["groups"]).await;
    stage.enable(&of_group(group)).await;
    stage.run_well().await;
    assert_eq!(stage.count().await, 0);
    assert!(stage.attention(stage.organization).await.is_some());
    let sync = store::user_sync::get(&pool, stage.organization, stage.tenant)
        .await
        .unwrap();
    assert!(!sync.unwrap().applied, "a refused filter has not been applied");
}

async fn hidden_group(stage: &Stage, members: &[Uuid]) -> Uuid {
    let group = json!({ "displayName": "Hidden", "visibility": "HiddenMembership", "members": members });
    let made = stage.control("POST", "tenants/contoso/groups", Some(group)).await;
    made["id"].as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrations = false)]
async fn hidden_members_stop_the_filters_that_rest_on_them_and_no_others(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    let hidden = hidden_group(&stage, &[ana]).await;
    let around = stage.group("Around the hidden one", &[hidden]).await;
    let open = stage.group("Open", &[ben]).await;
    stage.deny(&["hiddenMembers"]).await;
    let (second, third) = (
        stage.another_organization("Second").await,
        stage.another_organization("Third").await,
    );
    stage.enable(&of_group(hidden)).await;
    stage.enable_for(second, &of_group(around)).await;
    stage.enable_for(third, &of_group(open)).await;
    stage.run_well().await;
    for organization in [stage.organization, second] {
        assert!(stage.people_of(organization).await.is_empty());
        let attention = stage.attention(organization).await.unwrap();
        assert!(attention.contains("Member.Read.Hidden"), "{attention}");
    }
    assert_eq!(
        (stage.people_of(third).await.len(), stage.attention(third).await),
        (1, None)
    );

    stage.deny(&[]).await;
    stage.run_well().await;
    assert_eq!(
        (stage.people_of(second).await.len(), stage.attention(second).await),
        (1, None)
    );
}

#[sqlx::test(migrations = false)]
async fn refused_licences_keep_the_known_ones_and_stop_nobody(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let known = store::microsoft_tenant::subscribed_skus(&pool, stage.tenant)
        .await
        .unwrap();
    assert!(!known.is_empty());
    stage.deny(&["subscribedSkus"]).await;
    stage.run_well().await;
    assert_eq!(
        store::microsoft_tenant::subscribed_skus(&pool, stage.tenant)
            .await
            .unwrap(),
        known
    );
    let readings = store::microsoft_tenant::get(&pool, stage.tenant)
        .await
        .unwrap()
        .readings;
    assert!(readings.licenses_read_at.is_some(), "what is known tells its age");
    let Reading::Refused { remedy, .. } = readings.licenses else {
        panic!("{readings:?}");
    };
    assert!(remedy.contains("LicenseAssignment.Read.All"), "{remedy}");
    assert_eq!(stage.attention(stage.organization).await, None);
}

#[sqlx::test(migrations = false)]
async fn licences_and_the_recycle_bin_fail_alone_whatever_microsoft_says(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let paths = ["/v1.0/subscribedSkus", "/v1.0/directory/deletedItems"];
    let faults = [
        json!({ "kind": "status", "status": 500, "retryAfter": "0" }),
        json!({ "kind": "status", "status": 400 }),
        json!({ "kind": "malformed" }),
    ];
    let mut last = ana;
    for (n, fault) in faults.into_iter().enumerate() {
        // The recycle bin is asked for where somebody is gone, and only then.
        stage.delete(last).await;
        for path in paths {
            let mut fault = fault.clone();
            fault["path"] = json!(path);
            stage.fault(fault).await;
        }
        let name = format!("Hired Meanwhile {n}");
        let hired = stage.hire(&name, &format!("hired{n}@contoso.example")).await;
        stage.run_well().await;
        assert_eq!(stage.person(hired).await.name, name);
        assert_eq!(stage.person(last).await.mark_kind.as_deref(), Some("deleted"));
        let tenant = store::microsoft_tenant::get(&pool, stage.tenant).await.unwrap();
        let readings = tenant.readings;
        assert!(matches!(readings.licenses, Reading::Refused { .. }), "{readings:?}");
        assert!(
            matches!(readings.deleted_users, Reading::Refused { .. }),
            "{readings:?}"
        );
        assert_eq!(stage.attention(stage.organization).await, None);
        stage.lift_faults().await;
        last = hired;
    }
    stage.run_well().await;
    let tenant = store::microsoft_tenant::get(&pool, stage.tenant).await.unwrap();
    assert!(tenant.readings.licenses.is_read());
}

#[sqlx::test(migrations = false)]
async fn without_the_recycle_bin_a_404_for_the_id_tells_who_was_deleted(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.deny(&["deletedItems"]).await;
    stage.delete(ana).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.mark_kind.as_deref(), Some("deleted"));
    let readings = store::microsoft_tenant::get(&pool, stage.tenant)
        .await
        .unwrap()
        .readings;
    assert!(
        matches!(readings.deleted_users, Reading::Refused { .. }),
        "{readings:?}"
    );
}

#[sqlx::test(migrations = false)]
async fn a_group_with_hidden_members_that_answers_with_nobody_is_not_empty_unless_another_one_tells_its_members(
    pool: PgPool,
) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let hidden = hidden_group(&stage, &[ana]).await;
    stage.enable(&of_group(hidden)).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Ana");

    stage.leave(hidden, ana).await;
    stage.change(ana, json!({ "displayName": "Not Written" })).await;
    let run = stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Ana");
    assert_eq!(stage.counts(run).await.out_of_scope, 0, "unreadable is never \"no\"");
    let attention = stage.attention(stage.organization).await.unwrap();
    assert!(attention.contains("Member.Read.Hidden"), "{attention}");

    hidden_group(&stage, &[ana]).await;
    let run = stage.run_well().await;
    assert_eq!(stage.attention(stage.organization).await, None);
    assert_eq!(stage.counts(run).await.out_of_scope, 1);
}

#[sqlx::test(migrations = false)]
async fn a_new_account_whose_groups_are_refused_is_left_to_the_next_full_run(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage
        .fault(json!({ "path": "/v1.0/users/*/transitiveMemberOf", "kind": "status", "status": 403 }))
        .await;
    let whom = Whom::Id(DirectoryUserId(ana));
    let end = sync_person(
        &stage.engine,
        stage.tenant,
        stage.organization,
        whom.clone(),
        Utc::now(),
    )
    .await;
    let Ok(PersonEnd::Failed(_, error)) = end else {
        panic!("{end:?}")
    };
    assert!(error.to_string().contains("groups"), "{error}");
    assert_eq!(stage.count().await, 0);
    stage.run_well().await;
    // Of somebody known, what was read last stays.
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await;
    assert!(matches!(end, Ok(PersonEnd::Done(..))), "{end:?}");
    assert_eq!(stage.count().await, 1);
}
