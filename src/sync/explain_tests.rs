use super::*;
use crate::model::{
    directory::{Reading, Readings},
    end_user::{EndUserState, Exclusion, Fields, Mapping},
    filter::{Choice, Filters},
    ids::GroupId,
};
use chrono::DateTime;
use uuid::Uuid;

fn uid(n: u128) -> DirectoryUserId {
    DirectoryUserId(Uuid::from_u128(n))
}

fn user(n: u128, mail: &str) -> DirectoryUser {
    DirectoryUser {
        id: uid(n),
        mail: mail.into(),
        display_name: format!("Person {n}"),
        department: "Sales".into(),
        created_at: DateTime::from_timestamp(1_000 + i64::try_from(n).unwrap(), 0),
        ..DirectoryUser::default()
    }
}

fn end_user(n: u128, email: &str, mapped_to: Option<u128>) -> EndUserState {
    EndUserState {
        id: EndUserId(Uuid::from_u128(0xE000 + n)),
        fields: Fields {
            name: format!("Person {n}"),
            email: email.into(),
            ..Fields::default()
        },
        mapping: mapped_to.map(|user| Mapping {
            user: uid(user),
            ..Mapping::default()
        }),
    }
}

/// A case: who is there, and what is explained of the first account.
#[derive(Default)]
struct Case {
    filters: Filters,
    users: Vec<DirectoryUser>,
    end_users: Vec<EndUserState>,
    exclusions: Vec<Exclusion>,
    readings: Readings,
}

impl Case {
    fn of(users: Vec<DirectoryUser>) -> Self {
        Self {
            users,
            ..Self::default()
        }
    }

    fn with(mut self, end_users: Vec<EndUserState>) -> Self {
        self.end_users = end_users;
        self
    }

    fn in_department(mut self, department: &str) -> Self {
        self.filters.department = Choice::Values(vec![Some(department.into())]);
        self
    }

    fn excluding(mut self, user: u128, address: &str) -> Self {
        self.exclusions.push(Exclusion {
            user: uid(user),
            address: address.into(),
        });
        self
    }

    fn explain(&self) -> Explanation {
        let input = PlanInput {
            filters: &self.filters,
            users: &self.users,
            end_users: &self.end_users,
            exclusions: &self.exclusions,
            readings: &self.readings,
        };
        explain(&input, self.users[0].id).unwrap()
    }
}

const ANA: &str = "ana@contoso.example";

fn disabled(mut user: DirectoryUser) -> DirectoryUser {
    user.disabled_at = DateTime::from_timestamp(5_000, 0);
    user
}

fn deleted(mut user: DirectoryUser) -> DirectoryUser {
    user.deleted_at = DateTime::from_timestamp(5_000, 0);
    user
}

#[test]
fn every_outcome_names_the_rule_that_decided_and_says_in_or_out() {
    use Outcome as O;
    use Rule as R;
    use Standing as S;
    let one = || user(1, ANA);
    let other_name = || {
        let mut user = one();
        user.display_name = "Ana Renamed".into();
        user
    };
    let cases = [
        (
            "nobody has the address",
            Case::of(vec![one()]),
            R::Match,
            O::Create,
            S::In,
        ),
        (
            "one has it",
            Case::of(vec![one()]).with(vec![end_user(7, ANA, None)]),
            R::Match,
            O::Link,
            S::In,
        ),
        (
            "a deleted account had it",
            Case::of(vec![one(), deleted(user(2, ANA))]).with(vec![end_user(7, ANA, Some(2))]),
            R::Match,
            O::Link,
            S::In,
        ),
        (
            "another account takes the deleted one's End User",
            Case::of(vec![deleted(one()), user(2, ANA)]).with(vec![end_user(7, ANA, Some(1))]),
            R::Mapped,
            O::Superseded,
            S::Out,
        ),
        (
            "several have it",
            Case::of(vec![one()]).with(vec![end_user(7, ANA, None), end_user(8, ANA, None)]),
            R::Match,
            O::Conflict,
            S::Conflict,
        ),
        (
            "it belongs to another account",
            Case::of(vec![one(), user(2, ANA)]).with(vec![end_user(7, ANA, Some(2))]),
            R::Match,
            O::Conflict,
            S::Conflict,
        ),
        (
            "an excluded person had it",
            Case::of(vec![one()]).excluding(9, ANA),
            R::Match,
            O::Conflict,
            S::Conflict,
        ),
        (
            "an older account has it",
            Case::of(vec![user(2, ANA), one()]),
            R::Match,
            O::Conflict,
            S::Conflict,
        ),
        (
            "nothing differs",
            Case::of(vec![one()]).with(vec![end_user(1, ANA, Some(1))]),
            R::Mapped,
            O::Unchanged,
            S::In,
        ),
        (
            "a name differs",
            Case::of(vec![other_name()]).with(vec![end_user(1, ANA, Some(1))]),
            R::Mapped,
            O::Update,
            S::In,
        ),
        (
            "the new address is kept by another",
            Case::of(vec![one()]).with(vec![
                end_user(1, "old@contoso.example", Some(1)),
                end_user(8, ANA, None),
            ]),
            R::Mapped,
            O::Conflict,
            S::Conflict,
        ),
        (
            "mapped, in scope and disabled",
            Case::of(vec![disabled(one())]).with(vec![end_user(1, ANA, Some(1))]),
            R::Mapped,
            O::Disable,
            S::In,
        ),
        (
            "mapped and deleted",
            Case::of(vec![deleted(one())]).with(vec![end_user(1, ANA, Some(1))]),
            R::Mapped,
            O::Disable,
            S::Out,
        ),
        (
            "mapped and out of scope",
            Case::of(vec![one()])
                .with(vec![end_user(1, ANA, Some(1))])
                .in_department("Finance"),
            R::Mapped,
            O::OutOfScope,
            S::Out,
        ),
        (
            "excluded",
            Case::of(vec![one()]).excluding(1, ANA),
            R::Excluded,
            O::Skip,
            S::Out,
        ),
        ("no address", Case::of(vec![user(1, "")]), R::NoAddress, O::Skip, S::Out),
        (
            "disabled",
            Case::of(vec![disabled(one())]),
            R::DisabledOrDeleted,
            O::Skip,
            S::Out,
        ),
        (
            "deleted",
            Case::of(vec![deleted(one())]),
            R::DisabledOrDeleted,
            O::Skip,
            S::Out,
        ),
        (
            "out of scope",
            Case::of(vec![one()]).in_department("Finance"),
            R::OutOfScope,
            O::Skip,
            S::Out,
        ),
    ];
    for (what, case, rule, outcome, standing) in cases {
        let explained = case.explain();
        assert_eq!(
            (explained.rule, explained.plan.outcome, explained.standing),
            (rule, outcome, standing),
            "{what}"
        );
    }
}

