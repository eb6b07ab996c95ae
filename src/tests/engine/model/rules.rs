//! The rules of one Organization, written down once more from what the documentation says of them and not from the
//! code that the tests are about.

use super::{
    super::expected::{self, Ticks, address, fields, folded, in_scope},
    microsoft::{Id, Microsoft},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub const EMAIL: usize = 1;
const PHONES: [usize; 2] = [2, 3];

/// The synced fields, in the order of [`expected::People`].
pub type Fields = [String; 9];

/// An End User.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    pub fields: Fields,
    pub mapping: Option<Mapping>,
}

/// To whom an End User is mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mapping {
    pub user: Id,
    /// The last synced values.
    pub last: Fields,
    /// `disabled` or `deleted`.
    pub mark: Option<&'static str>,
}

/// What is known of Microsoft.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Everybody who was ever seen, as last seen, and whether they live.
    pub users: BTreeMap<Id, (Value, bool)>,
    /// The groups that each is in, through other groups too.
    pub groups: HashMap<String, BTreeSet<String>>,
}

impl Directory {
    /// What a complete pass brings.
    pub fn read(&mut self, microsoft: &Microsoft) {
        for (_, living) in self.users.values_mut() {
            *living = false;
        }
        let living = microsoft.living.iter();
        self.users
            .extend(living.map(|(id, user)| (id.clone(), (user.clone(), true))));
        self.groups = expected::groups_of(&microsoft.dump());
    }

    fn living(&self, id: &Id) -> bool {
        self.users.get(id).is_some_and(|(_, living)| *living)
    }

    fn mark(&self, id: &Id) -> Option<&'static str> {
        match self.users.get(id) {
            Some((_, false)) => Some("deleted"),
            Some((user, true)) if user["accountEnabled"] == Value::Bool(false) => Some("disabled"),
            _ => None,
        }
    }
}

/// Whether two values of a field differ by more than spelling.
pub fn differ(field: usize, one: &str, other: &str) -> bool {
    let phone = |value: &str| -> String { value.chars().filter(|c| c.is_alphanumeric() || *c == '+').collect() };
    if field == EMAIL {
        folded(one) != folded(other)
    } else if PHONES.contains(&field) {
        phone(one) != phone(other)
    } else {
        !one.split_whitespace().eq(other.split_whitespace())
    }
}

/// A field that is written.
#[derive(Clone, Debug)]
pub struct Change {
    pub field: usize,
    pub old: String,
    pub new: String,
}

/// What becomes of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not mapped, and stays so.
    Nothing,
    /// The same, and a person has to decide.
    Conflict,
    Create,
    /// Mapped to an End User; its mapping to somebody who is gone goes.
    Link(u64),
    /// Mapped already.
    Mapped(u64),
    /// Somebody else takes over the End User.
    Superseded,
}

/// An account's part of a plan.
#[derive(Clone, Debug)]
pub struct Part {
    pub fate: Fate,
    pub changes: Vec<Change>,
    /// The mark before and after, where it changes.
    pub mark: Option<(Option<&'static str>, Option<&'static str>)>,
    /// The address is another End User's who keeps it.
    pub address_kept: bool,
    /// A field was left alone, as another program writes it too.
    pub is_contended: bool,
}

impl Part {
    fn of(fate: Fate) -> Self {
        Self {
            fate,
            changes: vec![],
            mark: None,
            address_kept: false,
            is_contended: false,
        }
    }
}

pub type Plan = BTreeMap<Id, Part>;

/// What a plan is made from.
pub struct Rules<'a> {
    pub ticks: &'a Ticks,
    pub people: &'a BTreeMap<u64, Person>,
    /// Whom administrators keep out, and the address that the End User had.
    pub excluded: &'a BTreeMap<Id, String>,
    pub directory: &'a Directory,
    /// Fields that are left alone.
    pub left_alone: &'a BTreeSet<(Id, usize)>,
}

/// Addresses as they stand when all is written.
struct Addresses {
    holders: BTreeMap<String, Vec<u64>>,
    refused: BTreeSet<u64>,
}

