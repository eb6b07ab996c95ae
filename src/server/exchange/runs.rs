//! Runs, their people and the audit log as tables.

use super::export::{Cells, Names};
use crate::{
    model::{
        audit::AuditEvent,
        ids::{OrganizationId, RunId},
        plan::{Counts, Outcome},
        run::{RunListRow, RunPerson},
    },
    store::{
        self, StoreError,
        access::SeenRun,
        activity::{AuditFilter, RunFilter},
    },
};
use futures::{StreamExt, stream::BoxStream};
use serde_json::Value;
use sqlx::PgPool;

type Table<'a> = (Names, BoxStream<'a, Result<Cells, StoreError>>);

/// Which people of a run.
#[derive(Clone, Debug)]
pub struct PeopleFilter {
    /// Of which run.
    pub run: RunId,
    /// The Organizations of whoever asks; `None` is all.
    pub theirs: Option<Vec<OrganizationId>>,
    /// Of one outcome; `None` for all.
    pub outcome: Option<Outcome>,
    /// Words in the name or the address.
    pub search: String,
    /// Those whom the run tells of.
    pub told: bool,
    /// The unchanged and the long-standing, as they are now.
    pub as_of_now: bool,
}

impl PeopleFilter {
    fn seen(&self) -> SeenRun<'_> {
        SeenRun {
            id: self.run,
            theirs: self.theirs.as_deref(),
        }
    }
}

fn names(names: &[(&str, &str)]) -> Names {
    let names = names
        .iter()
        .map(|(key, label)| ((*key).to_owned(), (*label).to_owned()));
    names.collect()
}

const RUN: [(&str, &str); 11] = [
    ("run", "Run"),
    ("started", "Started"),
    ("reason", "Reason"),
    ("microsoftTenant", "Microsoft Tenant"),
    ("organization", "Organization"),
    ("result", "Result"),
    ("seconds", "Seconds"),
    ("error", "Error"),
    ("attention", "Attention"),
    ("held", "Held"),
    ("unchanged", "Unchanged"),
];

const COUNTS: [(&str, &str); 8] = [
    ("created", "Created"),
    ("linked", "Linked"),
    ("updated", "Updated"),
    ("disabled", "Disabled"),
    ("enabledAgain", "Enabled Again"),
    ("outOfScope", "Out of Scope"),
    ("skipped", "Skipped"),
    ("conflicts", "Conflicts"),
];

/// `None` for what is not told to whom the rows are for.
fn counts(counts: &Counts) -> [Option<u32>; 8] {
    let of_the_whole = |number: u32| (!counts.partial).then_some(number);
    [
        Some(counts.create),
        Some(counts.link),
        Some(counts.update),
        Some(counts.disable),
        Some(counts.enable),
        of_the_whole(counts.out_of_scope),
        of_the_whole(counts.skip),
        Some(counts.conflict),
    ]
}

/// Runs, a row for each Organization.
pub fn runs<'a>(pool: &'a PgPool, filter: &'a RunFilter) -> Table<'a> {
    let rows = store::activity::all_runs(pool, filter).map(|row| row.map(run_cells));
    (names(&[&RUN[..], &COUNTS].concat()), rows.boxed())
}

fn run_cells(row: RunListRow) -> Cells {
    let mut cells: Cells = vec![
        row.run.id.to_string().into(),
        row.run.started.at.to_rfc3339().into(),
        row.run.trigger.label().into(),
        row.run.microsoft_tenant.into(),
        row.organization.map_or(Value::Null, |(_, name)| name.into()),
        row.run.state.label().into(),
        row.seconds.into(),
        row.run.error.into(),
        row.attention.into(),
        row.held.into(),
    ];
    let unchanged = (!row.run.counts.partial).then_some(row.run.counts.unchanged);
    let numbers = std::iter::once(unchanged).chain(counts(&row.run.counts));
    // Where nothing was planned, nothing was counted.
    cells.extend(numbers.map(|number| number.filter(|_| !row.run.nothing_changed).into()));
    cells
}

