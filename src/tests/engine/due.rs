//! A run costs what changed: a quiet one writes nothing but itself, and plans no Organization that is not due.

use crate::{
    engine::one_person::{PersonEnd, Whom, sync_person},
    model::{
        filter::Filters,
        ids::{DirectoryUserId, RunId},
        run::RunOrganization,
    },
    store::{self, activity::RunFilter},
    tests::support::{Stage, only, until},
};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;

/// Whether a run planned each Organization, by name.
async fn planned(stage: &Stage, run: RunId) -> Vec<(String, bool)> {
    let rows = store::run::organizations(&stage.pool, run).await.unwrap();
    let name = |row: RunOrganization| (row.name, row.planned);
    rows.into_iter().map(name).collect()
}

fn says(planned: &[(&str, bool)]) -> Vec<(String, bool)> {
    planned.iter().map(|(name, is)| ((*name).to_owned(), *is)).collect()
}

async fn one_person(pool: &PgPool) -> (Stage, uuid::Uuid) {
    let stage = Stage::new(pool, 0).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    (stage, ana)
}

#[sqlx::test(migrations = false)]
async fn a_quiet_run_asks_a_handful_of_questions_writes_nothing_but_itself_and_says_that_nothing_changed(pool: PgPool) {
    let stage = Stage::new(&pool, 100).await;
    stage.enable(&Filters::default()).await;
    let first = stage.run_well().await;
    assert!(!stage.run_row(first).await.nothing_changed);
    // Devices that were read once, and refusals that are asked about twice, are behind it.
    stage.run_well().await;
    stage.control("DELETE", "requests", None).await;
    let run = stage.run_quietly().await;
    let asked = stage.microsoft.requests();
    let paths: Vec<_> = asked.iter().map(|entry| entry.path.as_str()).collect();
    // One of them is for a token: each run asks for a new one, so that lost consent shows at once.
    assert!(paths.len() <= 10, "{paths:?}");

    assert_eq!(planned(&stage, run).await, says(&[("Contoso", false)]));
    let row = stage.run_row(run).await;
    assert!(row.nothing_changed);
    let filter = RunFilter {
        organization: Some(stage.organization),
        ..RunFilter::default()
    };
    let (list, _) = store::activity::runs(&pool, &filter, 1, &store::in_utc(Utc::now()))
        .await
        .unwrap();
    let told: Vec<_> = list.iter().map(|row| (row.run.id, row.run.nothing_changed)).collect();
    assert_eq!((told[0], *told.last().unwrap()), ((run, true), (first, false)));
    assert_eq!(list.last().unwrap().run.counts, stage.run_row(first).await.counts);
    let now = store::run_people::page_as_of_now(&pool, run, "", 1, 1_000)
        .await
        .unwrap();
    assert!(
        now.1 >= stage.count().await,
        "how everybody stands is told as of now all the same"
    );
}

#[sqlx::test(migrations = false)]
async fn what_somebody_else_wrote_is_planned_in_that_organization_alone(pool: PgPool) {
    let (stage, ana) = one_person(&pool).await;
    let second = stage.another_organization("Second").await;
    stage.enable_for(second, &Filters::default()).await;
    let run = stage.run_well().await;
    assert_eq!(
        planned(&stage, run).await,
        says(&[("Contoso", false), ("Second", true)])
    );
    stage.run_quietly().await;
    let (organization, tenant) = (stage.organization, stage.tenant);
    let asset = "00000000-0000-0000-0000-0000000000aa";
    let writes = [
        format!("update end_user set city = 'Utrecht' where organization_id = '{organization}'"),
        format!(
            "insert into exclusion (organization_id, microsoft_tenant_id, directory_user_id, address)
             values ('{organization}', '{tenant}', '{ana}', 'ana@contoso.example')"
        ),
        "delete from exclusion".to_owned(),
        format!("insert into asset (id, organization_id, name) values ('{asset}', '{organization}', 'Laptop')"),
        format!("insert into asset_mac (asset_id, mac) values ('{asset}', '001122334455')"),
        format!("insert into asset_assignment (asset_id, kind) values ('{asset}', 'manual')"),
        "delete from asset_assignment".to_owned(),
        format!("delete from asset where id = '{asset}'"),
        format!("delete from end_user_mapping where organization_id = '{organization}'"),
        format!("delete from end_user where organization_id = '{organization}'"),
    ];
    for write in writes {
        sqlx::raw_sql(sqlx::AssertSqlSafe(write.clone()))
            .execute(&pool)
            .await
            .unwrap();
        let run = stage.run_well().await;
        assert_eq!(
            planned(&stage, run).await,
            says(&[("Contoso", true), ("Second", false)]),
            "{write}"
        );
        let run = stage.run_well().await;
        assert_eq!(
            planned(&stage, run).await,
            says(&[("Contoso", false), ("Second", false)]),
            "{write}"
        );
    }
    assert_eq!(
        stage.people_of(organization).await.len(),
        1,
        "who was deleted here came back"
    );
}

