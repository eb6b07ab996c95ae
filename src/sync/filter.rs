//! Whether a directory user is in scope of an Organization's filters, and which sections say no.

use super::{
    address::address_of,
    normalise::{clean, key},
};
use crate::model::{
    directory::{DirectoryUser, Readings},
    filter::{Choice, Filters, Section},
    ids::GroupId,
};
use std::collections::HashSet;

/// No longer value of an office location or a department is told apart: it is what a box of the dialog holds.
pub const LONGEST_VALUE: usize = 256;

/// Filters made ready for many users: values in the form that compares.
#[derive(Debug)]
pub struct Scope {
    user_type: Ticked<String>,
    domain: Ticked<String>,
    office_location: Ticked<String>,
    department: Ticked<String>,
    group: Ticked<GroupId>,
    license_status: Ticked<String>,
}

#[derive(Debug)]
enum Ticked<T> {
    All,
    Values { none: bool, values: HashSet<T> },
}

impl<T: std::hash::Hash + Eq> Ticked<T> {
    fn new(choice: &Choice, parse: impl Fn(&str) -> Option<T>) -> Self {
        match choice {
            Choice::All => Self::All,
            Choice::Values(values) => Self::Values {
                none: values.iter().any(Option::is_none),
                values: values.iter().flatten().filter_map(|value| parse(value)).collect(),
            },
        }
    }

    fn accepts<'a>(&self, mut of_user: impl Iterator<Item = &'a T>) -> bool
    where
        T: 'a,
    {
        match self {
            Self::All => true,
            Self::Values { none, values } => match of_user.next() {
                None => *none,
                Some(first) => values.contains(first) || of_user.any(|value| values.contains(value)),
            },
        }
    }
}

impl Scope {
    /// Prepares filters. A group value that is no GUID accepts nobody.
    pub fn new(filters: &Filters) -> Self {
        let text = |value: &str| Some(compared(value));
        Self {
            user_type: Ticked::new(&filters.user_type, text),
            domain: Ticked::new(&filters.domain, text),
            office_location: Ticked::new(&filters.office_location, text),
            department: Ticked::new(&filters.department, text),
            group: Ticked::new(&filters.group, |value| value.parse().ok()),
            license_status: Ticked::new(&filters.license_status, text),
        }
    }

    /// The sections that do not accept the user; empty when it is in scope.
    pub fn refusals(&self, user: &DirectoryUser) -> Vec<Section> {
        Section::ALL
            .into_iter()
            .filter(|section| !self.accepts(*section, user))
            .collect()
    }

    /// Whether one section accepts the user.
    pub fn accepts(&self, section: Section, user: &DirectoryUser) -> bool {
        match self.texts(section) {
            Some(Ticked::All) => true,
            Some(ticked) => ticked.accepts(value_of(section, user).iter()),
            None => self.group.accepts(user.groups.iter()),
        }
    }

    /// Whether one section other than Group accepts users with this value, as [`value_of`] tells it.
    pub(super) fn accepts_value(&self, section: Section, value: Option<&String>) -> bool {
        self.texts(section)
            .is_some_and(|ticked| ticked.accepts(value.into_iter()))
    }

    /// Whether Group accepts users for being in this group, or for being in none.
    pub(super) fn accepts_group(&self, group: Option<&GroupId>) -> bool {
        self.group.accepts(group.into_iter())
    }

    const fn texts(&self, section: Section) -> Option<&Ticked<String>> {
        match section {
            Section::UserType => Some(&self.user_type),
            Section::Domain => Some(&self.domain),
            Section::OfficeLocation => Some(&self.office_location),
            Section::Department => Some(&self.department),
            Section::LicenseStatus => Some(&self.license_status),
            Section::Group => None,
        }
    }
}

/// A value in the form that compares.
pub(super) fn compared(value: &str) -> String {
    if value.len() <= LONGEST_VALUE {
        key(value)
    } else {
        key(&clean(value, LONGEST_VALUE))
    }
}

/// The user's value in a section with at most one, in the form that compares; `None` is `(none)`.
/// Groups are many: see [`DirectoryUser::groups`].
pub fn value_of(section: Section, user: &DirectoryUser) -> Option<String> {
    let text = |value: &str| Some(compared(value)).filter(|key| !key.is_empty());
    match section {
        Section::UserType => text(user.user_type.key()),
        Section::Domain => address_of(user).and_then(|address| address.domain().map(compared)),
        Section::OfficeLocation => text(&user.office_location),
        Section::Department => text(&user.department),
        Section::LicenseStatus => text(if user.licenses.is_empty() {
            "unlicensed"
        } else {
            "licensed"
        }),
        Section::Group => None,
    }
}

