//! Tests that need more than one module, a file per area.

mod fixtures;
mod graph;