#[sqlx::test(migrations = false)]
async fn what_changed_at_microsoft_or_in_how_it_is_read_makes_every_organization_due(pool: PgPool) {
    let (stage, ana) = one_person(&pool).await;
    let both = says(&[("Contoso", true), ("Second", true)]);
    let none = says(&[("Contoso", false), ("Second", false)]);
    let second = stage.another_organization("Second").await;
    stage.enable_for(second, &Filters::default()).await;
    stage.run_well().await;
    let group = stage.group("Team", &[]).await;
    stage.run_well().await;
    for what in 0..5 {
        match what {
            0 => stage.change(ana, json!({ "displayName": "Renamed" })).await,
            1 => stage.join(group, ana).await,
            2 => stage.deny(&["groups"]).await,
            3 => stage.deny(&[]).await,
            _ => drop(
                sqlx::query("update user_sync set applied_form = 'an older program''s'")
                    .execute(&pool)
                    .await
                    .unwrap(),
            ),
        }
        let run = stage.run_well().await;
        assert_eq!(planned(&stage, run).await, both, "{what}");
        let run = stage.run_well().await;
        assert_eq!(planned(&stage, run).await, none, "{what}");
    }
}

#[sqlx::test(migrations = false)]
async fn an_organization_that_needs_a_person_or_was_not_applied_is_planned_again(pool: PgPool) {
    let (stage, ana) = one_person(&pool).await;
    let second = stage.another_organization("Second").await;
    let hidden = Filters {
        group: only(&["00000000-0000-0000-0000-000000000001"]),
        ..Filters::default()
    };
    stage.deny(&["groups"]).await;
    stage.enable_for(second, &hidden).await;
    stage.run_well().await;
    let run = stage.run_well().await;
    assert_eq!(
        planned(&stage, run).await,
        says(&[("Contoso", false), ("Second", true)]),
        "attention"
    );

    // A change that was read, and a run that came to no Organization.
    stage.deny(&[]).await;
    stage.run_well().await;
    stage.change(ana, json!({ "displayName": "Renamed" })).await;
    stage
        .fault(json!({ "path": "/v1.0/groups/delta", "kind": "malformed", "times": 1 }))
        .await;
    stage.run_badly().await;
    assert_eq!(stage.person(ana).await.name, "Ana");
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true), ("Second", true)]));
    assert_eq!(stage.person(ana).await.name, "Renamed");
}

#[sqlx::test(migrations = false)]
async fn an_organization_of_which_a_part_was_applied_is_planned_by_the_next_run(pool: PgPool) {
    let (stage, ana) = one_person(&pool).await;
    stage.run_quietly().await;
    let whom = Whom::Id(DirectoryUserId(ana));
    let end = sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now()).await;
    assert!(matches!(end, Ok(PersonEnd::Done(..))), "{end:?}");
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true)]));
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn filters_saved_again_are_applied_by_the_next_run(pool: PgPool) {
    let (stage, _) = one_person(&pool).await;
    stage.run_quietly().await;
    let nobody = Filters {
        department: only(&["Sales"]),
        ..Filters::default()
    };
    stage.enable(&nobody).await;
    let run = stage.run_well().await;
    assert_eq!(stage.counts(run).await.out_of_scope, 1);
}

