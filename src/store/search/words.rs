use crate::{model::ids::OrganizationId, store::error::Result};
use sqlx::PgPool;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

/// The pattern of `ilike` that finds exactly these words anywhere; `%%` when there are none. A character that Postgres
/// can't hold is in no row, and left out. Composed, as what is kept is.
pub(in crate::store) fn pattern(words: &str) -> String {
    let words: String = words.replace('\0', "").nfc().collect();
    let escaped = words
        .trim()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// The greatest character: what begins with some words lies between them and them followed by it.
const LAST: char = '\u{10FFFF}';
/// A trigram needs three letters. In scripts that write a name in two characters, two have to do.
const SHORTEST: usize = 3;

/// What somebody typed into the search box, made ready.
#[derive(Clone, Debug)]
pub struct Words {
    /// All of it, folded.
    pub(super) whole: String,
    /// The end of the range of what begins with it.
    pub(super) end: String,
    /// The pattern of the longest word, for the index; `None` where words are too short to look for anywhere.
    pub(super) longest: Option<String>,
    /// The patterns of all words: each has to be there, in any order.
    pub(super) every: Vec<String>,
    /// It is an id.
    pub(super) id: Option<Uuid>,
    /// The Organizations of whoever asks; `None` is all.
    pub(super) theirs: Option<Vec<OrganizationId>>,
}

impl Words {
    /// Makes ready what was typed; `None` when nothing was. The database folds it, so that both sides are folded alike.
    pub async fn new(pool: &PgPool, typed: &str) -> Result<Option<Self>> {
        let typed: String = typed.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ");
        if typed.is_empty() {
            return Ok(None);
        }
        let composed: String = typed.nfc().collect();
        let whole: String = sqlx::query_scalar("select folded($1)")
            .bind(composed)
            .fetch_one(pool)
            .await?;
        let longest = whole
            .split(' ')
            .max_by_key(|word| word.chars().count())
            .filter(|word| word.chars().count() >= SHORTEST || !word.is_ascii())
            .map(pattern);
        Ok(Some(Self {
            end: format!("{whole}{LAST}"),
            longest,
            every: whole.split(' ').map(pattern).collect(),
            id: Uuid::try_parse(&whole).ok(),
            whole,
            theirs: None,
        }))
    }

    /// The same, looked for by somebody who has these Organizations.
    #[must_use]
    pub fn asked_by(self, theirs: Option<Vec<OrganizationId>>) -> Self {
        Self { theirs, ..self }
    }

    /// Whether it is too short to be looked for anywhere but at the beginning.
    pub const fn is_short(&self) -> bool {
        self.longest.is_none()
    }
}
