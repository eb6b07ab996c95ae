use super::*;
use crate::model::{
    end_user::{Fields, Mapping},
    plan::FieldChange,
};

const TITLE: Field = Field::JobTitle;

fn user(title: &str) -> DirectoryUser {
    DirectoryUser {
        job_title: title.into(),
        ..DirectoryUser::default()
    }
}

/// The plan for somebody whose title another program changed to `held`, while the sync last wrote `last`.
fn plan(title: &str, held: &str, last: &str) -> Plan {
    let last_synced = Fields {
        job_title: last.into(),
        ..Fields::default()
    };
    let fields = fields::diff(
        &fields::of_user(&user(title)),
        &Fields {
            job_title: held.into(),
            ..Fields::default()
        },
        &last_synced,
        false,
    );
    let outcome = if fields.is_empty() {
        Outcome::Unchanged
    } else {
        Outcome::Update
    };
    Plan {
        people: vec![PersonPlan {
            user: DirectoryUserId::default(),
            outcome,
            reason: Reason::FieldsDiffer,
            end_user: Some(EndUserId::default()),
            fields,
            mark: None,
            before: Some(Box::new(Mapping {
                last_synced,
                ..Mapping::default()
            })),
            afterwards: None,
        }],
    }
}

fn record(runs: u32, state: Contest) -> Contended {
    Contended {
        user: DirectoryUserId::default(),
        end_user: EndUserId::default(),
        field: TITLE,
        value: "Clerk".into(),
        runs,
        state,
        writer: "the old system".into(),
    }
}

fn restored(runs: u32, state: Contest) -> Recount {
    Recount::Restored {
        user: DirectoryUserId::default(),
        end_user: EndUserId::default(),
        field: TITLE,
        value: "Clerk".into(),
        runs,
        state,
    }
}

const FORGOTTEN: fn() -> Recount = || Recount::Forgotten {
    user: DirectoryUserId::default(),
    field: TITLE,
};

#[test]
fn the_third_restoring_in_a_row_makes_a_field_contended() {
    let overwritten = plan("Clerk", "Boss", "Clerk");
    assert_eq!(recount(&overwritten, &[]), [restored(1, Contest::Counting)]);
    let second = recount(&overwritten, &[record(1, Contest::Counting)]);
    assert_eq!(second, [restored(2, Contest::Counting)]);
    let third = recount(&overwritten, &[record(2, Contest::Counting)]);
    assert_eq!(third, [restored(3, Contest::Open)]);
}

#[test]
fn a_run_in_between_that_restores_nothing_begins_the_count_anew() {
    assert_eq!(
        recount(&plan("Clerk", "Clerk", "Clerk"), &[record(2, Contest::Counting)]),
        [FORGOTTEN()]
    );
    assert_eq!(
        recount(&plan("Clerk", "Clerk", "Clerk"), &[]),
        [],
        "a quiet run remembers nothing"
    );
}

#[test]
fn a_new_value_of_microsoft_is_no_restoring() {
    assert_eq!(recount(&plan("Clerk", "Trainee", "Trainee"), &[]), []);
    let other = recount(&plan("Boss", "Trainee", "Boss"), &[record(2, Contest::Counting)]);
    assert!(matches!(&other[..], [Recount::Restored { runs: 1, .. }]), "{other:?}");
}

#[test]
fn a_contended_field_is_left_alone_and_named_with_its_writer() {
    let mut left = plan("Clerk", "Boss", "Clerk");
    assert_eq!(
        leave_contended(&mut left, &[record(3, Contest::Open)], &[user("Clerk")]),
        []
    );
    let person = &left.people[0];
    assert!(!person.writes() && person.outcome == Outcome::Conflict);
    assert_eq!(
        person.reason.words(),
        "the old system writes Job Title again and again. Decide on the person's page who wins."
    );
    assert_eq!(person.last_synced().job_title, "Clerk");
}

#[test]
fn a_contest_is_over_when_microsoft_has_another_value() {
    let mut changed = plan("Manager", "Boss", "Clerk");
    assert_eq!(
        leave_contended(&mut changed, &[record(3, Contest::Open)], &[user("Manager")]),
        [FORGOTTEN()]
    );
    assert_eq!(
        changed.people[0].fields,
        [FieldChange {
            field: TITLE,
            old: "Boss".into(),
            new: "Manager".into()
        }]
    );
}

#[test]
fn what_was_decided_stays_decided() {
    let plan_of = |state| {
        let mut plan = plan("Clerk", "Boss", "Clerk");
        leave_contended(&mut plan, &[record(3, state)], &[user("Clerk")]);
        (plan.writes(), recount(&plan, &[record(3, state)]))
    };
    assert_eq!(plan_of(Contest::Microsoft), (true, vec![]));
    assert_eq!(plan_of(Contest::Other), (false, vec![]));
}
