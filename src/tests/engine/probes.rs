//! What a Microsoft tenant lets us read, asked of the stand-in: grants taken away one by one, licences that are not
//! there, tenants that give no token.

use super::scripted;
use crate::{
    engine::{Engine, probe},
    model::{
        connect::Cloud,
        filter::Filters,
        ids::EntraTenantId,
        permission::Probe,
        permission_report::{PermissionReport, PermissionRow, ProbeState},
    },
    store,
    tests::support::{Stage, contoso},
};
use chrono::{DateTime, Utc};
use microsoft_sim::{Options, TenantSpec};
use serde_json::json;
use sqlx::PgPool;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A stage whose tenant has every licence, with Ana in a group that hides its members, which a run has read.
async fn stage(pool: &PgPool) -> Stage {
    let fabrikam = TenantSpec {
        name: "fabrikam".into(),
        users: 0,
    };
    let stage = Stage::with(
        pool,
        Options {
            tenants: vec![fabrikam],
            ..contoso(0)
        },
    )
    .await;
    stage.premium(true).await;
    let ana = stage.hire("Ana", "ana@fabrikam.example").await;
    let group = json!({ "displayName": "Hidden", "visibility": "HiddenMembership", "members": [ana] });
    stage.control("POST", "tenants/fabrikam/groups", Some(group)).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage
}

async fn report_of(engine: &Engine, stage: &Stage) -> PermissionReport {
    let now = store::in_utc(Utc::now());
    let row = store::microsoft_tenant::rows(&stage.pool, Some(stage.tenant), &now)
        .await
        .unwrap()
        .remove(0);
    probe::report(engine, row, &now).await.unwrap()
}

async fn report(stage: &Stage) -> PermissionReport {
    report_of(&stage.engine, stage).await
}

/// What does not work, by its key: `refused`, `needs_license`, `no_answer` or `not_tried`.
fn not_working(report: &PermissionReport) -> BTreeMap<Probe, &'static str> {
    let rows = report.rows.iter().filter(|row| row.state != ProbeState::Works);
    rows.map(|row| (row.probe, row.state.key())).collect()
}

fn row(report: &PermissionReport, probe: Probe) -> &PermissionRow {
    report.rows.iter().find(|row| row.probe == probe).unwrap()
}

/// Replaces the application permissions that the tenant has granted; its tokens of before stay what they are.
async fn grant(stage: &Stage, roles: &[&str]) {
    let path = format!("tenants/{}/consent", stage.name);
    stage
        .control("PUT", &path, Some(json!({ "granted": true, "roles": roles })))
        .await;
}

#[sqlx::test(migrations = false)]
async fn each_grant_that_is_taken_away_turns_its_own_row_to_refused_with_the_role_id(pool: PgPool) {
    let stage = stage(&pool).await;
    let whole = report(&stage).await;
    assert_eq!(not_working(&whole), BTreeMap::new());
    assert_eq!(whole.rows.len(), 13, "a partner's customers are a partner's alone");
    assert!(
        whole
            .rows
            .iter()
            .all(|row| row.last_success.is_some() && row.missing().is_none())
    );

    // In the stand-in's words: what of Graph is closed, and what cannot be told then.
    let cases: [(&str, &[Probe], &[Probe]); 9] = [
        // One permission, and sign-in activity is read with users.
        ("users", &[Probe::Users, Probe::DeletedUsers], &[Probe::SignIns]),
        ("deletedItems", &[Probe::DeletedUsers], &[]),
        ("groups", &[Probe::Groups], &[Probe::HiddenMembers]),
        ("hiddenMembers", &[Probe::HiddenMembers], &[]),
        ("subscribedSkus", &[Probe::Licenses], &[]),
        ("organization", &[Probe::Organization], &[]),
        ("domains", &[Probe::Domains], &[]),
        // One permission opens both, and without it nothing is told of the licence.
        ("auditLogs", &[Probe::SignIns, Probe::Mfa], &[Probe::Premium]),
        ("managedDevices", &[Probe::Devices], &[Probe::Intune]),
    ];
    for (denied, refused, not_tried) in cases {
        stage.deny(&[denied]).await;
        let found = report(&stage).await;
        let refused_rows = refused.iter().map(|probe| (*probe, "refused"));
        let expected: BTreeMap<_, _> = refused_rows
            .chain(not_tried.iter().map(|probe| (*probe, "not_tried")))
            .collect();
        assert_eq!(not_working(&found), expected, "{denied}");
        for probe in refused {
            let (row, entry) = (row(&found, *probe), probe.entry());
            let role = entry.role.unwrap();
            assert_eq!(row.to_grant().map(|role| role.id), Some(role.id));
            let remedy = &row.state.trouble().unwrap().remedy;
            assert!(remedy.contains(role.name), "{denied}: {remedy}");
            assert_eq!(row.missing(), Some(entry.missing));
        }
    }
    stage.deny(&[]).await;
    assert_eq!(not_working(&report(&stage).await), BTreeMap::new());
}

