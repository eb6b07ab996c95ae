//! What the dialog of filters offers is kept, and is what counting anew gives.

use crate::{
    engine::{
        facets::offered,
        one_person::{Whom, sync_person},
        preview::Directory,
    },
    model::{
        filter::{Facets, Filters, Section},
        ids::DirectoryUserId,
    },
    store,
    tests::support::Stage,
};
use chrono::Utc;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

/// Something that changes in Microsoft: to which of those who are there, and what.
#[derive(Clone, Debug)]
enum Change {
    Hire(Value),
    Person(prop::sample::Index, Value),
    Delete(prop::sample::Index),
    Group(Vec<prop::sample::Index>),
    Join(prop::sample::Index, prop::sample::Index),
    DeleteGroup(prop::sample::Index),
}

/// Properties that are counted, one that is not, and spellings that are the same.
fn properties() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["Sales", "sales ", "SALES", "Zürich", "Zu\u{308}rich", "Legal"])
            .prop_map(|department| json!({ "department": department })),
        prop::sample::select(vec![Some("Berlin"), Some("BERLIN"), None])
            .prop_map(|office| json!({ "officeLocation": office })),
        prop::sample::select(vec!["a@contoso.example", "A@Fabrikam.example", "x@ΟΔΟΣ.example"])
            .prop_map(|mail| json!({ "mail": mail })),
        any::<bool>().prop_map(|guest| json!({ "userType": if guest { "Guest" } else { "Member" } })),
        any::<bool>().prop_map(|enabled| json!({ "accountEnabled": enabled })),
        (0..100u8).prop_map(|n| json!({ "jobTitle": format!("Title {n}") })),
    ]
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let index = any::<prop::sample::Index>;
    prop::collection::vec(
        prop_oneof![
            2 => properties().prop_map(Change::Hire),
            6 => (index(), properties()).prop_map(|(who, what)| Change::Person(who, what)),
            1 => index().prop_map(Change::Delete),
            1 => prop::collection::vec(index(), 0..6).prop_map(Change::Group),
            2 => (index(), index()).prop_map(|(group, who)| Change::Join(group, who)),
            1 => index().prop_map(Change::DeleteGroup),
        ],
        0..6,
    )
}

/// Who and what is there.
struct There {
    users: Vec<Uuid>,
    groups: Vec<Uuid>,
    hired: usize,
}

impl There {
    async fn make(&mut self, stage: &Stage, change: Change) {
        match change {
            Change::Hire(properties) => {
                let number = self.hired;
                self.hired += 1;
                let id = stage
                    .hire(&format!("New {number}"), &format!("n{number}@x.example"))
                    .await;
                stage.change(id, properties).await;
                self.users.push(id);
            }
            Change::Person(who, properties) => stage.change(*who.get(&self.users), properties).await,
            Change::Delete(who) => {
                let id = self.users.remove(who.index(self.users.len()));
                stage.delete(id).await;
            }
            Change::Group(who) => {
                let mut members: Vec<_> = who.iter().map(|who| *who.get(&self.users)).collect();
                members.extend(self.groups.last().copied().filter(|_| who.len() > 2));
                members.sort_unstable();
                members.dedup();
                let name = format!("Group {}", self.groups.len());
                self.groups.push(stage.group(&name, &members).await);
            }
            Change::Join(group, who) if !self.groups.is_empty() => {
                stage.join(*group.get(&self.groups), *who.get(&self.users)).await;
            }
            Change::DeleteGroup(group) if !self.groups.is_empty() => {
                let id = self.groups.remove(group.index(self.groups.len()));
                stage.delete_group(id).await;
            }
            Change::Join(..) | Change::DeleteGroup(_) => {}
        }
    }
}

/// Counted from everybody, by the rule itself.
async fn anew(stage: &Stage) -> Facets {
    Directory::stored(&stage.engine, stage.tenant).await.unwrap().facets()
}

async fn kept(stage: &Stage) -> Option<Facets> {
    store::facets::kept(&stage.pool, stage.tenant).await.unwrap()
}

/// What is offered, kept or not.
async fn told(stage: &Stage) -> Facets {
    offered(&stage.pool, stage.tenant).await.unwrap()
}

async fn execute(stage: &Stage, sql: &str) {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
        .execute(&stage.pool)
        .await
        .unwrap();
}

/// Which transaction wrote what is kept.
async fn written(stage: &Stage) -> Option<String> {
    sqlx::query_scalar("select xmin::text || ' ' || ctid::text from directory_facets")
        .fetch_optional(&stage.pool)
        .await
        .unwrap()
}

