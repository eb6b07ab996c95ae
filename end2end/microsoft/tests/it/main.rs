//! The stand-in from outside, as a client meets it: one binary, a file per area.

mod certificates;
mod consent;
mod control;
mod directories;
mod faults;
mod graph;
mod loading;
mod schema;
mod sign_in;
mod support;
mod tls;
mod tokens;
