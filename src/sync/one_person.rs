//! Whether one person's part of a plan can be written alone.

use super::normalise::key;
use crate::model::{
    end_user::{EndUserState, Field},
    ids::EndUserId,
    plan::PersonPlan,
};

/// The End User that still holds the address which this part of the plan gives to another one, and that gives it up in
/// the same plan: a swap or a chain, which only the whole plan writes together.
pub fn waits_for(person: &PersonPlan, end_users: &[EndUserState]) -> Option<EndUserId> {
    let address = person.fields.iter().find(|change| change.field == Field::Email)?;
    let new = key(&address.new);
    end_users
        .iter()
        .find(|other| Some(other.id) != person.end_user && !new.is_empty() && key(&other.fields.email) == new)
        .map(|other| other.id)
}
