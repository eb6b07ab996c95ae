//! The fields of an Asset, for **New Asset** and for its page.

use crate::{
    api::{
        assets::{AssetForm, SaveAsset},
        form::FormError,
    },
    app::{
        pages::refused_form::{SaveProblem, problem_of, refusal, typed_or_held, version_to_send},
        paths,
    },
    model::{asset::Asset, ids::AssetId},
    ui::{
        button::{Button, ButtonKind, ButtonLink},
        field::TextField,
        section::Section,
    },
};
use leptos::prelude::*;

/// **Asset Details**.
#[component]
pub fn AssetSection(
    /// Which.
    id: AssetId,
    /// What it holds.
    held: Asset,
    /// What it is at.
    version: String,
    /// **Save Changes**.
    save: ServerAction<SaveAsset>,
) -> impl IntoView {
    let error = refusal(save);
    let version = version_to_send(error, version);
    view! {
        <Section title="Asset Details" id="asset-details">
            <ActionForm action=save>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="version" value=version />
                <div class="grid gap-4">
                    <SaveProblem error />
                    <AssetFields held error />
                    <div class="flex flex-wrap gap-2">
                        <Button kind=ButtonKind::Submit pending=save.pending()>
                            "Save Changes"
                        </Button>
                        // The page as a whole, so that what was typed and what was refused are gone.
                        <ButtonLink href=paths::asset(id) external=true>
                            "Cancel"
                        </ButtonLink>
                    </div>
                </div>
            </ActionForm>
        </Section>
    }
    .into_any()
}

/// Name, serial number and addresses; what was typed into a form that was refused stays in them.
#[component]
pub fn AssetFields(
    /// What they hold at first.
    held: Asset,
    /// Why the form was refused.
    error: Signal<Option<FormError<AssetForm>>>,
    /// The first takes the focus: in a dialog.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let macs: Vec<_> = held.macs.iter().map(ToString::to_string).collect();
    let (name, serial, macs) = (held.name, held.serial_number, macs.join(", "));
    view! {
        <TextField
            label="Name"
            name="asset[name]"
            id="field-asset-name"
            value=typed_or_held(error, name, |form: &AssetForm| &form.name)
            error=problem_of(error, "name")
            required=true
            autofocus
        />
        <TextField
            label="Serial Number"
            name="asset[serialNumber]"
            id="field-asset-serial"
            value=typed_or_held(error, serial, |form: &AssetForm| &form.serial_number)
            error=problem_of(error, "serialNumber")
        />
        <TextField
            label="MAC Addresses"
            name="asset[macs]"
            id="field-asset-macs"
            value=typed_or_held(error, macs, |form: &AssetForm| &form.macs)
            error=problem_of(error, "macs")
            hint="In any spelling, several between commas: 00:1A:2B:3C:4D:5E, 001A.2B3C.4D5F"
        />
    }
    .into_any()
}
