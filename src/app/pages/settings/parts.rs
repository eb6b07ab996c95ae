//! What the sections of **Settings** have in common: their dialogs, what opens them, and whose row a button is of.

use crate::{
    api::ApiError,
    app::{
        pages::{
            address::address,
            problem::{FormProblem, failure, forget_failure},
        },
        paths,
    },
    ui::{
        button::{ButtonLink, ButtonSize},
        dialog::DialogWidth,
        form_dialog::FormDialog,
        icon::Icon,
    },
};
use leptos::{
    prelude::*,
    server_fn::{Http, ServerFn, client::Client, codec::PostUrl, request::ClientReq},
    web_sys::FormData,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use serde::de::DeserializeOwned;

/// A dialog that is the form of one action, with the reason where that could not be done; it opens without an earlier one.
/// The bounds are those of [`ActionForm`].
#[component]
pub fn SettingsDialog<S, OutputProtocol>(
    /// What it asks or sets up.
    #[prop(into)]
    title: String,
    /// The ids, between spaces, of what to focus after closing.
    #[prop(into)]
    opener: String,
    /// The id of the form.
    form: &'static str,
    /// What sending it does, in a verb or two.
    send: &'static str,
    /// The action.
    action: ServerAction<S>,
    /// Of what it is, which the form sends as `id`.
    #[prop(optional, into)]
    id: Option<String>,
    /// It ends something for good.
    #[prop(optional)]
    danger: bool,
    /// How wide it is.
    #[prop(optional)]
    width: DialogWidth,
    /// The focus starts on the heading; off where a field has `autofocus`.
    #[prop(default = true)]
    focus_heading: bool,
    /// The fields.
    children: Children,
) -> impl IntoView
where
    S: DeserializeOwned
        + ServerFn<
            Error = ApiError,
            InputStreamError = ApiError,
            OutputStreamError = ApiError,
            Protocol = Http<PostUrl, OutputProtocol>,
        > + Clone
        + Send
        + Sync
        + 'static,
    OutputProtocol: 'static,
    <<S::Client as Client<ApiError>>::Request as ClientReq<ApiError>>::FormData: From<FormData>,
    S::Output: Send + Sync + 'static,
{
    forget_failure(action);
    let pending = action.pending();
    view! {
        <FormDialog title close_href=paths::SETTINGS opener form send danger width focus_heading pending>
            <ActionForm action attr:id=form>
                <div class="grid gap-4">
                    <FormProblem error=failure(action) />
                    {id.map(|id| view! { <input type="hidden" name="id" value=id /> })}
                    {children()}
                </div>
            </ActionForm>
        </FormDialog>
    }
    .into_any()
}

/// Opens a dialog, whose name in the address is its own id too: the focus comes back here.
#[component]
pub fn AddLink(
    /// The dialog.
    dialog: &'static str,
    /// What it adds.
    text: &'static str,
) -> impl IntoView {
    view! {
        <ButtonLink
            id=dialog
            href=address(paths::SETTINGS, &[("dialog", dialog)])
            size=ButtonSize::Small
            icon=Icon::Plus
            keep_scroll=true
        >
            {text}
        </ButtonLink>
    }
    .into_any()
}

/// Whose row a button is of, for those who do not see the row.
#[component]
pub fn Of(
    /// What the row is called.
    name: String,
) -> impl IntoView {
    view! { <span class="sr-only">" " <bdi>{name}</bdi></span> }.into_any()
}

/// Closes the dialog once its action has done its work: what came of it stands on the page behind.
pub fn close_when_done<S>(action: ServerAction<S>)
where
    S: ServerFn + Clone + Send + Sync + 'static,
    S::Output: Send + Sync + 'static,
    S::Error: Send + Sync + 'static,
{
    let before = action.version().get_untracked();
    let go = use_navigate();
    Effect::new(move |_| {
        let done = action.value().with(|value| matches!(value, Some(Ok(_))));
        if done && action.version().get() != before {
            go(paths::SETTINGS, NavigateOptions::default());
        }
    });
}
