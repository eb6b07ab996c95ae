//! Entrain keeps the people of an MSP's customers true to Microsoft Entra ID.
#![forbid(unsafe_code)]

pub mod api;
pub mod app;
#[cfg(feature = "ssr")]
pub mod command;
#[cfg(feature = "ssr")]
pub mod engine;
#[cfg(feature = "ssr")]
pub mod graph;
pub mod model;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;
pub mod sync;
pub mod ui;

#[cfg(all(test, feature = "ssr"))]
mod tests;
