//! The stand-in from outside, as a client meets it: one binary, a file per area.

mod batch;
mod control;
mod delta;
mod directories;
mod faults;
mod graph;
mod loading;
mod queries;
mod schema;
mod support;
mod throttle;
mod tokens;
