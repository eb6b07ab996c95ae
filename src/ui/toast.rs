//! Short messages about what has just been done. A page loaded anew shows its message as a [`Flash`].

use std::time::Duration;

use leptos::prelude::*;

use super::{
    badge::Tone,
    icon::{Glyph, Icon},
    notice::Notice,
};

/// How long a message stays. Critical ones stay until they are dismissed.
const STAY: Duration = Duration::from_secs(10);

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Toast {
    id: u32,
    tone: Tone,
    text: String,
}

/// The messages in sight; get it with [`use_toasts`].
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    /// Someone is reading: nothing goes away meanwhile.
    held: RwSignal<bool>,
}

impl Toasts {
    /// Shows a message. It is read out, and goes away by itself unless it is critical.
    pub fn show(self, tone: Tone, text: impl Into<String>) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.list.update(|list| {
            list.push(Toast {
                id,
                tone,
                text: text.into(),
            })
        });
        if tone != Tone::Critical {
            self.expire(id);
        }
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        self.list.update(|list| list.retain(|toast| toast.id != id));
    }

    fn expire(self, id: u32) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.expire(id),
                Some(false) => self.dismiss(id),
                // The list is gone by the time that the timer rings.
                None => {}
            },
            STAY,
        );
    }
}

/// Makes the messages available below; call it once, above the shell.
pub fn provide_toasts() -> Toasts {
    let toasts = Toasts {
        list: RwSignal::new(Vec::new()),
        next: StoredValue::new(0),
        held: RwSignal::new(false),
    };
    provide_context(toasts);
    toasts
}

/// The messages of this page.
///
/// # Panics
/// Without [`provide_toasts`] above.
#[must_use]
pub fn use_toasts() -> Toasts {
    expect_context::<Toasts>()
}

/// Where the messages appear: always in the page, so that screen readers hear what is added.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <div
            role="status"
            aria-live="polite"
            class="pointer-events-none fixed inset-x-4 bottom-4 z-60 flex flex-col items-end gap-2"
            on:mouseenter=move |_| toasts.held.set(true)
            on:mouseleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            <For each=move || toasts.list.get() key=|toast| toast.id let(toast)>
                <ToastCard tone=toast.tone text=toast.text on_dismiss=move || toasts.dismiss(toast.id) />
            </For>
        </div>
    }
    .into_any()
}

/// One message as it looks.
#[component]
pub fn ToastCard(
    /// What it means.
    tone: Tone,
    /// What was done.
    #[prop(into)]
    text: String,
    /// Called by the button that takes it away.
    #[prop(into)]
    on_dismiss: Callback<()>,
) -> impl IntoView {
    view! {
        <div class="pointer-events-auto flex w-full max-w-sm items-start gap-2.5 rounded-lg border border-line bg-surface-raised py-2 ps-3 pe-2 shadow-float">
            <span class=tone.ink()>
                <span class="flex h-8 items-center">
                    <Glyph icon=tone.icon() />
                </span>
            </span>
            <p class="min-w-0 flex-1 py-1.5 wrap-anywhere">{text}</p>
            <button
                type="button"
                class="inline-flex size-8 flex-none items-center justify-center rounded-md text-text-muted transition-colors hover:bg-surface-hover hover:text-text"
                aria-label="Dismiss"
                on:click=move |_| on_dismiss.run(())
            >
                <Glyph icon=Icon::X />
            </button>
        </div>
    }.into_any()
}

/// A message the server wrote into the page, after a form that was sent without script.
#[component]
pub fn Flash(
    /// What it means.
    #[prop(default = Tone::Positive)]
    tone: Tone,
    /// What was done.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <div class="mb-6">
            <Notice tone title=text announce=true />
        </div>
    }
    .into_any()
}
