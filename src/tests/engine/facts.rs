//! Facts that Microsoft keeps apart: read by passes of their own, which fail alone, and kept with their age.

use crate::{
    engine::run::{RunEnd, run_tenant},
    model::{
        directory::{Readings, RefusalCause},
        filter::Filters,
        ids::DirectoryUserId,
        microsoft_user::{LastActivity, MicrosoftChangeKind, MicrosoftUser, Told},
        run::Trigger,
    },
    store,
    tests::support::{Stage, contoso},
};
use chrono::{DateTime, Duration, Utc};
use microsoft_sim::Options;
use serde_json::json;
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

const SIGNED_IN: &str = "2026-01-02T03:04:05Z";

impl Stage {
    async fn readings(&self) -> Readings {
        store::microsoft_tenant::get(&self.pool, self.tenant)
            .await
            .unwrap()
            .readings
    }

    /// What is known of a person, as the page shows it.
    async fn told(&self, user: Uuid) -> MicrosoftUser {
        let (person, now) = (self.person(user).await, store::in_utc(Utc::now()));
        store::microsoft_user::of_end_user(
            &self.pool,
            self.organization,
            person.id,
            self.tenant,
            &HashMap::new(),
            &now,
        )
        .await
        .unwrap()
        .unwrap()
    }

    async fn run_at(&self, now: DateTime<Utc>) {
        let end = run_tenant(&self.engine, self.tenant, Trigger::Hourly, now, None)
            .await
            .unwrap();
        assert!(matches!(end, RunEnd::Succeeded(_)), "{end:?}");
    }
}

