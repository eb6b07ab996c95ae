//! The stand-in from outside, as a client meets it: one binary, a file per area.

mod batch;
mod certificates;
mod consent;
mod control;
mod delta;
mod devices;
mod directories;
mod faults;
mod graph;
mod loading;
mod managed_devices;
mod queries;
mod reports;
mod schema;
mod sign_in;
mod support;
mod throttle;
mod tls;
mod tokens;