#[sqlx::test(migrations = false)]
async fn what_is_written_after_a_run_has_planned_is_planned_by_the_next(pool: PgPool) {
    let (stage, ana) = one_person(&pool).await;
    stage.change(ana, json!({ "displayName": "Renamed" })).await;
    // The run has planned, and can't write down what it did.
    let mut hold = pool.begin().await.unwrap();
    sqlx::query("lock table run_person in share mode")
        .execute(&mut *hold)
        .await
        .unwrap();
    tokio::join!(stage.run_well(), async {
        until("the run waits", 60, || async {
            let sql = "select count(*) > 0 from pg_stat_activity
                       where wait_event_type = 'Lock' and datname = current_database()";
            sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
        })
        .await;
        stage.end_user(stage.organization, "Ben", "ben@contoso.example").await;
        hold.commit().await.unwrap();
    });
    assert_eq!(stage.person(ana).await.name, "Renamed");
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true)]));
    stage.run_quietly().await;
    let left: i64 = sqlx::query_scalar("select count(*) from organization_touch")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[sqlx::test(migrations = false)]
async fn what_is_written_while_the_user_sync_is_being_enabled_is_planned_by_the_next_run(pool: PgPool) {
    let (stage, ana) = one_person(&pool).await;
    stage.run_quietly().await;
    sqlx::query("update user_sync set enabled = false")
        .execute(&pool)
        .await
        .unwrap();
    let id = stage.person(ana).await.id;
    let mut writer = pool.begin().await.unwrap();
    sqlx::query("update end_user set name = 'Written' where id = $1")
        .bind(id)
        .execute(&mut *writer)
        .await
        .unwrap();
    // Enabled, and planned whole, before the writer commits.
    stage.enable(&Filters::default()).await;
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true)]));
    writer.commit().await.unwrap();
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true)]));
    assert_eq!(stage.person(ana).await.name, "Ana");
}

#[sqlx::test(migrations = false)]
async fn what_is_written_while_a_user_sync_is_set_up_for_the_first_time_is_planned_by_the_next_run(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let ben = stage.hire("Ben", "ben@contoso.example").await;
    let mut writer = pool.begin().await.unwrap();
    sqlx::query(
        "insert into end_user (id, organization_id, name, email)
         values (gen_random_uuid(), $1, 'Imported', 'ana@contoso.example')",
    )
    .bind(stage.organization)
    .execute(&mut *writer)
    .await
    .unwrap();
    // Set up, and planned whole, before the writer commits.
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    stage.person(ben).await;
    writer.commit().await.unwrap();
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true)]));
    stage.run_quietly().await;
}

#[sqlx::test(migrations = false)]
async fn what_was_told_where_no_user_sync_is_enabled_is_forgotten_by_the_schedule(pool: PgPool) {
    let (stage, _) = one_person(&pool).await;
    let never = stage.another_organization("Never").await;
    stage.end_user(never, "Ben", "ben@contoso.example").await;
    sqlx::query("update end_user set city = 'Utrecht' where organization_id = $1")
        .bind(stage.organization)
        .execute(&pool)
        .await
        .unwrap();
    let touched = async || -> Vec<uuid::Uuid> {
        sqlx::query_scalar("select distinct organization_id from organization_touch")
            .fetch_all(&pool)
            .await
            .unwrap()
    };
    assert_eq!(touched().await.len(), 2);
    store::due::forget_untold(&pool).await.unwrap();
    assert_eq!(touched().await, [stage.organization.0], "an enabled one is still told");
    let run = stage.run_well().await;
    assert_eq!(planned(&stage, run).await, says(&[("Contoso", true)]));
}

#[sqlx::test(migrations = false)]
async fn a_user_sync_that_is_set_up_between_two_writes_of_a_transaction_learns_of_the_second(pool: PgPool) {
    let stage = Stage::new(&pool, 0).await;
    let touches = "select count(*) from organization_touch";
    let mut writer = pool.begin().await.unwrap();
    for (told, set_up) in [(1, true), (2, false), (2, false)] {
        // Three of the same in a row, of which the first is told to whoever comes.
        sqlx::query(
            "insert into asset (id, organization_id, name)
             select gen_random_uuid(), id, 'PC' from organization where id = $1",
        )
        .bind(stage.organization)
        .execute(&mut *writer)
        .await
        .unwrap();
        let number: i64 = sqlx::query_scalar(touches).fetch_one(&mut *writer).await.unwrap();
        assert_eq!(number, told);
        if set_up {
            stage.enable(&Filters::default()).await;
        }
    }
}
