//! What a person may choose for the browser in front of them.

use serde::{Deserialize, Serialize};

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Appearance {
    /// As the system is.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Appearance {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value in forms and cookies; empty for the system's.
    pub const fn key(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// A value read; what is not known is the system's.
    pub fn from_key(key: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.key() == key).unwrap_or_default()
    }

    /// The word on screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::System => "As the system is",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}
