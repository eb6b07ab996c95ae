//! Everybody in a directory, as filters see them.

use super::super::{
    fields,
    filter::{Scope, value_of},
};
use crate::model::{
    directory::{DirectoryUser, UserType},
    filter::Section,
    ids::{DirectoryUserId, GroupId},
};
use std::collections::HashMap;

const LIVING: u8 = 1;
const GUEST: u8 = 2;
const LICENSED: u8 = 4;

/// The sections whose values are texts of which a user has at most one.
const TEXTS: [Section; 3] = [Section::Domain, Section::OfficeLocation, Section::Department];

/// Puts users into the order in which a plan names them.
pub fn in_order(users: &mut [DirectoryUser]) {
    users.sort_by_cached_key(|user| (fields::of_user(user).name.to_lowercase(), user.id));
}

/// The values of one section, each once, and which of them each user has.
#[derive(Clone, Debug, Default)]
struct Texts {
    texts: Vec<Option<String>>,
    of_user: Vec<u32>,
}

/// A directory as filters see it: some 33 bytes a user, and four for each group that the user is in.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    ids: Vec<DirectoryUserId>,
    flags: Vec<u8>,
    texts: [Texts; TEXTS.len()],
    /// Each group that anybody is in, once.
    groups: Vec<GroupId>,
    /// The groups of all users in a row, and where those of each user end.
    memberships: Vec<u32>,
    ends: Vec<u32>,
    living: u32,
}

impl Roll {
    /// Of users in the order that [`in_order`] makes.
    pub fn new(users: &[DirectoryUser]) -> Self {
        let mut roll = Self::default();
        let mut group_numbers: HashMap<GroupId, u32> = HashMap::new();
        for user in users {
            let mut flags = 0;
            for (flag, is) in [
                (LIVING, user.is_living()),
                (GUEST, user.user_type == UserType::Guest),
                (LICENSED, !user.licenses.is_empty()),
            ] {
                flags |= if is { flag } else { 0 };
            }
            roll.ids.push(user.id);
            roll.flags.push(flags);
            roll.living += u32::from(user.is_living());
            for group in &user.groups {
                let number = *group_numbers.entry(*group).or_insert_with(|| {
                    roll.groups.push(*group);
                    number(roll.groups.len() - 1)
                });
                roll.memberships.push(number);
            }
            roll.ends.push(number(roll.memberships.len()));
        }
        roll.texts = TEXTS.map(|section| Texts::new(section, users));
        roll.shrink();
        roll
    }

    fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.flags.shrink_to_fit();
        self.groups.shrink_to_fit();
        self.memberships.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Living users.
    pub const fn living(&self) -> u32 {
        self.living
    }

    /// The id of the user in this place.
    pub(super) fn id(&self, place: usize) -> DirectoryUserId {
        self.ids[place]
    }

    pub(super) fn is_living(&self, place: usize) -> bool {
        self.flags[place] & LIVING != 0
    }

    /// Who is in scope, by place.
    pub(super) fn within(&self, scope: &Scope) -> Vec<bool> {
        let of_type = [UserType::Member, UserType::Guest]
            .map(|user_type| scope.accepts_value(Section::UserType, Some(&user_type.key().to_owned())));
        let by_license = ["unlicensed", "licensed"]
            .map(|value| scope.accepts_value(Section::LicenseStatus, Some(&value.to_owned())));
        let flagged =
            |flags: u8| of_type[usize::from(flags & GUEST != 0)] && by_license[usize::from(flags & LICENSED != 0)];
        let mut within: Vec<bool> = self.flags.iter().map(|flags| flagged(*flags)).collect();
        for (section, texts) in TEXTS.into_iter().zip(&self.texts) {
            texts.narrow(section, scope, &mut within);
        }
        self.narrow_by_group(scope, &mut within);
        within
    }

    fn narrow_by_group(&self, scope: &Scope, within: &mut [bool]) {
        let accepted: Vec<_> = self
            .groups
            .iter()
            .map(|group| scope.accepts_group(Some(group)))
            .collect();
        let without = scope.accepts_group(None);
        let mut begin = 0;
        for (within, end) in within.iter_mut().zip(&self.ends) {
            let groups = &self.memberships[begin..*end as usize];
            *within &= if groups.is_empty() {
                without
            } else {
                groups.iter().any(|group| accepted[*group as usize])
            };
            begin = *end as usize;
        }
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        let texts = self.texts.iter().map(|texts| {
            let words = texts.texts.iter().map(|text| text.as_ref().map_or(0, String::len));
            words.sum::<usize>() + texts.texts.len() * size_of::<Option<String>>() + texts.of_user.len() * 4
        });
        self.ids.len() * (size_of::<DirectoryUserId>() + 1 + 4)
            + self.memberships.len() * 4
            + self.groups.len() * size_of::<GroupId>()
            + texts.sum::<usize>()
    }
}

impl Texts {
    fn new(section: Section, users: &[DirectoryUser]) -> Self {
        let mut numbers: HashMap<Option<String>, u32> = HashMap::new();
        let mut of_user = Vec::with_capacity(users.len());
        for user in users {
            let next = number(numbers.len());
            of_user.push(*numbers.entry(value_of(section, user)).or_insert(next));
        }
        let mut texts = vec![None; numbers.len()];
        for (text, number) in numbers {
            texts[number as usize] = text;
        }
        Self { texts, of_user }
    }

    fn narrow(&self, section: Section, scope: &Scope, within: &mut [bool]) {
        let accepted: Vec<_> = self
            .texts
            .iter()
            .map(|text| scope.accepts_value(section, text.as_ref()))
            .collect();
        for (within, text) in within.iter_mut().zip(&self.of_user) {
            *within &= accepted[*text as usize];
        }
    }
}

pub(super) fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
