//! Who is whom: which mapped End Users keep or change their address, and which directory users may be mapped or
//! created. Addresses are judged as they will stand after the plan, so that swaps and chains settle in one run.

use super::{address::Address, normalise::key};
use crate::model::{
    directory::DirectoryUser,
    end_user::EndUserState,
    ids::{DirectoryUserId, EndUserId},
    plan::Reason,
};
use std::collections::HashMap;

/// A mapped, in-scope, living user whose address differs from the End User's.
#[derive(Debug)]
pub struct Mover<'a> {
    /// The account; the older one wins where two want the same address.
    pub user: &'a DirectoryUser,
    /// The End User that it is mapped to.
    pub end_user: EndUserId,
    /// The new address.
    pub address: Address,
}

/// The addresses of an Organization's End Users as they will stand after the plan.
#[derive(Debug, Default)]
pub struct FinalAddresses {
    /// By address in the form that compares: who holds it, by id.
    holders: HashMap<String, Vec<EndUserId>>,
    /// Movers that may not move, and the End User that keeps the address.
    refused: HashMap<EndUserId, EndUserId>,
}

impl FinalAddresses {
    /// Judges every move. A move is refused when an End User that keeps its address has it already, or when an older
    /// account moves to it; who may not move keeps the old address, which can refuse others in turn.
    pub fn judge(end_users: &[EndUserState], mut movers: Vec<Mover<'_>>) -> Self {
        movers.sort_by_key(|mover| seniority(mover.user));
        let moving: HashMap<EndUserId, usize> = movers.iter().enumerate().map(|(i, m)| (m.end_user, i)).collect();
        let mut judged = Self::default();
        for end_user in end_users {
            if !moving.contains_key(&end_user.id) {
                judged.hold(key(&end_user.fields.email), end_user.id);
            }
        }
        let current: HashMap<EndUserId, String> = end_users
            .iter()
            .map(|end_user| (end_user.id, key(&end_user.fields.email)))
            .collect();
        let mut wanted: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, mover) in movers.iter().enumerate() {
            wanted.entry(&mover.address.key).or_default().push(i);
        }
        judged.refuse_taken(&movers, &wanted, &current);
        for mover in &movers {
            if !judged.refused.contains_key(&mover.end_user) {
                judged.hold(mover.address.key.clone(), mover.end_user);
            }
        }
        for holders in judged.holders.values_mut() {
            holders.sort_unstable();
        }
        judged
    }

    /// Works through refusals until none follows: each adds a keeper, and a keeper can refuse those who want its
    /// address. The movers only become fewer, so this ends.
    fn refuse_taken(
        &mut self,
        movers: &[Mover<'_>],
        wanted: &HashMap<&str, Vec<usize>>,
        current: &HashMap<EndUserId, String>,
    ) {
        let mut pending = Vec::new();
        for (address, who) in wanted {
            let keeper = self
                .holders
                .get(*address)
                .and_then(|holders| holders.iter().min().copied());
            let first = movers[who[0]].end_user;
            // Where nobody keeps it, the oldest account gets it and the others lose to that one.
            let losers = if keeper.is_some() { &who[..] } else { &who[1..] };
            pending.extend(losers.iter().map(|i| (*i, keeper.unwrap_or(first))));
        }
        pending.sort_unstable();
        while let Some((i, keeper)) = pending.pop() {
            let mover = &movers[i];
            if self.refused.contains_key(&mover.end_user) {
                continue;
            }
            self.refused.insert(mover.end_user, keeper);
            let Some(kept) = current.get(&mover.end_user) else {
                continue;
            };
            self.hold(kept.clone(), mover.end_user);
            if let Some(who) = wanted.get(kept.as_str()) {
                pending.extend(who.iter().map(|j| (*j, mover.end_user)));
            }
        }
        self.name_the_same_keeper(movers);
    }

    /// Which keeper is named must not depend on the order of the work above: the smallest id of those who hold the
    /// address in the end, or else the End User of the account that gets it.
    fn name_the_same_keeper(&mut self, movers: &[Mover<'_>]) {
        let mut winners: HashMap<&str, EndUserId> = HashMap::new();
        for mover in movers {
            if !self.refused.contains_key(&mover.end_user) {
                winners.entry(&mover.address.key).or_insert(mover.end_user);
            }
        }
        for mover in movers {
            let holder = self
                .holders
                .get(&mover.address.key)
                .and_then(|holders| holders.iter().min().copied());
            if let (Some(named), Some(keeper)) = (
                self.refused.get_mut(&mover.end_user),
                holder.or_else(|| winners.get(mover.address.key.as_str()).copied()),
            ) {
                *named = keeper;
            }
        }
    }

    fn hold(&mut self, address: String, end_user: EndUserId) {
        if !address.is_empty() {
            self.holders.entry(address).or_default().push(end_user);
        }
    }

    /// Who keeps the address that this End User was to get, if its move is refused.
    pub fn refused(&self, end_user: EndUserId) -> Option<EndUserId> {
        self.refused.get(&end_user).copied()
    }

    /// The End Users that have an address after the plan.
    pub fn holders(&self, address: &Address) -> &[EndUserId] {
        self.holders.get(&address.key).map_or(&[], Vec::as_slice)
    }
}

/// The older account by creation time, then the smaller id; accounts of unknown age come last.
pub fn seniority(user: &DirectoryUser) -> (bool, Option<chrono::DateTime<chrono::Utc>>, DirectoryUserId) {
    (user.created_at.is_none(), user.created_at, user.id)
}

/// What is known about the End User that an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Not mapped.
    Free,
    /// Mapped to an account that was deleted in Microsoft.
    MappedToDeleted(DirectoryUserId),
    /// Mapped to a living account.
    MappedToLiving(DirectoryUserId),
}

/// What becomes of a candidate: a user in scope, enabled, not mapped, with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Map this End User, perhaps taking it over from a deleted account.
    Map(EndUserId, Option<DirectoryUserId>),
    /// Nobody has the address.
    Create,
    /// A person has to decide.
    Conflict(Reason),
}

/// Matches one candidate. `older` is an older candidate with the same address, `excluded` an excluded person whose
/// End User had it.
pub fn match_candidate(
    address: &Address,
    holders: &[EndUserId],
    holder: impl Fn(EndUserId) -> Holder,
    older: Option<DirectoryUserId>,
    excluded: Option<DirectoryUserId>,
) -> Match {
    let address_words = address.spelling.clone();
    let taken_over = match holders {
        [] => None,
        [one] => match holder(*one) {
            Holder::MappedToLiving(user) => {
                return Match::Conflict(Reason::MappedToAnother {
                    address: address_words,
                    end_user: *one,
                    user,
                });
            }
            Holder::Free => Some((*one, None)),
            Holder::MappedToDeleted(user) => Some((*one, Some(user))),
        },
        several => {
            return Match::Conflict(Reason::SeveralEndUsers {
                address: address_words,
                end_users: several.to_vec(),
            });
        }
    };
    if let Some(user) = older {
        return Match::Conflict(Reason::OlderAccount {
            address: address_words,
            user,
        });
    }
    match (taken_over, excluded) {
        (Some((end_user, from)), _) => Match::Map(end_user, from),
        (None, Some(user)) => Match::Conflict(Reason::ExcludedAddress {
            address: address_words,
            user,
        }),
        (None, None) => Match::Create,
    }
}
