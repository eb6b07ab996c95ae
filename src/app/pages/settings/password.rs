//! **Change Password**: the present one and a new one, in a dialog that the address names.

use crate::{
    api::sessions::ChangePassword,
    app::{
        pages::{
            address::{address, field},
            problem::{FormProblem, failure, forget_failure},
        },
        paths,
    },
    ui::{
        button::{ButtonLink, ButtonSize},
        field::TextField,
        form_dialog::FormDialog,
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
    forget_failure(change);
    view! {
        <FormDialog
            title="Change Password"
            close_href=paths::SETTINGS
            opener=OPENER
            focus_heading=false
            form=FORM
            send="Change Password"
            pending=change.pending()
        >
            <ActionForm action=change attr:id=FORM>
                <div class="grid gap-4">
                    <FormProblem error=failure(change) />
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
                </div>
            </ActionForm>
        </FormDialog>
    }
    .into_any()
}
