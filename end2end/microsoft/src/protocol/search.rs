//! `$search` on directory objects (the page "Use the $search query parameter"): clauses `"property:text"` in double
//! quotes, joined by `AND` and `OR`, with parentheses. `displayName` and `description` are compared by their words,
//! in any order; every other property that can be filtered is compared by its beginning.

use std::iter::Peekable;
use std::str::CharIndices;

use crate::model::entity::Entity;
use crate::model::schema::{Kind, Shape};
use crate::protocol::capability::support;
use crate::protocol::refusal::Refusal;

/// The properties that are compared by their words.
const TOKENIZED: [&str; 2] = ["displayName", "description"];

/// How deep parentheses may stand.
const DEEPEST: usize = 40;

/// A search that was read and held against the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Search {
    /// All of them.
    All(Vec<Search>),
    /// At least one of them.
    Any(Vec<Search>),
    /// The words of a property.
    Words(&'static str, Vec<String>),
    /// The beginning of a property, in lower case.
    Start(&'static str, String),
}

impl Search {
    /// Reads a search for objects of these kinds.
    pub fn read(text: &str, kinds: &[Kind]) -> Result<Self, Refusal> {
        let mut reader = Reader {
            rest: text.char_indices().peekable(),
            text,
            kinds,
            depth: 0,
        };
        let search = reader.any()?;
        reader.blanks();
        match reader.rest.peek() {
            None => Ok(search),
            Some((at, _)) => Err(syntax(text, *at)),
        }
    }

    /// Whether an object is found.
    pub fn takes(&self, entity: &Entity) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.takes(entity)),
            Self::Any(all) => all.iter().any(|one| one.takes(entity)),
            Self::Words(property, wanted) => {
                let has = words(entity.text(property).unwrap_or_default());
                wanted.iter().all(|word| has.iter().any(|has| has.starts_with(word)))
            }
            Self::Start(property, wanted) => entity
                .text(property)
                .is_some_and(|has| has.to_lowercase().starts_with(wanted)),
        }
    }
}