#[sqlx::test(migrations = false)]
async fn the_three_values_of_each_fact_are_told_apart(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.premium(true).await;
    let [seen, tried, never] = [
        stage.hire("Seen", "seen@contoso.example").await,
        stage.hire("Tried", "tried@contoso.example").await,
        stage.hire("Never", "never@contoso.example").await,
    ];
    let later = "2026-03-04T05:06:07Z";
    let activity = json!({ "lastSignInDateTime": later, "lastSuccessfulSignInDateTime": SIGNED_IN });
    stage.change(seen, json!({ "signInActivity": activity })).await;
    let attempts = json!({ "lastSignInDateTime": SIGNED_IN, "lastNonInteractiveSignInDateTime": later });
    stage.change(tried, json!({ "signInActivity": attempts })).await;
    stage.register(seen, &["fido2", "microsoftAuthenticatorPush"]).await;
    stage.register(tried, &["email"]).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;

    let told = stage.told(seen).await;
    let Some(LastActivity::SignedIn(moment)) = told.activity.known() else {
        panic!("{told:?}");
    };
    assert_eq!(
        moment.at,
        SIGNED_IN.parse::<DateTime<Utc>>().unwrap(),
        "a later attempt is not the last activity"
    );
    let mfa = told.mfa.known().unwrap();
    assert_eq!(
        (mfa.registered, mfa.methods.join(", ").as_str()),
        (true, "Security key, Microsoft Authenticator")
    );
    let told = stage.told(tried).await;
    assert!(
        matches!(told.activity.known(), Some(LastActivity::Attempted(moment)) if moment.at == later.parse::<DateTime<Utc>>().unwrap()),
        "{told:?}"
    );
    assert!(!told.mfa.known().unwrap().registered);
    let told = stage.told(never).await;
    assert_eq!(told.activity.known(), Some(&LastActivity::Never));
    let Told::Unreadable { reason, .. } = &told.mfa else {
        panic!("missing from the report is not \"no\": {told:?}");
    };
    assert_eq!(reason, "Microsoft's report does not have this person yet");
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn without_p1_everything_else_is_read_and_the_reason_and_remedy_are_kept(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.premium(false).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    assert!(stage.count().await > 10);
    let readings = stage.readings().await;
    for reading in [&readings.sign_ins, &readings.mfa] {
        let refusal = reading.refusal.as_ref().unwrap();
        assert_eq!((refusal.cause, reading.read_at), (RefusalCause::NoPremium, None));
        assert!(refusal.words.contains("Entra ID P1"), "{}", refusal.words);
    }
    let somebody = stage
        .people()
        .await
        .into_iter()
        .find_map(|person| person.directory_user_id)
        .unwrap();
    let told = stage.told(somebody.0).await;
    assert!(matches!(&told.activity, Told::Unreadable { reason, .. } if reason == "No Entra ID P1 or P2 license"));
    assert!(matches!(told.mfa, Told::Unreadable { .. }));
    assert_eq!(stage.status().await.0, "connected");
}

#[sqlx::test(migrations = false)]
async fn a_refused_pass_leaves_what_is_known_which_ages_and_each_fails_alone(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.premium(true).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage
        .change(
            ana,
            json!({ "signInActivity": { "lastSuccessfulSignInDateTime": SIGNED_IN } }),
        )
        .await;
    stage.register(ana, &["mobilePhone"]).await;
    stage.enable(&Filters::default()).await;
    let first = Utc::now() - Duration::days(3);
    stage.run_at(first).await;

    stage.deny(&["auditLogs"]).await;
    stage.register(ana, &[]).await;
    stage.change(ana, json!({ "displayName": "Renamed" })).await;
    stage.run_well().await;
    assert_eq!(stage.person(ana).await.name, "Renamed");
    let readings = stage.readings().await;
    assert_eq!(readings.mfa.refusal.as_ref().unwrap().cause, RefusalCause::NoPermission);
    assert!(readings.mfa.refusal.unwrap().words.contains("AuditLog.Read.All"));
    let told = stage.told(ana).await;
    let Told::Known { value, read, aging } = told.mfa else {
        panic!("{told:?}");
    };
    assert!(value.registered);
    assert_eq!(
        (read.ago.as_str(), aging.as_deref()),
        ("3 days ago", Some("Permission not granted"))
    );
    assert!(matches!(
        told.activity,
        Told::Known {
            value: LastActivity::SignedIn(_),
            ..
        }
    ));

    stage.deny(&[]).await;
    stage
        .fault(json!({ "path": "/v1.0/reports", "kind": "status", "status": 400 }))
        .await;
    stage.run_well().await;
    let readings = stage.readings().await;
    assert_eq!(
        (readings.sign_ins.refusal, readings.mfa.refusal.unwrap().cause),
        (None, RefusalCause::Failed)
    );
    stage.lift_faults().await;
    stage.run_well().await;
    assert!(!stage.told(ana).await.mfa.known().unwrap().registered);
}

#[sqlx::test(migrations = false)]
async fn licences_and_mfa_status_have_a_history_and_first_sight_is_none(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.premium(true).await;
    let skus = stage.directory().await["skus"].clone();
    let sku = |n: usize| skus[n]["skuId"].as_str().unwrap().to_owned();
    let licences = |ids: &[String]| {
        let held: Vec<_> = ids
            .iter()
            .map(|id| json!({ "skuId": id, "disabledPlans": [] }))
            .collect();
        json!({ "assignedLicenses": held })
    };
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.change(ana, licences(&[sku(0)])).await;
    stage.register(ana, &[]).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.change(ana, licences(&[sku(0), sku(1)])).await;
    stage.register(ana, &["fido2"]).await;
    let run = stage.run_well().await;
    stage.run_quietly().await;

    let names = [(0, "Suite"), (1, "Extra")]
        .map(|(n, name)| (crate::model::ids::SkuId(sku(n).parse().unwrap()), name.to_owned()));
    let now = store::in_utc(Utc::now());
    let user = DirectoryUserId(ana);
    let mut history = store::directory_change::of_user(&pool, stage.tenant, user, &HashMap::from(names), &now)
        .await
        .unwrap();
    history.sort_by_key(|line| line.what.key());
    let lines: Vec<_> = history
        .iter()
        .map(|line| (line.what, line.old.as_str(), line.new.as_str(), line.run))
        .collect();
    assert_eq!(
        lines,
        [
            (MicrosoftChangeKind::Licenses, "Suite", "Extra, Suite", Some(run)),
            (MicrosoftChangeKind::Mfa, "Not registered", "Registered", Some(run)),
        ]
    );
}

#[sqlx::test(migrations = false)]
async fn a_person_who_leaves_the_report_keeps_the_older_time_and_the_others_do_not(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.premium(true).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    for user in [ana, ben] {
        stage.register(user, &["mobilePhone"]).await;
    }
    stage.enable(&Filters::default()).await;
    let first = Utc::now() - Duration::days(2);
    stage.run_at(first).await;
    stage.unregister(ana).await;
    stage.run_well().await;
    let read = async |user| match stage.told(user).await.mfa {
        Told::Known { read, aging, .. } => (read.ago, aging.is_some()),
        told => panic!("{told:?}"),
    };
    assert_eq!(read(ana).await, ("2 days ago".to_owned(), true));
    assert_eq!(read(ben).await, ("just now".to_owned(), false));
    stage.run_quietly().await;
    stage.register(ana, &["mobilePhone"]).await;
    stage.run_well().await;
    assert!(!read(ana).await.1);
}

#[sqlx::test(migrations = false)]
async fn the_smaller_page_is_remembered_for_the_tenant(pool: PgPool) {
    let options = Options {
        largest_page_with_activity: 120,
        ..contoso(130)
    };
    let stage = Stage::with(&pool, options).await;
    stage.premium(true).await;
    let sizes = async || {
        stage.run_well().await;
        let asked = stage.microsoft.requests();
        let asked = asked.iter().filter(|entry| entry.query.contains("signInActivity"));
        let top = |query: &str| {
            query
                .split("top=")
                .nth(1)
                .map(|rest| rest.split('&').next().unwrap().to_owned())
        };
        let sizes: Vec<_> = asked.filter_map(|entry| top(&entry.query)).collect();
        stage.control("DELETE", "requests", None).await;
        sizes
    };
    assert_eq!(sizes().await, ["500", "120", "120"]);
    assert_eq!(sizes().await, ["120", "120"]);
    assert_eq!(stage.readings().await.sign_in_page, Some(120));
}

#[sqlx::test(migrations = false)]
async fn the_name_of_the_microsoft_tenant_stays_true_once_a_day(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.run_well().await;
    let name = async || {
        let now = store::in_utc(Utc::now());
        let rows = store::microsoft_tenant::rows(&pool, Some(stage.tenant), &now).await;
        let row = rows.unwrap().remove(0);
        (row.display_name, row.default_domain)
    };
    assert_eq!(name().await, ("Contoso".to_owned(), "contoso.example".to_owned()));
    sqlx::query("update microsoft_tenant set display_name = 'Old name', default_domain = 'old.example'")
        .execute(&pool)
        .await
        .unwrap();
    stage.run_well().await;
    assert_eq!(name().await.0, "Old name", "an hour later nothing is asked");
    stage.run_at(Utc::now() + Duration::days(1)).await;
    assert_eq!(name().await, ("Contoso".to_owned(), "contoso.example".to_owned()));
    stage.deny(&["domains"]).await;
    sqlx::query("update microsoft_tenant set default_domain = 'old.example'")
        .execute(&pool)
        .await
        .unwrap();
    stage.run_at(Utc::now() + Duration::days(2)).await;
    assert_eq!(
        name().await.1,
        "contoso.example",
        "the organization tells its domains too"
    );
}
