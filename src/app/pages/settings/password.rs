//! **Change Password**: the present one and a new one, in a dialog that the address names.

use super::parts::SettingsDialog;
use crate::{
    api::sessions::ChangePassword,
    app::{
        pages::address::{address, field},
        paths,
    },
    ui::{
        button::{ButtonLink, ButtonSize},
        field::TextField,
    },
};
use leptos::prelude::*;

const OPENER: &str = "change-password";
const FORM: &str = "change-password-form";

/// The button in the head of section **Account**.
#[component]
pub fn PasswordLink() -> impl IntoView {
    view! {
        <ButtonLink
            id=OPENER
            href=address(paths::SETTINGS, &[("dialog", OPENER)])
            size=ButtonSize::Small
            keep_scroll=true
        >
            "Change Password"
        </ButtonLink>
    }
    .into_any()
}

/// The dialog, while the address names it.
#[component]
pub fn PasswordDialog(
    /// **Change Password**.
    change: ServerAction<ChangePassword>,
) -> impl IntoView {
    let dialog = field("dialog");
    let open = Memo::new(move |_| dialog.get() == OPENER);
    (move || open.get().then(|| view! { <OpenDialog change /> })).into_any()
}

#[component]
fn OpenDialog(change: ServerAction<ChangePassword>) -> impl IntoView {
    view! {
        <SettingsDialog
            title="Change Password"
            opener=OPENER
            focus_heading=false
            form=FORM
            send="Change Password"
            action=change
        >
            <TextField
                label="Present password"
                name="present"
                kind="password"
                autocomplete="current-password"
                required=true
                autofocus=true
            />
            <TextField
                label="New password"
                name="password"
                kind="password"
                autocomplete="new-password"
                required=true
                hint="At least 12 characters. Your other sessions end."
            />
        </SettingsDialog>
    }
    .into_any()
}