/// The words of a text in lower case: split at blanks, at symbols, between letters and digits, and where a capital
/// follows a small letter. Words that only symbols part are one more word together.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for chunk in text.split_whitespace() {
        let mut parts: Vec<String> = Vec::new();
        let mut before: Option<char> = None;
        for character in chunk.chars() {
            let class = |c: char| (c.is_alphabetic(), c.is_numeric());
            let together = before.is_some_and(|before| {
                class(before) == class(character)
                    && character.is_alphanumeric()
                    && !(before.is_lowercase() && character.is_uppercase())
            });
            match parts.last_mut() {
                Some(part) if together => part.push(character),
                _ => parts.push(character.to_string()),
            }
            before = Some(character);
        }
        if parts.len() > 1 && chunk.chars().any(|character| !character.is_alphanumeric()) {
            found.push(chunk.chars().filter(|character| character.is_alphanumeric()).collect());
        }
        found.extend(parts);
    }
    found
        .into_iter()
        .map(|word: String| word.to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

fn syntax(text: &str, at: usize) -> Refusal {
    let message = format!("Syntax error: character at position {at} of '{text}' is not valid in $search.");
    Refusal::new(400, "BadRequest", message)
}

struct Reader<'a> {
    rest: Peekable<CharIndices<'a>>,
    text: &'a str,
    kinds: &'a [Kind],
    depth: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.rest.next_if(|(_, character)| character.is_whitespace()).is_some() {}
    }

    fn wrong(&mut self) -> Refusal {
        let at = self.rest.peek().map_or(self.text.len(), |(at, _)| *at);
        syntax(self.text, at)
    }

    /// Logical operators stand outside the quotes and in capitals.
    fn take_word(&mut self, word: &str) -> bool {
        self.blanks();
        let at = self.rest.peek().map_or(self.text.len(), |(at, _)| *at);
        let found = self.text[at..].starts_with(word);
        if found {
            self.rest.nth(word.len() - 1);
        }
        found
    }

    fn any(&mut self) -> Result<Search, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.wrong());
        }
        let mut all = vec![self.all()?];
        while self.take_word("OR") {
            all.push(self.all()?);
        }
        self.depth -= 1;
        Ok(Search::Any(all))
    }

    fn all(&mut self) -> Result<Search, Refusal> {
        let mut all = vec![self.primary()?];
        while self.take_word("AND") {
            all.push(self.primary()?);
        }
        Ok(Search::All(all))
    }

    fn primary(&mut self) -> Result<Search, Refusal> {
        self.blanks();
        match self.rest.next() {
            Some((_, '(')) => {
                let inner = self.any()?;
                self.blanks();
                match self.rest.next() {
                    Some((_, ')')) => Ok(inner),
                    _ => Err(self.wrong()),
                }
            }
            Some((_, '"')) => self.clause(),
            Some((at, _)) => Err(syntax(self.text, at)),
            None => Err(self.wrong()),
        }
    }

    fn clause(&mut self) -> Result<Search, Refusal> {
        let mut clause = String::new();
        loop {
            match self.rest.next() {
                Some((_, '"')) => break,
                Some((_, '\\')) => clause.extend(self.rest.next().map(|(_, character)| character)),
                Some((_, character)) => clause.push(character),
                None => return Err(self.wrong()),
            }
        }
        let unsupported = |message: String| Refusal::new(400, "Request_UnsupportedQuery", message);
        let Some((name, wanted)) = clause.split_once(':') else {
            let message = "Unrecognized search clause: the property's name must stand before a colon.".to_owned();
            return Err(unsupported(message));
        };
        let found = self.kinds.iter().find_map(|kind| {
            let property = kind.property(name.trim())?;
            let served = ["startswith", "eq"]
                .iter()
                .any(|operator| support(*kind, property.name, operator).is_some());
            (served && matches!(property.shape, Shape::Text)).then_some(property.name)
        });
        let name = found.ok_or_else(|| unsupported(format!("Search is not supported for the property '{name}'.")))?;
        Ok(match TOKENIZED.contains(&name) {
            true => Search::Words(name, words(wanted)),
            false => Search::Start(name, wanted.to_lowercase()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(search: &str, name: &str) -> bool {
        let user = Entity::new(Kind::User)
            .with("displayName", name)
            .with("mail", "one.video@contoso.example");
        Search::read(search, &[Kind::User]).unwrap().takes(&user)
    }

    #[test]
    fn a_text_falls_into_the_words_that_the_documentation_lists() {
        assert_eq!(words("hello world"), ["hello", "world"]);
        assert_eq!(words("HelloWorld"), ["hello", "world"]);
        assert_eq!(words("helloWORLD"), ["hello", "world"]);
        assert_eq!(words("HELLOworld"), ["helloworld"]);
        assert_eq!(words("hello123world"), ["hello", "123", "world"]);
        assert_eq!(words("hello.world"), ["helloworld", "hello", ".", "world"]);
    }

    #[test]
    fn words_are_found_in_any_order_and_by_their_beginning_but_not_from_within() {
        assert!(finds(r#""displayName:Li David""#, "David Li"));
        assert!(finds(r#""displayName:Guthr""#, "Cam Guthrie"));
        assert!(!finds(r#""displayName:uthrie""#, "Cam Guthrie"));
        assert!(finds(r#""displayName:helloworld""#, "hello-world"));
    }

    #[test]
    fn clauses_are_joined_and_other_properties_compared_by_their_beginning() {
        assert!(finds(r#""displayName:nobody" OR "mail:ONE.""#, "Ana"));
        assert!(!finds(r#""displayName:Ana" AND "mail:video""#, "Ana"));
        assert!(finds(r#"("displayName:x" OR "displayName:Ana") AND "mail:one""#, "Ana"));
    }

    #[test]
    fn a_search_without_quotes_or_with_a_property_that_cannot_be_searched_is_refused() {
        for wrong in [
            "displayName:a",
            r#""displayName:a"#,
            r#""a""#,
            r#""colour:a""#,
            r#""accountEnabled:true""#,
            "(",
        ] {
            assert_eq!(Search::read(wrong, &[Kind::User]).unwrap_err().status, 400, "{wrong}");
        }
    }
}
