//! The state of an Organization's user sync, as every table and page shows it.

use crate::{
    app::{
        pages::{framed::outside, reason::ReasonText},
        paths,
    },
    model::{organization::UserSyncState, run::Progress},
    ui::{
        badge::{Badge, Tone},
        number::grouped,
        status::{LiveStatus, Progress as Bar},
    },
};
use leptos::prelude::*;

/// A state in words: `Syncing…` with its progress, `Enabled`, or `Attention` with the reason.
#[component]
pub fn SyncState(
    /// The state.
    state: UserSyncState,
) -> impl IntoView {
    match state {
        UserSyncState::NotMapped => view! { <span class="text-text-muted">"Not mapped"</span> }.into_any(),
        UserSyncState::NotSetUp { before: true } => {
            view! { <span class="text-text-muted">"Disabled"</span> }.into_any()
        }
        UserSyncState::NotSetUp { before: false } => {
            view! { <span class="text-text-muted">"Not set up"</span> }.into_any()
        }
        UserSyncState::Syncing { progress } => view! { <Syncing progress /> }.into_any(),
        UserSyncState::Enabled => view! { <Badge tone=Tone::Positive text="Enabled" /> }.into_any(),
        UserSyncState::Attention { reason, held_in } => view! {
            <div class="grid max-w-md gap-1">
                <span>
                    <Badge tone=Tone::Caution text="Attention" />
                </span>
                <ReasonText text=reason />
                {held_in
                    .and_then(|run| {
                        outside(|| {
                            view! {
                                <a class="link" href=format!("{}#held", paths::run(run))>
                                    "Review held changes"
                                </a>
                            }
                        })
                    })}
            </div>
        }
        .into_any(),
    }
}

/// `Syncing…`, with what the run is doing once it has started.
#[component]
pub fn Syncing(
    /// What the run is doing.
    progress: Option<Progress>,
) -> impl IntoView {
    view! {
        <div class="grid gap-0.5">
            <LiveStatus text="Syncing…" progress=bar(progress) />
            {progress.map(|progress| view! { <span class="text-xs text-text-muted tabular-nums">{progress_words(progress)}</span> })}
        </div>
    }.into_any()
}

/// The bar of a run's progress: it fills where the total is known, exactly or about.
pub fn bar(progress: Option<Progress>) -> Bar {
    match progress {
        Some(Progress {
            stage,
            done,
            total: Some(total),
        }) if total > 0 => {
            let (done, total) = (whole(done.min(total)), whole(total));
            if stage.is_estimate() {
                Bar::About { done, total }
            } else {
                Bar::Known { done, total }
            }
        }
        _ => Bar::Unknown,
    }
}

/// "Reading users 1,200"; without the number where the bar tells it already.
pub fn progress_words(progress: Progress) -> String {
    let stage = progress.stage.label();
    match progress {
        Progress { done, total: None, .. } if done > 0 => format!("{stage} {}", grouped(whole(done))),
        _ => stage.to_owned(),
    }
}

fn whole(number: i32) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::Stage;

    #[test]
    fn a_run_at_work_tells_what_it_does_and_how_much_of_it_is_done() {
        let told = |stage, done, total| {
            let progress = Progress { stage, done, total };
            (progress_words(progress), bar(Some(progress)))
        };
        let about = |done, total| Bar::About { done, total };
        let known = |done, total| Bar::Known { done, total };
        for (stage, done, total, words, bar) in [
            (Stage::Starting, 0, None, "Starting", Bar::Unknown),
            (Stage::Users, 1_998, None, "Reading users 1,998", Bar::Unknown),
            (Stage::Users, 999, Some(2_341), "Reading users", about(999, 2_341)),
            (Stage::Planning, 0, Some(2_341), "Planning users", known(0, 2_341)),
            (Stage::Applying, 12, Some(40), "Writing End Users", known(12, 40)),
        ] {
            assert_eq!(told(stage, done, total), (words.to_owned(), bar));
        }
    }
}
