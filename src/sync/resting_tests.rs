use super::*;
use crate::model::{
    directory::Readings,
    end_user::{EndUserState, Fields, Mapping},
    filter::Filters,
    held::Contest,
    ids::EndUserId,
    plan::PersonPlan,
};
use chrono::DateTime;
use uuid::Uuid;

fn user(n: u128, mail: &str) -> DirectoryUser {
    DirectoryUser {
        id: DirectoryUserId(Uuid::from_u128(n)),
        mail: mail.into(),
        ..DirectoryUser::default()
    }
}

fn mapped(n: u128, email: &str) -> EndUserState {
    EndUserState {
        id: EndUserId(Uuid::from_u128(0xE000 + n)),
        fields: Fields {
            email: email.into(),
            ..Fields::default()
        },
        mapping: Some(Mapping {
            user: DirectoryUserId(Uuid::from_u128(n)),
            ..Mapping::default()
        }),
    }
}

fn rested(users: &[DirectoryUser], end_users: &[EndUserState], dropped: &[Dropped], contended: &[Contended]) -> Rested {
    let input = PlanInput {
        filters: &Filters::default(),
        users,
        end_users,
        exclusions: &[],
        readings: &Readings::default(),
    };
    plan_rested(&input, dropped, contended)
}

/// Ana goes from a to x, Bob from b to a, and somebody new has b.
fn chain() -> ([DirectoryUser; 3], [EndUserState; 2]) {
    (
        [user(1, "x@x.example"), user(2, "a@x.example"), user(3, "b@x.example")],
        [mapped(1, "a@x.example"), mapped(2, "b@x.example")],
    )
}

fn dropped(user: &DirectoryUser, part: Part) -> Dropped {
    Dropped {
        user: user.id,
        part,
        value: microsoft_value(user, part),
    }
}

#[test]
fn an_address_whose_change_was_dropped_is_given_to_nobody() {
    let (users, end_users) = chain();
    assert!(
        rested(&users, &end_users, &[], &[])
            .plan
            .people
            .iter()
            .all(PersonPlan::writes)
    );
    let dropped = [dropped(&users[0], Part::Field(Field::Email))];
    let plan = rested(&users, &end_users, &dropped, &[]).plan;
    assert!(!plan.writes(), "{plan:#?}");
    assert_eq!(plan.people[0].reason, Reason::Dropped);
    assert_eq!(
        plan.people[1].reason,
        Reason::AddressKept {
            address: "a@x.example".into(),
            end_user: end_users[0].id
        }
    );
    // Nor does the one who has to wait for it give up an own one.
    assert_eq!(plan.people[2].outcome, Outcome::Conflict);
}

#[test]
fn an_address_that_another_program_holds_on_to_is_given_to_nobody() {
    let (users, end_users) = chain();
    let contended = |state, value: &str| Contended {
        user: users[0].id,
        end_user: end_users[0].id,
        field: Field::Email,
        value: value.into(),
        runs: 3,
        state,
        writer: String::new(),
    };
    let writes = |contended| rested(&users, &end_users, &[], &[contended]).plan.writes();
    assert!(!writes(contended(Contest::Open, "x@x.example")));
    assert!(!writes(contended(Contest::Other, "x@x.example")));
    assert!(
        writes(contended(Contest::Open, "former@x.example")),
        "the contest is over"
    );
    assert!(writes(contended(Contest::Microsoft, "x@x.example")));
    let open = rested(&users, &end_users, &[], &[contended(Contest::Open, "x@x.example")]);
    assert!(matches!(open.plan.people[0].reason, Reason::Contended { .. }));
}

#[test]
fn what_was_dropped_rests_until_microsofts_value_changes() {
    let mut disabled = user(1, "a@x.example");
    disabled.disabled_at = Some(DateTime::UNIX_EPOCH);
    let dropped = [dropped(&disabled, Part::Mark)];
    let end_users = [mapped(1, "a@x.example")];
    let rests = rested(std::slice::from_ref(&disabled), &end_users, &dropped, &[]);
    assert_eq!(rests.forgotten, []);
    let person = &rests.plan.people[0];
    assert_eq!((person.outcome, person.writes()), (Outcome::Unchanged, false));
    disabled.disabled_at = DateTime::from_timestamp(60, 0);
    let again = rested(std::slice::from_ref(&disabled), &end_users, &dropped, &[]);
    assert_eq!(again.forgotten, [(disabled.id, Part::Mark)]);
    assert!(again.plan.writes(), "enabled and disabled again is another value");
}

/// What is remembered of a dropped row has the form of what Microsoft says, whatever the row is about.
#[test]
fn the_value_of_a_planned_row_is_what_microsoft_said_when_it_was_planned() {
    let mut users = [user(1, "New@x.example"), user(2, "b@x.example"), user(3, "c@x.example")];
    users[1].job_title = "Clerk".into();
    users[1].disabled_at = DateTime::from_timestamp(60, 5_000);
    users[2].deleted_at = DateTime::from_timestamp(61, 0);
    let end_users = [mapped(2, "old@x.example"), mapped(3, "c@x.example")];
    let plan = rested(&users, &end_users, &[], &[]).plan;
    let parts: Vec<_> = plan
        .people
        .iter()
        .zip(&users)
        .flat_map(|(person, user)| rows(person).into_iter().map(move |row| (user, row)))
        .map(|(user, row)| {
            assert_eq!(seen_value(&row), microsoft_value(user, row.part()), "{row:?}");
            row.part()
        })
        .collect();
    let field = Part::Field;
    assert_eq!(
        parts,
        [
            Part::EndUser,
            field(Field::Email),
            field(Field::JobTitle),
            Part::Mark,
            Part::Mark
        ]
    );
}
