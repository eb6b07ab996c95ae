//! Lists of which Graph may say nothing, in two ways that do not mean the same.

use super::wire::list;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list as it was sent. Left out it is empty in a delta, where what was never set is not sent
/// (learn.microsoft.com/graph/delta-query-overview); anywhere else, as null everywhere, it says that Graph does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Told<T> {
    /// The property is not there.
    #[default]
    LeftOut,
    /// The property is null.
    Null,
    /// These, or none.
    Items(Vec<T>),
}

impl<T> Told<T> {
    /// The items; `None` when Graph did not say, which is not the same as none.
    pub fn items(&self) -> Option<&[T]> {
        match self {
            Self::LeftOut | Self::Null => None,
            Self::Items(items) => Some(items),
        }
    }

    /// What it says in a delta.
    #[must_use]
    pub fn in_delta(self) -> Self {
        match self {
            Self::LeftOut => Self::Items(vec![]),
            told => told,
        }
    }
}

impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.items().serialize(to)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(bound = "T: Deserialize<'de>", transparent)]
        struct Items<T>(#[serde(deserialize_with = "list")] Vec<T>);
        let items: Option<Items<T>> = Option::deserialize(from)?;
        Ok(items.map_or(Self::Null, |Items(items)| Self::Items(items)))
    }
}
