//! One plan line: the numbers from the snapshot, then the people from their rows.

use super::{
    super::{
        filter::{Scope, unreadable},
        guard::{Guard, Share, Totals, judge_counted},
        plan::PlanInput,
        resting::plan_rested,
        summary::{Everybody, summarise},
    },
    roll::{Roll, number},
    standing::{Standing, TANGLED, Verdict},
};
use crate::model::{
    directory::{DirectoryUser, Readings},
    end_user::EndUserState,
    filter::Filters,
    ids::{DirectoryUserId, EndUserId},
    plan::{Outcome, PersonPlan, Plan, PlanSummary},
};

/// A directory and an Organization of one moment.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The directory.
    pub roll: &'a Roll,
    /// The Organization.
    pub standing: &'a Standing,
    /// What of the directory could be read.
    pub readings: &'a Readings,
}

/// A choice of filters, planned.
struct Planned<'a> {
    filters: &'a Filters,
    /// By place, who is in scope; none while that can't be told.
    within: Option<Vec<bool>>,
    totals: Totals,
}

impl Planned<'_> {
    fn has(&self, place: usize) -> bool {
        self.within.as_ref().is_some_and(|within| within[place])
    }

    /// Whether the filters match somebody who is not tangled, as [`summarise`] has it.
    fn matches(&self, line: &Line<'_>, place: usize, verdict: &Verdict) -> bool {
        self.has(place) && line.roll.is_living(place) && verdict.inside.outcome != Outcome::Skip
    }

    /// What is planned for people of this verdict who are in scope, or out of it.
    fn person(&self, verdict: &Verdict, has: bool) -> PersonPlan {
        match (&self.within, has) {
            (None, _) => verdict.undecided(),
            (Some(_), true) => verdict.inside.clone(),
            (Some(_), false) => verdict.outside.clone(),
        }
    }
}

/// How a line judges, besides the filters.
#[derive(Clone, Copy, Debug, Default)]
struct Terms {
    together: Option<Share>,
    most: usize,
}

/// A line whose numbers are there; whoever it names is still to be looked up.
pub struct Draft<'a> {
    line: Line<'a>,
    terms: Terms,
    chosen: Planned<'a>,
    today: Option<Planned<'a>>,
    numbers: PlanSummary,
    named: Vec<usize>,
}

impl<'a> Line<'a> {
    /// What the guard counts of a plan with these filters.
    pub fn totals(&self, filters: &'a Filters) -> Totals {
        self.planned(filters).totals
    }

    /// The numbers of the line for these filters. `today` are those that are applied now, where they are others;
    /// `together` is what all Organizations of the Microsoft tenant newly mark, where there are several. Of each outcome
    /// at most `most` people will be named.
    pub fn draft(
        self,
        filters: &'a Filters,
        today: Option<&'a Filters>,
        together: Option<Share>,
        most: usize,
    ) -> Draft<'a> {
        let mut draft = Draft {
            line: self,
            terms: Terms { together, most },
            chosen: self.planned(filters),
            today: today.map(|today| self.planned(today)),
            numbers: PlanSummary::default(),
            named: vec![],
        };
        // The numbers of the tangled; the others are added to them.
        draft.numbers = draft.summarised(&[], &[], 0);
        draft.count();
        draft
    }

    fn planned(&self, filters: &'a Filters) -> Planned<'a> {
        let is_readable = unreadable(filters, self.readings).is_empty();
        let mut planned = Planned {
            filters,
            within: is_readable.then(|| self.roll.within(&Scope::new(filters))),
            totals: Totals::of_nobody(self.standing.size),
        };
        let mut tallies = vec![[0; 2]; self.standing.verdicts.len()];
        for (place, verdict) in self.standing.verdict_of.iter().enumerate() {
            if *verdict != TANGLED {
                tallies[*verdict as usize][usize::from(planned.has(place))] += 1;
            }
        }
        for (verdict, tally) in self.standing.verdicts.iter().zip(tallies) {
            for (has, times) in [false, true].into_iter().zip(tally) {
                let person = planned.person(verdict, has);
                planned.totals.add(&person, times);
            }
        }
        for person in &self.plan(filters, &[], &[]).people {
            planned.totals.add(person, 1);
        }
        planned
    }

    /// The plan of the tangled and of these people, before the guard has seen it.
    fn plan(&self, filters: &Filters, users: &[DirectoryUser], end_users: &[EndUserState]) -> Plan {
        let state = &self.standing.state;
        let input = PlanInput {
            filters,
            users: &[self.standing.users.as_slice(), users].concat(),
            end_users: &[state.end_users.as_slice(), end_users].concat(),
            exclusions: &state.exclusions,
            readings: self.readings,
        };
        plan_rested(&input, &state.dropped, &state.contended).plan
    }
}

