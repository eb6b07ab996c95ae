//! The End Users table's Microsoft columns: filters and order over facts; and the kept list of product names.

use crate::{
    model::{
        filter::Filters,
        ids::SkuId,
        microsoft_user::{LastActivity, Told},
    },
    server::product_list,
    store::{
        self,
        end_user_page::{EndUserPage, EndUserQuery, Words, page},
        exchange_export::{EndUserFilter, end_users},
    },
    tests::support::{Stage, only, tester},
};
use chrono::{Duration, Utc};
use futures::TryStreamExt as _;
use serde_json::json;
use sqlx::PgPool;
use std::collections::HashMap;
use uuid::Uuid;

async fn ask(stage: &Stage, change: impl FnOnce(&mut EndUserQuery)) -> EndUserPage {
    let mut query = EndUserQuery::default();
    change(&mut query);
    let row = store::microsoft_tenant::get(&stage.pool, stage.tenant).await.unwrap();
    let words = Words {
        name_of: &HashMap::new(),
        readings: &row.readings,
        last_pass_at: row.last_pass_at,
        now: &store::in_utc(Utc::now()),
    };
    page(&stage.pool, stage.organization, Some(stage.tenant), &query, words)
        .await
        .unwrap()
}

async fn names(stage: &Stage, change: impl FnOnce(&mut EndUserQuery)) -> Vec<String> {
    let page = ask(stage, change).await;
    assert_eq!(page.total, i64::try_from(page.rows.len()).unwrap());
    page.rows.into_iter().map(|row| row.name).collect()
}

