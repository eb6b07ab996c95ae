//! Entrain.
fn main() {}