/// The sections other than `All` that rest on data which Microsoft refused or which was never read. While there is
/// one, only disabled marks may be written: unreadable is never "no".
pub fn unreadable(filters: &Filters, readings: &Readings) -> Vec<Section> {
    let refused = match &filters.group {
        Choice::All => false,
        Choice::Values(_) if !readings.groups.is_read() => true,
        // Who is in a hidden group may be in no other, so `(none)` can't be told either.
        Choice::Values(values) => values.iter().any(|value| match value {
            None => !readings.hidden_groups.is_empty(),
            Some(id) => id.parse().is_ok_and(|id| readings.hidden_groups.contains(&id)),
        }),
    };
    let mut sections = if refused { vec![Section::Group] } else { vec![] };
    if readings.unknown_licenses && filters.license_status != Choice::All {
        sections.push(Section::LicenseStatus);
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        directory::{Reading, UserType},
        ids::SkuId,
    };

    fn ticked(values: &[Option<&str>]) -> Choice {
        Choice::Values(values.iter().map(|value| value.map(str::to_owned)).collect())
    }

    fn user() -> DirectoryUser {
        DirectoryUser {
            mail: "ana@contoso.example".into(),
            department: " Sales".into(),
            ..DirectoryUser::default()
        }
    }

    #[test]
    fn a_section_accepts_when_any_ticked_value_is_the_users() {
        let filters = Filters {
            department: ticked(&[Some("Finance"), Some("SALES")]),
            ..Filters::default()
        };
        assert_eq!(Scope::new(&filters).refusals(&user()), []);
    }

    #[test]
    fn every_section_has_to_accept() {
        let filters = Filters {
            department: ticked(&[Some("Sales")]),
            office_location: ticked(&[Some("Berlin")]),
            license_status: ticked(&[Some("licensed")]),
            ..Filters::default()
        };
        assert_eq!(
            Scope::new(&filters).refusals(&user()),
            [Section::OfficeLocation, Section::LicenseStatus]
        );
    }

    #[test]
    fn none_is_chosen_on_purpose_and_all_takes_everybody() {
        let none = Filters {
            office_location: ticked(&[None]),
            group: ticked(&[None]),
            ..Filters::default()
        };
        assert_eq!(Scope::new(&none).refusals(&user()), []);
        let mut other = user();
        other.office_location = "Berlin".into();
        assert_eq!(Scope::new(&none).refusals(&other), [Section::OfficeLocation]);
        assert_eq!(Scope::new(&Filters::default()).refusals(&DirectoryUser::default()), []);
    }

    #[test]
    fn a_section_with_nothing_ticked_accepts_nobody() {
        let filters = Filters {
            domain: ticked(&[]),
            ..Filters::default()
        };
        assert_eq!(Scope::new(&filters).refusals(&user()), [Section::Domain]);
    }

    #[test]
    fn user_type_and_license_status_use_the_words_of_the_api() {
        let filters = Filters {
            user_type: ticked(&[Some("guest")]),
            license_status: ticked(&[Some("licensed")]),
            ..Filters::default()
        };
        let mut guest = user();
        guest.user_type = UserType::Guest;
        guest.licenses = vec![SkuId::default()];
        assert_eq!(Scope::new(&filters).refusals(&guest), []);
    }

    #[test]
    fn a_value_longer_than_a_box_holds_is_accepted_by_what_the_box_posts() {
        let mut long = user();
        long.department = "Ä".repeat(300);
        long.office_location = "b".repeat(300);
        let offered = super::super::facets::facets(&[long.clone()], &[]);
        let value = |section| offered.section(section)[0].value.clone();
        let filters = Filters {
            department: Choice::Values(vec![value(Section::Department)]),
            office_location: Choice::Values(vec![value(Section::OfficeLocation)]),
            ..Filters::default()
        };
        assert_eq!(Scope::new(&filters).refusals(&long), []);
        assert_eq!(Scope::new(&filters).refusals(&user()).len(), 2);
    }

    #[test]
    fn a_filter_on_licences_waits_while_those_of_somebody_were_never_told() {
        let filters = Filters {
            license_status: ticked(&[Some("unlicensed")]),
            ..Filters::default()
        };
        let unknown = Readings {
            unknown_licenses: true,
            ..Readings::default()
        };
        assert_eq!(unreadable(&filters, &unknown), [Section::LicenseStatus]);
        assert_eq!(unreadable(&filters, &Readings::default()), []);
        assert_eq!(unreadable(&Filters::default(), &unknown), []);
    }

    #[test]
    fn a_group_filter_waits_until_groups_are_readable() {
        let filters = Filters {
            group: ticked(&[None]),
            ..Filters::default()
        };
        assert_eq!(unreadable(&filters, &Readings::default()), [Section::Group]);
        let read = Readings {
            groups: Reading::Read,
            ..Readings::default()
        };
        assert_eq!(unreadable(&filters, &read), []);
        assert_eq!(unreadable(&Filters::default(), &Readings::default()), []);
    }

    #[test]
    fn a_group_with_hidden_members_is_unreadable_and_other_groups_are_not() {
        let hidden = GroupId(uuid::Uuid::from_u128(1));
        let readings = Readings {
            groups: Reading::Read,
            hidden_groups: vec![hidden],
            ..Readings::default()
        };
        let group = |value: Option<String>| Filters {
            group: Choice::Values(vec![value]),
            ..Filters::default()
        };
        assert_eq!(
            unreadable(&group(Some(hidden.to_string())), &readings),
            [Section::Group]
        );
        assert_eq!(unreadable(&group(None), &readings), [Section::Group]);
        assert_eq!(unreadable(&group(Some(GroupId::default().to_string())), &readings), []);
    }
}