#[sqlx::test(migrations = false)]
async fn the_answer_decides_and_not_which_permission_was_granted(pool: PgPool) {
    let stage = stage(&pool).await;
    // Directory.Read.All covers most of the narrow ones; neither reports, nor devices, nor hidden members.
    grant(&stage, &["Directory.Read.All"]).await;
    let broad = not_working(&report(&stage).await);
    let refused: Vec<_> = broad
        .iter()
        .filter(|(_, key)| **key == "refused")
        .map(|(probe, _)| *probe)
        .collect();
    assert_eq!(
        refused,
        [Probe::HiddenMembers, Probe::SignIns, Probe::Mfa, Probe::Devices],
        "{broad:?}"
    );
    grant(&stage, &[]).await;
    let none = report(&stage).await;
    assert_eq!(
        row(&none, Probe::SignIn).state,
        ProbeState::Works,
        "a token is issued, and opens nothing"
    );
    let refused = none.rows.iter().filter(|row| row.state.key() == "refused");
    assert!(refused.count() >= 8, "{:?}", not_working(&none));
}

#[sqlx::test(migrations = false)]
async fn a_license_that_is_not_there_is_no_fault_of_a_permission(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.premium(false).await;
    let found = report(&stage).await;
    assert_eq!(
        not_working(&found),
        BTreeMap::from([
            (Probe::HiddenMembers, "not_tried"),
            (Probe::SignIns, "not_tried"),
            (Probe::Mfa, "not_tried"),
            (Probe::Devices, "not_tried"),
            (Probe::Premium, "needs_license"),
            (Probe::Intune, "needs_license"),
        ]),
        "{found:?}"
    );
    let premium = row(&found, Probe::Premium);
    assert!(
        premium.state.trouble().unwrap().remedy.contains("P1 or P2"),
        "{premium:?}"
    );
    assert_eq!(
        (premium.to_grant(), found.worst()),
        (None, None),
        "there is nothing to grant"
    );
    assert!(premium.missing().unwrap().contains("MFA"));
}

#[sqlx::test(migrations = false)]
async fn without_a_token_the_code_is_explained_and_nothing_else_is_asked(pool: PgPool) {
    let stage = stage(&pool).await;
    // Not consented, disabled, the tenant gone or suspended, a secret that ended, a policy, and one that nobody knows.
    let codes = [
        (65_001, "consent"),
        (700_016, "admin consent"),
        (7_000_112, "disabled"),
        (90_002, "no such tenant"),
        (5_000_224, "no longer available"),
        (7_000_222, "expired"),
        (53_003, "security policy"),
        (123, "https://login.microsoftonline.com/error?code=123"),
    ];
    for (code, words) in codes {
        stage
            .fault(json!({ "path": "token", "kind": "status", "status": 400, "code": code.to_string() }))
            .await;
        let asked = stage.microsoft.requests().len();
        let found = report(&stage).await;
        assert_eq!(stage.microsoft.requests().len(), asked + 1, "only a token is asked for");
        let ProbeState::Refused(trouble) = &row(&found, Probe::SignIn).state else {
            panic!("{code}: {found:?}")
        };
        let remedy = &trouble.remedy;
        assert!(
            remedy.contains(words) && remedy.contains(&format!("AADSTS{code}")),
            "{remedy}"
        );
        assert!(found.rows.iter().skip(1).all(|row| row.state.key() == "not_tried"));
        assert!(row(&found, Probe::Users).last_success.is_some(), "a run read them once");
        stage.lift_faults().await;
    }
}

