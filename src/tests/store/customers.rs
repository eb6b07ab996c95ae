//! Organizations by the thousand, moved and deleted; integrations unmapped and removed; and what the audit log keeps.

use crate::{
    model::{
        audit::{Action, AuditChange, AuditEvent},
        filter::{Filters, STALE},
        ids::{OrganizationId, TenantId},
        organization::UserSyncState,
    },
    store::{
        self, StoreError, audit,
        customer::{Destination, delete, move_to},
        organization::{Added, Information},
        organization_table::{PAGE, page},
        saved::Saved,
    },
    tests::support::{Stage, only, tester},
};
use chrono::Utc;
use sqlx::PgPool;
use std::collections::BTreeSet;
use uuid::Uuid;

pub(super) fn sales() -> Filters {
    Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    }
}

pub(super) async fn told(pool: &PgPool, subject: Uuid) -> Vec<AuditEvent> {
    let now = store::in_utc(Utc::now());
    audit::of_subject(pool, subject, 20, &now).await.unwrap()
}

pub(super) async fn actions(pool: &PgPool, subject: Uuid) -> Vec<Action> {
    told(pool, subject)
        .await
        .iter()
        .filter_map(|event| event.action)
        .collect()
}

/// Old and new values of the latest event, as a person reads them.
pub(super) async fn latest(pool: &PgPool, subject: Uuid) -> Vec<String> {
    let event = told(pool, subject).await.remove(0);
    let words = event.changes.iter();
    words
        .map(|change| format!("{}: {} -> {}", change.field, change.old, change.new))
        .collect()
}

pub(super) async fn sync_of(stage: &Stage, organization: OrganizationId) -> UserSyncState {
    store::organization::get(&stage.pool, organization).await.unwrap().sync
}

async fn tenant_exists(pool: &PgPool, id: TenantId) -> bool {
    store::tenant::get(pool, id).await.is_ok()
}

#[sqlx::test(migrations = false)]
async fn the_organizations_table_is_searched_sorted_and_paged_by_the_database(pool: PgPool) {
    store::migrate::migrate(&pool).await.unwrap();
    sqlx::raw_sql(
        "insert into tenant (id, name) select gen_random_uuid(), 'Tenant ' || n from generate_series(1, 130) n;
         insert into organization (id, tenant_id, name, email)
         select gen_random_uuid(), id, 'Customer ' || substr(name, 8), 'it' || substr(name, 8) || '@customer.example'
         from tenant;
         insert into end_user (id, organization_id, name)
         select gen_random_uuid(), o.id, 'Somebody' from organization o, generate_series(1, 3)
         where o.name = 'Customer 77'",
    )
    .execute(&pool)
    .await
    .unwrap();
    let first = page(&pool, "", "", 1, None).await.unwrap();
    assert_eq!((first.rows.len(), first.matching, first.total), (50, 130, 130));
    let last = page(&pool, "", "", 3, None).await.unwrap();
    assert_eq!((last.rows.len(), last.matching), (30, 130));
    assert_eq!(page(&pool, "", "", 4, None).await.unwrap().rows, []);
    let names: BTreeSet<_> = [first.rows, page(&pool, "", "", 2, None).await.unwrap().rows, last.rows]
        .into_iter()
        .flatten()
        .map(|row| row.name)
        .collect();
    assert_eq!(names.len(), 130, "a row on two pages or on none");

    let busiest = page(&pool, "", "-endUsers", 1, None).await.unwrap();
    assert_eq!(
        (busiest.rows[0].name.as_str(), busiest.rows[0].end_users),
        ("Customer 77", Some(3))
    );
    let backwards = page(&pool, "", "-name", 1, None).await.unwrap();
    assert_eq!(backwards.rows[0].name, "Customer 99");
    for words in ["IT77@", "tenant 77", "customer 77"] {
        let found = page(&pool, words, "tenant", 1, None).await.unwrap();
        assert_eq!((found.rows.len(), found.matching, found.total), (1, 1, 130), "{words}");
    }
    for nobody in ["100%", "_", "nowhere"] {
        assert_eq!(page(&pool, nobody, "", 1, None).await.unwrap().matching, 0, "{nobody}");
    }
    assert_eq!(PAGE, 50);
}

