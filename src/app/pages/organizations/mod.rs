//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn OrganizationsPage() -> impl IntoView {}
