//! Email addresses and domains in narrow places: an address may break before its domain, a domain before its last part,
//! and neither anywhere else while there is room.

use leptos::prelude::*;

/// An address, or a domain alone.
#[component]
pub fn EmailText(
    /// The address; nothing is written for an empty one.
    #[prop(into)]
    address: String,
) -> impl IntoView {
    let at = address.find('@').or_else(|| address.rfind('.'));
    let (before, after) = address.split_at(at.unwrap_or(address.len()));
    let (before, after) = (
        before.to_owned(),
        Some(after.to_owned()).filter(|after| !after.is_empty()),
    );
    // Nothing at all, not an empty element: a card leaves out the label of a cell without content.
    (!before.is_empty() || after.is_some())
        .then(|| {
            view! {
                <bdi>
                    {before}
                    {after
                        .map(|after| {
                            view! {
                                <wbr />
                                {after}
                            }
                        })}
                </bdi>
            }
        })
        .into_any()
}
