//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn NotFoundPage() -> impl IntoView {}
