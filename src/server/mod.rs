//! The server.

pub mod postgres;