#[sqlx::test(migrations = false)]
async fn consent_is_asked_for_only_where_it_mends_something(pool: PgPool) {
    let stage = stage(&pool).await;
    for (code, wants) in [
        (65_001, true),
        (700_016, true),
        (7_000_112, true),
        (7_000_215, false),
        (7_000_222, false),
        (53_003, false),
        (5_000_224, false),
    ] {
        stage
            .fault(json!({ "path": "token", "kind": "status", "status": 400, "code": code.to_string() }))
            .await;
        assert_eq!(report(&stage).await.wants_consent(), wants, "{code}");
        stage.lift_faults().await;
    }
    assert!(!report(&stage).await.wants_consent());
    for denied in ["groups", "auditLogs", "managedDevices"] {
        stage.deny(&[denied]).await;
        assert!(report(&stage).await.wants_consent(), "{denied}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_look_that_meets_lost_consent_says_so_on_the_tenant_at_once(pool: PgPool) {
    let stage = stage(&pool).await;
    // No fault of the customer's: the status stays what the last run found.
    for (code, status) in [("7000222", "connected"), ("65001", "consent_needed")] {
        stage
            .fault(json!({ "path": "token", "kind": "status", "status": 400, "code": code }))
            .await;
        let found = report(&stage).await;
        probe::keep(&stage.engine, &found).await.unwrap();
        assert_eq!(stage.status().await.0, status, "{code}");
        stage.lift_faults().await;
    }
    assert!(stage.status().await.1.contains("AADSTS65001"));
    let failed: i32 = sqlx::query_scalar("select failed_runs from microsoft_tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(failed, 0, "a look is no failed run");
    stage.run_well().await;
    assert_eq!(stage.status().await.0, "connected");
}

#[sqlx::test(migrations = false)]
async fn a_hidden_group_whose_last_member_left_is_no_refusal(pool: PgPool) {
    let stage = stage(&pool).await;
    let (group, ana): (Uuid, Uuid) = sqlx::query_as(
        "select g.id, u.id from directory_group g cross join directory_user u
         where g.name = 'Hidden' and u.display_name = 'Ana'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    // As a run keeps it that reads the members of groups.
    sqlx::query(
        "insert into directory_group_member (microsoft_tenant_id, group_id, member_id, is_group)
         values ($1, $2, $3, false) on conflict do nothing",
    )
    .bind(stage.tenant)
    .bind(group)
    .bind(ana)
    .execute(&pool)
    .await
    .unwrap();
    stage.leave(group, ana).await;
    assert_eq!(
        not_working(&report(&stage).await),
        BTreeMap::from([(Probe::HiddenMembers, "not_tried")])
    );
}

#[sqlx::test(migrations = false)]
async fn what_is_out_of_order_is_no_answer_and_no_refusal(pool: PgPool) {
    let stage = stage(&pool).await;
    stage
        .fault(json!({ "path": "/v1.0/domains", "kind": "malformed" }))
        .await;
    assert_eq!(
        not_working(&report(&stage).await),
        BTreeMap::from([(Probe::Domains, "no_answer")])
    );
}

#[sqlx::test(migrations = false)]
async fn the_last_success_is_kept_by_looks_and_by_runs_and_goes_with_the_integration(pool: PgPool) {
    let stage = stage(&pool).await;
    let passed: DateTime<Utc> = sqlx::query_scalar("select last_pass_at from microsoft_tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    stage.deny(&["groups", "domains", "deletedItems"]).await;
    stage.run_well().await;
    let found = report(&stage).await;
    let last = |found: &PermissionReport, probe| row(found, probe).last_success.clone().map(|moment| moment.at);
    assert_eq!(
        last(&found, Probe::Groups),
        Some(passed),
        "the run before was the last that could"
    );
    assert_eq!(last(&found, Probe::Domains), None, "no run keeps when those were read");
    for probe in [Probe::DeletedUsers, Probe::HiddenMembers] {
        assert!(
            last(&found, probe) <= Some(passed) && last(&found, probe).is_some(),
            "{probe:?}"
        );
    }

    stage.deny(&[]).await;
    let works = report(&stage).await;
    probe::keep(&stage.engine, &works).await.unwrap();
    stage.deny(&["domains"]).await;
    let refused = report(&stage).await;
    probe::keep(&stage.engine, &refused).await.unwrap();
    assert!(last(&refused, Probe::Domains) >= Some(passed), "{refused:?}");
    let (outcome, worked): (String, bool) =
        sqlx::query_as("select outcome, last_success_at < last_tried_at from microsoft_probe where probe = 'domains'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!((outcome.as_str(), worked), ("refused", true));

    store::integration::remove(&pool, &crate::tests::support::tester(), stage.tenant)
        .await
        .unwrap();
    store::integration::forget_directory(&pool, stage.tenant).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from microsoft_probe")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(kept, 0);
}

#[sqlx::test(migrations = false)]
async fn a_partners_own_tenant_is_asked_for_its_customers_too(pool: PgPool) {
    let stage = stage(&pool).await;
    let stored = store::microsoft_tenant::get(&pool, stage.tenant).await.unwrap();
    let EntraTenantId(id) = stored.entra_tenant_id;
    sqlx::query(
        "insert into partner (entra_tenant_id, cloud, display_name, default_domain) values ($1, 'global', 'P', 'p')",
    )
    .bind(id)
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(
        not_working(&report(&stage).await),
        BTreeMap::from([(Probe::Customers, "refused")])
    );
}

#[sqlx::test(migrations = false)]
async fn a_tenant_of_a_national_cloud_is_asked_there(pool: PgPool) {
    let stage = stage(&pool).await;
    sqlx::query("update microsoft_tenant set cloud = 'china'")
        .execute(&pool)
        .await
        .unwrap();
    let china = stage.engine.graph.clone().unwrap();
    let engine = Engine::new(pool.clone(), None).with_national([(Cloud::China, china)]);
    assert_eq!(not_working(&report_of(&engine, &stage).await), BTreeMap::new());
}

#[sqlx::test(migrations = false)]
async fn each_look_asks_for_a_token_of_its_own_and_once_for_each_permission(pool: PgPool) {
    let (stage, microsoft) = scripted::stage(&pool, &[]).await;
    for looks in [1, 2] {
        report(&stage).await;
        assert_eq!(microsoft.token_requests().len(), looks);
        for path in ["organization", "domains", "subscribedSkus", "groups"] {
            assert_eq!(microsoft.seen(&format!("/graph/v1.0/{path}")).len(), looks, "{path}");
        }
    }
}
