//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn MicrosoftTenantsPage() -> impl IntoView {}
