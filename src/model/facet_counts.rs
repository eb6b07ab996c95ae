//! How often each value of the filters' sections stands in a directory, as the database counts it: values as they are
//! written there, before anything is known of which of them are the same.

use super::{
    filter::Section,
    ids::{DirectoryUserId, GroupId},
};
use chrono::{DateTime, Utc};

/// Whether the age of an account is unknown, the age, and its id: the longest-standing account comes first.
pub type Seniority = (bool, Option<DateTime<Utc>>, DirectoryUserId);

/// One value as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawValue {
    /// In which section: Domain, Office Location or Department.
    pub section: Section,
    /// The value; of a domain what follows the last `@` of the address. Empty for none.
    pub raw: String,
    /// How many living users have it.
    pub users: u32,
    /// The longest-standing of them, where somebody asked.
    pub oldest: Option<Seniority>,
}

/// A group with the number of living users that are in it, directly or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedGroup {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Deleted in Microsoft.
    pub gone: bool,
    /// How many are in it.
    pub users: u32,
}

/// A directory, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Living users.
    pub users: u32,
    /// Of those: guests.
    pub guests: u32,
    /// Of those: with at least one licence.
    pub licensed: u32,
    /// Of those: in no group.
    pub in_no_group: u32,
    /// The values of Domain, Office Location and Department, each once.
    pub values: Vec<RawValue>,
    /// Every group, the ones that are gone included.
    pub groups: Vec<CountedGroup>,
}
