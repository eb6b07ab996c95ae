//! The store on a real Postgres.

mod account_list;
mod accounts;
mod assets;
mod customers;
mod directory;
mod end_user_facts;
mod end_users;
mod integrations;
mod person;
mod portals;
mod search;
mod secrets;
mod sessions;
mod tenants;
