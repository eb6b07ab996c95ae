//! The stand-in from outside, as a client meets it: one binary, a file per area.

mod batch;
mod certificates;
mod consent;
mod control;
mod delta;
mod delta_faults;
mod delta_links;
mod delta_replay;
mod devices;
mod directories;
mod faults;
mod forgeries;
mod graph;
mod loading;
mod managed_devices;
mod partner;
mod queries;
mod replica;
mod reports;
mod schema;
mod sign_in;
mod support;
mod throttle;
mod tls;
mod tokens;
