//! An Organization as plan lines see it: of everybody what happens in scope and out of it.

use super::{
    super::{
        address::address_of,
        guard::{Rows, Size},
        normalise::key,
        plan::{PlanInput, plan},
    },
    roll::number,
};
use crate::model::{
    directory::{DirectoryUser, Readings},
    end_user::{EndUserState, Exclusion, Field},
    filter::{Choice, Filters},
    held::{Contended, Dropped},
    ids::{DirectoryUserId, EndUserId},
    plan::{FieldChange, Outcome, PersonPlan, Reason},
};
use std::collections::{HashMap, HashSet};

/// What of an Organization a plan rests on, its filters apart.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Its End Users.
    pub end_users: Vec<EndUserState>,
    /// Whom an administrator keeps out.
    pub exclusions: Vec<Exclusion>,
    /// Dropped rows.
    pub dropped: Vec<Dropped>,
    /// Fields that others write too.
    pub contended: Vec<Contended>,
    /// Rows that were left when others were chosen.
    pub left: Rows,
}

/// What happens to a person in scope, and out of it, without the values.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub inside: PersonPlan,
    pub outside: PersonPlan,
}

/// In the place of a verdict: planned anew for each line.
pub(super) const TANGLED: u32 = u32::MAX;
/// So many users are planned together when the snapshot is made: what that takes does not grow with the directory.
const AT_ONCE: usize = 4_096;

/// An Organization as plan lines see it: four bytes a user, 21 where there are End Users, and the tangled whole.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    pub(super) verdicts: Vec<Verdict>,
    /// By place in the [`super::Roll`].
    pub(super) verdict_of: Vec<u32>,
    /// By place: the one End User that is tied to the user. Empty where there is none at all.
    end_user_of: Vec<Option<EndUserId>>,
    /// The tangled, their End Users, and whatever else is said of them.
    pub(super) users: Vec<DirectoryUser>,
    pub(super) state: State,
    pub(super) size: Size,
}

impl Standing {
    /// Of users in the order of the [`super::Roll`].
    pub fn new(users: &[DirectoryUser], mut state: State) -> Self {
        let ties = Ties::new(users, &state);
        let mut standing = Self {
            size: Size::of(&state.end_users),
            users: ties.tangled_users(users).cloned().collect(),
            ..Self::default()
        };
        standing.settle(users, &state, &ties);
        let mut nodes = users.len()..;
        state
            .end_users
            .retain(|_| nodes.next().is_some_and(|node| ties.is_tangled(node)));
        state.end_users.shrink_to_fit();
        standing.state = state;
        standing
    }

    /// Gives everybody a verdict who is not tangled.
    fn settle(&mut self, users: &[DirectoryUser], state: &State, ties: &Ties) {
        let (everybody, nobody) = (Filters::default(), nobody());
        let mut numbers: HashMap<(u64, u64), u32> = HashMap::new();
        let places: HashMap<_, _> = users.iter().enumerate().map(|(place, user)| (user.id, place)).collect();
        self.verdict_of = vec![TANGLED; users.len()];
        let of_user = ties.end_user_of(users.len());
        for (at, chunk) in users.chunks(AT_ONCE).enumerate() {
            let theirs = &of_user[at * AT_ONCE..at * AT_ONCE + chunk.len()];
            let end_users: Vec<_> = theirs.iter().flatten().map(|n| state.end_users[*n].clone()).collect();
            let planned = |filters| {
                plan(&PlanInput {
                    filters,
                    users: chunk,
                    end_users: &end_users,
                    exclusions: &state.exclusions,
                    readings: &Readings::default(),
                })
            };
            // Both are by user.
            for (inside, outside) in planned(&everybody).people.iter().zip(&planned(&nobody).people) {
                let Some(place) = places.get(&inside.user).filter(|place| !ties.is_tangled(**place)) else {
                    continue;
                };
                let next = number(numbers.len());
                let verdict = numbers.entry((signature(inside), signature(outside))).or_insert(next);
                if *verdict == next {
                    self.verdicts.push(Verdict {
                        inside: bare(inside),
                        outside: bare(outside),
                    });
                }
                self.verdict_of[*place] = *verdict;
            }
        }
        if !state.end_users.is_empty() {
            let id = |n: &Option<usize>| n.map(|n| state.end_users[n].id);
            self.end_user_of = of_user.iter().map(id).collect();
        }
    }

    /// The one End User that is tied to the user in this place.
    pub(super) fn end_user_of(&self, place: usize) -> Option<EndUserId> {
        self.end_user_of.get(place).copied().flatten()
    }

    /// Bytes in memory, those of rarer parts by guess.
    pub fn bytes(&self) -> usize {
        let texts = |user: &DirectoryUser| {
            [
                &user.upn,
                &user.mail,
                &user.display_name,
                &user.given_name,
                &user.surname,
                &user.street_address,
            ]
            .map(String::len)
            .into_iter()
            .sum::<usize>()
                + (user.groups.len() + user.licenses.len()) * 16
        };
        let users: usize = self
            .users
            .iter()
            .map(|user| size_of::<DirectoryUser>() + texts(user))
            .sum();
        users
            + self.verdict_of.len() * 4
            + self.end_user_of.len() * size_of::<Option<EndUserId>>()
            + self.verdicts.len() * size_of::<Verdict>()
            + self.state.end_users.len() * (size_of::<EndUserState>() + 300)
            + (self.state.exclusions.len() + self.state.dropped.len() + self.state.contended.len()) * 200
            + self.state.left.len() * 400
    }
}

