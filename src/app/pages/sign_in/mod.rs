//! Sign-in: one card, and nothing of anybody.

use super::{
    address::{address, field},
    problem::{FormProblem, failure},
    zone::tell_zone,
};
use crate::{
    api::session::{SignIn, SignInWay, sign_in_ways},
    app::paths,
    model::sign_in::SignInProblem,
    ui::{
        answered::answered,
        badge::Tone,
        button::{Button, ButtonKind, ButtonLink, ButtonVariant},
        field::TextField,
        notice::Notice,
        page::DocumentTitle,
        shell::BrandMark,
    },
};
use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// **Sign in** with the account of a provider or with email and password, then on to `next`.
#[component]
pub fn SignInPage() -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    let (next, over, problem) = (field("next"), field("over"), field("problem"));
    let ways = Resource::new_blocking(|| (), |()| sign_in_ways());
    // Before the first page asks for anything: its times are in this zone then.
    tell_zone();
    let go = use_navigate();
    Effect::new(move |_| {
        let file = next.get_untracked();
        let signed_in = matches!(action.value().get(), Some(Ok(())));
        if let Some(list) = paths::list_of_file(&file).filter(|_| signed_in) {
            fetch(&file);
            go(&list, NavigateOptions::default());
        }
    });
    view! {
        <DocumentTitle title="Sign in" />
        <main id="content" class="grid min-h-dvh grid-cols-[minmax(0,24rem)] content-center justify-center gap-6 p-4">
            <p class="text-center text-base">
                <BrandMark name="Entrain" />
            </p>
            <div class="rounded-lg border border-line bg-surface-raised p-6">
                <h1 class="mb-4 text-xl font-semibold tracking-tight" tabindex="-1">
                    "Sign in"
                </h1>
                {move || {
                    (!over.get().is_empty())
                        .then(|| {
                            view! {
                                <div class="mb-4">
                                    <Notice tone=Tone::Caution title="Your session was over, so nothing was saved.">
                                        "Sign in to come back to the page and send it again."
                                    </Notice>
                                </div>
                            }
                        })
                }}
                {move || problem.with(|key| SignInProblem::from_key(key)).map(|problem| view! { <Ended problem /> })}
                <Suspense>
                    {answered(ways, move |answer| {
                        // Without a list of providers the password still works.
                        view! { <Ways ways=answer.unwrap_or_default() next /> }
                    })}
                </Suspense>
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
    .into_any()
}

/// Why somebody is back here from a provider.
#[component]
fn Ended(problem: SignInProblem) -> impl IntoView {
    view! {
        <div class="mb-4">
            <Notice tone=Tone::Caution title=problem.title()>
                {problem.remedy()}
            </Notice>
        </div>
    }
    .into_any()
}

/// A button for each provider. Links, as a form must not lead to another site.
#[component]
fn Ways(ways: Vec<SignInWay>, next: Memo<String>) -> impl IntoView {
    if ways.is_empty() {
        return ().into_any();
    }
    let next = next.get_untracked();
    let link = |way: SignInWay| {
        let href = address(&way.path, &[("next", &next)]);
        view! {
            <ButtonLink href external=true>
                {format!("Sign in with {}", way.name)}
            </ButtonLink>
        }
    };
    view! {
        <div class="mb-4 grid gap-2">{ways.into_iter().map(link).collect_view()}</div>
        <p class="mb-4 border-t border-line pt-4 text-text-muted">"Or with a local account:"</p>
    }
    .into_any()
}

/// Loads a file as following a link to it would; no page is left for it.
fn fetch(file: &str) {
    let link = document().create_element("a").ok();
    if let Some(link) = link.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok())
        && link.set_attribute("href", file).is_ok()
        && link.set_attribute("download", "").is_ok()
    {
        link.click();
    }
}
