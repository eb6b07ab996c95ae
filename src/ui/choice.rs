//! What is ticked in a group of boxes: everything, or some values.

use std::collections::BTreeSet;

use super::number::grouped;

/// Everything, whatever comes, or these values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// All values, also those that come later; `values` is empty then.
    pub all: bool,
    /// The ticked values.
    pub values: BTreeSet<String>,
}

impl Choice {
    /// Everything.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            all: true,
            values: BTreeSet::new(),
        }
    }

    /// These values and no others.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            all: false,
            values: values.into_iter().map(Into::into).collect(),
        }
    }

    /// Whether nothing is ticked, which no filter can mean.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.all && self.values.is_empty()
    }

    /// Whether the box of a value is ticked.
    #[must_use]
    pub fn has(&self, value: &str) -> bool {
        self.all || self.values.contains(value)
    }

    /// Ticks **All**, or clears everything.
    pub fn set_all(&mut self, ticked: bool) {
        self.all = ticked;
        self.values.clear();
    }

    /// Ticks or clears one value. Clearing one while **All** is ticked leaves all the others ticked.
    pub fn set<'a>(&mut self, value: &str, ticked: bool, options: impl IntoIterator<Item = &'a str>) {
        if self.all {
            if ticked {
                return;
            }
            self.all = false;
            self.values = options.into_iter().map(str::to_owned).collect();
        }
        if ticked {
            self.values.insert(value.to_owned());
        } else {
            self.values.remove(value);
        }
    }

    /// The choice in words: `All`, `None`, `3 of 12`.
    #[must_use]
    pub fn words(&self, total: usize) -> String {
        let number = |count: usize| grouped(u64::try_from(count).unwrap_or(u64::MAX));
        if self.all {
            "All".to_owned()
        } else if self.values.is_empty() {
            "None".to_owned()
        } else {
            format!(
                "{} of {}",
                number(self.values.len()),
                number(total.max(self.values.len()))
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    #[test]
    fn clearing_one_value_of_all_leaves_the_others() {
        let mut choice = Choice::all();
        choice.set("b", false, ["a", "b", "c"]);
        assert_eq!(choice, Choice::of(["a", "c"]));
        assert_eq!(choice.words(3), "2 of 3");
    }

    #[test]
    fn ticking_every_value_is_not_all() {
        let mut choice = Choice::default();
        choice.set("a", true, ["a"]);
        assert!(!choice.all);
        assert_eq!(choice.words(1), "1 of 1");
    }

    #[test]
    fn all_overrides_and_clearing_it_leaves_nothing() {
        let mut choice = Choice::of(["a"]);
        choice.set_all(true);
        assert!(choice.has("anything"));
        assert_eq!(choice.words(3), "All");
        choice.set_all(false);
        assert!(choice.is_empty());
        assert_eq!(choice.words(3), "None");
    }
}
