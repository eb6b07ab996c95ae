//! Programs and databases that end in the middle: killed, frozen, stopped at once. After the restart everything is as if
//! nothing had happened, but for the record of the run that was cut off.

mod brake;
mod cluster;
mod copies;
mod history;
mod kill;
mod program;
mod queue;
pub mod several;
mod state;
mod stopped_postgres;
mod wake;