#[sqlx::test(migrations = false)]
async fn the_table_is_filtered_and_ordered_by_facts(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.premium(true).await;
    let sku = stage.directory().await["skus"][0]["skuId"].as_str().unwrap().to_owned();
    let days = |days: i64| {
        (Utc::now() - Duration::days(days))
            .format("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
    };
    let people = [
        (
            "Ana",
            json!({ "lastSuccessfulSignInDateTime": days(3) }),
            Some(&["fido2"][..]),
        ),
        ("Ben", json!({ "lastSignInDateTime": days(9) }), Some(&[][..])),
        ("Cleo", json!({ "lastSuccessfulSignInDateTime": days(1) }), None),
        ("Dan", json!(null), Some(&["email"][..])),
    ];
    let mut ids: HashMap<&str, Uuid> = HashMap::new();
    for (name, activity, methods) in people {
        let id = stage.hire(name, &format!("{name}@contoso.example")).await;
        stage
            .change(id, json!({ "signInActivity": activity, "department": name }))
            .await;
        if let Some(methods) = methods {
            stage.register(id, methods).await;
        }
        ids.insert(name, id);
    }
    let licences = json!({ "assignedLicenses": [{ "skuId": sku, "disabledPlans": [] }] });
    stage.change(ids["Ben"], licences).await;
    stage.end_user(stage.organization, "Zoe", "zoe@x.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;

    assert_eq!(
        names(&stage, |q| q.sort = "-activity".into()).await,
        ["Cleo", "Ana", "Ben", "Dan", "Zoe"]
    );
    assert_eq!(
        names(&stage, |q| q.sort = "activity".into()).await,
        ["Ben", "Ana", "Cleo", "Dan", "Zoe"]
    );
    for (mfa, found) in [
        ("registered", vec!["Ana"]),
        ("notRegistered", vec!["Ben", "Dan"]),
        ("notReadable", vec!["Cleo"]),
    ] {
        assert_eq!(names(&stage, |q| q.mfa = mfa.into()).await, found, "{mfa}");
    }
    assert_eq!(names(&stage, |q| q.license.clone_from(&sku)).await, ["Ben"]);
    assert_eq!(
        names(&stage, |q| q.license = "none".into()).await,
        ["Ana", "Cleo", "Dan"]
    );
    let both = names(&stage, |q| {
        q.mfa = "notRegistered".into();
        q.search = "da".into();
        q.sort = "-activity".into();
    });
    assert_eq!(both.await, ["Dan"]);
    let rows = ask(&stage, |_| {}).await.rows;
    let of = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
    assert!(
        matches!(&of("Ana").activity, Some(Told::Known { value: LastActivity::SignedIn(at), .. }) if at.ago == "3 days ago")
    );
    assert!(
        of("Zoe").activity.is_none() && of("Zoe").mfa.is_none() && of("Zoe").licenses.is_none(),
        "nobody in Microsoft stands behind Zoe"
    );

    stage
        .enable(&Filters {
            department: only(&["ana", "ben", "cleo"]),
            ..Filters::default()
        })
        .await;
    stage.run_well().await;
    assert_eq!(names(&stage, |q| q.microsoft = "outOfScope".into()).await, ["Dan"]);
    assert_eq!(
        names(&stage, |q| q.microsoft = "synced".into()).await,
        ["Ana", "Ben", "Cleo"]
    );
    for (microsoft, mfa, license, exported) in [
        ("outOfScope", "", "", 1),
        ("synced", "", "", 3),
        ("", "notRegistered", "", 2),
        ("", "notReadable", "", 1),
        ("", "", sku.as_str(), 1),
        ("", "", "none", 3),
    ] {
        let filter = EndUserFilter {
            organization: Some(stage.organization),
            microsoft: microsoft.into(),
            mfa: mfa.into(),
            license: license.into(),
            ..EndUserFilter::default()
        };
        let rows: Vec<_> = end_users(&pool, &filter).try_collect().await.unwrap();
        assert_eq!(rows.len(), exported, "a file holds what the table shows: {filter:?}");
    }
    let rows = ask(&stage, |q| q.search = "dan".into()).await.rows;
    let reason = rows[0].out_of_scope.as_ref().unwrap();
    assert_eq!(reason.words(), "The filters do not match: Department.");
}

#[sqlx::test(migrations = false)]
async fn while_the_user_sync_is_off_nobody_is_synced_in_table_file_and_search(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for name in ["Ana", "Ben"] {
        stage.hire(name, &format!("{name}@contoso.example")).await;
    }
    stage.end_user(stage.organization, "Zoe", "zoe@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    for (is_on, synced, not_synced) in [
        (true, vec!["Ana", "Ben"], vec!["Zoe"]),
        (false, vec![], vec!["Ana", "Ben", "Zoe"]),
    ] {
        if !is_on {
            store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
                .await
                .unwrap();
        }
        let rows = ask(&stage, |_| {}).await.rows;
        assert!(
            rows.iter().all(|row| row.synced == synced.contains(&row.name.as_str())),
            "{rows:?}"
        );
        for (microsoft, status, expected) in [("synced", "Synced", &synced), ("notSynced", "Not synced", &not_synced)] {
            assert_eq!(&names(&stage, |q| q.microsoft = microsoft.into()).await, expected);
            let filter = EndUserFilter {
                microsoft: microsoft.into(),
                ..EndUserFilter::default()
            };
            let rows: Vec<_> = end_users(&pool, &filter).try_collect().await.unwrap();
            let in_file: Vec<_> = rows.iter().map(|row| row.fields.name.as_str()).collect();
            assert_eq!(&in_file, expected);
            assert!(rows.iter().all(|row| row.status == status), "{rows:?}");
        }
        let words = store::search::Words::new(&pool, "ana").await.unwrap().unwrap();
        let found = store::search::end_users(&pool, &words).await.unwrap().rows;
        assert_eq!((found.len(), found[0].synced), (1, is_on));
    }
}

#[sqlx::test(migrations = false)]
async fn licences_that_were_not_told_are_not_none_in_table_filter_and_file(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for name in ["Ana", "Ben"] {
        stage.hire(name, &format!("{name}@contoso.example")).await;
    }
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    // As the refresh leaves whom it was told no licences of.
    sqlx::query("update directory_user set row_hash = $1 where display_name = 'Ana'")
        .bind(Uuid::nil())
        .execute(&pool)
        .await
        .unwrap();
    for (license, found) in [("none", "Ben"), ("notReadable", "Ana")] {
        assert_eq!(
            names(&stage, |q| q.license = license.into()).await,
            [found],
            "{license}"
        );
        let filter = EndUserFilter {
            license: license.into(),
            ..EndUserFilter::default()
        };
        let rows: Vec<_> = end_users(&pool, &filter).try_collect().await.unwrap();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| (row.fields.name, row.licenses.is_some()))
            .collect();
        assert_eq!(rows, [(found.to_owned(), found == "Ben")], "{license}");
    }
    let rows = ask(&stage, |_| {}).await.rows;
    assert!(matches!(&rows[0].licenses, Some(Told::Unreadable { reason, .. }) if reason.contains("did not tell")));
    assert!(matches!(&rows[1].licenses, Some(Told::Known { value, .. }) if value.is_empty()));
}

#[sqlx::test(migrations = false)]
async fn counting_stops_where_nobody_wants_the_number_and_paging_goes_on(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    sqlx::query(
        "insert into end_user (id, organization_id, name, email)
         select gen_random_uuid(), $1, 'Person ' || n, n || '@x.example' from generate_series(1, 10075) n",
    )
    .bind(stage.organization)
    .execute(&pool)
    .await
    .unwrap();
    let first = ask(&stage, |_| {}).await;
    assert_eq!((first.total, first.capped, first.more), (10_000, true, true));
    let last = ask(&stage, |q| q.page = 101).await;
    assert_eq!((last.rows.len(), last.more), (75, false));
    for sort in ["activity", "-activity"] {
        let last = ask(&stage, |q| {
            q.page = 101;
            q.sort = sort.into();
        });
        assert_eq!(last.await.rows.len(), 75, "{sort}");
    }
    let found = ask(&stage, |q| q.search = "person 10070".into()).await;
    assert_eq!((found.total, found.capped), (1, false));
}

/// Of 230 people 130 have signed in, two at each moment: the second page has some of both kinds, the third one kind.
#[sqlx::test(migrations = false)]
async fn pages_by_activity_hold_everybody_once_whether_walked_or_found_first(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "insert into directory_user (microsoft_tenant_id, id, row_hash, upn, display_name, given_name, surname, mail,
                                     other_mails, business_phone, mobile_phone, street_address, city, state,
                                     postal_code, job_title, department, office_location, user_type, licenses)
         select '{tenant}', md5('u' || n)::uuid, md5('h' || n)::uuid, '', '', '', '', '', '{{}}', '', '', '', '', '', '',
                '', '', '', 'member', '{{}}' from generate_series(1, 130) n;
         insert into directory_sign_in (microsoft_tenant_id, directory_user_id, successful_at)
         select '{tenant}', md5('u' || n)::uuid, now() - (n / 2) * interval '1 day' from generate_series(1, 130) n;
         insert into end_user (id, organization_id, name, email)
         select md5('e' || n)::uuid, '{organization}', 'Person ' || lpad(n::text, 3, '0'), n || '@x.example'
         from generate_series(1, 230) n;
         insert into end_user_mapping (end_user_id, microsoft_tenant_id, organization_id, directory_user_id)
         select md5('e' || n)::uuid, '{tenant}', '{organization}', md5('u' || n)::uuid from generate_series(1, 130) n",
        tenant = stage.tenant,
        organization = stage.organization,
    )))
    .execute(&pool)
    .await
    .unwrap();
    for sort in ["activity", "-activity"] {
        let mut orders = vec![];
        for search in ["", "person"] {
            let mut order = vec![];
            for number in 1..=3 {
                let page = ask(&stage, |q| {
                    (q.sort, q.search, q.page) = (sort.into(), search.into(), number);
                });
                let page = page.await;
                assert_eq!((page.total, page.more), (230, number < 3), "{sort} {search}");
                order.extend(page.rows.into_iter().map(|row| row.name));
            }
            orders.push(order);
        }
        assert_eq!(orders[0], orders[1], "{sort}");
        let never: Vec<_> = (131..=230).map(|n| format!("Person {n}")).collect();
        assert_eq!(orders[0][130..], never, "never is last either way, by name");
        let mut everybody = orders.remove(0);
        everybody.sort();
        everybody.dedup();
        assert_eq!(everybody.len(), 230);
    }
    assert_eq!(
        ask(&stage, |q| (q.sort, q.page) = ("activity".into(), 9))
            .await
            .rows
            .len(),
        0
    );
}