/// Filters that accept nobody.
fn nobody() -> Filters {
    Filters {
        user_type: Choice::Values(vec![]),
        ..Filters::default()
    }
}

/// Everything of a person's plan that the guard looks at, in bits: two with the same are judged alike.
fn signature(person: &PersonPlan) -> u64 {
    let mut bits = person.outcome as u64;
    let mut add = |bit: bool| bits = (bits << 1) | u64::from(bit);
    let mark = person.mark;
    add(mark.is_some());
    add(mark.is_some_and(|mark| mark.old.is_some()));
    add(mark.is_some_and(|mark| mark.new.is_some()));
    for field in Field::ALL {
        let change = person.fields.iter().find(|change| change.field == field);
        add(change.is_some());
        add(change.is_some_and(|change| !change.old.is_empty()));
        add(change.is_some_and(|change| !change.new.is_empty()));
    }
    bits
}

/// The same as a plan, for the guard to judge: of a value only whether there is one.
fn bare(person: &PersonPlan) -> PersonPlan {
    let some = |text: &str| if text.is_empty() { String::new() } else { "+".to_owned() };
    PersonPlan {
        user: DirectoryUserId::default(),
        outcome: person.outcome,
        reason: Reason::UpToDate,
        end_user: None,
        fields: person
            .fields
            .iter()
            .map(|change| FieldChange {
                field: change.field,
                old: some(&change.old),
                new: some(&change.new),
            })
            .collect(),
        mark: person.mark,
        before: None,
        afterwards: None,
    }
}

impl Verdict {
    /// While a filter rests on what could not be read, nobody is known to be out of scope.
    pub(super) fn undecided(&self) -> PersonPlan {
        let mut person = self.outside.clone();
        if person.outcome == Outcome::OutOfScope {
            person.outcome = Outcome::Unchanged;
        }
        person
    }
}

/// Who is tied to whom by addresses and mappings: users come first, then the End Users.
struct Ties {
    roots: Vec<u32>,
    tangled: HashSet<u32>,
    users: usize,
}

impl Ties {
    fn new(users: &[DirectoryUser], state: &State) -> Self {
        let mut ties = Self {
            roots: (0..number(users.len() + state.end_users.len())).collect(),
            tangled: HashSet::new(),
            users: users.len(),
        };
        let mut by_address: HashMap<String, usize> = HashMap::new();
        let mut by_id: HashMap<DirectoryUserId, usize> = HashMap::with_capacity(users.len());
        for (node, user) in users.iter().enumerate() {
            by_id.insert(user.id, node);
            if let Some(address) = address_of(user) {
                ties.tie(node, *by_address.entry(address.key).or_insert(node));
            }
        }
        for (node, end_user) in (users.len()..).zip(&state.end_users) {
            let address = key(&end_user.fields.email);
            if !address.is_empty() {
                ties.tie(node, *by_address.entry(address).or_insert(node));
            }
            if let Some(user) = end_user.mapping.as_ref().and_then(|mapping| by_id.get(&mapping.user)) {
                ties.tie(node, *user);
            }
        }
        for node in 0..ties.roots.len() {
            ties.roots[node] = ties.root(node);
        }
        let dropped = state.dropped.iter().map(|row| row.user);
        let contended = state.contended.iter().map(|record| record.user);
        let left = state.left.keys().map(|(user, _)| *user);
        let noted = dropped.chain(contended).chain(left);
        ties.tangle(noted.filter_map(|user| by_id.get(&user).copied()));
        ties
    }

    fn root(&mut self, node: usize) -> u32 {
        let mut at = node;
        while self.roots[at] as usize != at {
            let above = self.roots[at] as usize;
            self.roots[at] = self.roots[above];
            at = above;
        }
        number(at)
    }

    fn tie(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.roots[a.max(b) as usize] = a.min(b);
    }

    /// More than one user together, or more than one End User with one, and those of whom something is noted.
    fn tangle(&mut self, noted: impl Iterator<Item = usize>) {
        let (mut users, mut end_users) = (HashSet::new(), HashSet::new());
        self.tangled = noted.map(|node| self.roots[node]).collect();
        for root in &self.roots[..self.users] {
            if !users.insert(*root) {
                self.tangled.insert(*root);
            }
        }
        for root in &self.roots[self.users..] {
            if !end_users.insert(*root) && users.contains(root) {
                self.tangled.insert(*root);
            }
        }
    }

    fn is_tangled(&self, node: usize) -> bool {
        self.tangled.contains(&self.roots[node])
    }

    fn tangled_users<'a>(&self, users: &'a [DirectoryUser]) -> impl Iterator<Item = &'a DirectoryUser> {
        let is_tangled: Vec<_> = (0..users.len()).map(|node| self.is_tangled(node)).collect();
        users.iter().zip(is_tangled).filter_map(|(user, is)| is.then_some(user))
    }

    /// By user who is not tangled: which End User is tied to them.
    fn end_user_of(&self, users: usize) -> Vec<Option<usize>> {
        let mut of_root: HashMap<u32, usize> = HashMap::new();
        for (n, root) in self.roots[users..].iter().enumerate() {
            of_root.insert(*root, n);
        }
        let of = |node: usize| {
            of_root
                .get(&self.roots[node])
                .copied()
                .filter(|_| !self.is_tangled(node))
        };
        (0..users).map(of).collect()
    }
}
