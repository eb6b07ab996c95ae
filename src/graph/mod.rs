//! Microsoft Graph, as far as a user sync reads it.
//!
//! Asks and decodes, with tokens, paging, waiting and typed errors; it never decides what an answer means for our
//! customers and never stores anything. Wire types stay as Graph sends them: whoever calls maps them.
//!
//! A delta listing would be a sibling of [`Listing`] over the same client: its last page ends in a delta link
//! instead of nothing.

mod aadsts;
mod answer;
mod client;
mod endpoints;
mod error;
mod link;
mod listing;
mod open_enum;
mod persist;
mod remedy;
mod retry;
mod settings;
mod tokens;
mod transport;
mod wire;

pub use client::{GraphClient, TenantClient};
pub use error::{Failure, GraphError, GraphErrorKind};
pub use listing::Listing;
pub use settings::GraphSettings;
pub use wire::{
    AppliesTo, AssignedLicense, AssignedPlan, CapabilityStatus, Domain, Group, GroupType, GroupVisibility, MemberKind,
    MemberRef, Organization, PrepaidUnits, ProvisioningStatus, ServicePlan, SubscribedSku, User, VerifiedDomain,
};