impl Rules<'_> {
    fn user(&self, id: &Id) -> Option<&Value> {
        self.directory.users.get(id).map(|(user, _)| user)
    }

    fn in_scope(&self, id: &Id) -> bool {
        let of_user = self.directory.groups.get(id);
        self.directory.living(id) && self.user(id).is_some_and(|user| in_scope(user, of_user, self.ticks))
    }

    fn mapped(&self) -> BTreeMap<&Id, u64> {
        let people = self.people.iter();
        people
            .filter_map(|(key, person)| Some((&person.mapping.as_ref()?.user, *key)))
            .collect()
    }

    /// Addresses are judged as they will stand after the plan: nobody gives up theirs who can't have the new one, and of
    /// two who want the same the older account gets it.
    fn addresses(&self) -> Addresses {
        let mut moving = vec![];
        for (user, key) in self.mapped() {
            let Some(account) = self.user(user) else { continue };
            let Some(new) = address(account) else { continue };
            let moves = differ(EMAIL, &new, &self.people[&key].fields[EMAIL]) && self.in_scope(user);
            if moves && !self.left_alone.contains(&(user.clone(), EMAIL)) {
                moving.push((expected::age(account), key, folded(&new)));
            }
        }
        moving.sort();
        let mut refused = BTreeSet::new();
        loop {
            let stays = |key: &u64| refused.contains(key) || !moving.iter().any(|(_, mover, _)| mover == key);
            let mut taken: BTreeSet<String> = self
                .people
                .iter()
                .filter(|(key, _)| stays(key))
                .map(|(_, person)| folded(&person.fields[EMAIL]))
                .collect();
            let losers: Vec<_> = moving
                .iter()
                .filter(|(_, key, _)| !refused.contains(key))
                .filter(|(_, _, new)| !taken.insert(new.clone()))
                .map(|(_, key, _)| *key)
                .collect();
            if losers.is_empty() {
                break;
            }
            refused.extend(losers);
        }
        let new = |key: &u64| {
            moving
                .iter()
                .find(|(_, mover, _)| mover == key && !refused.contains(key))
        };
        let mut holders = BTreeMap::<String, Vec<u64>>::new();
        for (key, person) in self.people {
            let address = new(key).map_or_else(|| folded(&person.fields[EMAIL]), |(_, _, new)| new.clone());
            holders.entry(address).or_default().push(*key);
        }
        Addresses { holders, refused }
    }

    /// The plan: for everybody who is known exactly one fate.
    pub fn plan(&self) -> Plan {
        let (mapped, addresses) = (self.mapped(), self.addresses());
        let candidates = self.candidates(&mapped);
        let mut plan = Plan::new();
        for id in self.directory.users.keys() {
            let part = if let Some(key) = mapped.get(id) {
                self.mapped_part(id, *key, &addresses)
            } else if let Some(wanted) = candidates.get(id) {
                let oldest = candidates
                    .iter()
                    .filter(|(_, other)| *other == wanted)
                    .min_by_key(|(id, _)| self.user(id).map(expected::age));
                let is_oldest = oldest.is_some_and(|(oldest, _)| oldest == id);
                self.candidate_part(id, wanted, is_oldest, &addresses)
            } else {
                Part::of(Fate::Nothing)
            };
            plan.insert(id.clone(), part);
        }
        let taken: BTreeSet<u64> = plan
            .values()
            .filter_map(|part| match part.fate {
                Fate::Link(key) => Some(key),
                _ => None,
            })
            .collect();
        for part in plan.values_mut() {
            if matches!(part.fate, Fate::Mapped(key) if taken.contains(&key)) {
                *part = Part::of(Fate::Superseded);
            }
        }
        plan
    }

    /// Everybody in scope, enabled, neither mapped nor kept out, who has an address: that address.
    fn candidates(&self, mapped: &BTreeMap<&Id, u64>) -> BTreeMap<Id, String> {
        let is_one = |id: &Id| {
            !mapped.contains_key(id)
                && !self.excluded.contains_key(id)
                && self.directory.mark(id).is_none()
                && self.in_scope(id)
        };
        let ids = self.directory.users.keys().filter(|id| is_one(id));
        ids.filter_map(|id| Some((id.clone(), folded(&address(self.user(id)?)?))))
            .collect()
    }

    fn mapped_part(&self, id: &Id, key: u64, addresses: &Addresses) -> Part {
        let mut part = Part::of(Fate::Mapped(key));
        let (person, Some(user)) = (&self.people[&key], self.user(id)) else {
            return part;
        };
        let Some(mapping) = &person.mapping else { return part };
        let mark = self.directory.mark(id);
        if mark != mapping.mark {
            part.mark = Some((mapping.mark, mark));
        }
        if self.in_scope(id) {
            part.address_kept = addresses.refused.contains(&key);
            part.changes = changes(user, &person.fields, &mapping.last);
            part.changes
                .retain(|change| change.field != EMAIL || !part.address_kept);
            let all = part.changes.len();
            part.changes
                .retain(|change| !self.left_alone.contains(&(id.clone(), change.field)));
            part.is_contended = part.changes.len() < all;
        }
        part
    }

    fn candidate_part(&self, id: &Id, wanted: &String, is_oldest: bool, addresses: &Addresses) -> Part {
        let Some(user) = self.user(id) else {
            return Part::of(Fate::Nothing);
        };
        match addresses.holders.get(wanted).map(Vec::as_slice) {
            None | Some([]) => {
                let is_kept_out = self.excluded.values().any(|address| folded(address) == *wanted);
                if !is_oldest || is_kept_out {
                    return Part::of(Fate::Conflict);
                }
                Part {
                    changes: changes(user, &Fields::default(), &Fields::default()),
                    ..Part::of(Fate::Create)
                }
            }
            Some([one]) => {
                let holder = &self.people[one];
                let is_free = holder
                    .mapping
                    .as_ref()
                    .is_none_or(|mapping| !self.directory.living(&mapping.user));
                if !is_free || !is_oldest {
                    return Part::of(Fate::Conflict);
                }
                let mut changes = changes(user, &holder.fields, &Fields::default());
                changes.retain(|change| change.field != EMAIL);
                Part {
                    changes,
                    ..Part::of(Fate::Link(*one))
                }
            }
            Some(_) => Part::of(Fate::Conflict),
        }
    }
}

/// Microsoft wins where it has a value. An empty one clears what still is what the sync wrote, and never an address.
fn changes(user: &Value, held: &Fields, last: &Fields) -> Vec<Change> {
    let microsoft = fields(user);
    let mut changes = vec![];
    for (field, new) in microsoft.into_iter().enumerate() {
        let (old, last) = (&held[field], &last[field]);
        let is_written = if new.is_empty() {
            field != EMAIL && !old.is_empty() && !last.is_empty() && !differ(field, old, last)
        } else {
            differ(field, &new, old)
        };
        if is_written {
            let old = old.clone();
            changes.push(Change { field, old, new });
        }
    }
    changes
}

/// What Microsoft says of a field.
pub fn microsoft_value(directory: &Directory, id: &Id, field: usize) -> Option<String> {
    let (user, _) = directory.users.get(id)?;
    Some(fields(user)[field].clone())
}
