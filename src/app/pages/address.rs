//! Addresses with a query: what is searched, filtered, sorted and paged lives there, so that a view can be shared.

use crate::ui::table::Sort;
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use std::{fmt::Write, str::FromStr};

/// A path with these fields; empty ones are left out.
pub fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    let mut glue = if path.contains('?') { '&' } else { '?' };
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(glue);
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
                out.push(byte.into());
            } else {
                // Writing to a text can't fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
        glue = '&';
    }
    out
}

/// A field of the page's address; empty when it is not there.
pub fn field(name: &'static str) -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()))
}

/// No list has so many pages; a number that is added to stays far from where it would overflow.
const LAST_PAGE: i64 = 1_000_000;

/// The page number in the address, from 1.
pub fn page_number() -> Memo<i64> {
    page_in("page")
}

/// The same in another field of the address.
pub fn page_in(name: &'static str) -> Memo<i64> {
    let text = field(name);
    Memo::new(move |_| text.with(|text| page_of(text)))
}

fn page_of(text: &str) -> i64 {
    text.parse().unwrap_or(1).clamp(1, LAST_PAGE)
}

/// An id from a map of parameters; `None` when it is missing or none.
pub fn id_in<T: FromStr>(params: &ParamsMap, name: &str) -> Option<T> {
    params.get_str(name)?.parse().ok()
}

/// How a table is sorted by one column. `order` is the address's field, `first` what it means when it is empty.
pub fn sort_by(order: &str, first: &str, column: &str) -> Sort {
    let order = if order.is_empty() { first } else { order };
    match order.strip_prefix('-') {
        Some(descending) if descending == column => Sort::Descending,
        None if order == column => Sort::Ascending,
        _ => Sort::None,
    }
}

/// What the field becomes when the head of a column is followed: that column, or its order turned round.
pub fn turned(order: &str, first: &str, column: &str) -> String {
    match sort_by(order, first, column) {
        Sort::Ascending => format!("-{column}"),
        Sort::Descending | Sort::None => column.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_written_so_that_any_server_reads_them_back() {
        assert_eq!(
            address("/organizations", &[("search", "a & b=ü"), ("sort", ""), ("page", "2")]),
            "/organizations?search=a%20%26%20b%3D%C3%BC&page=2"
        );
        assert_eq!(address("/runs", &[("search", "")]), "/runs");
    }

    #[test]
    fn a_page_number_that_no_list_has_stays_where_it_can_be_counted_on() {
        let pages = ["", "0", "-3", "7", "9223372036854775807", "1e9"].map(page_of);
        assert_eq!(pages, [1, 1, 1, 7, LAST_PAGE, 1]);
    }

    #[test]
    fn following_a_head_again_turns_the_order_round() {
        assert_eq!(turned("", "name", "name"), "-name");
        assert_eq!(turned("-name", "name", "name"), "name");
        assert_eq!(turned("-name", "name", "email"), "email");
        assert_eq!(sort_by("", "name", "name"), Sort::Ascending);
    }
}
