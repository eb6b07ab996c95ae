//! Import and export, over a database: keys, rejects, the round trip, beside runs, and as commands.

mod activity;
mod assets;
mod commands;
mod hourly;
mod keys;
mod people;
mod round_trip;
mod stage;
