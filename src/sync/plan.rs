//! The plan for one Organization: for every directory user exactly one outcome with its reason, and what to write.

use super::{
    address::{Address, address_of},
    fields,
    filter::{Scope, unreadable},
    matching::{FinalAddresses, Holder, Match, Mover, match_candidate, seniority},
    normalise::key,
};
use crate::model::{
    directory::{DirectoryUser, Readings},
    end_user::{EndUserState, Exclusion, Field, Fields, Mark, MarkKind},
    filter::{Filters, Section},
    ids::{DirectoryUserId, EndUserId},
    plan::{FieldChange, MarkChange, Outcome, PersonPlan, Plan, Reason},
};
use std::collections::{HashMap, HashSet};

/// Everything that a plan depends on. All of one Organization, and nothing of any other.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The Organization's filters.
    pub filters: &'a Filters,
    /// The users of the Microsoft tenant, in any order.
    pub users: &'a [DirectoryUser],
    /// The Organization's End Users, in any order.
    pub end_users: &'a [EndUserState],
    /// Whom an administrator keeps out.
    pub exclusions: &'a [Exclusion],
    /// What of the Microsoft tenant could be read.
    pub readings: &'a Readings,
}

/// Plans one Organization.
pub fn plan(input: &PlanInput<'_>) -> Plan {
    plan_keeping(input, &HashSet::new())
}

/// Plans one Organization in which the End Users of these accounts keep their address. Nobody else is planned onto it;
/// their own change of it is in the plan all the same, for whoever knows why it is left alone to take it out.
pub(super) fn plan_keeping(input: &PlanInput<'_>, keeps: &HashSet<DirectoryUserId>) -> Plan {
    let planner = Planner::new(input, keeps);
    let mut people: Vec<PersonPlan> = input.users.iter().map(|user| planner.person(user)).collect();
    planner.superseded(&mut people);
    people.sort_unstable_by_key(|person| person.user);
    Plan { people }
}

struct Planner<'a> {
    scope: Scope,
    /// Sections that rest on unreadable data: with one, only disabled marks are written.
    unreadable: Vec<Section>,
    mapped: HashMap<DirectoryUserId, &'a EndUserState>,
    by_id: HashMap<EndUserId, &'a EndUserState>,
    users: HashMap<DirectoryUserId, &'a DirectoryUser>,
    excluded: HashMap<DirectoryUserId, ()>,
    /// By address in the form that compares: the excluded person, smallest id first.
    excluded_addresses: HashMap<String, DirectoryUserId>,
    addresses: FinalAddresses,
    /// By address: the oldest candidate.
    first_candidates: HashMap<String, DirectoryUserId>,
}

impl<'a> Planner<'a> {
    fn new(input: &PlanInput<'a>, keeps: &HashSet<DirectoryUserId>) -> Self {
        let mut planner = Self {
            scope: Scope::new(input.filters),
            unreadable: unreadable(input.filters, input.readings),
            mapped: input
                .end_users
                .iter()
                .filter_map(|e| Some((e.mapping.as_ref()?.user, e)))
                .collect(),
            by_id: input.end_users.iter().map(|end_user| (end_user.id, end_user)).collect(),
            users: input.users.iter().map(|user| (user.id, user)).collect(),
            excluded: input.exclusions.iter().map(|exclusion| (exclusion.user, ())).collect(),
            excluded_addresses: HashMap::new(),
            addresses: FinalAddresses::default(),
            first_candidates: HashMap::new(),
        };
        for exclusion in input
            .exclusions
            .iter()
            .filter(|exclusion| !exclusion.address.trim().is_empty())
        {
            let first = planner
                .excluded_addresses
                .entry(key(&exclusion.address))
                .or_insert(exclusion.user);
            *first = (*first).min(exclusion.user);
        }
        planner.addresses = FinalAddresses::judge(input.end_users, planner.movers(input.users, keeps));
        planner.first_candidates = planner.first_candidates(input.users);
        planner
    }

    fn is_updated(&self, user: &DirectoryUser) -> bool {
        self.unreadable.is_empty() && user.is_living() && self.scope.refusals(user).is_empty()
    }

