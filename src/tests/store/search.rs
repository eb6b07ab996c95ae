//! The search across all customers.

use crate::{
    model::{
        filter::Filters,
        ids::{DirectoryUserId, OrganizationId},
        search::{Found, FoundDirectoryPerson, FoundEndUser},
    },
    store::{self, search::Words},
    tests::support::{Stage, only},
};
use serde_json::json;
use sqlx::PgPool;

async fn words(pool: &PgPool, typed: &str) -> Words {
    Words::new(pool, typed).await.unwrap().unwrap()
}

async fn end_users(pool: &PgPool, typed: &str) -> Found<FoundEndUser> {
    store::search::end_users(pool, &words(pool, typed).await).await.unwrap()
}

async fn names(pool: &PgPool, typed: &str) -> Vec<String> {
    let found = end_users(pool, typed).await;
    found.rows.into_iter().map(|row| row.name).collect()
}

async fn directory(pool: &PgPool, typed: &str) -> Vec<FoundDirectoryPerson> {
    let words = words(pool, typed).await;
    store::search::directory_people(pool, &words, None).await.unwrap().rows
}

#[sqlx::test(migrations = false)]
async fn a_person_is_found_by_any_name_address_or_id_in_every_organization(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage
        .add(json!({
            "displayName": "Ana Müller", "mail": "ana.mueller@contoso.example",
            "userPrincipalName": "amueller@contoso.example",
        }))
        .await;
    let other = stage.another_organization("Contoso South").await;
    stage.enable(&Filters::default()).await;
    stage.enable_for(other, &Filters::default()).await;
    stage.run_well().await;
    let own = stage.person(ana).await;

    for typed in [
        "Ana Müller",
        "MÜLLER ana",
        "  ana   mül ",
        // As a keyboard that composes gives it: u and two dots.
        "ana mu\u{308}ller",
        "ANA.MUELLER@contoso.example",
        "amueller@contoso.example",
        "amuel",
        &ana.to_string(),
    ] {
        let organizations: Vec<OrganizationId> = end_users(&pool, typed)
            .await
            .rows
            .into_iter()
            .map(|row| row.organization.id)
            .collect();
        assert_eq!(organizations.len(), 2, "{typed}");
        assert!(organizations.contains(&other), "{typed}");
    }
    let found = end_users(&pool, &own.id.to_string()).await.rows;
    assert_eq!((found.len(), found[0].id), (1, own.id));
    assert_eq!(found[0].upn, "amueller@contoso.example");
    assert_eq!(found[0].user, Some(DirectoryUserId(ana)));
    assert!(
        names(&pool, "Ana Schmidt").await.is_empty(),
        "every word has to be there"
    );
    assert!(Words::new(&pool, " \0 ").await.unwrap().is_none());
}

#[sqlx::test(migrations = false)]
async fn exact_words_come_before_beginnings_before_words_anywhere(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for name in ["Joanna Bloom", "Anna Zed", "Anna", "Anna Abel", "Ben 100%", "Ben 1000"] {
        stage.end_user(stage.organization, name, "").await;
    }
    assert_eq!(
        names(&pool, "anna").await,
        ["Anna", "Anna Abel", "Anna Zed", "Joanna Bloom"]
    );
    assert_eq!(names(&pool, "100%").await, ["Ben 100%"], "a percent sign is itself");
    assert_eq!(
        names(&pool, "an").await,
        ["Anna", "Anna Abel", "Anna Zed"],
        "two letters: beginnings only"
    );
}

#[sqlx::test(migrations = false)]
async fn at_most_some_dozens_are_shown_and_the_exact_one_is_among_them(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    for n in 0..300 {
        stage
            .end_user(stage.organization, &format!("Kim Common {n:03}"), "")
            .await;
    }
    stage.end_user(stage.organization, "Common", "").await;
    let found = end_users(&pool, "common").await;
    assert!(found.more);
    assert_eq!(found.rows.len(), 24);
    assert_eq!(found.rows[0].name, "Common");
    assert!(!end_users(&pool, "kim common 007").await.more);
}

