//! **Import** and **Export** beside a list.

use super::mine::has_role;
use crate::{
    model::access::Role,
    ui::{button::ButtonLink, icon::Icon},
};
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
    /// Who may import.
    least: Role,
) -> impl IntoView {
    let imports = has_role(least);
    view! {
        {move || {
            let import = import.clone();
            imports
                .get()
                .then(|| {
                    view! {
                        <ButtonLink href=import icon=Icon::Upload>
                            "Import"
                        </ButtonLink>
                    }
                })
        }}
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
