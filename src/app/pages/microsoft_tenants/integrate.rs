use crate::{
    api::microsoft_tenants::{ConnectMicrosoftTenant, consent_address},
    app::pages::problem::{FormProblem, Problem, failure, forget_failure},
    ui::{
        answered::answered,
        badge::Tone,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::Dialog,
        field::TextField,
        notice::Notice,
    },
};
use leptos::prelude::*;

const FORM: &str = "connect";

/// **Integrate**, **Single Tenant**: consent at Microsoft first, then the directory's id or a domain.
#[component]
pub fn IntegrateDialog(
    /// The address without the dialog.
    close_href: String,
    /// **Connect**.
    connect: ServerAction<ConnectMicrosoftTenant>,
) -> impl IntoView {
    let consent = Resource::new_blocking(|| (), |()| consent_address());
    forget_failure(connect);
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=FORM pending=connect.pending()>
                "Connect"
            </Button>
        }
    };
    view! {
        <Dialog title="Single Tenant" close_href opener="menu-integrate-button" footer>
            <ol class="grid gap-5">
                <li class="grid gap-1">
                    <h3 class="font-medium">"1. Consent"</h3>
                    <p class="text-text-muted">
                        "A Global Administrator of the customer opens this address and accepts. Send it to them, or open it signed in as them."
                    </p>
                    <Suspense fallback=|| view! { <span class="skeleton w-full"></span> }>
                        {answered(consent, move |answer| {
                            match answer {
                                Ok(Some(address)) => view! { <ConsentAddress address /> }.into_any(),
                                Ok(None) => view! { <NoApp /> }.into_any(),
                                Err(error) => view! { <Problem error /> }.into_any(),
                            }
                        })}
                    </Suspense>
                </li>
                <li class="grid gap-1">
                    <h3 class="font-medium">"2. Connect"</h3>
                    <ActionForm action=connect attr:id=FORM>
                        <div class="grid gap-3">
                            <FormProblem error=failure(connect) />
                            <TextField
                                label="Microsoft tenant ID or domain"
                                name="tenant"
                                required=true
                                hint="Such as contoso.com, or the ID that Microsoft Entra shows on its overview page."
                            />
                        </div>
                    </ActionForm>
                </li>
            </ol>
        </Dialog>
    }.into_any()
}

#[component]
fn ConsentAddress(address: String) -> impl IntoView {
    let href = address.clone();
    view! {
        <p class="rounded-md border border-line bg-surface-sunken px-3 py-2">
            <a class="link break-all" href=href rel="external noopener noreferrer" target="_blank">
                {address}
                <span class="sr-only">" (opens in a new tab)"</span>
            </a>
        </p>
    }
    .into_any()
}

#[component]
fn NoApp() -> impl IntoView {
    view! {
        <Notice tone=Tone::Caution title="No Microsoft app is configured">
            <p>
                "Set " <code class="font-mono wrap-anywhere">"ENTRAIN_MICROSOFT_CLIENT_ID"</code> " and "
                <code class="font-mono wrap-anywhere">"ENTRAIN_MICROSOFT_CLIENT_SECRET"</code>
                " and start Entrain again. They are not set."
            </p>
        </Notice>
    }
    .into_any()
}
