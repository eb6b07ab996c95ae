//! The engine against the stand-in for Microsoft, on a real Postgres.

mod accounts;
mod addresses;
mod database_away;
mod expected;
mod faults;
mod groups;
mod lease;
mod organizations;
mod quarantine;
mod refusals;
mod scripted;
mod whole_run;
