//! What a part does differently where the browser takes over what the server has drawn.

use leptos::prelude::*;

/// Whether the server drew the part that is being made. Somebody may have typed or ticked in it before the script
/// came. An element that a later view takes over from an earlier one holds what was typed in that one.
pub fn drawn_by_server() -> bool {
    Owner::current_shared_context().is_some_and(|context| context.during_hydration())
}
