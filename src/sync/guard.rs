//! The guard: which rows of a plan are applied now, and which wait until a person approves them. Also the approval
//! itself.

use super::{normalise::key, plan::undecided};
use crate::model::{
    end_user::{EndUserState, Field},
    held::{HeldRow, Part, RowChange, Rule},
    ids::{DirectoryUserId, EndUserId},
    plan::{FieldChange, Outcome, PersonPlan, Plan, Reason},
};
use std::collections::{HashMap, HashSet};

/// Fewer are never too many.
const FEWEST: usize = 3;
/// So many new people are never too many.
const CREATES: usize = 25;

/// A part of a whole: how many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How many.
    pub part: usize,
    /// Of how many.
    pub of: usize,
}

impl Share {
    /// More than a tenth and more than ten, or half and at least three.
    pub const fn is_mass(self) -> bool {
        (self.part > 10 && self.part * 10 > self.of) || (self.part >= FEWEST && self.part * 2 >= self.of)
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self {
            part: self.part + other.part,
            of: self.of + other.of,
        }
    }
}

/// How large an Organization is. What a plan does is a part of this, also where it was made for some people only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// How many End Users it has.
    pub end_users: usize,
    /// How many of them are mapped.
    pub mapped: usize,
}

impl Size {
    /// That of an Organization of which these are all the End Users.
    pub fn of(end_users: &[EndUserState]) -> Self {
        Self {
            end_users: end_users.len(),
            mapped: end_users.iter().filter(|end_user| end_user.mapping.is_some()).count(),
        }
    }
}

/// Rows of a plan by themselves: for whom, what part, and the change.
pub type Rows = HashMap<(DirectoryUserId, Part), RowChange>;

/// What the guard goes by, besides the plan.
#[derive(Clone, Copy, Debug)]
pub struct Guard<'a> {
    /// The Organization's End Users, at least all those whom the plan is about.
    pub end_users: &'a [EndUserState],
    /// How large the Organization is.
    pub size: Size,
    /// Newly disabled of mapped, over all Organizations of the Microsoft tenant.
    pub together: Share,
    /// How many new people the preview showed that a person confirmed, held ones included; `None` for a preview, as
    /// whoever saves the choice confirms the new people that it shows.
    pub confirmed: Option<u32>,
    /// Rows that an administrator left when choosing others: held for as long as they are planned like this.
    pub left: &'a Rows,
    /// Only these rows are wanted, whatever the rules say: an approval.
    pub approved: Option<&'a Rows>,
}

/// A plan in two: what is applied, and what is held. Together they are the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Applied now. After an approval only those of whom something was approved.
    pub applied: Plan,
    /// Held, by person.
    pub held: Vec<HeldRow>,
}

/// How many of an Organization's mapped End Users a plan newly marks.
pub fn disabling(plan: &Plan, size: Size) -> Share {
    Totals::of(plan, size).disabling
}

/// Whether it matters to the guard how large the Organization is. With fewer rows of every kind none is too many.
pub fn depends_on_size(plan: &Plan) -> bool {
    let totals = Totals::of(plan, Size::default());
    let parts = [totals.disabling.part, totals.addresses]
        .into_iter()
        .chain(totals.cleared);
    totals.creates > CREATES || parts.max().is_some_and(|largest| largest >= FEWEST)
}

fn newly_disables(person: &PersonPlan) -> bool {
    person
        .mark
        .is_some_and(|change| change.old.is_none() && change.new.is_some())
}

/// The rows that a person's part of a plan consists of. A link by itself is none: it is never held.
pub fn rows(person: &PersonPlan) -> Vec<RowChange> {
    if person.outcome == Outcome::Create {
        return vec![RowChange::Create {
            fields: person.fields.clone(),
        }];
    }
    let mark = person.mark.map(RowChange::Mark);
    person
        .fields
        .iter()
        .cloned()
        .map(RowChange::Field)
        .chain(mark)
        .collect()
}

/// What the rules count of a plan, of whatever Organization's size. Parts of a plan are counted apart and added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Newly marked of mapped.
    pub disabling: Share,
    /// New people.
    pub creates: usize,
    /// Addresses that change.
    addresses: usize,
    /// Fields that are cleared, in the order of [`Field::ALL`].
    cleared: [usize; Field::ALL.len()],
    /// End Users there are.
    end_users: usize,
}

