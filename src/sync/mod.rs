//! The pure core: what a sync decides, as functions over plain data.
//!
//! No I/O, no clock, no randomness, no async: the preview, the run and the explanation of one person call the same
//! functions, so they cannot disagree.

pub mod address;
pub mod assets;
pub mod closure;
pub mod consent;
pub mod contended;
pub mod delta;
pub mod device_evidence;
pub mod explain;
pub mod facets;
pub mod fields;
pub mod filter;
pub mod groups;
pub mod guard;
pub mod hold;
pub mod mac;
pub mod matching;
pub mod normalise;
pub mod one_person;
pub mod permission;
pub mod plan;
pub mod resting;
pub mod snapshot;
pub mod summary;
pub mod tenant_match;
pub mod undo;

#[cfg(test)]
mod closure_edits;
#[cfg(test)]
mod closure_laws;
#[cfg(test)]
mod guarded_laws;
#[cfg(test)]
mod laws;