#[sqlx::test(migrations = false)]
async fn setting_up_editing_and_disabling_are_told_with_old_and_new_choice_in_words(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    let id = stage.organization.0;
    stage.enable(&sales()).await;
    assert_eq!(
        latest(&pool, id).await,
        [
            "User Type:  -> All",
            "Domain:  -> All",
            "Office Location:  -> All",
            "Department:  -> Sales",
            "Group:  -> All",
            "Microsoft 365 License Status:  -> All"
        ]
    );
    let groups = store::directory::groups(&pool, stage.tenant).await.unwrap();
    let by_group = Filters {
        group: only(&[&groups[0].id.to_string()]),
        license_status: only(&["licensed"]),
        ..Filters::default()
    };
    stage.enable(&by_group).await;
    assert_eq!(
        latest(&pool, id).await,
        [
            "Department: Sales -> All".to_owned(),
            format!("Group: All -> {}", groups[0].name),
            "Microsoft 365 License Status: All -> Licensed".to_owned()
        ]
    );
    for _ in 0..2 {
        store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
            .await
            .unwrap();
    }
    assert_eq!(
        actions(&pool, id).await,
        [Action::Disable, Action::EditFilters, Action::SetUp, Action::Create],
        "disabling twice is disabling once"
    );
    assert_eq!(latest(&pool, id).await, ["Microsoft User Sync: Enabled -> Disabled"]);
}

#[sqlx::test(migrations = false)]
async fn a_choice_made_on_a_page_that_is_out_of_date_is_refused_and_one_sent_twice_is_one(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let save = |filters: Filters, seen: String| {
        let (pool, organization, tenant) = (pool.clone(), stage.organization, stage.tenant);
        async move { store::user_sync::save(&pool, &tester(), organization, tenant, &filters, Some(&seen)).await }
    };
    let version = || async {
        let sync = store::user_sync::get(&pool, stage.organization, stage.tenant)
            .await
            .unwrap();
        sync.map_or_else(|| store::user_sync::NEW.to_owned(), |sync| sync.version)
    };
    let fresh = version().await;
    save(sales(), fresh.clone()).await.unwrap();
    save(sales(), fresh.clone()).await.unwrap();
    assert_eq!(
        actions(&pool, stage.organization.0).await.len(),
        2,
        "Enable Sync sent twice was done twice"
    );
    let refused = save(Filters::default(), fresh).await.unwrap_err();
    assert!(matches!(refused, StoreError::Conflict(STALE)), "{refused:?}");
    let seen = version().await;
    store::user_sync::disable(&pool, &tester(), stage.organization, stage.tenant)
        .await
        .unwrap();
    let refused = save(sales(), seen).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Conflict(STALE)),
        "an older page switched a disabled sync on again"
    );
    save(sales(), version().await).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn moving_stops_the_sync_drops_the_emptied_tenant_and_keeps_the_people(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&sales()).await;
    stage.run_well().await;
    let people = stage.people().await;
    assert!(!people.is_empty());
    let second = stage.another_organization("Second").await;
    let own = TenantId(Uuid::now_v7());
    for to in [own, TenantId(Uuid::now_v7())] {
        let moved = move_to(&pool, &tester(), second, Destination::New(to)).await.unwrap();
        assert_eq!(moved, own, "sent twice it was moved twice");
    }
    assert_eq!(actions(&pool, second.0).await, [Action::Move, Action::Create]);
    assert_eq!(store::tenant::get(&pool, own).await.unwrap().name, "Second");
    assert_eq!(sync_of(&stage, second).await, UserSyncState::NotMapped);

    for _ in 0..2 {
        move_to(&pool, &tester(), stage.organization, Destination::Existing(own))
            .await
            .unwrap();
    }
    assert_eq!(
        latest(&pool, stage.organization.0).await,
        [
            "Tenant: Contoso -> Second",
            "Microsoft User Sync: Enabled, from Contoso -> Disabled"
        ]
    );
    assert_eq!(actions(&pool, stage.organization.0).await[0], Action::Move);
    assert!(
        tenant_exists(&pool, stage.our_tenant).await,
        "a mapped Tenant went with its last Organization"
    );
    stage.run_well().await;
    assert_eq!(stage.people().await, people, "people of a moved Organization changed");

    // Back again: same people, last filters.
    move_to(&pool, &tester(), second, Destination::Existing(stage.our_tenant))
        .await
        .unwrap();
    move_to(
        &pool,
        &tester(),
        stage.organization,
        Destination::Existing(stage.our_tenant),
    )
    .await
    .unwrap();
    assert!(!tenant_exists(&pool, own).await, "an empty Tenant was left");
    assert_eq!(
        sync_of(&stage, stage.organization).await,
        UserSyncState::NotSetUp { before: true }
    );
    stage.enable(&sales()).await;
    stage.run_well().await;
    assert_eq!(stage.people().await, people);
    let gone = move_to(&pool, &tester(), second, Destination::Existing(own))
        .await
        .unwrap_err();
    assert!(matches!(gone, StoreError::NotFound("This Tenant")), "{gone:?}");
}

