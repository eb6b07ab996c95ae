//! The same changes to two Organizations, of which one plans the closure and the other everybody, in one order and the
//! other.

use super::{closure::write, held::ada};
use crate::{
    engine::{
        approve::{Chosen, approve, drop_rows},
        one_person::{PersonEnd, Whom, sync_person},
        round,
        run::RunEnd,
    },
    model::{
        filter::Filters,
        ids::{DirectoryUserId, OrganizationId, RunId},
    },
    store,
    tests::support::{Stage, only},
};
use chrono::Utc;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

/// Everything that runs leave of an Organization, told without its own ids.
async fn left(stage: &Stage, organization: OrganizationId) -> Value {
    let sql = "select jsonb_build_object(
        'people', (select jsonb_agg(to_jsonb(e) - 'id' - 'organization_id' - 'created_at' - 'updated_at' - 'written_at'
                        || jsonb_build_object('user', m.directory_user_id, 'synced', m.last_synced,
                                              'mark', m.mark_kind, 'at', m.mark_at)
                        order by e.name, m.directory_user_id, e.email)
                   from end_user e left join end_user_mapping m on m.end_user_id = e.id where e.organization_id = $1),
        'standing', (select jsonb_agg(jsonb_build_array(directory_user_id, outcome, reason - 'end_user' - 'end_users')
                                      order by directory_user_id)
                     from standing_outcome where organization_id = $1),
        'held', (select jsonb_agg(jsonb_build_array(directory_user_id, part, change, rule, is_left)
                                  order by directory_user_id, part)
                 from held_row where organization_id = $1))";
    sqlx::query_scalar(sql)
        .bind(organization)
        .fetch_one(&stage.pool)
        .await
        .unwrap()
}

/// What a run tells of an Organization.
async fn told(stage: &Stage, run: RunId, organization: OrganizationId) -> (Value, Value) {
    let people = sqlx::query_scalar(
        "select coalesce(jsonb_agg(jsonb_build_array(directory_user_id, outcome, reason - 'end_user' - 'end_users', changes)
                                   order by directory_user_id), '[]')
         from run_person where run_id = $1 and organization_id = $2",
    )
    .bind(run)
    .bind(organization)
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    let counts = sqlx::query_scalar("select counts from run_organization where run_id = $1 and organization_id = $2")
        .bind(run)
        .bind(organization)
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    (people, counts)
}

/// Two Organizations of one Microsoft tenant, the second of which plans everybody whenever the first plans a closure.
struct Twins {
    stage: Stage,
    second: OrganizationId,
    users: Vec<Uuid>,
}

impl Twins {
    async fn new(pool: &PgPool) -> Self {
        let stage = Stage::new(pool, 0).await;
        let mut users = vec![];
        for n in 0..12 {
            let person = json!({ "displayName": format!("Person {n}"), "mail": mail(n), "department": "Sales" });
            users.push(stage.add(person).await);
        }
        let second = stage.another_organization("Second").await;
        let sales = Filters {
            department: only(&["Sales"]),
            ..Filters::default()
        };
        for organization in [stage.organization, second] {
            stage.enable_for(organization, &sales).await;
        }
        let twins = Self { stage, second, users };
        twins.stage.run_well().await;
        twins
    }

    /// Runs, and sees that both end alike.
    async fn run(&self, after: &str) -> RunId {
        let (stage, first) = (&self.stage, self.stage.organization);
        write(
            stage,
            &format!(
                "insert into organization_touch (organization_id) values ('{}');
                 insert into organization_touch (organization_id, concerns) values ('{first}', 'person')",
                self.second
            ),
        )
        .await;
        let since = async |organization| {
            store::closure::since(&stage.pool, organization, stage.tenant, &round::form())
                .await
                .unwrap()
        };
        assert!(since(first).await.is_some() && since(self.second).await.is_none());
        let run = stage.run_well().await;
        assert_eq!(
            told(stage, run, first).await,
            told(stage, run, self.second).await,
            "{after}"
        );
        assert_eq!(left(stage, first).await, left(stage, self.second).await, "{after}");
        run
    }

    /// The same by hand in both.
    async fn write(&self, set: &str, which: &str) {
        let of_user = "select end_user_id from end_user_mapping where directory_user_id";
        let sql = format!("update end_user set {set} where id in ({of_user} = {which})");
        write(&self.stage, &sql).await;
    }

