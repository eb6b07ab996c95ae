//! A run plans whoever changed, whoever they meet, and nobody else; and decides what planning everybody decides.

use super::held::{ada, synced};
use crate::{
    engine::{
        approve::{Chosen, approve},
        closure::{Known, Whom, gather},
        round,
        run::RunEnd,
    },
    model::{
        filter::Filters,
        ids::{OrganizationId, RunId},
    },
    store::{self, run::Breadth},
    tests::support::{Stage, only},
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

/// How many accounts and End Users the next plan loads of an Organization, and whether that is everybody.
async fn loaded(stage: &Stage, organization: OrganizationId) -> (usize, usize, Breadth) {
    let tenant = store::microsoft_tenant::get(&stage.pool, stage.tenant).await.unwrap();
    let form = round::form();
    let count = store::directory::count(&stage.pool, stage.tenant).await.unwrap();
    let known = Known::new(stage.tenant, &tenant.readings, &form, count);
    let mut db = stage.pool.acquire().await.unwrap();
    let cast = gather(&mut db, Whom::Due(&known), organization, stage.tenant)
        .await
        .unwrap();
    let size = cast.size(&mut db, organization, stage.tenant).await.unwrap();
    assert_eq!(i64::try_from(size.end_users).unwrap(), of(stage, organization).await);
    (cast.users.len(), cast.end_users.len(), cast.breadth)
}

async fn of(stage: &Stage, organization: OrganizationId) -> i64 {
    sqlx::query_scalar("select count(*) from end_user where organization_id = $1")
        .bind(organization)
        .fetch_one(&stage.pool)
        .await
        .unwrap()
}

/// A run that reads what has changed, and comes to no Organization.
async fn read_only(stage: &Stage) {
    let fault = json!({ "path": "/v1.0/groups/delta", "kind": "malformed", "times": 1 });
    stage.fault(fault).await;
    stage.run_badly().await;
}

pub(super) async fn write(stage: &Stage, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(&stage.pool)
        .await
        .unwrap();
}

/// A stage with some hundred people, synced, and two of them by name.
async fn hundreds(pool: &PgPool) -> (Stage, Uuid, Uuid) {
    let stage = Stage::new(pool, 300).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.run_well().await;
    (stage, ana, ben)
}

#[sqlx::test(migrations = false)]
async fn who_changed_among_hundreds_is_planned_with_whoever_has_the_new_address_and_nobody_else(pool: PgPool) {
    let (stage, ana, ben) = hundreds(&pool).await;
    let organization = stage.organization;
    let (quiet, ..) = loaded(&stage, organization).await;
    assert!(quiet < 10, "only conflicts of the invented people: {quiet}");

    stage.change(ana, json!({ "jobTitle": "Buyer" })).await;
    read_only(&stage).await;
    let one = loaded(&stage, organization).await;
    assert!((1..20).contains(&one.0) && one.1 < 20, "{one:?}");
    let known = store::directory::count(&pool, stage.tenant).await.unwrap();
    for title in ["Buyer", "Clerk"] {
        let run = stage.run_well().await;
        assert_eq!(stage.person(ana).await.job_title, title);
        let counts = stage.counts(run).await;
        let all = counts.unchanged + counts.update + counts.skip + counts.out_of_scope + counts.conflict;
        assert_eq!((counts.update, usize::try_from(all).unwrap()), (1, known));
        stage.run_quietly().await;
        // Those outside are counted where nobody did before.
        write(&stage, "update user_sync set standing_counts = null").await;
        stage.change(ana, json!({ "jobTitle": "Clerk" })).await;
    }

    stage.change(ana, json!({ "mail": "ben@contoso.example" })).await;
    read_only(&stage).await;
    assert_eq!(
        loaded(&stage, organization).await,
        (one.0 + 1, one.1 + 1, Breadth::Closure)
    );
    stage.change(ben, json!({ "mail": "ana@contoso.example" })).await;
    stage.run_well().await;
    let emails = [stage.person(ana).await.email, stage.person(ben).await.email];
    assert_eq!(emails, ["ben@contoso.example", "ana@contoso.example"]);
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn what_people_write_here_is_planned_by_its_closure_and_very_much_of_it_by_everybody(pool: PgPool) {
    let (stage, ana, ben) = hundreds(&pool).await;
    let organization = stage.organization;
    let of_ana = format!("where directory_user_id = '{ana}'");
    let end_user = format!("where id = (select end_user_id from end_user_mapping {of_ana})");
    // With all whose address can't be compared, who come with any other.
    let quiet = loaded(&stage, organization).await;
    write(&stage, "update end_user set city = 'Utrecht' where name = 'Ana'").await;
    let one = loaded(&stage, organization).await;
    for (sql, users, end_users) in [
        // The account is still there, and belongs to it no more.
        (format!("delete from end_user_mapping {of_ana}"), 0, 0),
        (
            format!("update end_user set email = 'ben@contoso.example' {end_user}"),
            1,
            1,
        ),
        (format!("delete from end_user {end_user}"), 0, -1),
    ] {
        stage.run_well().await;
        write(&stage, &sql).await;
        let now = loaded(&stage, organization).await;
        let more = |now: usize, one: usize| i64::try_from(now).unwrap() - i64::try_from(one).unwrap();
        assert_eq!(
            (more(now.0, one.0), more(now.1, one.1), now.2),
            (users, end_users, Breadth::Closure),
            "{sql}"
        );
        stage.run_well().await;
        // After the first run, restored fields are counted.
        stage.run_well().await;
        stage.run_quietly().await;
        assert_eq!(loaded(&stage, organization).await, quiet, "{sql}");
    }
    let asset =
        format!("insert into asset (id, organization_id, name) values (gen_random_uuid(), '{organization}', 'PC')");
    write(&stage, &asset).await;
    assert_eq!(loaded(&stage, organization).await, quiet, "an Asset is nobody");
    assert_ne!(stage.person(ana).await.id, stage.person(ben).await.id);

    let many = format!(
        "insert into end_user (id, organization_id, name)
         select gen_random_uuid(), '{organization}', 'Imported ' || n from generate_series(1, 1200) n"
    );
    write(&stage, &many).await;
    let (users, end_users, breadth) = loaded(&stage, organization).await;
    assert_eq!(breadth, Breadth::Everybody);
    assert!(users >= 300 && end_users > 1_200, "{users}, {end_users}");
    stage.run_well().await;
    assert_eq!(loaded(&stage, organization).await, quiet);
}

/// The version as of which something changed that concerns everybody.
async fn since_when(stage: &Stage) -> i64 {
    sqlx::query_scalar("select everybody_version from directory_version")
        .fetch_one(&stage.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn everybody_is_planned_at_first_and_when_filters_readings_or_the_way_of_reading_change(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let organization = stage.organization;
    let breadth = async || loaded(&stage, organization).await.2;
    stage.enable(&Filters::default()).await;
    assert_eq!(breadth().await, Breadth::Everybody);
    stage.run_well().await;
    stage.run_well().await;
    assert_eq!(breadth().await, Breadth::Closure);
    let filters = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    stage.enable(&filters).await;
    assert_eq!(breadth().await, Breadth::Everybody);
    stage.run_well().await;
    let mut before = since_when(&stage).await;
    for denied in [&["groups"][..], &[]] {
        stage.deny(denied).await;
        stage.run_well().await;
        let now = since_when(&stage).await;
        assert!(now > before, "{denied:?}");
        before = now;
        stage.run_well().await;
        assert_eq!(since_when(&stage).await, before);
        assert_eq!(breadth().await, Breadth::Closure);
    }
    // As a database of an earlier version stands.
    write(
        &stage,
        "update directory_user set address_key = '', row_hash = gen_random_uuid();
         update directory_pass set form = 'an older program''s';
         update user_sync set applied_form = 'an older program''s'",
    )
    .await;
    assert_eq!(breadth().await, Breadth::Everybody);
    stage.run_well().await;
    assert_eq!(breadth().await, Breadth::Closure);
    let without: i64 = sqlx::query_scalar(
        "select count(*) from directory_user where deleted_at is null and mail <> '' and address_key = ''",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(without, 0);
}

#[sqlx::test(migrations = false)]
async fn the_guard_counts_against_the_whole_organization(pool: PgPool) {
    let (stage, ana, ben) = hundreds(&pool).await;
    let cem = stage.hire("Cem", "cem@contoso.example").await;
    stage.run_well().await;
    for (n, user) in [ana, ben, cem].into_iter().enumerate() {
        stage
            .change(
                user,
                json!({ "accountEnabled": false, "mail": format!("x{n}@contoso.example") }),
            )
            .await;
    }
    let run = stage.run_well().await;
    let counts = stage.counts(run).await;
    assert_eq!(
        (counts.disable, counts.held),
        (3, 0),
        "all of the closure, and few of the whole"
    );
    assert_eq!(stage.person(cem).await.mark_kind.as_deref(), Some("disabled"));
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn an_address_that_postgres_can_not_compare_is_in_every_closure(pool: PgPool) {
    let (stage, ..) = hundreds(&pool).await;
    // The sign for Kelvin is a k in lower case.
    let there = stage
        .end_user(stage.organization, "K. Elvin", "\u{212A}@contoso.example")
        .await;
    stage.run_well().await;
    let kim = stage.hire("Kim", "k@contoso.example").await;
    read_only(&stage).await;
    let (users, end_users, breadth) = loaded(&stage, stage.organization).await;
    assert_eq!(breadth, Breadth::Closure);
    assert!(
        (1..20).contains(&users) && (1..20).contains(&end_users),
        "{users}, {end_users}"
    );
    stage.run_well().await;
    assert_eq!(stage.person(kim).await.id, there);
}

/// Under which rule something is held of people, by their names.
async fn held_rules(stage: &Stage) -> Vec<(String, String)> {
    sqlx::query_as("select name, rule from held_row order by name")
        .fetch_all(&stage.pool)
        .await
        .unwrap()
}

/// Three of six people with new addresses, and a new account with the old one of the first.
async fn held_addresses(pool: &PgPool) -> (Stage, Uuid) {
    let (stage, users) = synced(pool, 6).await;
    for (n, user) in users[..3].iter().enumerate() {
        let mail = format!("new{n}@contoso.example");
        stage.change(*user, json!({ "mail": mail })).await;
    }
    let rehired = stage.hire("Rehired", "p0@contoso.example").await;
    stage.run_well().await;
    (stage, rehired)
}

fn rules(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, rule)| ((*name).into(), (*rule).into())).collect()
}

#[sqlx::test(migrations = false)]
async fn who_waits_for_an_address_that_is_approved_stays_held_until_somebody_decides(pool: PgPool) {
    let (stage, rehired) = held_addresses(&pool).await;
    let before = [
        ("Person 0", "address"),
        ("Person 1", "address"),
        ("Person 2", "address"),
        ("Rehired", "addressWaits"),
    ];
    assert_eq!(held_rules(&stage).await, rules(&before));
    let approve_of = async |name: &str| {
        let row: (Uuid, RunId) = sqlx::query_as("select id, run_id from held_row where name = $1")
            .bind(name)
            .fetch_one(&pool)
            .await
            .unwrap();
        let end = approve(&stage.engine, row.1, &Chosen::Rows(vec![row.0]), &ada()).await;
        assert!(matches!(end, Ok(RunEnd::Succeeded(_))), "{end:?}");
    };
    approve_of("Person 0").await;
    let after = [("Person 1", "address"), ("Person 2", "address"), ("Rehired", "left")];
    assert_eq!(held_rules(&stage).await, rules(&after));
    // Two of six are few, but others were chosen before them.
    stage.run_well().await;
    let left = after.map(|(name, _)| (name, "left"));
    assert_eq!(held_rules(&stage).await, rules(&left));
    assert_eq!(stage.count().await, 6);
    approve_of("Rehired").await;
    assert_eq!(stage.person(rehired).await.email, "p0@contoso.example");
}

#[sqlx::test(migrations = false)]
async fn who_stands_as_held_is_planned_again_though_no_row_of_theirs_is_held(pool: PgPool) {
    let (stage, _) = held_addresses(&pool).await;
    let before = held_rules(&stage).await;
    assert_eq!(before.len(), 4);
    let organization = stage.organization;
    write(
        &stage,
        &format!(
            "delete from held_row;
             insert into organization_touch (organization_id, concerns) values ('{organization}', 'person')"
        ),
    )
    .await;
    assert_eq!(loaded(&stage, organization).await.2, Breadth::Closure);
    stage.run_well().await;
    assert_eq!(held_rules(&stage).await, before);
}

#[sqlx::test(migrations = false)]
async fn somebody_new_who_was_dropped_is_a_conflict_once_the_address_is_kept_out_with_another_account(pool: PgPool) {
    let (stage, users) = synced(&pool, 2).await;
    let (organization, tenant) = (stage.organization, stage.tenant);
    let cem = stage.hire("Cem", "cem@contoso.example").await;
    let dropped = format!(
        "insert into dropped_row (id, organization_id, microsoft_tenant_id, directory_user_id, part, value, name,
                                  address, change)
         values (gen_random_uuid(), '{organization}', '{tenant}', '{cem}', 'endUser', 'cem@contoso.example', 'Cem',
                 'cem@contoso.example', '{{}}')"
    );
    write(&stage, &dropped).await;
    stage.run_well().await;
    stage.run_well().await;
    let stands = async || -> String {
        let sql = "select outcome from standing_outcome where directory_user_id = $1";
        sqlx::query_scalar(sql).bind(cem).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(stands().await, "skip");
    let kept_out = format!(
        "insert into exclusion (organization_id, microsoft_tenant_id, directory_user_id, address)
         values ('{organization}', '{tenant}', '{}', 'cem@contoso.example')",
        users[0]
    );
    write(&stage, &kept_out).await;
    assert_eq!(loaded(&stage, organization).await.2, Breadth::Closure);
    stage.run_well().await;
    assert_eq!(stands().await, "conflict");
}

#[sqlx::test(migrations = false)]
async fn everybody_is_planned_beyond_twenty_thousand_end_users_to_begin_with(pool: PgPool) {
    let (stage, _) = synced(&pool, 1).await;
    let organization = stage.organization;
    for (number, breadth) in [(20_000, Breadth::Closure), (1, Breadth::Everybody)] {
        // As many transactions leave it.
        let touches = format!(
            "insert into organization_touch (organization_id, concerns, end_user_id)
             select '{organization}', 'person', gen_random_uuid() from generate_series(1, {number})"
        );
        write(&stage, &touches).await;
        assert_eq!(loaded(&stage, organization).await.2, breadth);
    }
}
