//! A folder per screen, and the parts that several screens share.

pub mod activity;
pub mod address;
pub mod asset;
pub mod assets;
pub mod associated_assets;
pub mod changes;
pub mod contended;
pub mod email;
pub mod end_user;
pub mod exchange_links;
pub mod frame;
pub mod import;
pub mod microsoft_tenants;
pub mod not_found;
pub mod organization;
pub mod organizations;
pub mod polling;
pub mod problem;
pub mod reason;
pub mod run;
pub mod run_result;
pub mod sign_in;
pub mod sync_state;
pub mod tenant;
pub mod when;
pub mod zone;
