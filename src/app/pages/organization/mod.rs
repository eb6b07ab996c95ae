//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn OrganizationPage() -> impl IntoView {}
