//! What the server and the browser both speak of: plain data, serde only, no behaviour that needs a clock or a network.

pub mod ids;
