//! The web server: settings, who asks, sessions, headers, routes, and what a screen needs from several rooms at once.

pub mod activity;
pub mod asset;
pub mod assets;
pub mod caller;
pub mod database;
pub mod end_user;
pub mod end_users;
pub mod exchange;
pub mod filter_dialog;
pub mod guard;
pub mod held;
pub mod mapping_suggestions;
pub mod microsoft_user;
pub mod organizations;
pub mod permissions;
pub mod postgres;
pub mod probes;
pub mod product_list;
pub mod products;
pub mod router;
pub mod sent_back;
pub mod serve;
pub mod session;
pub mod settings;
pub mod state;
pub mod tenant_details;
