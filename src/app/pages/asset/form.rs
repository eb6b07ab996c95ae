//! The fields of an Asset, for **New Asset** and for its page.

use crate::{
    api::assets::{AssetForm, AssetFormError, SaveAsset},
    app::pages::problem::FormProblem,
    model::{asset::Asset, ids::AssetId},
    ui::{
        badge::Tone,
        button::{Button, ButtonKind},
        field::TextField,
        notice::Notice,
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
    /// **Save Changes**.
    save: ServerAction<SaveAsset>,
) -> impl IntoView {
    let value = save.value();
    let error = Signal::derive(move || value.get().and_then(Result::err));
    view! {
        <Section title="Asset Details" id="asset-details">
            <ActionForm action=save>
                <input type="hidden" name="id" value=id.to_string() />
                <div class="grid gap-4">
                    <AssetFormProblem error />
                    <AssetFields held error />
                    <div>
                        <Button kind=ButtonKind::Submit pending=save.pending()>
                            "Save Changes"
                        </Button>
                    </div>
                </div>
            </ActionForm>
        </Section>
    }
}

/// Name, serial number and addresses; what was typed into a form that was refused stays in them.
#[component]
pub fn AssetFields(
    /// What they hold at first.
    held: Asset,
    /// Why the form was refused.
    error: Signal<Option<AssetFormError>>,
    /// The first takes the focus: in a dialog.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let macs: Vec<_> = held.macs.iter().map(ToString::to_string).collect();
    let (name, serial, macs) = (held.name, held.serial_number, macs.join(", "));
    let value = move |held: String, of: fn(&AssetForm) -> &String| {
        Signal::derive(move || match error.get() {
            Some(AssetFormError::Invalid { typed, .. }) => of(&typed).clone(),
            _ => held.clone(),
        })
    };
    let problem = move |of: fn(AssetFormError) -> Option<String>| Signal::derive(move || error.get().and_then(of));
    let (wrong_name, wrong_serial, wrong_macs) = (
        problem(|error| match error {
            AssetFormError::Invalid { name, .. } => name,
            AssetFormError::Failed(_) => None,
        }),
        problem(|error| match error {
            AssetFormError::Invalid { serial_number, .. } => serial_number,
            AssetFormError::Failed(_) => None,
        }),
        problem(|error| match error {
            AssetFormError::Invalid { macs, .. } => macs,
            AssetFormError::Failed(_) => None,
        }),
    );
    view! {
        <TextField
            label="Name"
            name="asset[name]"
            id="field-asset-name"
            value=value(name, |form| &form.name)
            error=wrong_name
            required=true
            autofocus
        />
        <TextField
            label="Serial Number"
            name="asset[serialNumber]"
            id="field-asset-serial"
            value=value(serial, |form| &form.serial_number)
            error=wrong_serial
        />
        <TextField
            label="MAC Addresses"
            name="asset[macs]"
            id="field-asset-macs"
            value=value(macs, |form| &form.macs)
            error=wrong_macs
            hint="In any spelling, several between commas: 00:1A:2B:3C:4D:5E, 001A.2B3C.4D5F"
        />
    }
}

/// Why the form was not saved.
#[component]
pub fn AssetFormProblem(
    /// Why.
    error: Signal<Option<AssetFormError>>,
) -> impl IntoView {
    let failed = Signal::derive(move || match error.get() {
        Some(AssetFormError::Failed(error)) => Some(error),
        _ => None,
    });
    let invalid = move || {
        let error = error
            .get()
            .filter(|error| matches!(error, AssetFormError::Invalid { .. }))?;
        Some(view! { <Notice tone=Tone::Critical title=error.to_string() announce=true /> })
    };
    view! {
        <FormProblem error=failed />
        {invalid}
    }
}
