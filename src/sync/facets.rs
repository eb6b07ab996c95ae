//! What each section of the filter dialog offers: its values with the number of living users that have them.

mod counted;

pub use counted::{ambiguous, of_counts};

use super::{
    address::address_of,
    filter::{LONGEST_VALUE, value_of},
    matching::seniority,
    normalise::clean,
};
use crate::model::{
    directory::{DirectoryGroup, DirectoryUser, UserType},
    facet_counts::CountedGroup,
    filter::{Facet, Facets, Section},
    ids::GroupId,
};
use std::collections::{BTreeMap, HashMap};

/// Computes the facets of a Microsoft tenant. The order of the input does not matter: of several spellings the one of
/// the longest-standing user is shown.
pub fn facets(users: &[DirectoryUser], groups: &[DirectoryGroup]) -> Facets {
    let mut living: Vec<_> = users.iter().filter(|user| user.is_living()).collect();
    living.sort_by_cached_key(|user| seniority(user));
    Facets {
        sections: Section::ALL
            .into_iter()
            .map(|section| section_facets(section, &living, groups))
            .collect(),
        users: count(living.len()),
    }
}

fn section_facets(section: Section, living: &[&DirectoryUser], groups: &[DirectoryGroup]) -> Vec<Facet> {
    match section {
        Section::UserType => fixed(section, living, [("member", "Member"), ("guest", "Guest")]),
        Section::LicenseStatus => fixed(
            section,
            living,
            [("licensed", "Licensed"), ("unlicensed", "Unlicensed")],
        ),
        Section::Group => group_facets(living, groups),
        Section::Domain => text(section, living, |user| {
            address_of(user).map(|a| a.domain().unwrap_or("").to_owned())
        }),
        Section::OfficeLocation => text(section, living, |user| {
            Some(clean(&user.office_location, LONGEST_VALUE))
        }),
        Section::Department => text(section, living, |user| Some(clean(&user.department, LONGEST_VALUE))),
    }
}

fn fixed(section: Section, living: &[&DirectoryUser], values: [(&str, &str); 2]) -> Vec<Facet> {
    fixed_facets(values.map(|(value, label)| {
        let has = |user: &&&DirectoryUser| value_of(section, user).as_deref() == Some(value);
        (value, label, count(living.iter().filter(has).count()))
    }))
}

fn fixed_facets(values: [(&str, &str, u32); 2]) -> Vec<Facet> {
    let facet = |(value, label, count): (&str, &str, u32)| Facet {
        value: Some(value.to_owned()),
        label: label.to_owned(),
        count,
        gone: false,
    };
    values.into_iter().map(facet).collect()
}

/// Values by name.
fn text(
    section: Section,
    living: &[&DirectoryUser],
    spelling: impl Fn(&DirectoryUser) -> Option<String>,
) -> Vec<Facet> {
    let mut by_key: BTreeMap<String, Facet> = BTreeMap::new();
    let mut none = 0;
    for user in living {
        match value_of(section, user) {
            None => none += 1,
            Some(key) => {
                by_key
                    .entry(key)
                    .or_insert_with(|| {
                        let label = spelling(user).unwrap_or_default();
                        Facet {
                            value: Some(label.clone()),
                            label,
                            count: 0,
                            gone: false,
                        }
                    })
                    .count += 1;
            }
        }
    }
    with_none(section, by_key.into_values().collect(), none)
}

/// With `(none)` last where the section knows it. Domain does not: without an address there is nobody to sync.
fn with_none(section: Section, mut facets: Vec<Facet>, none: u32) -> Vec<Facet> {
    if section != Section::Domain && none > 0 {
        facets.push(Facet {
            value: None,
            label: "(none)".into(),
            count: none,
            gone: false,
        });
    }
    facets
}

fn group_facets(living: &[&DirectoryUser], groups: &[DirectoryGroup]) -> Vec<Facet> {
    let mut counts: HashMap<GroupId, u32> = HashMap::new();
    let mut none = 0;
    for user in living {
        if user.groups.is_empty() {
            none += 1;
        }
        for group in &user.groups {
            *counts.entry(*group).or_default() += 1;
        }
    }
    let counted = groups.iter().map(|group| CountedGroup {
        id: group.id,
        name: group.name.clone(),
        gone: group.gone,
        users: counts.get(&group.id).copied().unwrap_or_default(),
    });
    named_groups(counted.collect(), none)
}

/// Groups by name. One that is gone has nobody.
fn named_groups(groups: Vec<CountedGroup>, none: u32) -> Vec<Facet> {
    let facet = |group: CountedGroup| Facet {
        value: Some(group.id.to_string()),
        label: group.name,
        count: if group.gone { 0 } else { group.users },
        gone: group.gone,
    };
    let mut facets: Vec<_> = groups.into_iter().map(facet).collect();
    facets.sort_by_cached_key(|facet| (facet.label.to_lowercase(), facet.value.clone()));
    with_none(Section::Group, facets, none)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The label of a stored value that no facet offers any more: a department that nobody has left, say.
pub fn label_of_missing(section: Section, value: Option<&str>) -> String {
    match (section, value) {
        (_, None) => "(none)".into(),
        (Section::UserType, Some("member")) => UserType::Member.label().into(),
        (Section::UserType, Some("guest")) => UserType::Guest.label().into(),
        (Section::LicenseStatus, Some("licensed")) => "Licensed".into(),
        (Section::LicenseStatus, Some("unlicensed")) => "Unlicensed".into(),
        (_, Some(value)) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::DirectoryUserId;
    use uuid::Uuid;

    fn user(n: u128, department: &str) -> DirectoryUser {
        DirectoryUser {
            id: DirectoryUserId(Uuid::from_u128(n)),
            mail: format!("u{n}@contoso.example"),
            department: department.into(),
            ..DirectoryUser::default()
        }
    }

    fn labels(facets: &Facets, section: Section) -> Vec<(String, u32)> {
        facets
            .section(section)
            .iter()
            .map(|facet| (facet.label.clone(), facet.count))
            .collect()
    }

    #[test]
    fn spellings_of_one_value_are_one_facet_under_the_oldest_spelling() {
        let users = [user(2, "sales"), user(1, "Sales "), user(3, ""), user(4, "Finance")];
        let facets = facets(&users, &[]);
        assert_eq!(
            labels(&facets, Section::Department),
            [("Finance".into(), 1), ("Sales".into(), 2), ("(none)".into(), 1)]
        );
    }

    #[test]
    fn deleted_users_are_not_counted_and_disabled_ones_are() {
        let mut deleted = user(1, "Sales");
        deleted.deleted_at = Some(chrono::DateTime::UNIX_EPOCH);
        let mut disabled = user(2, "Sales");
        disabled.disabled_at = Some(chrono::DateTime::UNIX_EPOCH);
        let facets = facets(&[deleted, disabled], &[]);
        assert_eq!(facets.users, 1);
        assert_eq!(
            labels(&facets, Section::UserType),
            [("Member".into(), 1), ("Guest".into(), 0)]
        );
    }

    #[test]
    fn a_group_that_is_gone_stays_in_the_list_and_counts_nobody() {
        let group = GroupId(Uuid::from_u128(7));
        let mut member = user(1, "");
        member.groups = vec![group];
        let facets = facets(
            &[member],
            &[DirectoryGroup {
                id: group,
                name: "Old".into(),
                gone: true,
            }],
        );
        assert_eq!(labels(&facets, Section::Group), [("Old".into(), 0)]);
        assert!(facets.section(Section::Group)[0].gone);
    }
}