#[sqlx::test(migrations = false)]
async fn people_who_are_no_end_users_are_found_with_the_organizations_that_could_bring_them(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let south = stage.another_organization("Contoso South").await;
    stage
        .add(json!({ "displayName": "Ana", "mail": "ana@contoso.example", "department": "Sales" }))
        .await;
    let ben = stage
        .add(json!({ "displayName": "Ben", "mail": "ben@contoso.example", "otherMails": ["ben@home.example"] }))
        .await;
    let filters = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    stage.enable(&filters).await;
    stage.run_well().await;

    assert!(
        directory(&pool, "ana@contoso.example").await.is_empty(),
        "an End User is shown as one"
    );
    for typed in ["Ben", "BEN@home.example", "ben@contoso", &ben.to_string()] {
        let found = directory(&pool, typed).await;
        assert_eq!(found.len(), 1, "{typed}");
        let names: Vec<_> = found[0].organizations.iter().map(|o| o.name.as_str()).collect();
        assert_eq!(names, ["Contoso", "Contoso South"], "{typed}");
    }

    let typed = words(&pool, "ana").await;
    let missing = |organization| store::search::directory_people(&pool, &typed, Some((stage.tenant, organization)));
    assert_eq!(missing(stage.organization).await.unwrap().rows.len(), 0);
    let in_south = missing(south).await.unwrap().rows;
    assert_eq!(
        in_south[0].organizations[0].id, south,
        "for one Organization: who is missing there"
    );

    stage.change(ben, json!({ "accountEnabled": false })).await;
    stage.run_well().await;
    assert!(directory(&pool, "ben").await[0].state.is_some());
}

#[sqlx::test(migrations = false)]
async fn organizations_and_tenants_are_found_by_name_domain_and_guid(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let south = stage.another_organization("Southern 100% Office").await;
    let entra = store::microsoft_tenant::get(&pool, stage.tenant)
        .await
        .unwrap()
        .entra_tenant_id;
    for typed in ["office southern", "SOUTHERN", "100%", &south.to_string()] {
        let found = store::search::organizations(&pool, &words(&pool, typed).await)
            .await
            .unwrap();
        assert_eq!(found.rows[0].organization.id, south, "{typed}");
        assert_eq!(found.rows[0].tenant.id, stage.our_tenant, "{typed}");
    }
    for typed in ["contoso", &stage.our_tenant.to_string()] {
        let found = store::search::tenants(&pool, &words(&pool, typed).await).await.unwrap();
        assert_eq!(found.rows[0].id, stage.our_tenant, "{typed}");
    }
    for typed in [
        "contoso",
        "contoso.example",
        &entra.to_string(),
        &stage.tenant.to_string(),
    ] {
        let found = store::search::microsoft_tenants(&pool, &words(&pool, typed).await)
            .await
            .unwrap();
        assert_eq!(found.rows.len(), 1, "{typed}");
        assert_eq!(found.rows[0].entra_tenant_id, entra, "{typed}");
    }
}

#[sqlx::test(migrations = false)]
async fn without_trigrams_the_same_is_found_and_the_indexes_come_back_with_the_extension(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage.end_user(stage.organization, "Joanna Bloom", "").await;
    let indexed = || async {
        let sql =
            "select count(*) from pg_indexes where indexname in ('end_user_words_idx', 'directory_user_words_idx',
                                        'asset_words_idx', 'directory_device_words_idx')";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(indexed().await, 4);
    sqlx::query("drop extension pg_trgm cascade")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(indexed().await, 0);
    assert_eq!(names(&pool, "oann").await, ["Joanna Bloom"]);
    store::search::create_indexes(&pool).await.unwrap();
    assert_eq!(indexed().await, 4);
}