#[test]
fn the_first_rule_that_applies_decides_even_if_later_ones_would_too() {
    let everything = || disabled(user(1, ""));
    let case = Case::of(vec![everything()]).in_department("Finance").excluding(1, ANA);
    assert_eq!(case.explain().rule, Rule::Excluded);
    let case = Case::of(vec![everything()]).in_department("Finance");
    assert_eq!(case.explain().rule, Rule::NoAddress);
    let case = Case::of(vec![disabled(user(1, ANA))]).in_department("Finance");
    assert_eq!(case.explain().rule, Rule::DisabledOrDeleted);
    let case = Case::of(vec![disabled(user(1, ANA))])
        .with(vec![end_user(1, ANA, Some(1))])
        .excluding(1, ANA);
    assert_eq!(case.explain().rule, Rule::Mapped);
}

#[test]
fn a_section_on_unread_groups_is_not_readable_and_never_no() {
    let mut case = Case::of(vec![user(1, ANA)]);
    case.filters.group = Choice::Values(vec![Some(GroupId::default().to_string())]);
    let explained = case.explain();
    assert_eq!(
        (explained.rule, explained.standing),
        (Rule::NotReadable, Standing::Undecided)
    );
    let verdict = |explained: &Explanation| {
        let group = explained
            .sections
            .iter()
            .find(|answer| answer.section == Section::Group);
        group.map(|answer| answer.verdict)
    };
    assert_eq!(verdict(&explained), Some(Verdict::NotReadable));

    let mut mapped = Case::of(vec![user(1, ANA)]).with(vec![end_user(1, ANA, Some(1))]);
    mapped.filters = case.filters.clone();
    assert_eq!(mapped.explain().standing, Standing::Undecided);

    case.readings.groups = Reading::Read;
    assert_eq!(verdict(&case.explain()), Some(Verdict::No));
}

#[test]
fn each_section_tells_the_persons_own_values_and_the_address_where_it_is_from() {
    let mut guest = user(1, "");
    guest.upn = "ana_mail.example#EXT#@contoso.example".into();
    guest.user_type = crate::model::directory::UserType::Guest;
    guest.other_mails = vec!["Ana@Mail.example".into()];
    guest.office_location = " Berlin ".into();
    guest.groups = vec![GroupId(Uuid::from_u128(5))];
    let explained = Case::of(vec![guest]).explain();
    assert_eq!(
        explained.address,
        Some(("Ana@Mail.example".to_owned(), AddressSource::OtherMails))
    );
    let values: Vec<_> = explained
        .sections
        .iter()
        .map(|answer| answer.values.join(","))
        .collect();
    let group = Uuid::from_u128(5).to_string();
    assert_eq!(
        values,
        ["Guest", "mail.example", "Berlin", "Sales", group.as_str(), "Unlicensed"]
    );

    let mut member = user(1, "");
    member.upn = ANA.into();
    assert_eq!(
        Case::of(vec![member]).explain().address,
        Some((ANA.to_owned(), AddressSource::UserPrincipalName))
    );
}

#[test]
fn somebody_whom_the_directory_does_not_have_is_not_explained() {
    let case = Case::of(vec![user(1, ANA)]);
    let input = PlanInput {
        filters: &case.filters,
        users: &case.users,
        end_users: &[],
        exclusions: &[],
        readings: &case.readings,
    };
    assert_eq!(explain(&input, uid(2)), None);
}
