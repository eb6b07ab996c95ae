use super::*;
use crate::model::{directory::Reading, end_user::Mapping, filter::Choice, ids::GroupId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

fn uid(n: u128) -> DirectoryUserId {
    DirectoryUserId(Uuid::from_u128(n))
}

fn eid(n: u128) -> EndUserId {
    EndUserId(Uuid::from_u128(0xE000 + n))
}

fn at(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn user(n: u128, mail: &str) -> DirectoryUser {
    DirectoryUser {
        id: uid(n),
        mail: mail.into(),
        display_name: format!("Person {n}"),
        created_at: at(1_000 + n as i64),
        ..DirectoryUser::default()
    }
}

fn person(n: u128, email: &str) -> EndUserState {
    EndUserState {
        id: eid(n),
        fields: Fields {
            name: format!("Person {n}"),
            email: email.into(),
            ..Fields::default()
        },
        mapping: None,
    }
}

fn mapped(n: u128, email: &str) -> EndUserState {
    EndUserState {
        mapping: Some(Mapping {
            user: uid(n),
            ..Mapping::default()
        }),
        ..person(n, email)
    }
}

fn only(department: &str) -> Filters {
    Filters {
        department: Choice::Values(vec![Some(department.into())]),
        ..Filters::default()
    }
}

fn run(filters: &Filters, users: &[DirectoryUser], end_users: &[EndUserState], exclusions: &[Exclusion]) -> Plan {
    plan(&PlanInput {
        filters,
        users,
        end_users,
        exclusions,
        readings: &Readings::default(),
    })
}

fn all(users: &[DirectoryUser], end_users: &[EndUserState]) -> Plan {
    run(&Filters::default(), users, end_users, &[])
}

#[test]
fn somebody_new_is_created_with_every_field_that_microsoft_has() {
    let mut new = user(1, "ana@contoso.example");
    new.job_title = "Clerk".into();
    let plan = all(&[new], &[]);
    assert_eq!(plan.people[0].outcome, Outcome::Create);
    let written: Vec<_> = plan.people[0]
        .fields
        .iter()
        .map(|c| (c.field, c.new.as_str()))
        .collect();
    assert_eq!(
        written,
        [
            (Field::Name, "Person 1"),
            (Field::Email, "ana@contoso.example"),
            (Field::JobTitle, "Clerk")
        ]
    );
}

#[test]
fn the_one_end_user_with_the_address_is_mapped_whatever_its_case() {
    let plan = all(&[user(1, "Ana@Contoso.example")], &[person(1, "ana@contoso.example")]);
    assert_eq!(
        (plan.people[0].outcome, plan.people[0].end_user),
        (Outcome::Link, Some(eid(1)))
    );
    assert_eq!(plan.people[0].fields, []);
}

#[test]
fn several_end_users_with_the_address_are_a_conflict() {
    let plan = all(
        &[user(1, "a@x.example")],
        &[person(2, "a@x.example"), person(1, "A@x.example")],
    );
    assert_eq!(
        plan.people[0].reason,
        Reason::SeveralEndUsers {
            address: "a@x.example".into(),
            end_users: vec![eid(1), eid(2)]
        }
    );
    assert!(!plan.writes());
}

#[test]
fn an_end_user_mapped_to_another_living_account_is_a_conflict() {
    let mut older = user(2, "a@x.example");
    older.created_at = Some(DateTime::UNIX_EPOCH);
    let plan = all(&[user(1, "a@x.example"), older], &[mapped(1, "a@x.example")]);
    assert_eq!(plan.people[1].outcome, Outcome::Conflict);
    assert!(matches!(plan.people[1].reason, Reason::MappedToAnother { user, .. } if user == uid(1)));
}

#[test]
fn the_younger_of_two_accounts_has_the_same_reason_once_the_older_is_mapped() {
    let users = [user(1, "a@x.example"), user(2, "a@x.example")];
    let (first, later) = (all(&users, &[]), all(&users, &[mapped(1, "a@x.example")]));
    assert!(matches!(first.people[1].reason, Reason::OlderAccount { user, .. } if user == uid(1)));
    assert_eq!(first.people[1], later.people[1]);
}

#[test]
fn a_new_account_takes_over_the_end_user_of_a_deleted_one_and_the_mark_goes() {
    let mut gone = user(1, "a@x.example");
    gone.deleted_at = at(5_000);
    let mut holder = mapped(1, "a@x.example");
    holder.mapping.as_mut().unwrap().mark = Some(Mark {
        kind: MarkKind::Deleted,
        at: at(5_000).unwrap(),
    });
    let plan = all(&[gone, user(2, "a@x.example")], &[holder]);
    assert_eq!(plan.people[0].outcome, Outcome::Superseded);
    assert!(!plan.people[0].writes());
    assert_eq!(
        (plan.people[1].outcome, plan.people[1].end_user),
        (Outcome::Link, Some(eid(1)))
    );
    assert_eq!(plan.people[1].mark.unwrap().new, None);
}

#[test]
fn of_two_candidates_with_one_address_the_older_is_created() {
    let mut older = user(2, "a@x.example");
    older.created_at = at(1);
    let mut unknown = user(3, "a@x.example");
    unknown.created_at = None;
    let plan = all(&[user(1, "A@X.example"), older, unknown], &[]);
    let outcomes: Vec<_> = plan.people.iter().map(|p| p.outcome).collect();
    assert_eq!(outcomes, [Outcome::Conflict, Outcome::Create, Outcome::Conflict]);
}

#[test]
fn nobody_is_created_with_the_address_of_an_excluded_person() {
    let exclusions = [Exclusion {
        user: uid(1),
        address: "a@x.example".into(),
    }];
    let plan = run(
        &Filters::default(),
        &[user(1, "a@x.example"), user(2, "a@x.example")],
        &[],
        &exclusions,
    );
    assert_eq!(plan.people[0].reason, Reason::Excluded);
    assert_eq!(
        plan.people[1].reason,
        Reason::ExcludedAddress {
            address: "a@x.example".into(),
            user: uid(1)
        }
    );
}

#[test]
fn no_address_disabled_and_out_of_scope_are_skipped_in_this_order() {
    let none = user(1, "");
    let mut disabled = user(2, "b@x.example");
    disabled.disabled_at = at(1);
    let mut none_and_disabled = user(3, "");
    none_and_disabled.disabled_at = at(1);
    let plan = run(
        &only("Sales"),
        &[none, disabled, none_and_disabled, user(4, "d@x.example")],
        &[],
        &[],
    );
    let reasons: Vec<_> = plan.people.iter().map(|p| p.reason.clone()).collect();
    assert_eq!(
        reasons,
        [
            Reason::NoAddress,
            Reason::DisabledInMicrosoft,
            Reason::NoAddress,
            Reason::OutOfScope {
                sections: vec![Section::Department]
            }
        ]
    );
}

#[test]
fn the_mark_is_written_in_scope_or_not_and_nothing_else_is() {
    let mut disabled = user(1, "new@x.example");
    disabled.disabled_at = at(9);
    let plan = run(&only("Sales"), &[disabled], &[mapped(1, "old@x.example")], &[]);
    assert_eq!(
        (plan.people[0].outcome, plan.people[0].fields.len()),
        (Outcome::Disable, 0)
    );
    assert_eq!(
        plan.people[0].mark.unwrap().new,
        Some(Mark {
            kind: MarkKind::Disabled,
            at: at(9).unwrap()
        })
    );
}

#[test]
fn a_disabled_user_in_scope_is_still_updated() {
    let mut disabled = user(1, "a@x.example");
    disabled.disabled_at = at(9);
    disabled.job_title = "Clerk".into();
    let plan = all(&[disabled], &[mapped(1, "a@x.example")]);
    assert_eq!(plan.people[0].fields.len(), 1);
}

#[test]
fn the_mark_goes_when_the_account_is_enabled_again() {
    let mut holder = mapped(1, "a@x.example");
    holder.mapping.as_mut().unwrap().mark = Some(Mark {
        kind: MarkKind::Disabled,
        at: at(9).unwrap(),
    });
    let plan = run(&only("Sales"), &[user(1, "a@x.example")], &[holder], &[]);
    assert_eq!(plan.people[0].outcome, Outcome::Enable);
}

#[test]
fn who_was_enabled_and_disabled_again_unseen_is_marked_as_of_the_last_time() {
    let mark = |seconds| Mark {
        kind: MarkKind::Disabled,
        at: at(seconds).unwrap(),
    };
    let mut holder = mapped(1, "a@x.example");
    holder.mapping.as_mut().unwrap().mark = Some(mark(9));
    let mut disabled = user(1, "a@x.example");
    disabled.disabled_at = at(500);
    let plan = all(std::slice::from_ref(&disabled), std::slice::from_ref(&holder));
    assert_eq!(
        plan.people[0].mark,
        Some(MarkChange {
            old: Some(mark(9)),
            new: Some(mark(500))
        })
    );
    disabled.disabled_at = at(9);
    assert!(!all(&[disabled], &[holder]).writes());
}

#[test]
fn out_of_scope_is_neither_updated_nor_deleted() {
    let plan = run(
        &only("Sales"),
        &[user(1, "new@x.example")],
        &[mapped(1, "old@x.example")],
        &[],
    );
    assert_eq!(plan.people[0].outcome, Outcome::OutOfScope);
    assert!(!plan.writes());
}

#[test]
fn a_swap_of_addresses_settles_in_one_plan() {
    let plan = all(
        &[user(1, "b@x.example"), user(2, "a@x.example")],
        &[mapped(1, "a@x.example"), mapped(2, "b@x.example")],
    );
    assert!(
        plan.people
            .iter()
            .all(|p| p.outcome == Outcome::Update && p.fields[0].field == Field::Email)
    );
}

#[test]
fn a_chain_of_renames_settles_and_frees_an_address_for_somebody_new() {
    let plan = all(
        &[user(1, "b@x.example"), user(2, "c@x.example"), user(3, "a@x.example")],
        &[mapped(1, "a@x.example"), mapped(2, "b@x.example")],
    );
    let outcomes: Vec<_> = plan.people.iter().map(|p| p.outcome).collect();
    assert_eq!(outcomes, [Outcome::Update, Outcome::Update, Outcome::Create]);
}

#[test]
fn an_address_that_somebody_keeps_is_a_conflict_for_that_field_alone() {
    let mut renamed = user(1, "kept@x.example");
    renamed.job_title = "Clerk".into();
    let plan = all(&[renamed], &[mapped(1, "a@x.example"), person(9, "kept@x.example")]);
    assert_eq!(plan.people[0].outcome, Outcome::Update);
    assert_eq!(
        plan.people[0].reason,
        Reason::AddressKept {
            address: "kept@x.example".into(),
            end_user: eid(9)
        }
    );
    assert_eq!(
        plan.people[0].fields.iter().map(|c| c.field).collect::<Vec<_>>(),
        [Field::JobTitle]
    );
}

#[test]
fn a_refused_rename_refuses_the_next_in_the_chain() {
    let plan = all(
        &[user(1, "kept@x.example"), user(2, "a@x.example")],
        &[
            mapped(1, "a@x.example"),
            mapped(2, "b@x.example"),
            person(9, "kept@x.example"),
        ],
    );
    assert!(plan.people.iter().all(|p| p.outcome == Outcome::Conflict), "{plan:?}");
    assert_eq!(
        plan.people[1].reason,
        Reason::AddressKept {
            address: "a@x.example".into(),
            end_user: eid(1)
        }
    );
}

#[test]
fn with_unreadable_groups_and_a_group_filter_only_marks_are_written() {
    let filters = Filters {
        group: Choice::Values(vec![Some(GroupId::default().to_string())]),
        ..Filters::default()
    };
    let mut disabled = user(1, "a@x.example");
    disabled.disabled_at = at(9);
    let users = [disabled, user(2, "b@x.example")];
    let end_users = [mapped(1, "old@x.example")];
    let readings = Readings {
        groups: Reading::Refused {
            remedy: "Grant it.".into(),
            lacks_permission: true,
        },
        ..Readings::default()
    };
    let plan = plan(&PlanInput {
        filters: &filters,
        users: &users,
        end_users: &end_users,
        exclusions: &[],
        readings: &readings,
    });
    assert_eq!(
        (plan.people[0].outcome, plan.people[0].fields.len()),
        (Outcome::Disable, 0)
    );
    assert_eq!(plan.people[1].reason, Reason::NotReadable);
}
