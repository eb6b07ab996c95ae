//! The engine against the stand-in for Microsoft, on a real Postgres.

mod accounts;
mod addresses;
mod assets;
mod contended;
mod database_away;
mod delta_faults;
mod deltas;
mod due;
mod excluded;
mod expected;
mod facts;
mod faults;
mod first_run;
mod groups;
mod held;
mod lease;
mod model;
mod one_person;
mod organizations;
mod quarantine;
mod refusals;
mod scripted;
mod undo;
mod whole_run;
