//! Why: for one directory user what every rule says, from the same functions as the plan.

use super::{
    address::address_of,
    filter::{Scope, value_of},
    plan::{PlanInput, plan},
};
use crate::model::{filter::Section, ids::DirectoryUserId, plan::PersonPlan};
use serde::{Deserialize, Serialize};

/// What one section of the filters says about a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SectionAnswer {
    /// Which section.
    pub section: Section,
    /// Whether it accepts the user.
    pub accepts: bool,
    /// The user's values in it, in the form that compares; none is `(none)`.
    pub values: Vec<String>,
}

/// The explanation of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The address that matches, if the account has one.
    pub address: Option<String>,
    /// Each section's answer.
    pub sections: Vec<SectionAnswer>,
    /// What the next run will do, and why.
    pub plan: PersonPlan,
}

/// Explains one user; `None` when the directory does not have it.
pub fn explain(input: &PlanInput<'_>, user: DirectoryUserId) -> Option<Explanation> {
    let directory_user = input.users.iter().find(|candidate| candidate.id == user)?;
    let scope = Scope::new(input.filters);
    let sections = Section::ALL
        .into_iter()
        .map(|section| SectionAnswer {
            section,
            accepts: scope.accepts(section, directory_user),
            values: match section {
                Section::Group => directory_user.groups.iter().map(ToString::to_string).collect(),
                _ => value_of(section, directory_user).into_iter().collect(),
            },
        })
        .collect();
    let plan = plan(input).people.into_iter().find(|person| person.user == user)?;
    Some(Explanation {
        address: address_of(directory_user).map(|address| address.spelling),
        sections,
        plan,
    })
}
