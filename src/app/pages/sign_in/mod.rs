//! Stub.
use leptos::prelude::*;

/// Stub.
#[component]
pub fn SignInPage() -> impl IntoView {}