    fn movers(&self, users: &'a [DirectoryUser], keeps: &HashSet<DirectoryUserId>) -> Vec<Mover<'a>> {
        users
            .iter()
            .filter(|user| !keeps.contains(&user.id))
            .filter_map(|user| {
                let end_user = self.mapped.get(&user.id)?;
                let address = address_of(user)?;
                let moves = key(&end_user.fields.email) != address.key && self.is_updated(user);
                moves.then_some(Mover {
                    user,
                    end_user: end_user.id,
                    address,
                })
            })
            .collect()
    }

    /// A user in scope, enabled, neither mapped nor excluded, with an address: its address.
    fn candidate(&self, user: &DirectoryUser) -> Option<Address> {
        let may_be = !self.mapped.contains_key(&user.id) && !self.excluded.contains_key(&user.id) && user.is_enabled();
        address_of(user).filter(|_| may_be && self.is_updated(user))
    }

    fn first_candidates(&self, users: &[DirectoryUser]) -> HashMap<String, DirectoryUserId> {
        let mut first: HashMap<String, &DirectoryUser> = HashMap::new();
        for user in users {
            if let Some(address) = self.candidate(user) {
                let oldest = first.entry(address.key).or_insert(user);
                if seniority(user) < seniority(oldest) {
                    *oldest = user;
                }
            }
        }
        first.into_iter().map(|(address, user)| (address, user.id)).collect()
    }

    /// A deleted account whose End User another account takes over is superseded: its mark is not written.
    fn superseded(&self, people: &mut [PersonPlan]) {
        let taken = people.iter().filter_map(|person| match &person.reason {
            Reason::TakesOver { from, .. } => Some((*from, person.user)),
            _ => None,
        });
        let takers: HashMap<DirectoryUserId, DirectoryUserId> = taken.collect();
        for person in people {
            if let Some(by) = takers.get(&person.user) {
                let unmapped = self.users.get(&person.user).map(|user| self.unmapped_person(user));
                person.afterwards = unmapped.map(|person| (person.outcome, person.reason));
                person.outcome = Outcome::Superseded;
                person.reason = Reason::TakenOver { by: *by };
                person.fields.clear();
                person.mark = None;
            }
        }
    }

    fn person(&self, user: &DirectoryUser) -> PersonPlan {
        match self.mapped.get(&user.id) {
            Some(end_user) => self.mapped_person(user, end_user),
            None => self.unmapped_person(user),
        }
    }

    fn unmapped_person(&self, user: &DirectoryUser) -> PersonPlan {
        let (outcome, reason) = if self.excluded.contains_key(&user.id) {
            (Outcome::Skip, Reason::Excluded)
        } else if let Some(address) = address_of(user) {
            if !user.is_living() {
                (Outcome::Skip, Reason::DeletedInMicrosoft)
            } else if !user.is_enabled() {
                (Outcome::Skip, Reason::DisabledInMicrosoft)
            } else if !self.unreadable.is_empty() {
                (Outcome::Skip, Reason::NotReadable)
            } else {
                let sections = self.scope.refusals(user);
                if sections.is_empty() {
                    return self.in_scope(user, &address);
                }
                (Outcome::Skip, Reason::OutOfScope { sections })
            }
        } else {
            (Outcome::Skip, Reason::NoAddress)
        };
        undecided(user.id, outcome, reason)
    }

    fn in_scope(&self, user: &DirectoryUser, address: &Address) -> PersonPlan {
        let older = self
            .first_candidates
            .get(&address.key)
            .copied()
            .filter(|first| *first != user.id);
        let excluded = self.excluded_addresses.get(&address.key).copied();
        let spelling = address.spelling.clone();
        match match_candidate(
            address,
            self.addresses.holders(address),
            |id| self.holder(id),
            older,
            excluded,
        ) {
            Match::Conflict(reason) => undecided(user.id, Outcome::Conflict, self.lasting(user, address, reason)),
            Match::Create => written(
                user,
                None,
                &Fields::default(),
                Reason::NewPerson { address: spelling },
                None,
            ),
            Match::Map(end_user, from) => {
                let state = self.by_id.get(&end_user);
                let held = state.map(|state| state.fields.clone()).unwrap_or_default();
                let mark = state
                    .and_then(|state| state.mapping.as_ref())
                    .and_then(|mapping| mapping.mark);
                let reason = match from {
                    None => Reason::SameAddress { address: spelling },
                    Some(from) => Reason::TakesOver {
                        address: spelling,
                        from,
                    },
                };
                let mark = mark.map(|mark| MarkChange {
                    old: Some(mark),
                    new: None,
                });
                let before = state.and_then(|state| state.mapping.clone()).map(Box::new);
                PersonPlan {
                    before,
                    ..written(user, Some(end_user), &held, reason, mark)
                }
            }
        }
    }

    /// Of two accounts with one address the older becomes the End User. That it is mapped in later runs is no new reason
    /// for the other, and would be told as news.
    fn lasting(&self, user: &DirectoryUser, address: &Address, reason: Reason) -> Reason {
        let Reason::MappedToAnother { user: mapped, .. } = &reason else {
            return reason;
        };
        let is_older = self.users.get(mapped).is_some_and(|mapped| {
            seniority(mapped) < seniority(user) && address_of(mapped).is_some_and(|other| other.key == address.key)
        });
        if !is_older {
            return reason;
        }
        Reason::OlderAccount {
            address: address.spelling.clone(),
            user: *mapped,
        }
    }

    fn holder(&self, id: EndUserId) -> Holder {
        match self.by_id.get(&id).and_then(|end_user| end_user.mapping.as_ref()) {
            None => Holder::Free,
            // A mapping to an account that the directory does not know is no word of Graph that it was deleted.
            Some(mapping) if self.users.get(&mapping.user).is_some_and(|user| !user.is_living()) => {
                Holder::MappedToDeleted(mapping.user)
            }
            Some(mapping) => Holder::MappedToLiving(mapping.user),
        }
    }

    fn mapped_person(&self, user: &DirectoryUser, end_user: &EndUserState) -> PersonPlan {
        let Some(mapping) = &end_user.mapping else {
            return undecided(user.id, Outcome::Skip, Reason::NotReadable);
        };
        let sections = self.scope.refusals(user);
        let (fields, kept) = if self.is_updated(user) {
            self.changes(user, end_user, &mapping.last_synced)
        } else {
            (vec![], None)
        };
        let mark = mark_change(user, mapping.mark);
        let stands = match kept {
            Some(kept) => (Outcome::Conflict, kept),
            None if !self.unreadable.is_empty() => (Outcome::Unchanged, Reason::NotReadable),
            None if !user.is_living() => (Outcome::Unchanged, Reason::DeletedInMicrosoft),
            None if !sections.is_empty() => (Outcome::OutOfScope, Reason::OutOfScope { sections }),
            None => (Outcome::Unchanged, Reason::UpToDate),
        };
        let (outcome, reason) = match (mark.map(|change| change.new), &stands) {
            (Some(Some(mark)), _) => (Outcome::Disable, reason_of(mark.kind)),
            (Some(None), _) => (Outcome::Enable, Reason::EnabledInMicrosoft),
            (None, _) if fields.is_empty() => stands.clone(),
            (None, (Outcome::Conflict, kept)) => (Outcome::Update, kept.clone()),
            (None, _) => (Outcome::Update, Reason::FieldsDiffer),
        };
        let before = (mark.is_some() || !fields.is_empty()).then(|| Box::new(mapping.clone()));
        PersonPlan {
            user: user.id,
            outcome,
            reason,
            end_user: Some(end_user.id),
            fields,
            mark,
            before,
            afterwards: stands.0.stands().then_some(stands),
        }
    }

    /// The fields to write, and why the address is not among them if another End User keeps it.
    fn changes(
        &self,
        user: &DirectoryUser,
        end_user: &EndUserState,
        last_synced: &Fields,
    ) -> (Vec<FieldChange>, Option<Reason>) {
        let microsoft = fields::of_user(user);
        let keeper = self.addresses.refused(end_user.id);
        let changes = fields::diff(&microsoft, &end_user.fields, last_synced, keeper.is_some());
        (
            changes,
            keeper.map(|end_user| Reason::AddressKept {
                address: microsoft.email,
                end_user,
            }),
        )
    }
}

const fn reason_of(kind: MarkKind) -> Reason {
    match kind {
        MarkKind::Disabled => Reason::DisabledInMicrosoft,
        MarkKind::Deleted => Reason::DeletedInMicrosoft,
    }
}

/// The mark follows Microsoft's word whether the user is in scope or not.
fn mark_change(user: &DirectoryUser, old: Option<Mark>) -> Option<MarkChange> {
    let new = match (user.deleted_at, user.disabled_at) {
        (Some(at), _) => Some(Mark {
            kind: MarkKind::Deleted,
            at,
        }),
        (None, Some(at)) => Some(Mark {
            kind: MarkKind::Disabled,
            at,
        }),
        (None, None) => None,
    };
    // With the time: who was enabled and disabled again while nobody looked is disabled since then.
    (old != new).then_some(MarkChange { old, new })
}

/// A person of whom nothing is written.
pub(super) fn undecided(user: DirectoryUserId, outcome: Outcome, reason: Reason) -> PersonPlan {
    PersonPlan {
        user,
        outcome,
        reason,
        end_user: None,
        fields: vec![],
        mark: None,
        before: None,
        afterwards: None,
    }
}

/// A person who is mapped by this plan, onto a new End User or an existing one.
fn written(
    user: &DirectoryUser,
    end_user: Option<EndUserId>,
    held: &Fields,
    reason: Reason,
    mark: Option<MarkChange>,
) -> PersonPlan {
    let outcome = if end_user.is_some() {
        Outcome::Link
    } else {
        Outcome::Create
    };
    let mut fields = fields::diff(&fields::of_user(user), held, &Fields::default(), false);
    // The addresses are the same but for their case, and a link is no reason to rewrite that.
    fields.retain(|change| outcome == Outcome::Create || change.field != Field::Email);
    PersonPlan {
        user: user.id,
        outcome,
        reason,
        end_user,
        fields,
        mark,
        before: None,
        afterwards: None,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
