//! States in a word, with an icon, so that colour is never alone.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// What a state means for the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Neutral,
    /// As it should be.
    Positive,
    /// Wants a look.
    Caution,
    /// Wants action.
    Critical,
    /// Worth knowing.
    Info,
}

impl Tone {
    /// The icon that goes with the tone when none is given.
    #[must_use]
    pub const fn icon(self) -> Icon {
        match self {
            Self::Neutral => Icon::MinusCircle,
            Self::Positive => Icon::CheckCircle,
            Self::Caution | Self::Critical => Icon::AlertTriangle,
            Self::Info => Icon::Info,
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            Self::Neutral => {
                "inline-flex max-w-full items-center gap-1 rounded-full border border-line bg-surface-sunken px-2 py-0.5 text-xs font-medium text-text-muted"
            }
            Self::Positive => {
                "inline-flex max-w-full items-center gap-1 rounded-full border border-transparent bg-positive-soft px-2 py-0.5 text-xs font-medium text-positive"
            }
            Self::Caution => {
                "inline-flex max-w-full items-center gap-1 rounded-full border border-transparent bg-caution-soft px-2 py-0.5 text-xs font-medium text-caution"
            }
            Self::Critical => {
                "inline-flex max-w-full items-center gap-1 rounded-full border border-transparent bg-critical-soft px-2 py-0.5 text-xs font-medium text-critical"
            }
            Self::Info => {
                "inline-flex max-w-full items-center gap-1 rounded-full border border-transparent bg-accent-soft px-2 py-0.5 text-xs font-medium text-accent-text"
            }
        }
    }

    /// The text colour of the tone, for an icon or a line of text on a plain surface.
    #[must_use]
    pub const fn ink(self) -> &'static str {
        match self {
            Self::Neutral => "text-text-muted",
            Self::Positive => "text-positive",
            Self::Caution => "text-caution",
            Self::Critical => "text-critical",
            Self::Info => "text-accent-text",
        }
    }
}

/// A state in one or two words.
#[component]
pub fn Badge(
    /// What it means.
    #[prop(optional)]
    tone: Tone,
    /// Another icon than the tone's own.
    #[prop(optional)]
    icon: Option<Icon>,
    /// The word.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <span class=tone.badge()>
            <Glyph icon=icon.unwrap_or(tone.icon()) />
            // Its baseline, not the icon's, is the badge's: a label beside the badge stands on it.
            <span class="self-baseline">{text}</span>
        </span>
    }
    .into_any()
}