impl Totals {
    /// Of a whole plan.
    pub fn of(plan: &Plan, size: Size) -> Self {
        let mut totals = Self::of_nobody(size);
        for person in &plan.people {
            totals.add(person, 1);
        }
        totals
    }

    /// Before anybody is added.
    pub fn of_nobody(size: Size) -> Self {
        Self {
            disabling: Share {
                part: 0,
                of: size.mapped,
            },
            end_users: size.end_users,
            ..Self::default()
        }
    }

    /// Adds a person, so many times.
    pub fn add(&mut self, person: &PersonPlan, times: usize) {
        if newly_disables(person) {
            self.disabling.part += times;
        }
        if person.outcome == Outcome::Create {
            self.creates += times;
            return;
        }
        for change in &person.fields {
            if changes_address(change) {
                self.addresses += times;
            }
            if clears(change) {
                for (field, cleared) in Field::ALL.into_iter().zip(&mut self.cleared) {
                    *cleared += if field == change.field { times } else { 0 };
                }
            }
        }
    }
}

/// Judges a plan.
pub fn judge(plan: Plan, guard: &Guard<'_>) -> Judged {
    let totals = Totals::of(&plan, guard.size);
    judge_counted(plan, guard, &totals)
}

/// Judges a part of a plan that shares no address with the rest, by the totals of the whole.
pub fn judge_counted(plan: Plan, guard: &Guard<'_>, totals: &Totals) -> Judged {
    let rules = Rules::new(totals, guard);
    let mut held: HashMap<(DirectoryUserId, Part), Rule> = HashMap::new();
    // Who is not written now, held or not: an approval writes nothing but what was approved.
    let mut waiting: HashSet<(DirectoryUserId, Part)> = HashSet::new();
    for person in plan.people.iter().filter(|person| person.writes()) {
        for row in rows(person) {
            let at = (person.user, row.part());
            let approved = guard.approved.map(|approved| approved.get(&at) == Some(&row));
            if approved == Some(true) {
                continue;
            }
            if let Some(rule) = rules.of(person, &row) {
                held.insert(at, rule);
            }
            if approved == Some(false) || held.contains_key(&at) {
                waiting.insert(at);
            }
        }
    }
    hold_those_who_wait(&plan, guard.end_users, &mut held, &mut waiting);
    divide(plan, &held, &waiting, guard.approved.is_some())
}

/// Which kinds of rows are too many at once.
struct Rules<'a> {
    disable: Option<Rule>,
    address: bool,
    cleared: HashSet<Field>,
    create: bool,
    left: &'a Rows,
}

impl<'a> Rules<'a> {
    fn new(totals: &Totals, guard: &Guard<'a>) -> Self {
        let disabling = totals.disabling;
        let mass = |part: usize| Share { part, of: disabling.of }.is_mass();
        // All of them, those too who wait for another reason: so many does a preview confirm.
        let creates = totals.creates;
        let shown = guard
            .confirmed
            .map(|shown| usize::try_from(shown).unwrap_or(usize::MAX));
        Self {
            disable: if disabling.is_mass() {
                Some(Rule::Disable)
            } else {
                guard.together.is_mass().then_some(Rule::DisableTogether)
            },
            address: mass(totals.addresses),
            cleared: Field::ALL
                .into_iter()
                .zip(totals.cleared)
                .filter_map(|(field, cleared)| mass(cleared).then_some(field))
                .collect(),
            create: creates > CREATES && creates > totals.end_users && shown.is_some_and(|shown| shown < creates),
            left: guard.left,
        }
    }

    fn of(&self, person: &PersonPlan, row: &RowChange) -> Option<Rule> {
        let by_number = match row {
            RowChange::Create { .. } => self.create.then_some(Rule::Create),
            RowChange::Mark(_) => self.disable.filter(|_| newly_disables(person)),
            RowChange::Field(change) if changes_address(change) => self.address.then_some(Rule::Address),
            RowChange::Field(change) => (clears(change) && self.cleared.contains(&change.field)).then_some(Rule::Clear),
        };
        let is_left = self.left.get(&(person.user, row.part())) == Some(row);
        by_number.or_else(|| is_left.then_some(Rule::Left))
    }
}

/// A first address is none that changes.
fn changes_address(change: &FieldChange) -> bool {
    change.field == Field::Email && !change.old.is_empty()
}

fn clears(change: &FieldChange) -> bool {
    change.new.is_empty()
}

