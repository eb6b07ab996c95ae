//! **Import** and **Export** beside a list.

use crate::ui::{button::ButtonLink, icon::Icon};
use leptos::prelude::*;

/// The two links. A file is a plain address, so both work without script.
#[component]
pub fn ExchangeLinks(
    /// The page that takes a file.
    #[prop(into)]
    import: String,
    /// The file with what the list shows now.
    #[prop(into)]
    export: Signal<String>,
) -> impl IntoView {
    view! {
        <ButtonLink href=import icon=Icon::Upload>
            "Import"
        </ButtonLink>
        {move || {
            view! {
                <ButtonLink href=export.get() icon=Icon::Download external=true>
                    "Export"
                </ButtonLink>
            }
        }}
    }
    .into_any()
}
