//! Entrain keeps the people of an MSP's customers true to Microsoft Entra ID.
#![forbid(unsafe_code)]

#[cfg(feature = "ssr")]
pub mod engine;
#[cfg(feature = "ssr")]
pub mod graph;
pub mod model;
#[cfg(feature = "ssr")]
pub mod store;
pub mod sync;

#[cfg(all(test, feature = "ssr"))]
mod tests;
