//! What the server and the browser both speak of: plain data, serde only, no behaviour that needs a clock or a network.

pub mod access;
pub mod asset;
pub mod asset_details;
pub mod audit;
pub mod directory;
pub mod end_user;
pub mod end_user_details;
pub mod exchange;
pub mod explanation;
pub mod filter;
pub mod held;
pub mod ids;
pub mod mac;
pub mod microsoft_user;
pub mod organization;
pub mod plan;
pub mod preferences;
pub mod reason;
pub mod run;
pub mod search;
pub mod sign_in;
pub mod tenant;
pub mod time;
pub mod undo;