impl Draft<'_> {
    /// Whom the line names, with the End User that is tied to each: their rows make the line whole.
    pub fn named(&self) -> impl Iterator<Item = (DirectoryUserId, Option<EndUserId>)> {
        let line = self.line;
        self.named
            .iter()
            .map(move |place| (line.roll.id(*place), line.standing.end_user_of(*place)))
    }

    /// How many new people there are, held ones included.
    pub fn creates(&self) -> u32 {
        number(self.chosen.totals.creates)
    }

    /// The whole line, with the rows of those who are [named](Self::named).
    pub fn finish(&self, users: &[DirectoryUser], end_users: &[EndUserState]) -> PlanSummary {
        let named = self.summarised(users, end_users, self.terms.most);
        PlanSummary {
            people: named.people,
            joins: named.joins,
            leaves: named.leaves,
            ..self.numbers.clone()
        }
    }

    /// Plans, judges and sums up the tangled and these people as if there were nobody else, but by everybody's totals.
    fn summarised(&self, users: &[DirectoryUser], end_users: &[EndUserState], most: usize) -> PlanSummary {
        let users_there = [self.line.standing.users.as_slice(), users].concat();
        let end_users_there = [self.line.standing.state.end_users.as_slice(), end_users].concat();
        let applied = |planned: &Planned<'_>| {
            let plan = self.line.plan(planned.filters, users, end_users);
            judge_counted(plan, &self.guard(planned, &end_users_there), &planned.totals).applied
        };
        let today = self.today.as_ref().map(|today| (today.filters, applied(today)));
        let everybody = Everybody {
            users: &users_there,
            readings: self.line.readings,
        };
        summarise(
            (self.chosen.filters, &applied(&self.chosen)),
            everybody,
            today.as_ref().map(|(filters, plan)| (*filters, plan)),
            most,
        )
    }

    fn guard<'b>(&'b self, planned: &Planned<'_>, end_users: &'b [EndUserState]) -> Guard<'b> {
        Guard {
            end_users,
            size: self.line.standing.size,
            together: self.terms.together.unwrap_or(planned.totals.disabling),
            // Whoever saves the choice confirms the new people that the line shows.
            confirmed: None,
            left: &self.line.standing.state.left,
            approved: None,
        }
    }

    /// What becomes of people of each verdict, out of scope and in it.
    fn outcomes(&self) -> Vec<[Outcome; 2]> {
        let guard = self.guard(&self.chosen, &[]);
        let judged = |verdict: &Verdict, has: bool| {
            let person = self.chosen.person(verdict, has);
            let outcome = person.outcome;
            let judged = judge_counted(Plan { people: vec![person] }, &guard, &self.chosen.totals);
            judged.applied.people.first().map_or(outcome, |person| person.outcome)
        };
        let verdicts = self.line.standing.verdicts.iter();
        verdicts
            .map(|verdict| [false, true].map(|has| judged(verdict, has)))
            .collect()
    }

    /// Adds everybody who is not tangled, and finds out whom the line names.
    fn count(&mut self) {
        let outcomes = self.outcomes();
        let standing = self.line.standing;
        let most = self.terms.most;
        let mut named_of = [0; Outcome::ALL.len()];
        let numbers = &mut self.numbers;
        (numbers.users, numbers.creates) = (self.line.roll.living(), number(self.chosen.totals.creates));
        let (mut joins, mut leaves) = (0, 0);
        for (place, number) in standing.verdict_of.iter().enumerate() {
            let Some(verdict) = standing.verdicts.get(*number as usize) else {
                continue;
            };
            let outcome = outcomes[*number as usize][usize::from(self.chosen.has(place))];
            numbers.counts.add(outcome);
            let matches = self.chosen.matches(&self.line, place, verdict);
            numbers.matching += u32::from(matches);
            named_of[outcome as usize] += 1;
            let mut is_named = named_of[outcome as usize] <= most;
            if let Some(today) = &self.today {
                let was = today.matches(&self.line, place, verdict);
                if matches && !was {
                    joins += 1;
                    is_named |= joins <= most;
                }
                if outcome == Outcome::OutOfScope && was {
                    leaves += 1;
                    is_named |= leaves <= most;
                }
            }
            if is_named {
                self.named.push(place);
            }
        }
        numbers.joining += number(joins);
        numbers.leaving += number(leaves);
    }
}
