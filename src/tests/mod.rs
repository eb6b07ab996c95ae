//! Tests that need more than one module, a file per area.

mod alone;
mod architecture;
pub mod certificate;
mod command;
mod connect;
mod control;
mod crash;
mod doctor;
mod engine;
mod exchange;
mod fixtures;
mod graph;
mod injection;
mod planted;
pub mod said;
mod samples;
mod secrets;
mod signals;
mod store;
mod support;
mod web;
mod worker;
