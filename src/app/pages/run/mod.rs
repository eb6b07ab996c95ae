//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn RunPage() -> impl IntoView {}
