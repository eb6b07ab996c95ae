//! What two Organizations of one Tenant hold, as the model has it, and what people and runs do to it.

use super::{
    super::expected::Ticks,
    guard::{Row, Share, disabling, waiting},
    microsoft::{Id, Microsoft},
    rules::{Directory, EMAIL, Fate, Mapping, Person, Plan, Rules, differ, microsoft_value},
    steps::Local,
};
use std::collections::{BTreeMap, BTreeSet};

/// In so many runs running a field has to be restored to count as contended.
const RUNS: u32 = 3;

/// A field that runs restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    pub value: String,
    pub runs: u32,
    /// The End User concerned.
    person: u64,
}

impl Contest {
    pub fn is_open(&self) -> bool {
        self.runs >= RUNS
    }
}

/// One Organization.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    /// Ever set up, and whether enabled now.
    pub sync: Option<bool>,
    ticks: Ticks,
    pub people: BTreeMap<u64, Person>,
    added: u64,
    pub excluded: BTreeMap<Id, String>,
    pub contests: BTreeMap<(Id, usize), Contest>,
    /// Whose fate a person has to decide, as of the last run.
    pub conflicts: BTreeSet<Id>,
    /// What waits, by account, as of the last run.
    pub held: BTreeMap<Id, usize>,
}

/// Both Organizations and what is known of Microsoft.
#[derive(Clone, Debug)]
pub struct Customers {
    pub is_mapped: bool,
    pub all: [Customer; 2],
    pub directory: Directory,
}

/// The place of an End User in the order in which the model and the database are compared.
pub fn sorted(people: &BTreeMap<u64, Person>) -> Vec<(u64, &Person)> {
    let mut sorted: Vec<_> = people.iter().map(|(key, person)| (*key, person)).collect();
    sorted.sort_by_key(|(_, person)| *person);
    sorted
}

/// A number taken modulo how many there are.
pub fn place(number: u8, length: usize) -> Option<usize> {
    (length > 0).then(|| usize::from(number) % length)
}

impl Customer {
    fn add(&mut self, person: Person) -> u64 {
        self.added += 1;
        self.people.insert(self.added, person);
        self.added
    }

    fn key(&self, whom: u8) -> Option<u64> {
        let sorted = sorted(&self.people);
        Some(sorted[place(whom, sorted.len())?].0)
    }

    fn left_alone(&self, directory: &Directory) -> BTreeSet<(Id, usize)> {
        let open = self.contests.iter().filter(|(_, contest)| contest.is_open());
        open.filter(|((id, field), contest)| !is_over(directory, id, *field, contest))
            .map(|(at, _)| at.clone())
            .collect()
    }

    fn plan(&self, directory: &Directory) -> Plan {
        let rules = Rules {
            ticks: &self.ticks,
            people: &self.people,
            excluded: &self.excluded,
            directory,
            left_alone: &self.left_alone(directory),
        };
        rules.plan()
    }

    /// Applies a plan, but for what waits.
    fn apply(&mut self, directory: &Directory, mut plan: Plan, together: Share) {
        let waiting = waiting(&plan, &self.people, together);
        self.held.clear();
        for (id, _) in &waiting {
            *self.held.entry(id.clone()).or_default() += 1;
        }
        self.conflicts.clear();
        for (id, part) in &mut plan {
            let waits = |row| waiting.contains(&(id.clone(), row));
            if waits(Row::New) {
                part.fate = Fate::Nothing;
                continue;
            }
            part.changes.retain(|change| !waits(Row::Field(change.field)));
            part.mark = part.mark.filter(|_| !waits(Row::Mark));
            let waits_somehow = self.held.contains_key(id);
            let is_conflict = match part.fate {
                Fate::Conflict => true,
                // For that field alone: others may be written all the same.
                Fate::Mapped(_) => (part.address_kept && !waits(Row::Mark)) || (part.is_contended && !waits_somehow),
                _ => false,
            };
            if is_conflict {
                self.conflicts.insert(id.clone());
            }
        }
        self.count_restored(directory, &plan);
        for (id, part) in plan {
            let key = match part.fate {
                Fate::Create => self.add(Person::default()),
                Fate::Link(key) | Fate::Mapped(key) => key,
                Fate::Nothing | Fate::Conflict | Fate::Superseded => continue,
            };
            let Some(person) = self.people.get_mut(&key) else {
                continue;
            };
            if !matches!(part.fate, Fate::Mapped(_)) {
                person.mapping = Some(Mapping {
                    user: id,
                    ..Mapping::default()
                });
            }
            let Some(mapping) = &mut person.mapping else { continue };
            if let Some((_, mark)) = part.mark {
                mapping.mark = mark;
            }
            for change in part.changes {
                person.fields[change.field].clone_from(&change.new);
                mapping.last[change.field] = change.new;
            }
        }
    }

