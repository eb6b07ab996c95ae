//! Why: for one directory user what every rule says, from the same functions as the plan.

use super::{
    address::{address_of, source_of},
    filter::{Scope, unreadable},
    plan::{PlanInput, plan},
};
use crate::model::{
    directory::DirectoryUser,
    explanation::{AddressSource, Rule, Standing, Verdict},
    filter::Section,
    ids::{DirectoryUserId, EndUserId},
    plan::{Outcome, PersonPlan, Reason},
};

/// What one section of the filters says about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionAnswer {
    /// Which section.
    pub section: Section,
    /// What it says.
    pub verdict: Verdict,
    /// The user's values in it as Microsoft spells them, groups by id; none is `(none)`.
    pub values: Vec<String>,
}

/// The explanation of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// In or out.
    pub standing: Standing,
    /// The rule that decided.
    pub rule: Rule,
    /// The address that matches and where it comes from, if the account has one.
    pub address: Option<(String, AddressSource)>,
    /// Each section's answer.
    pub sections: Vec<SectionAnswer>,
    /// The End User that the account is mapped to today.
    pub mapped: Option<EndUserId>,
    /// What the next run will do, and why.
    pub plan: PersonPlan,
}

/// Explains one user; `None` when the directory does not have it.
pub fn explain(input: &PlanInput<'_>, user: DirectoryUserId) -> Option<Explanation> {
    let account = input.users.iter().find(|candidate| candidate.id == user)?;
    let mapped = input
        .end_users
        .iter()
        .find(|end_user| end_user.mapping.as_ref().is_some_and(|mapping| mapping.user == user))
        .map(|end_user| end_user.id);
    let sections = sections(input, account);
    let plan = plan(input).people.into_iter().find(|person| person.user == user)?;
    let rule = rule_of(&plan.reason, mapped.is_some());
    Some(Explanation {
        standing: standing(account, rule, &plan, &sections),
        rule,
        address: address_of(account)
            .zip(source_of(account))
            .map(|(a, source)| (a.spelling, source)),
        sections,
        mapped,
        plan,
    })
}

fn sections(input: &PlanInput<'_>, user: &DirectoryUser) -> Vec<SectionAnswer> {
    let scope = Scope::new(input.filters);
    let unreadable = unreadable(input.filters, input.readings);
    Section::ALL
        .into_iter()
        .map(|section| SectionAnswer {
            section,
            verdict: match (unreadable.contains(&section), scope.accepts(section, user)) {
                (true, _) => Verdict::NotReadable,
                (false, true) => Verdict::Yes,
                (false, false) => Verdict::No,
            },
            values: values_of(section, user),
        })
        .collect()
}

fn values_of(section: Section, user: &DirectoryUser) -> Vec<String> {
    let one = |value: &str| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    match section {
        Section::UserType => vec![user.user_type.label().to_owned()],
        Section::Domain => address_of(user)
            .and_then(|address| address.domain().map(str::to_owned))
            .into_iter()
            .collect(),
        Section::OfficeLocation => one(&user.office_location).into_iter().collect(),
        Section::Department => one(&user.department).into_iter().collect(),
        Section::Group => user.groups.iter().map(ToString::to_string).collect(),
        Section::LicenseStatus if user.licenses.is_empty() => vec!["Unlicensed".to_owned()],
        Section::LicenseStatus => vec!["Licensed".to_owned()],
    }
}

/// The rule that gave a reason. A mapped account is decided by the first, whatever else is true of it.
const fn rule_of(reason: &Reason, mapped: bool) -> Rule {
    if mapped {
        return Rule::Mapped;
    }
    match reason {
        Reason::Excluded => Rule::Excluded,
        Reason::NoAddress => Rule::NoAddress,
        Reason::DisabledInMicrosoft | Reason::DeletedInMicrosoft => Rule::DisabledOrDeleted,
        Reason::NotReadable => Rule::NotReadable,
        Reason::OutOfScope { .. } => Rule::OutOfScope,
        _ => Rule::Match,
    }
}

fn standing(user: &DirectoryUser, rule: Rule, plan: &PersonPlan, sections: &[SectionAnswer]) -> Standing {
    let says = |verdict| sections.iter().any(|answer| answer.verdict == verdict);
    match rule {
        Rule::Excluded | Rule::NoAddress | Rule::DisabledOrDeleted | Rule::OutOfScope => Standing::Out,
        Rule::NotReadable => Standing::Undecided,
        Rule::Match if plan.outcome == Outcome::Conflict => Standing::Conflict,
        Rule::Match => Standing::In,
        Rule::Mapped if !user.is_living() || plan.outcome == Outcome::Superseded => Standing::Out,
        Rule::Mapped if says(Verdict::NotReadable) => Standing::Undecided,
        Rule::Mapped if says(Verdict::No) => Standing::Out,
        Rule::Mapped if plan.outcome == Outcome::Conflict => Standing::Conflict,
        Rule::Mapped => Standing::In,
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
