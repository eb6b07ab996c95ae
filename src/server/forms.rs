//! What the forms that keep what was typed have in common on the server.

use crate::{
    api::{ApiError, form::FormError},
    store::{StoreError, saved::Saved},
    sync::normalise::clean,
};
use chrono::{DateTime, SecondsFormat, Utc};

/// What a form is told of the time at which its record was written.
pub fn version_of(written: DateTime<Utc>) -> String {
    written.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The version that a form was opened on.
pub fn version<T>(sent: &str) -> Result<DateTime<Utc>, FormError<T>> {
    sent.parse().map_err(|_| {
        FormError::Failed(ApiError::Refused(
            "The form could not be read. Reload the page and try again.".into(),
        ))
    })
}

/// What could not be done, with what was typed.
pub fn refused<T: Clone>(typed: &T) -> impl Fn(StoreError) -> FormError<T> + use<T> {
    let typed = typed.clone();
    move |error| FormError::Refused {
        typed: Box::new(typed.clone()),
        error: error.into(),
    }
}

/// How a save ended, in the words of its form. `changed` says who changed what: "Somebody changed this Asset".
pub fn told<T>(saved: Saved, changed: &str, typed: T) -> Result<(), FormError<T>> {
    match saved {
        Saved::Done => Ok(()),
        Saved::Stale { differences, version } => Err(FormError::Stale {
            typed: Box::new(typed),
            changed: changed.to_owned(),
            differences,
            version: version_of(version),
        }),
    }
}

/// What is kept of one line of text, and what is wrong with it. What stands there already may stay, whoever wrote it.
pub fn line(label: &str, typed: &str, held: &str, most: usize) -> (String, Option<String>) {
    if typed == held {
        return (held.to_owned(), None);
    }
    let value = clean(typed, usize::MAX);
    let problem = (value.chars().count() > most).then(|| format!("{label} holds at most {most} characters."));
    (value, problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cleaned_and_refused_when_it_is_too_long_unless_it_stands_there_already() {
        assert_eq!(line("Name", " A\u{0}\u{7} & Co\n", "", 320), ("A & Co".into(), None));
        let long = "é".repeat(321);
        assert_eq!(
            line("Name", &long, "", 320).1.as_deref(),
            Some("Name holds at most 320 characters.")
        );
        assert_eq!(
            line("Name", &"e\u{301}".repeat(320), "", 320).1,
            None,
            "counted as it is kept"
        );
        assert_eq!(line("Name", &long, &long, 320), (long.clone(), None));
    }
}
