//! Entrain keeps the people of an MSP's customers true to Microsoft Entra ID.
#![forbid(unsafe_code)]

pub mod model;
pub mod ui;
