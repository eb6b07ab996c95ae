//! The store on a real Postgres.

mod accounts;
mod end_users;
mod tenants;
