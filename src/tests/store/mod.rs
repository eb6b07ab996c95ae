//! The store on a real Postgres.

mod accounts;
mod assets;
mod end_users;
mod tenants;