#[sqlx::test(migrations = false)]
async fn the_list_of_product_names_is_fetched_once_a_week_and_a_failure_keeps_the_old_one(pool: PgPool) {
    store::migrate::migrate(&pool).await.unwrap();
    let microsoft = crate::tests::graph::microsoft::Microsoft::start().await;
    let id = "00000000-0000-0000-0000-000000000001";
    let list = format!("Product_Display_Name,String_Id,GUID\nSample Suite,SAMPLE,{id}\n");
    let url = format!("{}/names.csv", microsoft.address).parse().unwrap();
    let sku = SkuId(id.parse().unwrap());

    microsoft.on("/names.csv", crate::tests::graph::microsoft::reply(503, "away"));
    assert!(product_list::refresh(&pool, &url).await.is_err());
    assert_eq!(
        product_list::refresh(&pool, &url).await.unwrap(),
        None,
        "not again at once"
    );
    let earlier = async |hours: i32| {
        sqlx::query(
            "update product_name_list
             set tried_at = tried_at - make_interval(hours => $1), fetched_at = fetched_at - make_interval(hours => $1)",
        )
        .bind(hours)
        .execute(&pool)
        .await
        .unwrap();
    };
    earlier(7).await;
    microsoft.clear("/names.csv");
    microsoft.on("/names.csv", crate::tests::graph::microsoft::reply(200, list));
    assert_eq!(product_list::refresh(&pool, &url).await.unwrap(), Some(1));
    assert_eq!(store::product_name::all(&pool).await.unwrap()[&sku], "Sample Suite");
    earlier(24).await;
    assert_eq!(
        product_list::refresh(&pool, &url).await.unwrap(),
        None,
        "it lasts a week"
    );
    earlier(24 * 7).await;
    microsoft.clear("/names.csv");
    microsoft.on("/names.csv", crate::tests::graph::microsoft::reply(200, "<html>"));
    assert!(product_list::refresh(&pool, &url).await.is_err());
    assert_eq!(store::product_name::all(&pool).await.unwrap()[&sku], "Sample Suite");
    let names = crate::server::products::names(&pool, None).await.unwrap();
    assert_eq!(names[&sku], "Sample Suite");
    assert!(
        names.values().any(|name| name == "Microsoft 365 Business Premium"),
        "our own table is always there"
    );
}
