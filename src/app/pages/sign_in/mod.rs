//! Sign-in: one card, and nothing of anybody.

use super::{
    address::field,
    problem::{FormProblem, failure},
};
use crate::{
    api::session::SignIn,
    ui::{
        button::{Button, ButtonKind, ButtonVariant},
        field::TextField,
        shell::BrandMark,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;

/// **Sign in** with email and password, then on to `next`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    let next = field("next");
    view! {
        <Title text="Sign in · Entrain" />
        <main id="content" class="grid min-h-dvh grid-cols-[minmax(0,24rem)] content-center justify-center gap-6 p-4">
            <p class="text-center text-base">
                <BrandMark name="Entrain" />
            </p>
            <div class="rounded-lg border border-line bg-surface-raised p-6">
                <h1 class="mb-4 text-xl font-semibold tracking-tight" tabindex="-1">
                    "Sign in"
                </h1>
                <ActionForm action>
                    <div class="grid gap-4">
                        <FormProblem error=failure(action) />
                        <input type="hidden" name="next" value=move || next.get() />
                        <TextField label="Email" name="email" kind="email" autocomplete="username" autofocus=true />
                        <TextField label="Password" name="password" kind="password" autocomplete="current-password" />
                        <div class="grid pt-1">
                            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit pending=action.pending()>
                                "Sign in"
                            </Button>
                        </div>
                    </div>
                </ActionForm>
            </div>
        </main>
    }
}
