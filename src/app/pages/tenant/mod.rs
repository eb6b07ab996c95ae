//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn TenantPage() -> impl IntoView {}
