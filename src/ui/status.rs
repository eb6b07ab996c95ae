//! Work under way, told while it happens.

use leptos::prelude::*;

use super::{button::Spinner, number::grouped};

/// How far work has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Begun; how much there is to do is not known yet.
    #[default]
    Unknown,
    /// So many of so many.
    Known {
        /// Done so far.
        done: u64,
        /// To do in all.
        total: u64,
    },
    /// So many of about so many: how many there are shows when they are done.
    About {
        /// Done so far.
        done: u64,
        /// To do in all, as far as that is known.
        total: u64,
    },
}

/// A line that speaks as it changes, with a bar under it.
#[component]
pub fn LiveStatus(
    /// What is going on: `Syncing…`.
    #[prop(into)]
    text: Signal<String>,
    /// How far it is.
    #[prop(optional, into)]
    progress: Signal<Progress>,
) -> impl IntoView {
    let total = move || match progress.get() {
        Progress::Unknown => None,
        Progress::Known { total, .. } | Progress::About { total, .. } => Some(total.to_string()),
    };
    let done = move || match progress.get() {
        Progress::Unknown => None,
        Progress::Known { done, .. } | Progress::About { done, .. } => Some(done.to_string()),
    };
    let words = move || match progress.get() {
        Progress::Unknown => String::new(),
        Progress::Known { done, total } => format!("{} of {}", grouped(done), grouped(total)),
        Progress::About { done, total } => format!("{} of about {}", grouped(done), grouped(total)),
    };
    view! {
        <div class="grid w-full min-w-40 max-w-60 gap-1">
            <div class="flex flex-wrap items-center justify-between gap-x-3">
                <span class="flex items-center gap-1.5" role="status">
                    <span class="text-accent-text">
                        <Spinner />
                    </span>
                    {move || text.get()}
                </span>
                // Outside the live region: a count that speaks at every step drowns everything else.
                <span class="text-xs text-text-muted tabular-nums">{words}</span>
            </div>
            <progress class="meter" aria-label=move || text.get() max=total value=done></progress>
        </div>
    }
    .into_any()
}
