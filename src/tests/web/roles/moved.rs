//! Somebody who had part of a Tenant, or has it, when its Organizations are moved; and what the evidence about Assets
//! names.

use super::{
    part::{file, latest_run, shared, told},
    visit::{Scene, new_asset, sign_in},
};
use crate::{
    api::organizations::{DeleteConsequences, MoveConsequences},
    model::{
        access::Role,
        asset::{Adapter, AssetConflict, DeviceMatch, SOMEBODY_ELSES_DEVICE},
        held::RowChange,
        ids::{DirectoryUserId, OrganizationId, RunId, TenantId},
    },
    store::customer::{Destination, move_to},
    tests::support::tester,
};
use sqlx::{PgPool, types::Json};
use uuid::Uuid;

/// A held and a dropped row about Ana in the branch, where she is not mapped.
pub(super) async fn keep_rows_of_ana(scene: &Scene, branch: OrganizationId, run: RunId) -> (Uuid, Uuid) {
    let (held, dropped) = (Uuid::now_v7(), Uuid::now_v7());
    let change = RowChange::Create { fields: vec![] };
    sqlx::query(
        "insert into held_row (id, organization_id, microsoft_tenant_id, directory_user_id, part, name, address, change,
                               rule, run_id)
         values ($1, $2, $3, $4, $5, 'Ana López', 'ana@contoso.example', $6, 'left', $7)",
    )
    .bind(held)
    .bind(branch)
    .bind(scene.stage.tenant)
    .bind(scene.user)
    .bind(change.part().key())
    .bind(Json(&change))
    .bind(run)
    .execute(&scene.stage.pool)
    .await
    .unwrap();
    sqlx::query(
        "insert into dropped_row (id, organization_id, microsoft_tenant_id, directory_user_id, part, value, name, address,
                                  change)
         values ($1, $2, $3, $4, $5, '', 'Ana López', 'ana@contoso.example', $6)",
    )
    .bind(dropped)
    .bind(branch)
    .bind(scene.stage.tenant)
    .bind(scene.user)
    .bind(change.part().key())
    .bind(Json(&change))
    .execute(&scene.stage.pool)
    .await
    .unwrap();
    (held, dropped)
}

#[sqlx::test(migrations = false)]
async fn an_organization_that_has_moved_opens_nothing_of_the_directory_that_it_was_synced_from(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let (organization, run) = (branch.parse().unwrap(), latest_run(&pool).await);
    let (held, dropped) = keep_rows_of_ana(&scene, organization, run).await;
    let alone = Destination::New(TenantId(Uuid::now_v7()));
    move_to(&pool, &tester(), organization, alone).await.unwrap();
    // Held rows are those of a sync that is on; that it stops with the move is not what hides them.
    sqlx::query("update user_sync set enabled = true where organization_id = $1")
        .bind(organization)
        .execute(&pool)
        .await
        .unwrap();
    for (name, fields) in [
        ("run", format!("id={run}")),
        ("run", format!("id={run}&outcome=now")),
        ("run", format!("id={run}&outcome=skip")),
        ("runs_page", String::new()),
        ("why", format!("organization={branch}&user={}", scene.user)),
    ] {
        let (letter, words) = told(&scene, "part", name, &fields).await;
        assert_eq!(letter, 'y', "{name}: {words}");
        assert!(!words.contains("Ana"), "{name}?{fields}: {words}");
    }
    for address in [
        format!("/export/runs/{run}/people.csv"),
        format!("/export/runs/{run}/people.csv?outcome=now"),
        "/export/runs.jsonl".to_owned(),
    ] {
        let words = file(&scene, "part", &address).await;
        assert!(!words.contains("Ana"), "{address}: {words}");
        assert!(
            address.contains("outcome=now") || words.contains("Ben Jones"),
            "{address}: {words}"
        );
    }
    let fields = format!("run={run}&row={dropped}");
    assert_eq!(told(&scene, "part", "let_in_dropped", &fields).await.0, 'n');
    let fields = format!("run={run}&rows[]={held}&decision=drop");
    told(&scene, "part", "decide_held", &fields).await;
    let left: (bool, bool) = sqlx::query_as(
        "select exists (select 1 from held_row where id = $1), exists (select 1 from dropped_row where id = $2)",
    )
    .bind(held)
    .bind(dropped)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(left, (true, true), "they decided about somebody whom they do not see");
}

fn device(user: DirectoryUserId, user_name: &str, mark: &str) -> DeviceMatch {
    DeviceMatch {
        mac: "04:66:66:66:66:66".parse().unwrap(),
        adapter: Adapter::Ethernet,
        device: Default::default(),
        device_name: format!("LT-{mark}"),
        serial_number: format!("PF-{mark}"),
        user,
        user_name: user_name.to_owned(),
    }
}

