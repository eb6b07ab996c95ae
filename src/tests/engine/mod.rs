//! The engine against the stand-in for Microsoft, on a real Postgres.

mod accounts;
mod addresses;
mod assets;
mod contended;
mod database_away;
mod excluded;
mod expected;
mod facts;
mod faults;
mod first_run;
mod groups;
mod handed_back;
mod held;
mod lease;
mod logged;
mod measured;
mod one_person;
mod organizations;
mod progress;
mod quarantine;
mod refusals;
mod scripted;
mod undo;
mod whole_run;
