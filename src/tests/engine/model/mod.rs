//! The whole thing against a model of it: histories of what happens at Microsoft, here and to runs, drawn at random, after
//! which the database has to hold what the model expects. One seed is one history: see the page on user sync in `src/docs`.

mod compare;
mod customers;
mod cuts;
mod databases;
mod directory;
mod door;
mod faults;
mod guard;
mod microsoft;
mod real;
mod rules;
mod steps;

use crate::tests::support::until;
use microsoft::{Call, Event, Microsoft};
use proptest::{
    strategy::{BoxedStrategy, Strategy},
    test_runner::{Config, RngSeed, TestRunner},
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use real::Real;
use std::{env, time::UNIX_EPOCH};
use steps::Step;
use tokio::runtime::{Builder, Runtime};

/// What Microsoft holds, and the requests that brought the stand-in there at the beginning.
#[derive(Clone, Debug)]
pub struct State {
    microsoft: Microsoft,
    first: Vec<Call>,
}

/// Draws histories. What the Organizations hold is not known before a history is played: that depends on how far a run
/// came that was cut off.
struct Histories;

impl ReferenceStateMachine for Histories {
    type State = State;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<State> {
        let begin = |hires: Vec<microsoft::Hire>| {
            let mut microsoft = Microsoft::default();
            let hires = hires.into_iter().map(Event::Hire);
            let groups = [vec![0, 1, 2], vec![3, 4]].map(Event::NewGroup);
            let nested = Event::Nest {
                group: 0,
                inner: 1,
                inside: true,
            };
            let events = hires.chain(groups).chain([nested]);
            let first = events.flat_map(|event| microsoft.happen(&event)).collect();
            State { microsoft, first }
        };
        steps::first_accounts().prop_map(begin).boxed()
    }

    fn transitions(_: &State) -> BoxedStrategy<Step> {
        steps::step()
    }

    fn apply(mut state: State, step: &Step) -> State {
        if let Step::There(events) = step {
            for event in events {
                state.microsoft.happen(event);
            }
        }
        state
    }
}

/// A history that is played. The database goes with it, however it ends.
struct Play {
    runtime: Runtime,
    real: Option<Real>,
}

impl Drop for Play {
    fn drop(&mut self) {
        if let Some(real) = self.real.take() {
            self.runtime.block_on(real.end());
        }
    }
}

/// Plays histories.
struct Played;

impl StateMachineTest for Played {
    type SystemUnderTest = Play;
    type Reference = Histories;

    fn init_test(state: &State) -> Play {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let real = Some(runtime.block_on(Real::new(&state.microsoft, &state.first)));
        Play { runtime, real }
    }

    fn apply(mut play: Play, _: &State, step: Step) -> Play {
        if let Some(real) = &mut play.real {
            play.runtime.block_on(one_step(real, &step));
        }
        play
    }

    /// Every history ends with a run with nothing in the way.
    fn teardown(mut play: Play, _: State) {
        if let Some(real) = &mut play.real {
            play.runtime.block_on(real.settle());
        }
    }
}

async fn one_step(real: &mut Real, step: &Step) {
    match step {
        Step::There(events) => {
            for event in events {
                real.happen(event).await;
            }
        }
        Step::Here(locals) => {
            for local in locals {
                real.do_here(local).await;
            }
        }
        Step::Run(how) => real.run(how).await,
        Step::Settle => real.settle().await,
    }
}

/// A setting from the environment.
fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Plays the history of a seed. Returns what was wrong, with the shortest history that shows it.
fn play(seed: u64, steps: usize, tries: u32) -> Result<(), String> {
    let config = Config {
        cases: 1,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: tries,
        ..Config::default()
    };
    let strategy = Histories::sequential_strategy(steps..=steps);
    let result = TestRunner::new(config.clone()).run(&strategy, |(state, steps, seen)| {
        Played::test_sequential(config.clone(), state, steps, seen);
        Ok(())
    });
    result.map_err(|error| error.to_string())
}

/// Seeds that every test plays, from 1 on. One more is the clock's, so that each test plays a history that none did yet.
const FIXED: u64 = 10;

#[test]
fn whatever_happens_the_database_ends_as_the_model_has_it() {
    let _alone = databases::alone();
    let steps = setting("ENTRAIN_MODEL_STEPS").unwrap_or(12);
    let tries = setting("ENTRAIN_MODEL_TRIES").unwrap_or(40);
    let only: Option<u64> = setting("ENTRAIN_MODEL_SEED");
    let first = only.unwrap_or(1);
    let histories = setting("ENTRAIN_MODEL_HISTORIES").unwrap_or(if only.is_some() { 1 } else { FIXED });
    let new = UNIX_EPOCH.elapsed().unwrap().as_millis();
    let new = u64::try_from(new).ok().filter(|_| only.is_none());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(databases::prepare());
    let mut seeds = (first..first + histories).chain(new);
    println!(
        "Histories of the seeds {first} to {}, and {new:?}",
        first + histories - 1
    );
    let failed = seeds.find_map(|seed| Some((seed, play(seed, steps, tries).err()?)));
    runtime.block_on(databases::clear());
    println!("Runs were cut off: {}", cuts::told());
    if let Some((seed, why)) = failed {
        panic!(
            "The history of seed {seed} went wrong. To play it again:\n  ENTRAIN_MODEL_SEED={seed} \
             ENTRAIN_MODEL_STEPS={steps} end2end/with-postgres.sh cargo test --lib --features ssr whatever_happens\n{why}"
        );
    }
}