/// Whoever would get an address that a waiting End User still has, waits too: the plan counted on its being given up.
fn hold_those_who_wait(
    plan: &Plan,
    end_users: &[EndUserState],
    held: &mut HashMap<(DirectoryUserId, Part), Rule>,
    waiting: &mut HashSet<(DirectoryUserId, Part)>,
) {
    let email = Part::Field(Field::Email);
    let current: HashMap<EndUserId, String> = end_users
        .iter()
        .map(|end_user| (end_user.id, key(&end_user.fields.email)))
        .collect();
    let mut claims: HashMap<String, Vec<(&PersonPlan, Part)>> = HashMap::new();
    let mut kept = Vec::new();
    for person in &plan.people {
        let part = if person.outcome == Outcome::Create {
            Part::EndUser
        } else {
            email
        };
        let Some(change) = person.fields.iter().find(|change| change.field == Field::Email) else {
            continue;
        };
        if !waiting.contains(&(person.user, part)) {
            claims.entry(key(&change.new)).or_default().push((person, part));
        } else if part == email {
            kept.extend(person.end_user.and_then(|id| current.get(&id)));
        }
    }
    while let Some(address) = kept.pop() {
        for (person, part) in claims.remove(address).unwrap_or_default() {
            held.entry((person.user, part)).or_insert(Rule::AddressWaits);
            waiting.insert((person.user, part));
            kept.extend(
                person
                    .end_user
                    .filter(|_| part == email)
                    .and_then(|id| current.get(&id)),
            );
        }
    }
}

/// In place: the plan of everybody is large, and most of it is applied as it is.
fn divide(
    plan: Plan,
    held: &HashMap<(DirectoryUserId, Part), Rule>,
    waiting: &HashSet<(DirectoryUserId, Part)>,
    approving: bool,
) -> Judged {
    let (mut applied, mut held_rows) = (plan, vec![]);
    applied.people.retain_mut(|person| {
        let parts: Vec<_> = rows(person)
            .into_iter()
            .filter(|_| person.writes())
            .map(|row| (row.part(), row))
            .collect();
        let mut first_rule = None;
        for (part, change) in &parts {
            if let Some(rule) = held.get(&(person.user, *part)) {
                first_rule.get_or_insert(*rule);
                held_rows.push(HeldRow {
                    user: person.user,
                    end_user: person.end_user,
                    change: change.clone(),
                    rule: *rule,
                });
            }
        }
        let user = person.user;
        let waits = |part| waiting.contains(&(user, part));
        if approving && !parts.iter().any(|(part, _)| !waits(*part)) {
            return false;
        }
        if parts.iter().any(|(part, _)| waits(*part)) {
            let instead = first_rule.map_or((Outcome::Unchanged, Reason::UpToDate), |rule| {
                (Outcome::Held, Reason::Held { rule })
            });
            leave_out(person, waits, instead);
        }
        true
    });
    Judged {
        applied,
        held: held_rows,
    }
}

/// Takes parts out of what is written for a person; `instead` is what becomes of one of whom nothing is left.
pub(super) fn leave_out(person: &mut PersonPlan, leaves: impl Fn(Part) -> bool, instead: (Outcome, Reason)) {
    if person.outcome == Outcome::Create {
        if leaves(Part::EndUser) {
            *person = undecided(person.user, instead.0, instead.1);
        }
        return;
    }
    let planned = person.fields.len();
    person.fields.retain(|change| !leaves(Part::Field(change.field)));
    let leaves_mark = leaves(Part::Mark) && person.mark.take().is_some();
    // The next plan wants the same parts again, and leaves them; an address that is kept it tells rather than a field.
    let tells_of_address = matches!(person.afterwards, Some((_, Reason::AddressKept { .. })));
    if leaves_mark || (person.fields.len() < planned && !tells_of_address) {
        person.afterwards = instead.0.stands().then(|| instead.clone());
    }
    if person.outcome == Outcome::Link || person.mark.is_some() {
        return;
    }
    let kept_address = matches!(person.reason, Reason::AddressKept { .. });
    match (person.fields.is_empty(), kept_address) {
        (true, true) => person.outcome = Outcome::Conflict,
        (true, false) => (person.outcome, person.reason) = instead,
        (false, true) => person.outcome = Outcome::Update,
        (false, false) => (person.outcome, person.reason) = (Outcome::Update, Reason::FieldsDiffer),
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
