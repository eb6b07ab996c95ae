//! All SQL of the tree, a file per aggregate. Imports `model` and nothing else of ours; never speaks to Microsoft,
//! never decides what a sync does.

pub mod access;
pub mod account;
pub mod account_list;
pub mod activity;
pub mod app_credential;
pub mod asset;
pub mod asset_edit;
pub mod asset_plan;
pub mod audit;
pub mod audit_list;
pub mod change_set;
pub mod closure;
pub mod consent;
pub mod consent_outcome;
pub mod contended;
pub mod customer;
pub mod device;
pub mod directory;
pub mod directory_change;
pub mod directory_fact;
pub mod directory_pass;
pub mod directory_person;
pub mod directory_version;
pub mod due;
pub mod embed_session;
pub mod end_user;
pub mod end_user_page;
pub mod error;
pub mod exchange;
pub mod exchange_asset;
pub mod exchange_export;
pub mod exclusion;
pub mod facets;
pub mod held;
pub mod identity;
pub mod import;
pub mod integration;
pub mod invitation;
pub mod lease;
pub mod microsoft_tenant;
pub mod microsoft_user;
pub mod migrate;
pub mod natural_key;
pub mod organization;
pub mod organization_state;
pub mod organization_table;
pub mod partner;
pub mod partner_consent;
pub mod partner_customer;
pub mod pending_tenant;
pub mod portal;
pub mod probe;
pub mod product_name;
pub mod queue;
pub mod queue_notices;
pub mod run;
pub mod run_people;
pub mod saved;
pub mod sealed;
pub mod search;
pub mod session;
pub mod sign_in;
pub mod subscribed_sku;
pub mod tenant;
pub mod undo;
pub mod user_sync;
pub mod vault;

pub use error::StoreError;

/// The time at which rows are read, in the zone of whoever reads them: what "34 minutes ago" is measured from.
pub type Now = chrono::DateTime<chrono_tz::Tz>;

/// The time for whoever has no zone: commands and logs.
pub fn in_utc(now: chrono::DateTime<chrono::Utc>) -> Now {
    now.with_timezone(&chrono_tz::Tz::UTC)
}