#[sqlx::test(migrations = false)]
async fn kept_counts_are_the_counts_of_everybody_after_whatever_changes(pool: PgPool) {
    let stage = Stage::new(&pool, 30).await;
    stage.run_well().await;
    assert_eq!(kept(&stage).await.unwrap(), anew(&stage).await);
    let mut there = There {
        users: sqlx::query_scalar("select id from directory_user where deleted_at is null order by id")
            .fetch_all(&pool)
            .await
            .unwrap(),
        groups: vec![],
        hired: 0,
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]);
    let mut chance = TestRunner::new_with_rng(Config::default(), rng);
    for _ in 0..40 {
        let some = changes().new_tree(&mut chance).unwrap().current();
        for change in some.clone() {
            there.make(&stage, change).await;
        }
        stage.run_well().await;
        assert_eq!(kept(&stage).await.unwrap(), anew(&stage).await, "after {some:?}");
    }
}

#[sqlx::test(migrations = false)]
async fn a_run_counts_only_where_something_that_is_counted_changed(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    stage.run_well().await;
    let first = written(&stage).await;
    assert!(first.is_some());
    stage.run_well().await;
    stage.change(ana, json!({ "jobTitle": "Director" })).await;
    stage.run_well().await;
    stage.forget_links().await;
    stage.run_well().await;
    assert_eq!(written(&stage).await, first, "a job title is not counted");
    stage.change(ana, json!({ "department": "Board" })).await;
    stage.run_well().await;
    assert_ne!(written(&stage).await, first);
    assert_eq!(kept(&stage).await.unwrap(), anew(&stage).await);
}

#[sqlx::test(migrations = false)]
async fn what_is_not_kept_is_counted_and_kept_by_the_next_run(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    let ana = stage.hire("Ana", "ana@contoso.example").await;
    assert_eq!(told(&stage).await, anew(&stage).await, "before the first run");
    stage.enable(&Filters::default()).await;
    stage.run_well().await;
    for forget in [
        "delete from directory_facets",
        "update directory_group set name = 'Another name' where id = (select min(id::text)::uuid from directory_group)",
        "update directory_user set department = ' sales' where mail = 'ana@contoso.example'",
        "update directory_user set mail = '', upn = 'ana_fabrikam.example#EXT#@contoso.example', user_type = 'guest',
                                   other_mails = '{\"\", ana@fabrikam.example}' where mail = 'ana@contoso.example'",
    ] {
        execute(&stage, forget).await;
        assert_eq!(kept(&stage).await, None, "{forget}");
        assert_eq!(told(&stage).await, anew(&stage).await, "{forget}");
        stage.run_well().await;
        assert_eq!(kept(&stage).await.unwrap(), anew(&stage).await, "{forget}");
    }
    // The number of a person's own department, read alone.
    stage.change(ana, json!({ "department": "Board" })).await;
    let whom = Whom::Id(DirectoryUserId(ana));
    sync_person(&stage.engine, stage.tenant, stage.organization, whom, Utc::now())
        .await
        .unwrap();
    assert_eq!(kept(&stage).await, None);
    let facets = told(&stage).await;
    let board = facets
        .section(Section::Department)
        .iter()
        .find(|facet| facet.label == "Board");
    assert_eq!(board.map(|facet| facet.count), Some(1));
    stage.run_well().await;
    assert_eq!(kept(&stage).await.unwrap(), facets);
}

#[sqlx::test(migrations = false)]
async fn a_statement_of_many_rows_forgets_what_is_kept_once(pool: PgPool) {
    let stage = Stage::new(&pool, 25).await;
    stage.run_well().await;
    assert!(kept(&stage).await.is_some());
    let mut tx = pool.begin().await.unwrap();
    // What the connection did before may not be told to others yet, and is counted too.
    let looks = "select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) from pg_stat_xact_user_tables
                 where relname = 'directory_facets'";
    let mut count = vec![];
    for write in [
        "update directory_user set department = department || ' (old)'",
        "update directory_user set department = department || ' (older)'",
    ] {
        let before: i64 = sqlx::query_scalar(looks).fetch_one(&mut *tx).await.unwrap();
        let written = sqlx::query(write).execute(&mut *tx).await.unwrap();
        assert!(written.rows_affected() >= 25);
        let after: i64 = sqlx::query_scalar(looks).fetch_one(&mut *tx).await.unwrap();
        count.push(after - before);
    }
    assert_eq!(count, [1, 0]);
    tx.commit().await.unwrap();
    assert_eq!(kept(&stage).await, None);
}
