//! Attacks on the web server, each by its name; src/docs/security.md lists them with those that are tested elsewhere.

mod floods;
mod formulas;
mod html;
mod ids;
mod poison;
mod redirects;
mod scripts;
mod secrets;

use super::roles::functions::{TABLE, name_of};
use leptos::server_fn::axum::server_fn_paths;

/// Every server function: its name, its address, and a form that it understands. The last ones end what those before
/// them need.
fn functions() -> Vec<(&'static str, &'static str, &'static str)> {
    let place = |name: &str| TABLE.iter().position(|(known, ..)| *known == name);
    let mut all: Vec<_> = server_fn_paths()
        .map(|(path, _)| {
            let name = name_of(path);
            (name, path, place(name).map_or("", |at| TABLE[at].1))
        })
        .collect();
    all.sort_by_key(|(name, ..)| place(name).unwrap_or_default());
    all.dedup();
    all
}
