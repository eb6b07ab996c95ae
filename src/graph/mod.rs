//! Microsoft Graph, as far as a user sync reads it.
//!
//! Asks and decodes, with tokens, paging, waiting and typed errors; it never decides what an answer means for our
//! customers and never stores anything. Wire types stay as Graph sends them: whoever calls maps them.
//!

mod open_enum;
mod wire;

pub use wire::{
    AppliesTo, AssignedLicense, AssignedPlan, CapabilityStatus, Domain, Group, GroupType, GroupVisibility, MemberKind,
    MemberRef, Organization, PrepaidUnits, ProvisioningStatus, ServicePlan, SubscribedSku, User, VerifiedDomain,
};
