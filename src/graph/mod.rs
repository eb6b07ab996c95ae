//! Microsoft Graph, as far as a user sync reads it.
//!
//! Asks and decodes, with tokens, paging, waiting and typed errors; it never decides what an answer means for our
//! customers and never stores anything. Wire types stay as Graph sends them: whoever calls maps them.
//!
//! [`Delta`] is a sibling of [`Listing`] over the same client, and goes from page to page the same way: its last page
//! ends in a delta link instead of nothing.

mod aadsts;
mod ahead;
mod answer;
mod batch;
mod certificate;
mod client;
mod clock;
mod delta;
mod device;
mod endpoints;
mod error;
mod keyring;
mod left_out;
mod link;
mod listing;
mod measure;
mod open_enum;
mod pace;
mod partner;
mod persist;
mod person;
mod proof;
mod redact;
mod remedy;
mod reports;
mod retry;
mod settings;
mod surrogate;
mod tokens;
mod trail;
mod transport;
mod visit;
mod wire;
mod wire_report;
mod words;

#[cfg(test)]
mod properties;

pub use ahead::DeltaAhead;
pub use certificate::{Certificate, CertificateError};
pub use client::{GraphClient, TenantClient};
pub use clock::ClockOffset;
pub use delta::{Change, Delta, DeltaLink, DeltaPage, MemberChange, Removal, Removed, Tracked};
pub use device::ManagedDevice;
pub use endpoints::DELTA_PROPERTIES;
pub use error::{Failure, GraphError, GraphErrorKind};
pub use keyring::{Credential, CredentialSource, Held, Keyring, Verdict, refused_credential, remedy_of_code};
pub use left_out::Told;
pub use listing::{Listing, Step};
pub use measure::{REQUEST_BUCKETS, WAIT_BUCKETS, describe as describe_metrics};
pub use partner::{Contract, DelegatedAdminCustomer, DelegatedAdminRelationship, PARTNER_SCOPE, RelationshipCustomer};
pub use person::Person;
pub use reports::{ACTIVITY_PAGE, Report, SMALL_ACTIVITY_PAGE};
pub use retry::LONGEST_WAIT;
pub use settings::{GraphSettings, REPORTS_IN_TEN_SECONDS};
pub use visit::remedy_of_description;
pub use wire::{
    AppliesTo, AssignedLicense, AssignedPlan, CapabilityStatus, Domain, Group, GroupType, GroupVisibility, MemberKind,
    MemberRef, Organization, PrepaidUnits, ProvisioningStatus, ServicePlan, SubscribedSku, User, VerifiedDomain,
};
pub use wire_report::{SignInActivity, UserActivity, UserRegistrationDetails};