    async fn step(&self, step: usize) {
        let (stage, users) = (&self.stage, &self.users);
        let rename = async |n: usize, to: usize| stage.change(users[n], json!({ "mail": mail(to) })).await;
        let user = |n: usize| format!("'{}'", users[n]);
        match step {
            // A swap, and a chain.
            0 => rename(0, 1).await,
            1 => rename(1, 0).await,
            2 => rename(2, 30).await,
            3 => rename(3, 2).await,
            // Two want one address, and one gives up.
            4 => rename(4, 40).await,
            5 => rename(5, 40).await,
            6 => rename(4, 41).await,
            // A new account with an address that somebody has, who then leaves it.
            7 => drop(stage.hire_to("Rehired", &mail(6)).await),
            8 => rename(6, 60).await,
            9 => stage.delete(users[7]).await,
            10 => drop(stage.hire_to("Renewed", &mail(7)).await),
            11 => {
                let properties = json!({ "accountEnabled": false, "department": "Legal" });
                stage.change(users[8], properties).await;
            }
            12 => stage.change(users[8], json!({ "accountEnabled": true })).await,
            13 => self.write("email = 'by.hand@contoso.example'", &user(9)).await,
            14 => self.write(&format!("email = '{}'", mail(11)), &user(10)).await,
            _ => stage.restore(users[7]).await,
        }
    }
}

/// How many steps there are.
const STEPS: usize = 16;

fn mail(n: usize) -> String {
    format!("p{n}@contoso.example")
}

impl Stage {
    async fn hire_to(&self, name: &str, mail: &str) -> Uuid {
        self.add(json!({ "displayName": name, "mail": mail, "department": "Sales" }))
            .await
    }
}

#[sqlx::test(migrations = false)]
async fn swaps_chains_moves_and_conflicts_end_as_when_everybody_is_planned_run_by_run(pool: PgPool) {
    let twins = Twins::new(&pool).await;
    for step in 0..STEPS {
        twins.step(step).await;
        twins.run(&format!("step {step}")).await;
        twins.run(&format!("once more after step {step}")).await;
    }
}

#[sqlx::test(migrations = false)]
async fn and_in_the_other_order_several_at_once(pool: PgPool) {
    let twins = Twins::new(&pool).await;
    // Who is restored was deleted before.
    twins.step(9).await;
    for steps in (0..STEPS).rev().collect::<Vec<_>>().chunks(3) {
        for step in steps.iter().filter(|step| **step != 9) {
            twins.step(*step).await;
        }
        twins.run(&format!("steps {steps:?}")).await;
    }
    twins.run("all steps").await;
}

#[sqlx::test(migrations = false)]
async fn what_was_approved_dropped_or_synced_alone_is_looked_at_again(pool: PgPool) {
    let twins = Twins::new(&pool).await;
    let (stage, users) = (&twins.stage, &twins.users);
    let rows = async |n: usize| -> Chosen {
        let sql = "select id from held_row where directory_user_id = $1";
        Chosen::Rows(sqlx::query_scalar(sql).bind(users[n]).fetch_all(&pool).await.unwrap())
    };
    for n in 0..6 {
        let properties = json!({ "mail": mail(n + 6), "jobTitle": "Clerk" });
        stage.change(users[n], properties).await;
        stage.change(users[n + 6], json!({ "mail": mail(n) })).await;
    }
    let run = twins.run("held swaps").await;
    assert_eq!(
        stage.person(users[0]).await.email,
        mail(0),
        "twelve of twelve are too many"
    );
    let end = approve(&stage.engine, run, &rows(0).await, &ada()).await.unwrap();
    assert!(matches!(end, RunEnd::Succeeded(_)), "{end:?}");
    let run = twins.run("one half of a swap approved").await;
    assert_eq!(drop_rows(&stage.engine, run, &rows(1).await, &ada()).await.unwrap(), 2);
    stage.change(users[2], json!({ "mail": mail(2) })).await;
    twins.run("one dropped and one taken back").await;
    stage
        .change(
            users[3],
            json!({ "displayName": "Renamed", "mail": "three@contoso.example" }),
        )
        .await;
    for organization in [stage.organization, twins.second] {
        let whom = Whom::Id(DirectoryUserId(users[3]));
        let end = sync_person(&stage.engine, stage.tenant, organization, whom, Utc::now()).await;
        assert!(matches!(end, Ok(PersonEnd::Done(..))), "{end:?}");
    }
    twins.run("one synced alone").await;
    assert_eq!(stage.person(users[3]).await.name, "Renamed");
    twins.run("once more").await;
}
