//! The fields of an Asset, for **New Asset** and for its page.

use crate::{
    api::assets::{AssetForm, AssetFormError, AssetProblems, SaveAsset},
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
        Signal::derive(move || {
            error.with(|error| {
                let problems = error.as_ref().and_then(AssetFormError::problems);
                problems.map_or_else(|| held.clone(), |problems| of(&problems.typed).clone())
            })
        })
    };
    let problem = move |of: fn(&AssetProblems) -> &Option<String>| {
        Signal::derive(move || {
            error.with(|error| {
                let problems = error.as_ref().and_then(AssetFormError::problems);
                problems.and_then(|problems| of(problems).clone())
            })
        })
    };
    view! {
        <TextField
            label="Name"
            name="asset[name]"
            id="field-asset-name"
            value=value(name, |form| &form.name)
            error=problem(|wrong| &wrong.name)
            required=true
            autofocus
        />
        <TextField
            label="Serial Number"
            name="asset[serialNumber]"
            id="field-asset-serial"
            value=value(serial, |form| &form.serial_number)
            error=problem(|wrong| &wrong.serial_number)
        />
        <TextField
            label="MAC Addresses"
            name="asset[macs]"
            id="field-asset-macs"
            value=value(macs, |form| &form.macs)
            error=problem(|wrong| &wrong.macs)
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
        let error = error.get().filter(|error| error.problems().is_some())?;
        Some(view! { <Notice tone=Tone::Critical title=error.to_string() announce=true /> })
    };
    view! {
        <FormProblem error=failed />
        {invalid}
    }
}
