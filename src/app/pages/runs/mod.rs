//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn RunsPage() -> impl IntoView {}
