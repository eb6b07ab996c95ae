//! Assets as people write and see them.

use crate::{
    model::{
        asset::{Adapter, Asset, AssetRow, Assignment, Contact, DeviceMatch},
        audit::{Action, Actor, AuditChange},
        ids::{AssetId, DeviceId, DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId, TenantId},
    },
    store::{
        self, StoreError,
        asset::{AssetQuery, PAGE},
        asset_edit,
        asset_plan::AssetWriting,
        change_set::Target,
        saved::Saved,
    },
};
use chrono::Utc;
use sqlx::PgPool;
use uuid::Uuid;

fn ada() -> Actor {
    Actor::command("Ada Admin")
}

async fn organization(pool: &PgPool, name: &str) -> OrganizationId {
    store::migrate::migrate(pool).await.unwrap();
    let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    store::organization::create(pool, &ada(), id, tenant, name, "", "")
        .await
        .unwrap();
    id
}

fn laptop(name: &str, serial: &str, macs: &str) -> Asset {
    Asset {
        name: name.into(),
        serial_number: serial.into(),
        macs: crate::model::mac::Mac::list(macs).unwrap(),
    }
}

async fn create(pool: &PgPool, organization: OrganizationId, asset: &Asset) -> AssetId {
    let id = AssetId(Uuid::now_v7());
    asset_edit::create(pool, id, organization, asset, &ada()).await.unwrap();
    id
}

async fn end_user(pool: &PgPool, organization: OrganizationId, name: &str) -> EndUserId {
    let id = EndUserId(Uuid::now_v7());
    let fields = crate::model::end_user::Fields {
        name: name.into(),
        ..Default::default()
    };
    store::end_user::insert(pool, organization, &[(id, fields)])
        .await
        .unwrap();
    id
}

async fn read(pool: &PgPool, id: AssetId) -> AssetRow {
    store::asset::get(pool, id, &store::in_utc(Utc::now())).await.unwrap()
}

