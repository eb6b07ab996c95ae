//! Email addresses in tables: they may break before the domain, and nowhere else while there is room.

use leptos::prelude::*;

/// An address.
#[component]
pub fn EmailText(
    /// The address; nothing is written for an empty one.
    #[prop(into)]
    address: String,
) -> impl IntoView {
    let (name, domain) = match address.split_once('@') {
        Some((name, domain)) => (name.to_owned(), Some(format!("@{domain}"))),
        None => (address, None),
    };
    view! {
        <bdi>
            {name}
            {domain
                .map(|domain| {
                    view! {
                        <wbr />
                        {domain}
                    }
                })}
        </bdi>
    }
}
