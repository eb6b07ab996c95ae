//! The same from what the database counted: values as they are written there, of which several can be one facet.

use super::{
    super::{
        address::Address,
        filter::{LONGEST_VALUE, compared},
        normalise::clean,
    },
    fixed_facets, named_groups, with_none,
};
use crate::model::{
    facet_counts::{Counted, RawValue, Seniority},
    filter::{Facet, Facets, Section},
};
use std::collections::{BTreeMap, HashMap};

/// A written value in the form that compares, and as it is shown; none where there is no value.
fn told(value: &RawValue) -> Option<(String, String)> {
    if value.section == Section::Domain {
        let address = Address::new(&format!("a@{}", value.raw))?;
        let domain = address.domain()?;
        return Some((compared(domain), domain.to_owned()));
    }
    let key = compared(&value.raw);
    (!key.is_empty()).then(|| (key, clean(&value.raw, LONGEST_VALUE)))
}

/// The written values that are one facet under several spellings: the longest-standing user of each decides which one is
/// shown.
pub fn ambiguous(counted: &Counted) -> Vec<(Section, String)> {
    let mut spellings: HashMap<(Section, String), Vec<(&RawValue, String)>> = HashMap::new();
    for value in &counted.values {
        if let Some((key, label)) = told(value) {
            spellings.entry((value.section, key)).or_default().push((value, label));
        }
    }
    let differ = |same: &Vec<(&RawValue, String)>| same.iter().any(|(_, label)| *label != same[0].1);
    spellings
        .into_values()
        .filter(differ)
        .flatten()
        .map(|(value, _)| (value.section, value.raw.clone()))
        .collect()
}

/// The facets of a directory that was counted. What is [`ambiguous`] has to tell its longest-standing user.
pub fn of_counts(counted: &Counted) -> Facets {
    let section = |section| match section {
        Section::UserType => fixed_facets([
            ("member", "Member", counted.users - counted.guests),
            ("guest", "Guest", counted.guests),
        ]),
        Section::LicenseStatus => fixed_facets([
            ("licensed", "Licensed", counted.licensed),
            ("unlicensed", "Unlicensed", counted.users - counted.licensed),
        ]),
        Section::Group => named_groups(counted.groups.clone(), counted.in_no_group),
        Section::Domain | Section::OfficeLocation | Section::Department => text(section, &counted.values),
    };
    Facets {
        sections: Section::ALL.into_iter().map(section).collect(),
        users: counted.users,
    }
}

fn text(section: Section, values: &[RawValue]) -> Vec<Facet> {
    let mut by_key: BTreeMap<String, (Option<Seniority>, Facet)> = BTreeMap::new();
    let mut none = 0;
    for value in values.iter().filter(|value| value.section == section) {
        let Some((key, label)) = told(value) else {
            none += value.users;
            continue;
        };
        let facet = |label: String| Facet {
            value: Some(label.clone()),
            label,
            count: 0,
            gone: false,
        };
        let (oldest, shown) = by_key
            .entry(key)
            .or_insert_with(|| (value.oldest, facet(label.clone())));
        if value
            .oldest
            .is_some_and(|this| oldest.is_none_or(|oldest| this < oldest))
        {
            *oldest = value.oldest;
            *shown = Facet {
                count: shown.count,
                ..facet(label)
            };
        }
        shown.count += value.users;
    }
    with_none(section, by_key.into_values().map(|(_, facet)| facet).collect(), none)
}

#[cfg(test)]
#[path = "counted_tests.rs"]
mod tests;
