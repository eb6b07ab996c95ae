use crate::{
    api::assets::DeleteAsset,
    app::{
        pages::problem::{FormProblem, failure},
        paths,
    },
    model::ids::AssetId,
    ui::{
        button::{Button, ButtonKind, ButtonVariant},
        dialog::{Dialog, DialogWidth},
    },
};
use leptos::prelude::*;

const FORM: &str = "delete-asset-form";

/// **Delete Asset**: asks first.
#[component]
pub fn DeleteAssetDialog(
    /// Which.
    id: AssetId,
    /// Its name.
    name: String,
) -> impl IntoView {
    let delete = ServerAction::<DeleteAsset>::new();
    let footer = move || {
        view! {
            <Button kind=ButtonKind::Submit variant=ButtonVariant::Danger form=FORM pending=delete.pending()>
                "Delete Asset"
            </Button>
        }
    };
    view! {
        <Dialog
            title="Delete Asset"
            close_href=paths::asset(id)
            width=DialogWidth::Narrow
            opener="delete-asset"
            footer
        >
            <ActionForm action=delete attr:id=FORM>
                <input type="hidden" name="id" value=id.to_string() />
                <p class="mb-2">
                    <bdi class="font-medium">{name}</bdi>
                    " and its assignment are deleted. The audit log keeps what was done to it."
                </p>
                <p class="text-text-muted">
                    "Nothing changes in Microsoft. The agent or an import that knows the device may bring the Asset back."
                </p>
                <FormProblem error=failure(delete) />
            </ActionForm>
        </Dialog>
    }.into_any()
}