async fn found(pool: &PgPool, query: AssetQuery) -> (Vec<String>, i64) {
    let (rows, total) = store::asset::page(pool, &query, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    (rows.into_iter().map(|row| row.asset.name).collect(), total)
}

async fn actions(pool: &PgPool, id: AssetId) -> Vec<Action> {
    let events = store::audit::of_subject(pool, id.0, 50, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    events.into_iter().filter_map(|event| event.action).collect()
}

#[sqlx::test(migrations = false)]
async fn an_asset_is_found_by_name_by_serial_and_by_mac_in_any_spelling(pool: PgPool) {
    let (contoso, fabrikam) = (
        organization(&pool, "Contoso").await,
        organization(&pool, "Fabrikam").await,
    );
    create(&pool, contoso, &laptop("CON-01", "PF-4711", "00:1A:2B:3C:4D:5E")).await;
    create(&pool, fabrikam, &laptop("FAB_01", "", "ac-ac-ac-ac-ac-ac")).await;
    for (words, name) in [
        ("con-", "CON-01"),
        ("4711", "CON-01"),
        ("00-1a-2b", "CON-01"),
        ("001a.2b3c.4d5e", "CON-01"),
        ("3C 4D", "CON-01"),
        ("_", "FAB_01"),
        ("acacacacacac", "FAB_01"),
    ] {
        let query = AssetQuery {
            search: words.into(),
            ..AssetQuery::default()
        };
        assert_eq!(found(&pool, query).await, (vec![name.to_owned()], 1), "{words}");
    }
    for words in ["%", "laptop", "00:1b", "' or true --", "-"] {
        let query = AssetQuery {
            search: words.into(),
            organization: Some(fabrikam),
            ..AssetQuery::default()
        };
        assert_eq!(found(&pool, query).await, (vec![], 0), "{words}");
    }
}

#[sqlx::test(migrations = false)]
async fn pages_of_assets_hold_every_asset_once_in_every_order(pool: PgPool) {
    let (contoso, fabrikam) = (
        organization(&pool, "Contoso").await,
        organization(&pool, "Fabrikam").await,
    );
    let ana = end_user(&pool, contoso, "Ana").await;
    for n in 0..60 {
        let whose = if n % 2 == 0 { contoso } else { fabrikam };
        let serial = if n % 3 == 0 { String::new() } else { format!("S{n}") };
        let id = create(&pool, whose, &laptop(&format!("L{}", n % 7), &serial, "")).await;
        if n == 8 {
            asset_edit::assign(&pool, id, Some(ana), None, &ada()).await.unwrap();
        }
    }
    let now = store::in_utc(Utc::now());
    for sort in [
        "",
        "-name",
        "organization",
        "-organization",
        "serial",
        "-serial",
        "contact",
        "-contact",
    ] {
        let mut rows = vec![];
        for page in 1..=3 {
            let query = AssetQuery {
                sort: sort.into(),
                page,
                ..AssetQuery::default()
            };
            let (part, total) = store::asset::page(&pool, &query, &now).await.unwrap();
            assert_eq!(total, 60, "also beyond the last page");
            assert!(i64::try_from(part.len()).unwrap() <= PAGE);
            rows.extend(part);
        }
        let ids: std::collections::HashSet<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!((rows.len(), ids.len()), (60, 60), "{sort}");
        let ordered = |by: fn(&AssetRow) -> String| {
            let mut sorted: Vec<_> = rows.iter().map(by).filter(|value| !value.is_empty()).collect();
            let values = sorted.clone();
            sorted.sort();
            if sort.starts_with('-') {
                sorted.reverse();
            }
            values == sorted && !by(&rows[0]).is_empty()
        };
        assert!(
            ordered(match sort {
                "organization" | "-organization" => |row| row.organization_name.clone(),
                "serial" | "-serial" => |row| row.asset.serial_number.clone(),
                "contact" | "-contact" =>
                    |row| row.contact.end_user().map(|(_, name)| name.clone()).unwrap_or_default(),
                _ => |row| row.asset.name.clone(),
            }),
            "{sort}"
        );
    }
}

#[sqlx::test(migrations = false)]
async fn what_a_person_does_to_an_asset_is_kept_and_in_the_audit_log(pool: PgPool) {
    let contoso = organization(&pool, "Contoso").await;
    let id = create(&pool, contoso, &laptop("CON-01", "PF-1", "001A2B3C4D5E")).await;
    assert_eq!(read(&pool, id).await.contact, Contact::Nobody);

    let renamed = laptop("CON-02", "PF-1", "ACACACACACAC 001A2B3C4D5E");
    let (_, opened) = store::asset::written(&pool, id).await.unwrap();
    for _ in 0..2 {
        let saved = asset_edit::edit(&pool, id, opened, &renamed, &ada()).await.unwrap();
        assert_eq!(saved, Saved::Done);
    }
    assert_eq!(read(&pool, id).await.asset, renamed);

    let ana = end_user(&pool, contoso, "Ana").await;
    asset_edit::assign(&pool, id, Some(ana), None, &ada()).await.unwrap();
    let by_hand = read(&pool, id).await.contact;
    assert!(matches!(&by_hand, Contact::ByHand { end_user: Some((who, _)), by, .. }
            if *who == ana && by == "Ada Admin"));
    asset_edit::assign(&pool, id, Some(ana), None, &Actor::command("Bob Admin"))
        .await
        .unwrap();
    assert_eq!(read(&pool, id).await.contact, by_hand, "sent twice it was done twice");
    let stale = asset_edit::assign(&pool, id, None, None, &ada()).await;
    assert!(
        matches!(stale, Err(StoreError::Conflict(words)) if words.contains("assigned this Asset otherwise")),
        "{stale:?}"
    );
    let since = by_hand.since().map(|since| since.at);
    for _ in 0..2 {
        asset_edit::assign(&pool, id, None, since, &ada()).await.unwrap();
        assert!(matches!(
            read(&pool, id).await.contact,
            Contact::ByHand { end_user: None, .. }
        ));
    }
    asset_edit::let_sync_decide(&pool, id, &ada()).await.unwrap();
    asset_edit::let_sync_decide(&pool, id, &ada()).await.unwrap();
    assert_eq!(read(&pool, id).await.contact, Contact::Nobody);
    assert_eq!(asset_edit::delete(&pool, id, &ada()).await.unwrap(), contoso);
    let again = asset_edit::delete(&pool, id, &ada()).await.unwrap_err();
    assert_eq!(
        again.to_string(),
        "This Asset does not exist any more. It may have been removed: go back to the list."
    );
    assert_eq!(
        actions(&pool, id).await,
        [
            Action::Delete,
            Action::LetSyncDecide,
            Action::Assign,
            Action::Assign,
            Action::Edit,
            Action::Create
        ],
        "what changed nothing is not told"
    );
}

#[sqlx::test(migrations = false)]
async fn an_older_form_of_an_asset_takes_nothing_back(pool: PgPool) {
    let contoso = organization(&pool, "Contoso").await;
    let id = create(&pool, contoso, &laptop("CON-01", "", "")).await;
    let (_, opened) = store::asset::written(&pool, id).await.unwrap();
    let theirs = laptop("CON-01", "PF-1", "");
    asset_edit::edit(&pool, id, opened, &theirs, &ada()).await.unwrap();
    let mine = laptop("CON-01", "", "001A2B3C4D5E");
    let stale = asset_edit::edit(&pool, id, opened, &mine, &ada()).await.unwrap();
    let Saved::Stale { differences, version } = stale else {
        panic!("{stale:?}")
    };
    let told = [
        AuditChange::new("Serial Number", "PF-1", ""),
        AuditChange::new("MAC Addresses", "", "00:1A:2B:3C:4D:5E"),
    ];
    assert_eq!(differences, told.into_iter().flatten().collect::<Vec<_>>());
    assert_eq!(read(&pool, id).await.asset, theirs);
    let again = asset_edit::edit(&pool, id, version, &mine, &ada()).await.unwrap();
    assert_eq!((again, read(&pool, id).await.asset), (Saved::Done, mine));
}

#[sqlx::test(migrations = false)]
async fn a_form_sent_twice_adds_one_asset(pool: PgPool) {
    let contoso = organization(&pool, "Contoso").await;
    let (id, asset) = (AssetId(Uuid::now_v7()), laptop("CON-01", "", "001A2B3C4D5E"));
    let actor = ada();
    let add = || asset_edit::create(&pool, id, contoso, &asset, &actor);
    let (one, two) = tokio::join!(add(), add());
    one.unwrap();
    two.unwrap();
    assert_eq!(actions(&pool, id).await, [Action::Create]);
    let other = asset_edit::create(&pool, id, contoso, &laptop("CON-02", "", ""), &ada()).await;
    assert!(matches!(other, Err(StoreError::Conflict(_))), "{other:?}");
    assert_eq!(read(&pool, id).await.asset, asset);
}

#[sqlx::test(migrations = false)]
async fn what_makes_no_sense_for_an_asset_is_refused_in_a_sentence(pool: PgPool) {
    let (contoso, fabrikam) = (
        organization(&pool, "Contoso").await,
        organization(&pool, "Fabrikam").await,
    );
    let id = create(&pool, contoso, &laptop("CON-01", "", "")).await;
    let other = AssetId(Uuid::now_v7());
    let nameless = asset_edit::create(&pool, other, contoso, &laptop(" \n", "", ""), &ada()).await;
    assert!(matches!(nameless, Err(StoreError::Conflict("An Asset needs a name."))));
    let nowhere = OrganizationId(Uuid::now_v7());
    let homeless = asset_edit::create(&pool, other, nowhere, &laptop("L", "", ""), &ada()).await;
    assert!(matches!(homeless, Err(StoreError::NotFound("This Organization"))));
    let zoe = end_user(&pool, fabrikam, "Zoe").await;
    let stranger = asset_edit::assign(&pool, id, Some(zoe), None, &ada()).await;
    assert!(
        matches!(stranger, Err(StoreError::NotFound("This End User"))),
        "nobody gets the Asset of another Organization"
    );
    assert_eq!(actions(&pool, id).await, [Action::Create]);
}

#[sqlx::test(migrations = false)]
async fn a_deleted_end_user_leaves_their_assets_and_the_asset_tells_it(pool: PgPool) {
    let contoso = organization(&pool, "Contoso").await;
    let id = create(&pool, contoso, &laptop("CON-01", "", "")).await;
    let ana = end_user(&pool, contoso, "Ana").await;
    asset_edit::assign(&pool, id, Some(ana), None, &ada()).await.unwrap();
    let now = store::in_utc(Utc::now());
    let of_ana = store::asset::of_end_user(&pool, ana, None, &now).await.unwrap();
    assert_eq!(of_ana.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    let delete = async |sql: &'static str, id: Uuid| sqlx::query(sql).bind(id).execute(&pool).await.unwrap();
    delete("delete from end_user where id = $1", ana.0).await;
    assert_eq!(read(&pool, id).await.contact, Contact::Nobody);
    let told: (String, String) = sqlx::query_as("select change, old_end_user from asset_event where asset_id = $1")
        .bind(id)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, ("end_user_deleted".into(), "Ana".into()));

    let ben = end_user(&pool, contoso, "Ben").await;
    asset_edit::assign(&pool, id, Some(ben), None, &ada()).await.unwrap();
    delete("delete from organization where id = $1", contoso.0).await;
    let left: i64 = sqlx::query_scalar("select count(*) from asset_event")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0, "a whole Organization goes with its Assets and their history");
}

#[sqlx::test(migrations = false)]
async fn who_assigns_an_asset_or_to_an_end_user_that_was_deleted_meanwhile_plans_again(pool: PgPool) {
    let contoso = organization(&pool, "Contoso").await;
    for deleted in ["asset", "end_user"] {
        let asset = create(&pool, contoso, &laptop(deleted, "", "")).await;
        let ana = end_user(&pool, contoso, "Ana").await;
        let mut tx = store::change_set::begin(&pool).await.unwrap();
        store::asset_plan::states(&mut *tx, contoso).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(format!("delete from {deleted}")))
            .execute(&pool)
            .await
            .unwrap();
        let after = Assignment::Synced {
            end_user: ana,
            by: proof(),
            stale: false,
        };
        let writing = AssetWriting {
            asset,
            before: None,
            after: &after,
            change: None,
        };
        let target = Target {
            run: RunId(Uuid::now_v7()),
            organization: contoso,
            tenant: MicrosoftTenantId(Uuid::now_v7()),
        };
        let written = store::asset_plan::write(&mut tx, target, &[writing]).await;
        assert!(matches!(written, Err(StoreError::Concurrent)), "{deleted}: {written:?}");
    }
}

fn proof() -> DeviceMatch {
    DeviceMatch {
        mac: "041A2B3C4D5E".parse().unwrap(),
        adapter: Adapter::Wifi,
        device: DeviceId(Uuid::now_v7()),
        device_name: "LT-1".into(),
        serial_number: String::new(),
        user: DirectoryUserId(Uuid::now_v7()),
        user_name: "Ana".into(),
    }
}
