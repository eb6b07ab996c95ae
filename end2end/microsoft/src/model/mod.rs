//! What a tenant holds: objects with properties as the v1.0 model names them, and the directory that keeps them.
//! Nothing here knows of HTTP.

pub mod change;
pub mod directory;
pub mod dump;
pub mod entity;
pub mod history;
pub mod managed;
pub mod partner;
mod properties;
pub mod registration;
pub mod role;
pub mod rule;
pub mod schema;