#[sqlx::test(migrations = false)]
async fn deleting_an_organization_takes_its_people_and_keeps_what_was_told_of_it(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    let count = stage.count().await;
    delete(&pool, &tester(), stage.organization).await.unwrap();
    assert_eq!(stage.count().await, 0);
    assert!(
        tenant_exists(&pool, stage.our_tenant).await,
        "its Tenant is mapped and stays"
    );
    let told = latest(&pool, stage.organization.0).await;
    assert_eq!(
        told,
        ["Tenant: Contoso -> ".to_owned(), format!("End Users: {count} -> 0")]
    );
    let again = delete(&pool, &tester(), stage.organization).await.unwrap_err();
    assert!(matches!(again, StoreError::NotFound("This Organization")), "{again:?}");
    stage.run_well().await;

    let (alone, own) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
    store::organization::create(&pool, &tester(), alone, own, "Alone", "a@b.example", "")
        .await
        .unwrap();
    let new = Information {
        name: " Alone & Co ",
        email: "a@b.example",
        phone: "1",
    };
    let opened = store::organization::written(&pool, alone).await.unwrap();
    for _ in 0..2 {
        let saved = store::organization::edit(&pool, &tester(), alone, opened, new).await;
        assert_eq!(saved.unwrap(), Saved::Done);
    }
    delete(&pool, &tester(), alone).await.unwrap();
    assert_eq!(
        actions(&pool, alone.0).await,
        [Action::Delete, Action::Edit, Action::Create]
    );
    assert!(!tenant_exists(&pool, own).await, "a Tenant without anything was left");
    assert_eq!(actions(&pool, own.0).await, [Action::Delete]);
}

#[sqlx::test(migrations = false)]
async fn an_older_form_of_an_organization_takes_nothing_back(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let id = stage.organization;
    let opened = store::organization::written(&pool, id).await.unwrap();
    let save = async |version, email, phone| {
        let new = Information {
            name: "Contoso",
            email,
            phone,
        };
        store::organization::edit(&pool, &tester(), id, version, new)
            .await
            .unwrap()
    };
    assert_eq!(save(opened, "office@contoso.example", "").await, Saved::Done);
    let stale = save(opened, "", "+31 20").await;
    let Saved::Stale { differences, version } = stale else {
        panic!("{stale:?}")
    };
    let told = [
        AuditChange::new("Email", "office@contoso.example", ""),
        AuditChange::new("Phone", "", "+31 20"),
    ];
    assert_eq!(differences, told.into_iter().flatten().collect::<Vec<_>>());
    let row = store::organization::get(&pool, id).await.unwrap();
    assert_eq!((row.email.as_str(), row.phone.as_str()), ("office@contoso.example", ""));
    assert_eq!(save(version, "office@contoso.example", "+31 20").await, Saved::Done);
}

#[sqlx::test(migrations = false)]
async fn new_organization_sent_twice_is_one_and_two_of_a_name_at_once_are_asked_about(pool: PgPool) {
    store::migrate::migrate(&pool).await.unwrap();
    let actor = tester();
    let new = Information {
        name: "Fabrikam",
        email: "",
        phone: "",
    };
    let fresh = || OrganizationId(Uuid::now_v7());
    let add = |id, again| store::organization::add(&pool, &actor, id, TenantId(Uuid::now_v7()), new, again);
    let id = fresh();
    let (one, two) = tokio::join!(add(id, false), add(id, false));
    assert_eq!((one.unwrap(), two.unwrap()), (Added::Done, Added::Done));
    assert_eq!(add(fresh(), false).await.unwrap(), Added::NameTaken);
    assert_eq!(add(fresh(), true).await.unwrap(), Added::Done);
    assert_eq!(page(&pool, "", "", 1, None).await.unwrap().total, 2);
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenant")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!((tenants, actions(&pool, id.0).await), (2, vec![Action::Create]));

    let new = Information { name: "Contoso", ..new };
    let add = |id| store::organization::add(&pool, &actor, id, TenantId(Uuid::now_v7()), new, false);
    let (one, two) = tokio::join!(add(fresh()), add(fresh()));
    let ends = [one.unwrap(), two.unwrap()];
    assert!(
        ends.contains(&Added::Done) && ends.contains(&Added::NameTaken),
        "{ends:?}"
    );
}

#[sqlx::test(migrations = false)]
async fn two_who_set_up_at_once_set_up_once(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let (actor, filters, new) = (tester(), sales(), store::user_sync::NEW);
    let save = || store::user_sync::save(&pool, &actor, stage.organization, stage.tenant, &filters, Some(new));
    let (one, two) = tokio::join!(save(), save());
    one.unwrap();
    two.unwrap();
    assert_eq!(
        actions(&pool, stage.organization.0).await,
        [Action::SetUp, Action::Create]
    );
}
