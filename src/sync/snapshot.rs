//! What the plan line of the filter dialog says, from a snapshot that is small enough to be kept while the dialog is open.
//!
//! A choice of filters decides one thing about a person: whether they are in scope. So of everybody two plans are made
//! when the snapshot is, one in scope and one out of it, and kept as one of a few **verdicts**: what would be written,
//! without the values. A line is then one look at everybody, and judging each verdict by the guard's rules.
//!
//! Why that is exact: people meet in a plan only over addresses. A user wants one, an End User has one, and a mapping ties
//! the two; whatever keeps somebody from an address, takes an End User over or holds a change back because another one
//! waits, goes along these ties. Where one user and at most one End User are tied to nobody else, the plan of that user is
//! the same whoever else is in scope. All others, the **tangled**, and everybody whose rows were dropped, left or are
//! contended, are kept whole and planned anew for each line, by the planner itself. The guard goes by totals, which add up
//! over both. People who are named are planned by the planner too, from their rows. A property test holds that the line is
//! that of the whole plan.

mod line;
mod roll;
mod standing;

pub use line::{Draft, Line};
pub use roll::{Roll, in_order};
pub use standing::{Standing, State};

#[cfg(test)]
mod tests;