    /// A field is restored when it is written as it was written before.
    fn count_restored(&mut self, directory: &Directory, plan: &Plan) {
        let mut restored = BTreeMap::new();
        for (id, part) in plan {
            let Fate::Mapped(key) = part.fate else { continue };
            let Some(mapping) = self.people.get(&key).and_then(|person| person.mapping.as_ref()) else {
                continue;
            };
            for change in &part.changes {
                let last = &mapping.last[change.field];
                if last.is_empty() || differ(change.field, last, &change.new) {
                    continue;
                }
                let before = self.contests.get(&(id.clone(), change.field));
                let runs = before
                    .filter(|contest| !differ(change.field, &contest.value, &change.new))
                    .map_or(1, |contest| contest.runs + 1);
                let (value, person) = (change.new.clone(), key);
                restored.insert((id.clone(), change.field), Contest { value, runs, person });
            }
        }
        self.contests
            .retain(|(id, field), contest| contest.is_open() && !is_over(directory, id, *field, contest));
        self.contests.extend(restored);
    }

    fn happen(&mut self, local: &Local) -> Option<()> {
        match local {
            Local::Filters { ticks, .. } => {
                self.sync = Some(true);
                self.ticks = ticks.clone();
            }
            Local::Disable { .. } => self.sync = self.sync.map(|_| false),
            Local::Map(_) => {}
            Local::Add { name, email, .. } => {
                let mut person = Person::default();
                person.fields[0] = (*name).to_owned();
                person.fields[EMAIL] = (*email).to_owned();
                self.add(person);
            }
            Local::Edit { whom, field, value, .. } => {
                let key = self.key(*whom)?;
                self.people.get_mut(&key)?.fields[*field] = (*value).to_owned();
            }
            Local::Delete { whom, keep_out, .. } => {
                let key = self.key(*whom)?;
                let person = self.people.remove(&key)?;
                self.contests.retain(|_, contest| contest.person != key);
                if let (true, Some(mapping)) = (*keep_out, person.mapping) {
                    self.excluded
                        .entry(mapping.user)
                        .or_insert_with(|| person.fields[EMAIL].clone());
                }
            }
            Local::LetIn { whom, .. } => {
                let at = place(*whom, self.excluded.len())?;
                let id = self.excluded.keys().nth(at)?.clone();
                self.excluded.remove(&id);
            }
        }
        Some(())
    }
}

/// A contest ends when Microsoft has another value.
fn is_over(directory: &Directory, id: &Id, field: usize, contest: &Contest) -> bool {
    microsoft_value(directory, id, field).is_some_and(|value| differ(field, &contest.value, &value))
}

impl Customers {
    pub fn new() -> Self {
        let first = Customer {
            sync: Some(true),
            ..Customer::default()
        };
        Self {
            is_mapped: true,
            all: [first, Customer::default()],
            directory: Directory::default(),
        }
    }

    /// Whether something can be done at all.
    pub fn may(&self, local: &Local) -> bool {
        match local {
            Local::Filters { .. } => self.is_mapped,
            Local::Disable { of } => self.is_mapped && self.all[*of].sync.is_some(),
            Local::Map(map) => *map != self.is_mapped,
            _ => true,
        }
    }

    pub fn happen(&mut self, local: &Local) {
        let of = match local {
            Local::Map(map) => {
                self.is_mapped = *map;
                for customer in self.all.iter_mut().filter(|_| !*map) {
                    customer.sync = customer.sync.map(|_| false);
                }
                return;
            }
            Local::Filters { of, .. }
            | Local::Disable { of }
            | Local::Add { of, .. }
            | Local::Edit { of, .. }
            | Local::Delete { of, .. }
            | Local::LetIn { of, .. } => *of,
        };
        self.all[of].happen(local);
    }

    /// Which Organizations a run applies.
    pub fn synced(&self) -> BTreeSet<usize> {
        let is_synced = |of: &usize| self.is_mapped && self.all[*of].sync == Some(true);
        (0..self.all.len()).filter(is_synced).collect()
    }

    /// A run that read everything and applied these Organizations.
    pub fn run(&mut self, microsoft: &Microsoft, applied: &BTreeSet<usize>) {
        self.directory.read(microsoft);
        let synced = self.synced();
        let plans: BTreeMap<usize, Plan> = synced
            .iter()
            .map(|of| (*of, self.all[*of].plan(&self.directory)))
            .collect();
        let together = plans.iter().fold((0, 0), |(part, of), (customer, plan)| {
            let (own, all) = disabling(plan, &self.all[*customer].people);
            (part + own, of + all)
        });
        for (of, plan) in plans {
            if applied.contains(&of) {
                self.all[of].apply(&self.directory, plan, together);
            }
        }
    }

    /// Whether one more run would write something, though nothing happens in between.
    pub fn is_unsettled(&self, microsoft: &Microsoft) -> bool {
        let mut next = self.clone();
        next.run(microsoft, &self.synced());
        next.all.iter().zip(&self.all).any(|(next, now)| {
            (sorted_people(next), &next.contests, &next.held, &next.conflicts)
                != (sorted_people(now), &now.contests, &now.held, &now.conflicts)
        })
    }
}

fn sorted_people(customer: &Customer) -> Vec<&Person> {
    sorted(&customer.people).into_iter().map(|(_, person)| person).collect()
}
