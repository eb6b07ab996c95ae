use super::*;
use crate::model::{
    end_user::{Fields, Mapping, Mark, MarkKind},
    plan::MarkChange,
};
use chrono::DateTime;
use uuid::Uuid;

fn uid(n: usize) -> DirectoryUserId {
    DirectoryUserId(Uuid::from_u128(n as u128 + 1))
}

fn mapped(n: usize) -> EndUserState {
    EndUserState {
        id: EndUserId(Uuid::from_u128(0xE000 + n as u128)),
        fields: Fields {
            email: format!("p{n}@x.example"),
            phone: "1".into(),
            ..Fields::default()
        },
        mapping: Some(Mapping {
            user: uid(n),
            ..Mapping::default()
        }),
    }
}

fn people(number: usize) -> Vec<EndUserState> {
    (0..number).map(mapped).collect()
}

fn update(n: usize, field: Field, old: &str, new: &str) -> PersonPlan {
    let person = mapped(n);
    PersonPlan {
        outcome: Outcome::Update,
        reason: Reason::FieldsDiffer,
        end_user: Some(person.id),
        fields: vec![FieldChange {
            field,
            old: old.into(),
            new: new.into(),
        }],
        before: person.mapping.map(Box::new),
        ..undecided(uid(n), Outcome::Update, Reason::FieldsDiffer)
    }
}

fn disable(n: usize) -> PersonPlan {
    let person = mapped(n);
    PersonPlan {
        end_user: Some(person.id),
        mark: Some(MarkChange {
            old: None,
            new: Some(Mark {
                kind: MarkKind::Disabled,
                at: DateTime::UNIX_EPOCH,
            }),
        }),
        before: person.mapping.map(Box::new),
        ..undecided(uid(n), Outcome::Disable, Reason::DisabledInMicrosoft)
    }
}

fn create(n: usize) -> PersonPlan {
    PersonPlan {
        fields: vec![FieldChange {
            field: Field::Email,
            old: String::new(),
            new: format!("new{n}@x.example"),
        }],
        ..undecided(uid(n), Outcome::Create, Reason::FieldsDiffer)
    }
}

struct Case {
    end_users: Vec<EndUserState>,
    plan: Plan,
    confirmed: Option<u32>,
    others: Share,
}

impl Case {
    fn new(end_users: usize, people: Vec<PersonPlan>) -> Self {
        Self {
            end_users: self::people(end_users),
            plan: Plan { people },
            confirmed: Some(0),
            others: Share::default(),
        }
    }

    fn judge(&self) -> Judged {
        judge(
            self.plan.clone(),
            &Guard {
                end_users: &self.end_users,
                size: Size::of(&self.end_users),
                together: disabling(&self.plan, Size::of(&self.end_users)).with(self.others),
                confirmed: self.confirmed,
                left: &Rows::new(),
                approved: None,
            },
        )
    }

    fn rules(&self) -> Vec<Rule> {
        self.judge().held.iter().map(|row| row.rule).collect()
    }
}

/// A preview tells those who are held too, and all of them are what it confirms.
#[test]
fn creates_that_wait_for_another_reason_count_in_what_a_preview_confirms() {
    let case = Case::new(0, (0..40).map(create).collect());
    let left: Rows = case.plan.people[30..]
        .iter()
        .flat_map(|person| rows(person).into_iter().map(|row| ((person.user, row.part()), row)))
        .collect();
    let held = |confirmed| {
        let guard = Guard {
            end_users: &case.end_users,
            size: Size::of(&case.end_users),
            together: Share::default(),
            confirmed: Some(confirmed),
            left: &left,
            approved: None,
        };
        judge(case.plan.clone(), &guard).held.len()
    };
    assert_eq!((held(40), held(39)), (10, 40));

    let mut people: Vec<_> = (0..10)
        .map(|n| update(n, Field::Email, &format!("p{n}@x.example"), &format!("b{n}@y.example")))
        .collect();
    people.extend((500..541).map(create));
    people[10].fields[0].new = "p3@x.example".into();
    let mut case = Case::new(20, people);
    case.confirmed = Some(41);
    let held = case.judge().held;
    assert_eq!(held.iter().filter(|row| row.rule == Rule::AddressWaits).count(), 1);
    assert_eq!(held.iter().filter(|row| row.rule == Rule::Create).count(), 0);
}

