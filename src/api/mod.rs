//! The only door from the screens to the server: server functions, a file per screen. Each checks who asks, makes one
//! call, and maps the answer.

#![expect(
    missing_docs,
    reason = "#[server] writes a struct per function, whose fields are the arguments"
)]

pub mod accounts;
pub mod activity;
pub mod app_credentials;
pub mod assets;
pub mod connect;
pub mod end_user;
pub mod end_users;
pub mod error;
pub mod exchange;
pub mod form;
pub mod held;
pub mod microsoft_tenants;
pub mod organizations;
pub mod partner;
pub mod portals;
pub mod runs;
pub mod search;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod tenants;
pub mod user_sync;
pub mod why;

pub use error::ApiError;
