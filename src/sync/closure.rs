//! The closure of what changed: who has to be planned again, and nobody else.
//!
//! A plan decides about a person from what the person's account says, from the End User that is mapped to it, and from
//! whoever touches the same address. So accounts and End Users hang together by mappings and by addresses, and what is
//! decided within such a knot rests on nothing outside it. A closure is the knots of those who changed, and of those of
//! whom the last plan left something to be decided: conflicts, held and dropped rows and contended fields, and those of
//! whom [`is_unsettled`] says so. Among them are all who can gain by an address that somebody has given up, or lose one
//! that is kept out with somebody else: whoever did not get it was left with a conflict, a held or a dropped row.

use super::{address::address_of, normalise::key};
use crate::model::{
    directory::DirectoryUser,
    end_user::EndUserState,
    ids::{DirectoryUserId, EndUserId},
    plan::{Outcome, PersonPlan, Reason},
};
use std::collections::{HashMap, HashSet};

/// With whom a closure begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seeds {
    /// Accounts that changed, or of which something was left to be decided.
    pub users: Vec<DirectoryUserId>,
    /// End Users that others than a run wrote.
    pub end_users: Vec<EndUserId>,
}

/// What has to be looked up for a closure to grow, each only once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// These accounts.
    pub users: Vec<DirectoryUserId>,
    /// The End Users that are mapped to these accounts.
    pub mapped_to: Vec<DirectoryUserId>,
    /// These End Users.
    pub end_users: Vec<EndUserId>,
    /// Living accounts and End Users with these addresses, in the form that compares.
    pub addresses: Vec<String>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.mapped_to.is_empty() && self.end_users.is_empty() && self.addresses.is_empty()
    }
}

/// A closure while it grows. Whoever looks things up asks [`Closure::wanted`] and answers with [`Closure::add`] until
/// nothing is wanted any more. More than was asked for may be added: a larger closure is one too.
#[derive(Debug, Default)]
pub struct Closure {
    users: HashMap<DirectoryUserId, DirectoryUser>,
    end_users: HashMap<EndUserId, EndUserState>,
    asked_users: HashSet<DirectoryUserId>,
    asked_addresses: HashSet<String>,
    next: Wanted,
}

impl Closure {
    /// A closure of which nothing has been looked up yet.
    pub fn new(seeds: Seeds) -> Self {
        let mut closure = Self::default();
        for user in seeds.users {
            closure.follow_user(user);
        }
        closure.next.end_users = seeds.end_users;
        closure
    }

    /// What has to be looked up next; `None` once the closure is closed.
    pub fn wanted(&mut self) -> Option<Wanted> {
        let mut wanted = std::mem::take(&mut self.next);
        wanted.users.retain(|user| !self.users.contains_key(user));
        wanted
            .end_users
            .retain(|end_user| !self.end_users.contains_key(end_user));
        (!wanted.is_empty()).then_some(wanted)
    }

    /// Adds what was looked up.
    pub fn add(&mut self, users: Vec<DirectoryUser>, end_users: Vec<EndUserState>) {
        for user in users {
            self.follow_user(user.id);
            // A deleted account gets no address, and keeps none from others.
            if user.is_living() {
                self.follow_address(address_of(&user).map(|address| address.key));
            }
            self.users.entry(user.id).or_insert(user);
        }
        for end_user in end_users {
            if let Some(mapping) = &end_user.mapping {
                self.follow_user(mapping.user);
            }
            self.follow_address(Some(key(&end_user.fields.email)));
            self.end_users.entry(end_user.id).or_insert(end_user);
        }
    }

    fn follow_user(&mut self, user: DirectoryUserId) {
        if self.asked_users.insert(user) {
            self.next.users.push(user);
            self.next.mapped_to.push(user);
        }
    }

    fn follow_address(&mut self, address: Option<String>) {
        let Some(address) = address.filter(|address| !address.is_empty()) else {
            return;
        };
        if self.asked_addresses.insert(address.clone()) {
            self.next.addresses.push(address);
        }
    }

    /// The ids of the accounts and of the End Users in it by now.
    pub fn ids(&self) -> (Vec<DirectoryUserId>, Vec<EndUserId>) {
        (
            self.users.keys().copied().collect(),
            self.end_users.keys().copied().collect(),
        )
    }

    /// The accounts and the End Users in it.
    pub fn into_people(self) -> (Vec<DirectoryUser>, Vec<EndUserState>) {
        (
            self.users.into_values().collect(),
            self.end_users.into_values().collect(),
        )
    }
}

/// Whether the next plan says something else about a person though nothing changes: what is written now hides how the
/// person stands.
pub fn is_unsettled(person: &PersonPlan) -> bool {
    match person.outcome {
        Outcome::Superseded | Outcome::Disable | Outcome::Enable => true,
        Outcome::Update => person.reason != Reason::FieldsDiffer,
        _ => false,
    }
}
