//! What the server draws.

use crate::ui::answered::answered;
use leptos::{
    prelude::*,
    reactive::traits::{DefinedAt, Get},
};
use std::panic::Location;

/// An answer that is there before anybody is told of it: a resource's, for a moment.
#[derive(Clone, Copy)]
struct Untold(StoredValue<Option<i32>>);

impl DefinedAt for Untold {
    fn defined_at(&self) -> Option<&'static Location<'static>> {
        None
    }
}

impl Get for Untold {
    type Value = Option<i32>;

    fn try_get(&self) -> Option<Option<i32>> {
        self.0.try_get_value()
    }
}

#[test]
fn the_server_draws_an_answer_of_which_nobody_was_told_yet() {
    let owner = Owner::new();
    let page = owner.with(|| {
        let answer = Untold(StoredValue::new(None));
        let mut view = view! { <main>{answered(answer, |number| view! { <p>{number}</p> })}</main> };
        // What waits for the answer looks first, while there is none.
        view.dry_resolve();
        answer.0.set_value(Some(7));
        view.to_html()
    });
    assert!(page.contains("<p>7"), "{page}");
}
