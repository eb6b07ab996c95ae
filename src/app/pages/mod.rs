//! A folder per screen.

pub mod frame;
pub mod microsoft_tenants;
pub mod not_found;
pub mod organization;
pub mod organizations;
pub mod run;
pub mod runs;
pub mod sign_in;
pub mod tenant;