#[sqlx::test(migrations = false)]
async fn an_account_is_found_by_id_upn_or_mail_whatever_the_case(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ana = stage
        .add(json!({ "displayName": "Ana", "mail": "ana@contoso.example", "userPrincipalName": "a1@contoso.example" }))
        .await;
    stage.run_well().await;
    let find = |named: String| {
        let pool = pool.clone();
        async move {
            store::directory_person::find(&pool, stage.tenant, &named)
                .await
                .unwrap()
        }
    };
    for named in [
        ana.to_string(),
        "A1@contoso.example".into(),
        " ANA@contoso.example ".into(),
    ] {
        assert_eq!(find(named.clone()).await, Some(DirectoryUserId(ana)), "{named}");
    }
    for named in ["", "Ana", "ana@contoso", "%", "a1@contoso.exampl_"] {
        assert_eq!(find(named.into()).await, None, "{named}");
    }
}

#[sqlx::test(migrations = false)]
async fn devices_are_found_by_name_serial_number_and_mac_in_any_spelling(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let asset = uuid::Uuid::now_v7();
    let device = uuid::Uuid::new_v4();
    for (sql, id) in [
        (
            "insert into asset (id, organization_id, name, serial_number) select $1, $2, 'LAPTOP-ANA', 'SN 4711'",
            asset,
        ),
        (
            "insert into asset_mac (asset_id, mac) select $1, '001a2b3c4d5e' where $2 is not null",
            asset,
        ),
        (
            "insert into directory_device (microsoft_tenant_id, id, device_name, serial_number, wifi_mac, ethernet_mac)
             select m.id, $1, 'LAPTOP-BEN', 'SN 4712', '001a2b3c4d5f', '001a2b3c4d60' from microsoft_tenant m
             join organization o on o.tenant_id = m.tenant_id and o.id = $2",
            device,
        ),
    ] {
        sqlx::query(sql)
            .bind(id)
            .bind(stage.organization)
            .execute(&pool)
            .await
            .unwrap();
    }
    let both = |typed: &'static str| {
        let pool = pool.clone();
        async move {
            let words = words(&pool, typed).await;
            let assets = store::search::assets(&pool, &words).await.unwrap().rows;
            let devices = store::search::devices(&pool, &words).await.unwrap().rows;
            let names: Vec<String> = assets
                .into_iter()
                .map(|row| row.name)
                .chain(devices.into_iter().map(|row| row.name))
                .collect();
            names
        }
    };
    for typed in [
        "laptop-ana",
        "ana laptop",
        "sn 4711",
        "4711",
        "00:1A:2B:3C:4D:5E",
        "001a.2b3c.4d5e",
        "00-1a-2b-3c-4d-5e",
    ] {
        assert_eq!(both(typed).await, ["LAPTOP-ANA"], "{typed}");
    }
    for typed in ["LAPTOP-BEN", "ben", "4712", "001A2B3C4D5F", "00:1a:2b:3c:4d:60"] {
        assert_eq!(both(typed).await, ["LAPTOP-BEN"], "{typed}");
    }
    assert_eq!(
        both("00:1a:2b").await,
        ["LAPTOP-ANA", "LAPTOP-BEN"],
        "the beginning of an address"
    );
    assert!(both("00:1a:2c").await.is_empty());
    let found = store::search::assets(&pool, &words(&pool, &asset.to_string()).await)
        .await
        .unwrap();
    assert_eq!(found.rows[0].id.0, asset);
    let found = store::search::devices(&pool, &words(&pool, &device.to_string()).await)
        .await
        .unwrap();
    assert_eq!(found.rows[0].macs.len(), 2);
}

/// The part of a migration that writes what is stored anew.
fn composing() -> &'static str {
    let migration = include_str!("../../../migrations/0010_forms.sql");
    &migration[migration.find("do $$").unwrap()..]
}

#[sqlx::test(migrations = false)]
async fn what_was_stored_in_parts_is_found_after_the_migration(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    stage
        .end_user(stage.organization, "Zoe\u{308} Brontë", "zoe\u{308}@contoso.example")
        .await;
    stage.end_user(stage.organization, "Zoë Plain", "").await;
    assert_eq!(names(&pool, "zoë").await, ["Zoë Plain"]);
    sqlx::raw_sql(composing()).execute(&pool).await.unwrap();
    assert_eq!(names(&pool, "zoë").await, ["Zoë Brontë", "Zoë Plain"]);
    assert_eq!(names(&pool, "zoe\u{308}@contoso.example").await, ["Zoë Brontë"]);
}
