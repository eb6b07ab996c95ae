//! What is counted of runs, for Prometheus: names and labels in one place. Counting never fails and, where nobody set
//! up a recorder, does nothing. Labels are words of ours alone, never an id or a name, so that their number is bounded.

use super::RunError;
use crate::model::{
    plan::{Outcome, PersonPlan, Plan},
    run::Trigger,
};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tokio::time::Instant;

const RUNS: &str = "entrain_runs_total";
const RUN_DURATION: &str = "entrain_run_duration_seconds";
const AT_WORK: &str = "entrain_runs_at_work";
const ROWS: &str = "entrain_rows_written_total";

/// Upper bounds of the buckets of [`RUN_DURATION`], in seconds: from a quiet run to the first one of a large tenant.
pub const RUN_BUCKETS: (&str, [f64; 12]) = (
    RUN_DURATION,
    [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0],
);

/// Tells the recorder what each name means.
pub fn describe() {
    describe_counter!(
        RUNS,
        "Runs that ended, by trigger and end (succeeded, failed, handed_back, put_off, or cut_off, which its finder counts)."
    );
    describe_histogram!(
        RUN_DURATION,
        "How long a run took in seconds, by trigger and end, its last record excepted."
    );
    describe_gauge!(AT_WORK, "Runs at work in this process.");
    describe_counter!(ROWS, "Rows written by runs, by table and outcome.");
    gauge!(AT_WORK).set(0.0);
}

/// Measures one run from its beginning to its end.
pub(super) struct AtWork {
    trigger: Trigger,
    since: Instant,
}

impl AtWork {
    /// A run begins.
    pub fn begin(trigger: Trigger) -> Self {
        gauge!(AT_WORK).increment(1.0);
        Self {
            trigger,
            since: Instant::now(),
        }
    }

    /// It ended by itself, with or without an error. One that is dropped without an end was cut off: who finds it counts it.
    pub fn end(&self, error: Option<&RunError>) {
        let end = match error {
            None => "succeeded",
            Some(RunError::HandedBack) => "handed_back",
            Some(RunError::PutOff { .. }) => "put_off",
            Some(_) => "failed",
        };
        let trigger = self.trigger.key();
        counter!(RUNS, "trigger" => trigger, "end" => end).increment(1);
        histogram!(RUN_DURATION, "trigger" => trigger, "end" => end).record(self.since.elapsed());
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        gauge!(AT_WORK).decrement(1.0);
    }
}

/// A run was found that its process did not end, as it was killed or frozen.
pub(super) fn found_cut_off(trigger: Trigger) {
    counter!(RUNS, "trigger" => trigger.key(), "end" => "cut_off").increment(1);
}

/// Rows of a table were written and committed.
pub(super) fn wrote(table: &'static str, outcome: &'static str, rows: impl TryInto<u64>) {
    let rows = rows.try_into().unwrap_or(u64::MAX);
    if rows > 0 {
        counter!(ROWS, "table" => table, "outcome" => outcome).increment(rows);
    }
}

/// The End Users of a plan, and their mappings, were written and committed.
pub(super) fn wrote_end_users(plan: &Plan) {
    let written: Vec<&PersonPlan> = plan.people.iter().filter(|person| person.writes()).collect();
    for outcome in Outcome::ALL {
        let rows = written.iter().filter(|person| person.outcome == outcome).count();
        wrote("end_user", outcome_label(outcome), rows);
    }
    wrote("end_user_mapping", "upsert", written.len());
}

/// As Prometheus writes values: words joined by `_`.
const fn outcome_label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::OutOfScope => "out_of_scope",
        other => other.key(),
    }
}
