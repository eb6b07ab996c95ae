//! Runs that are cut off: at one of their requests or statements, of which the same run in a copy of the database tells
//! how many there are, so that a cut falls anywhere and never behind the end.

use super::{
    databases,
    door::{Door, Last},
    microsoft::{Event, Hire, Microsoft},
    real::{End, Real},
    steps::{Local, Run},
};
use crate::{
    model::run::{Progress, Stage},
    tests::support::engine,
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{runtime::Builder, time::sleep};

/// Where cuts of this process fell, and how many. A cut that fell nowhere, as the run was over before, is told as such.
static CUTS: Mutex<BTreeMap<(&str, &str), u32>> = Mutex::new(BTreeMap::new());

/// Where cuts fell, for people.
pub fn told() -> String {
    let cuts = CUTS.lock().unwrap_or_else(PoisonError::into_inner);
    let words = cuts
        .iter()
        .map(|((stage, what), count)| format!("{count} at a {what} of the stage {stage}"));
    words.collect::<Vec<_>>().join(", ")
}

/// How a run goes that nothing disturbs.
#[derive(Debug)]
struct Course {
    requests: u32,
    statements: u32,
    /// What was told, each after how many statements.
    stages: Vec<(u32, Stage)>,
}

impl Course {
    /// The statement in the middle of a stage: those that follow its being told of, until the next one is.
    fn middle_of(&self, stage: Stage) -> Option<u32> {
        let ends = self.stages.iter().skip(1).map(|(at, _)| *at).chain([self.statements]);
        let mut parts = self.stages.iter().zip(ends);
        let (from, to) = parts.find_map(|((from, told), to)| (*told == stage && to > *from).then_some((*from, to)))?;
        Some(from + (to - from).div_ceil(2))
    }
}

/// What a run tells last.
struct Latest(Mutex<Stage>);

impl Latest {
    fn new() -> Self {
        Self(Mutex::new(Stage::Starting))
    }

    fn hear(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress.stage;
    }

    fn stage(&self) -> Stage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes where a cut fell.
    fn note(&self, end: &End, what: &'static str) {
        let place = match end {
            End::CutOff => (self.stage().key(), what),
            End::Well | End::Badly(_) => ("after all", what),
        };
        let mut cuts = CUTS.lock().unwrap_or_else(PoisonError::into_inner);
        *cuts.entry(place).or_default() += 1;
    }
}

impl Real {
    /// Plays the next run in a copy, which is gone afterwards. The stand-in changes nothing for being read.
    async fn rehearse(&mut self) -> Course {
        // A database with a session can't be copied.
        self.stage.pool.close().await;
        let (copy, pool) = databases::copy(&self.database).await;
        let counts = json!({ "path": "/v1.0/*", "kind": "delay", "delayMs": 0 });
        self.stage.fault(counts).await;
        let never = Last {
            statement: u32::MAX,
            arrives: true,
        };
        let door = Door::before(&pool, never).await;
        let stages = Mutex::new(vec![(0, Stage::Starting)]);
        let hear = |progress: Progress| {
            let mut stages = stages.lock().unwrap_or_else(PoisonError::into_inner);
            if stages.last().is_none_or(|(_, last)| *last != progress.stage) {
                stages.push((door.said(), progress.stage));
            }
        };
        let engine = engine(&door.pool(&pool).await, &self.stage.microsoft);
        self.run_to_its_end(&engine, Some(&hear)).await;
        let faults = self.stage.control("GET", "faults", None).await;
        self.stage.lift_faults().await;
        let course = Course {
            requests: u32::try_from(faults[0]["matched"].as_u64().unwrap()).unwrap(),
            statements: door.said(),
            stages: stages.into_inner().unwrap_or_else(PoisonError::into_inner),
        };
        drop(engine);
        door.break_down(&pool).await;
        pool.close().await;
        databases::drop(&copy).await;
        self.reopen().await;
        course
    }

    async fn reopen(&mut self) {
        let pool = databases::open(&self.database).await;
        self.stage.engine = engine(&pool, &self.stage.microsoft);
        self.stage.pool = pool;
    }

    /// Has the worker be gone at a request: which one is the number modulo how many there are.
    pub async fn cut_at_request(&mut self, number: u16) -> End {
        let course = self.rehearse().await;
        let number = u32::from(number) % course.requests.max(1) + 1;
        let waits = json!({ "path": "/v1.0/*", "kind": "delay", "delayMs": 60_000, "nth": number, "times": 1 });
        self.stage.fault(waits).await;
        let struck = async {
            loop {
                let faults = self.stage.control("GET", "faults", None).await;
                if faults[0]["struck"] != 0 {
                    return;
                }
                sleep(Duration::from_millis(2)).await;
            }
        };
        let latest = Latest::new();
        let hear = |progress: Progress| latest.hear(progress);
        let end = tokio::select! {
            end = self.run_to_its_end(&self.stage.engine, Some(&hear)) => end,
            () = struck => End::CutOff,
        };
        latest.note(&end, "request");
        self.wait_for_the_lease(&end).await;
        end
    }

    /// Has the worker be gone at a statement: which one is the number modulo how many there are.
    pub async fn cut_at_statement(&mut self, number: u16, arrives: bool) -> End {
        let course = self.rehearse().await;
        let statement = u32::from(number) % course.statements.max(1) + 1;
        self.cut_at(Last { statement, arrives }).await.0
    }

    /// Has the worker be gone in the middle of a stage, which the run has to have.
    pub async fn cut_in(&mut self, stage: Stage) -> End {
        let course = self.rehearse().await;
        let middle = course.middle_of(stage);
        let statement = middle.unwrap_or_else(|| panic!("nothing is said to the database in {stage:?}: {course:?}"));
        let (end, latest) = self
            .cut_at(Last {
                statement,
                arrives: true,
            })
            .await;
        assert!(
            matches!(end, End::CutOff) && latest == stage,
            "the cut at {statement} was to fall in {stage:?} and fell in {latest:?}: {course:?}"
        );
        end
    }

    async fn cut_at(&self, last: Last) -> (End, Stage) {
        let pool = &self.stage.pool;
        let door = Door::before(pool, last).await;
        let engine = engine(&door.pool(pool).await, &self.stage.microsoft);
        let latest = Latest::new();
        let hear = |progress: Progress| latest.hear(progress);
        let end = tokio::select! {
            biased;
            () = door.is_shut() => End::CutOff,
            end = self.run_to_its_end(&engine, Some(&hear)) => end,
        };
        latest.note(&end, "statement");
        drop(engine);
        door.break_down(pool).await;
        self.wait_for_the_lease(&end).await;
        (end, latest.stage())
    }

    /// Time goes by until the lease of a worker that is gone is over.
    async fn wait_for_the_lease(&self, end: &End) {
        if matches!(end, End::CutOff) {
            sqlx::query("update run_lease set expires_at = clock_timestamp() - interval '1 second'")
                .execute(&self.stage.pool)
                .await
                .unwrap();
        }
    }
}

fn ana(day: u8) -> Event {
    let mail = json!(super::microsoft::OWN);
    Event::Hire(Hire {
        properties: vec![("displayName", json!("Ana")), ("mail", mail)],
        guest: false,
        day,
    })
}

/// Something for every stage to do: a person and their membership change, and so do the people of both Organizations.
fn changes(round: u8) -> [Event; 2] {
    let title = format!("Title {round}");
    [
        Event::Set {
            who: round,
            property: "jobTitle",
            value: json!(title),
        },
        Event::Member {
            group: 0,
            user: round,
            inside: true,
        },
    ]
}

#[test]
fn a_run_that_is_cut_off_in_any_of_its_stages_is_made_good_by_the_next() {
    let _alone = databases::alone();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        databases::prepare().await;
        let mut microsoft = Microsoft::default();
        let begin = (0..9).map(ana).chain([Event::NewGroup(vec![8])]);
        let first: Vec<_> = begin.flat_map(|event| microsoft.happen(&event)).collect();
        let mut real = Real::new(&microsoft, &first).await;
        let ticks = Default::default();
        real.do_here(&Local::Filters { of: 1, ticks }).await;
        real.run(&Run::Well).await;
        let stages = [
            Stage::Starting,
            Stage::Users,
            Stage::Groups,
            Stage::Devices,
            Stage::Planning,
            Stage::Applying,
            Stage::SignIns,
            Stage::Mfa,
        ];
        for (round, stage) in (0..).zip(stages) {
            for event in changes(round) {
                real.happen(&event).await;
            }
            real.run(&Run::CutIn(stage)).await;
            real.run(&Run::Well).await;
        }
        real.settle().await;
        real.end().await;
        databases::clear().await;
    });
}