const PERSON: [(&str, &str); 9] = [
    ("organization", "Organization"),
    ("name", "Name"),
    ("email", "Email"),
    ("outcome", "Outcome"),
    ("why", "Reason"),
    ("changes", "Changes"),
    ("microsoftId", "Microsoft ID"),
    ("endUser", "End User ID"),
    ("asOf", "As of"),
];

fn person_cells(person: RunPerson, as_of: &str) -> Cells {
    let changes: Vec<_> = person
        .changes
        .iter()
        .map(|change| format!("{}: {} → {}", change.field.label(), change.old, change.new))
        .collect();
    vec![
        person.organization.into(),
        person.name.into(),
        person.address.into(),
        person.outcome.label().into(),
        person.reason.words().into(),
        changes.join("; ").into(),
        person.user.to_string().into(),
        person.end_user.map(|id| id.to_string()).into(),
        as_of.into(),
    ]
}

/// Every person of one run: those it tells of, then the unchanged and the long-standing as they are now.
pub fn people<'a>(pool: &'a PgPool, filter: &'a PeopleFilter) -> Table<'a> {
    let told = futures::stream::iter(filter.told.then_some(()))
        .flat_map(move |()| store::run_people::told(pool, filter.seen(), filter.outcome, &filter.search))
        .map(|row| row.map(|person| person_cells(person, "The run")));
    let now = futures::stream::iter(filter.as_of_now.then_some(()))
        .flat_map(move |()| store::run_people::as_of_now(pool, filter.seen(), filter.outcome, &filter.search))
        .map(|row| row.map(|person| person_cells(person, "Now")));
    (names(&PERSON), told.chain(now).boxed())
}

/// Runs with the people whom they tell of: a row for each person.
pub fn all_people<'a>(pool: &'a PgPool, filter: &'a RunFilter) -> Table<'a> {
    let rows = store::activity::people_of_runs(pool, filter).map(|row| {
        row.map(|(run, started, person)| {
            let mut cells: Cells = vec![run.to_string().into(), started.to_rfc3339().into()];
            cells.extend(person_cells(person, "The run"));
            cells
        })
    });
    (names(&[&RUN[..2], &PERSON].concat()), rows.boxed())
}

const AUDIT: [(&str, &str); 11] = [
    ("when", "When"),
    ("who", "Who"),
    ("how", "How"),
    ("address", "Address"),
    ("action", "Action"),
    ("kind", "Kind"),
    ("name", "Name"),
    ("organization", "Organization"),
    ("field", "Field"),
    ("old", "Old Value"),
    ("new", "New Value"),
];

/// The audit log: a row for each value that changed, one for what changed no value.
pub fn audit<'a>(pool: &'a PgPool, filter: &'a AuditFilter) -> Table<'a> {
    let rows = store::activity::all_audit(pool, filter).flat_map(|event| {
        let rows: Vec<_> = match event {
            Ok(event) => audit_cells(&event).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        futures::stream::iter(rows)
    });
    (names(&AUDIT), rows.boxed())
}

fn audit_cells(event: &AuditEvent) -> Vec<Cells> {
    let first: Cells = vec![
        event.at.at.to_rfc3339().into(),
        event.actor.name.clone().into(),
        event.actor.kind.label().into(),
        event.actor.address.clone().into(),
        event.action.map_or("", |action| action.label()).into(),
        event.subject.map_or("", |subject| subject.label()).into(),
        event.subject_name.clone().into(),
        event
            .organization
            .as_ref()
            .map_or(Value::Null, |(_, name)| name.clone().into()),
    ];
    let row = |rest: [&str; 3]| -> Cells { first.iter().cloned().chain(rest.map(Value::from)).collect() };
    if event.changes.is_empty() {
        return vec![row(["", "", ""])];
    }
    let changes = event.changes.iter();
    changes
        .map(|change| row([&change.field, &change.old, &change.new]))
        .collect()
}