#[test]
fn eleven_of_a_hundred_and_nine_are_held_and_ten_or_eleven_of_a_hundred_and_ten_are_not() {
    let disabled = |of, n| Case::new(of, (0..n).map(disable).collect()).rules().len();
    assert_eq!((disabled(109, 11), disabled(109, 10), disabled(110, 11)), (11, 0, 0));
}

#[test]
fn half_of_a_small_organization_is_held_from_three_on() {
    let disabled = |of, n| Case::new(of, (0..n).map(disable).collect()).rules().len();
    assert_eq!((disabled(6, 3), disabled(7, 3), disabled(2, 2)), (3, 0, 0));
}

#[test]
fn few_in_each_organization_and_many_in_the_microsoft_tenant_are_held() {
    let mut case = Case::new(40, (0..6).map(disable).collect());
    case.others = Share { part: 6, of: 60 };
    assert_eq!(case.rules(), vec![Rule::DisableTogether; 6]);
    case.others = Share { part: 6, of: 200 };
    assert_eq!(case.rules(), []);
}

#[test]
fn somebody_of_whom_a_part_is_written_stands_as_held_for_the_rest() {
    let mut people: Vec<_> = (0..3).map(|n| update(n, Field::Phone, "1", "")).collect();
    people[0].fields.push(FieldChange {
        field: Field::City,
        old: String::new(),
        new: "Bern".into(),
    });
    let judged = Case::new(6, people).judge();
    let first = &judged.applied.people[0];
    assert_eq!(first.outcome, Outcome::Update);
    let held = Reason::Held { rule: Rule::Clear };
    assert_eq!(first.stands(), Some((Outcome::Held, &held)));
}

#[test]
fn only_the_guarded_field_of_a_person_is_held() {
    let mut people: Vec<_> = (0..3).map(|n| update(n, Field::Phone, "1", "")).collect();
    people[0].fields.push(FieldChange {
        field: Field::City,
        old: String::new(),
        new: "Bern".into(),
    });
    let judged = Case::new(6, people).judge();
    assert_eq!(judged.held.len(), 3);
    assert!(
        judged
            .held
            .iter()
            .all(|row| row.rule == Rule::Clear && row.change.part() == Part::Field(Field::Phone))
    );
    let applied = &judged.applied.people;
    assert_eq!(
        (applied[0].outcome, applied[0].fields[0].field),
        (Outcome::Update, Field::City)
    );
    assert_eq!((applied[1].outcome, applied[1].writes()), (Outcome::Held, false));
}

#[test]
fn many_changed_addresses_are_held_and_first_addresses_are_not() {
    let many = |old: &'static str| {
        let people = (0..11).map(|n| update(n, Field::Email, old, &format!("b{n}@y.example")));
        Case::new(100, people.collect()).rules()
    };
    assert_eq!(many("a@x.example"), vec![Rule::Address; 11]);
    assert_eq!(many(""), []);
}

#[test]
fn creating_more_than_exist_needs_a_preview_that_showed_as_many() {
    let rules = |exist, number: usize, confirmed| {
        let mut case = Case::new(exist, (500..500 + number).map(create).collect());
        case.confirmed = confirmed;
        case.rules().len()
    };
    assert_eq!(rules(10, 26, Some(0)), 26);
    assert_eq!(rules(10, 25, Some(0)), 0, "25 are not more than 25");
    assert_eq!(rules(26, 26, Some(0)), 0, "as many exist");
    assert_eq!(rules(10, 26, Some(25)), 26, "the preview showed one fewer");
    assert_eq!(rules(10, 26, Some(26)), 0);
    assert_eq!(rules(0, 200, None), 0, "a preview shows whom saving it confirms");
}

#[test]
fn whoever_gets_the_address_of_somebody_who_is_held_waits() {
    let mut people: Vec<_> = (0..11)
        .map(|n| update(n, Field::Email, &format!("p{n}@x.example"), &format!("b{n}@y.example")))
        .collect();
    let mut newcomer = create(500);
    newcomer.fields[0].new = "P3@x.example".into();
    people.push(newcomer);
    let judged = Case::new(100, people).judge();
    assert_eq!(judged.held.len(), 12);
    assert_eq!(judged.held[11].rule, Rule::AddressWaits);
    assert!(!judged.applied.writes());
}