#[sqlx::test(migrations = false)]
async fn evidence_about_assets_names_nobody_who_is_not_mapped_in_their_organization(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let (organization, run): (OrganizationId, _) = (branch.parse().unwrap(), latest_run(&pool).await);
    let asset = new_asset(&pool, organization).await;
    let ben: DirectoryUserId =
        sqlx::query_scalar("select directory_user_id from end_user_mapping where organization_id = $1")
            .bind(organization)
            .fetch_one(&pool)
            .await
            .unwrap();
    let (ben, ana) = (device(ben, "Ben Jones", "BEN"), device(scene.user, "Ana López", "ANA"));
    let conflict = AssetConflict {
        devices: vec![ben, ana.clone()],
        assets: vec![],
    };
    sqlx::query("insert into asset_assignment (asset_id, kind, evidence) values ($1, 'conflict', $2)")
        .bind(asset)
        .bind(Json(conflict))
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("insert into asset_event (asset_id, run_id, change, evidence) values ($1, $2, 'stale', $3)")
        .bind(asset)
        .bind(run)
        .bind(Json(ana))
        .execute(&pool)
        .await
        .unwrap();
    let both = [organization, scene.stage.organization];
    sign_in(&pool, "reader", Role::Viewer, &[organization]).await;
    sign_in(&pool, "whole", Role::Viewer, &both).await;
    let answers = [
        ("asset", format!("id={asset}")),
        ("assets", format!("organization={branch}")),
        ("assets", String::new()),
        ("run_assets", format!("run={run}")),
    ];
    let hidden = async |who: &str| {
        for (name, fields) in &answers {
            let (letter, words) = told(&scene, who, name, fields).await;
            assert_eq!(letter, 'y', "{name}: {words}");
            for of_ana in ["Ana L", "LT-ANA", "PF-ANA", &scene.user.to_string()] {
                assert!(!words.contains(of_ana), "{name} told {who} {of_ana}: {words}");
            }
            assert!(words.contains(SOMEBODY_ELSES_DEVICE), "{name}: {words}");
            assert!(*name == "run_assets" || words.contains("LT-BEN"), "{name}: {words}");
        }
    };
    hidden("reader").await;
    for who in ["whole", "administrator"] {
        for (name, fields) in &answers {
            let (_, words) = told(&scene, who, name, fields).await;
            assert!(words.contains("LT-ANA"), "{name} did not tell {who}: {words}");
        }
    }
    let alone = Destination::New(TenantId(Uuid::now_v7()));
    move_to(&pool, &tester(), organization, alone).await.unwrap();
    hidden("reader").await;
    hidden("whole").await;
}

#[sqlx::test(migrations = false)]
async fn moving_and_deleting_say_first_to_whom_they_open_a_whole_directory(pool: PgPool) {
    let (scene, branch) = shared(&pool).await;
    let of = |names: &[&str]| -> Vec<(String, String)> {
        let names = names.iter();
        names.map(|name| ((*name).to_owned(), "Contoso".to_owned())).collect()
    };
    let (_, words) = told(&scene, "administrator", "preview_move", &format!("id={branch}")).await;
    let moving: MoveConsequences = serde_json::from_str(&words).unwrap();
    assert_eq!(moving.gains, of(&["technician", "viewer"]));
    let (_, words) = told(&scene, "administrator", "preview_delete", &format!("id={branch}")).await;
    let deleting: DeleteConsequences = serde_json::from_str(&words).unwrap();
    assert_eq!(deleting.gains, of(&["technician", "viewer"]));
    let contoso = format!("id={}", scene.stage.organization);
    let (_, words) = told(&scene, "administrator", "preview_delete", &contoso).await;
    let deleting: DeleteConsequences = serde_json::from_str(&words).unwrap();
    assert_eq!(deleting.gains, of(&["part"]));

    // Whoever has the Tenant whole already gains nothing, and nobody who may not sign in does.
    let both = [branch.parse().unwrap(), scene.stage.organization];
    sign_in(&pool, "whole", Role::Viewer, &both).await;
    sqlx::query("update account set disabled_at = now() where email like 'viewer@%'")
        .execute(&pool)
        .await
        .unwrap();
    let (_, words) = told(&scene, "administrator", "preview_delete", &format!("id={branch}")).await;
    let deleting: DeleteConsequences = serde_json::from_str(&words).unwrap();
    assert_eq!(deleting.gains, of(&["technician"]));

    // The first Organization of a Tenant that was mapped while it was empty opens that one.
    move_to(
        &pool,
        &tester(),
        scene.stage.organization,
        Destination::New(TenantId(Uuid::now_v7())),
    )
    .await
    .unwrap();
    move_to(&pool, &tester(), both[0], Destination::New(TenantId(Uuid::now_v7())))
        .await
        .unwrap();
    let fields = format!("id={branch}&to={}", scene.stage.our_tenant);
    let (_, words) = told(&scene, "administrator", "preview_move", &fields).await;
    let moving: MoveConsequences = serde_json::from_str(&words).unwrap();
    assert_eq!(moving.gains, of(&["part", "whole"]));
}
