use crate::{
    api::{
        connect::{ConsentApp, MakeConsentLink, microsoft_app},
        microsoft_tenants::ConnectMicrosoftTenant,
    },
    app::{
        pages::{
            address::address,
            problem::{FormProblem, Problem, failure, forget_failure},
        },
        paths,
    },
    model::connect::{ASKED, Asked, Cloud, NewConsentLink},
    ui::{
        answered::answered,
        badge::Tone,
        button::{Button, ButtonKind, ButtonLink, ButtonVariant},
        copy::CopyField,
        dialog::{Dialog, DialogWidth},
        field::{Select, SelectOption, TextField},
        icon::{Glyph, Icon},
        notice::Notice,
    },
};
use leptos::{ev::MouseEvent, prelude::*};

const FORM: &str = "connect";

/// **Integrate**, **Single Tenant**: which one, and consent at Microsoft, by oneself or by a link for the customer's
/// administrator; below, what will be read and why, whose length must not push the way on out of sight. A Microsoft
/// tenant that has consented is connected at once.
#[component]
pub fn IntegrateDialog(
    /// The address without the dialog.
    close_href: String,
    /// **Connect**.
    connect: ServerAction<ConnectMicrosoftTenant>,
) -> impl IntoView {
    let app = Resource::new_blocking(|| (), |()| microsoft_app());
    forget_failure(connect);
    let link = ServerAction::<MakeConsentLink>::new();
    let (tenant, cloud) = (RwSignal::new(String::new()), RwSignal::new(Cloud::Global));
    let footer = move || {
        view! {
            <Button kind=ButtonKind::Submit form=FORM pending=connect.pending()>
                "Connect"
            </Button>
        }
    };
    view! {
        <Dialog
            title="Single Tenant"
            close_href
            opener="menu-integrate-button"
            width=DialogWidth::Wide
            footer
        >
            <div class="grid gap-5">
                <Suspense fallback=|| view! { <span class="skeleton w-full"></span> }>
                    {answered(app, move |answer| {
                        match answer {
                            Ok(Some(app)) => view! { <Redirect app /> }.into_any(),
                            Ok(None) => view! { <NoApp /> }.into_any(),
                            Err(error) => view! { <Problem error /> }.into_any(),
                        }
                    })}
                </Suspense>
                <section class="grid gap-3" aria-labelledby="which-tenant">
                    <h3 id="which-tenant" class="font-medium">"Which Microsoft tenant"</h3>
                    <ActionForm action=connect attr:id=FORM>
                        <div class="grid gap-3">
                            <FormProblem error=failure(connect) />
                            <TextField
                                label="Microsoft tenant ID or domain"
                                name="tenant"
                                required=true
                                on_input=Callback::new(move |typed| tenant.set(typed))
                                hint="Such as contoso.com, or the ID that Microsoft Entra shows on its overview page. Whoever consents for another one is refused."
                            />
                            <CloudField cloud />
                        </div>
                    </ActionForm>
                </section>
                <section class="grid gap-2" aria-labelledby="consent">
                    <h3 id="consent" class="font-medium">"Consent"</h3>
                    <p class="text-text-muted">
                        "A Global Administrator of that Microsoft tenant accepts at Microsoft what is listed below. If you are one, go on yourself; else make a link and send it to one. Without an ID or domain above, whoever consents has to be confirmed afterwards."
                    </p>
                    <div class="flex flex-wrap gap-2">
                        {move || view! { <Onward tenant=tenant.get() cloud=cloud.get() /> }}
                        <span class="needs-script">
                            <Button
                                pending=link.pending()
                                on_press=move |_: MouseEvent| {
                                    link.dispatch(MakeConsentLink {
                                        tenant: tenant.get_untracked(),
                                        cloud: cloud.get_untracked().key().to_owned(),
                                    });
                                }
                            >
                                "Make a Link"
                            </Button>
                        </span>
                        <ButtonLink href=paths::CONSENT_LINKS variant=ButtonVariant::Quiet>"Consent links"</ButtonLink>
                    </div>
                    <MadeLink link />
                    <p class="text-text-muted">"Consent was given before? Connect does without another."</p>
                </section>
                <section class="grid gap-2" aria-labelledby="what-is-read">
                    <h3 id="what-is-read" class="font-medium">"What will be read, and why"</h3>
                    <p class="text-text-muted">"Entrain reads and never changes anything at Microsoft."</p>
                    <AskedList />
                </section>
            </div>
        </Dialog>
    }
    .into_any()
}

/// **Continue to Microsoft**: a plain link, as our policy lets no form lead there.
#[component]
fn Onward(tenant: String, cloud: Cloud) -> impl IntoView {
    let href = address(
        paths::START_CONSENT,
        &[("tenant", tenant.trim()), ("cloud", cloud.key())],
    );
    view! {
        <ButtonLink href variant=ButtonVariant::Primary external=true icon=Icon::ExternalLink>
            "Continue to Microsoft"
        </ButtonLink>
    }
    .into_any()
}

/// The clouds to choose from; the form sends `cloud`.
#[component]
pub fn CloudField(
    /// The one that is chosen.
    cloud: RwSignal<Cloud>,
) -> impl IntoView {
    let options = Cloud::ALL
        .map(|cloud| SelectOption::new(cloud.key(), cloud.label()))
        .to_vec();
    let value = Signal::derive(move || cloud.get().key().to_owned());
    view! {
        <Select
            label="Cloud"
            name="cloud"
            options
            value
            hint="A national cloud needs an app registration of that cloud."
            on_change=Callback::new(move |key: String| cloud.set(Cloud::from_key(&key)))
        />
    }
    .into_any()
}

/// Permission by permission.
#[component]
fn AskedList() -> impl IntoView {
    let rows = ASKED.map(|Asked { permission, what, why }| {
        view! {
            <li class="grid content-start gap-0.5 border-t border-line py-2">
                <span class="font-medium">{what}</span>
                <span class="text-text-muted">{why}</span>
                <code class="font-mono text-xs text-text-muted wrap-anywhere">{permission}</code>
            </li>
        }
    });
    view! { <ul class="grid border-b border-line sm:grid-cols-2 sm:gap-x-6">{rows.to_vec()}</ul> }.into_any()
}

/// The link that was just made, or why none was.
#[component]
fn MadeLink(link: ServerAction<MakeConsentLink>) -> impl IntoView {
    move || {
        link.value().get().map(|answer| match answer {
            Ok(NewConsentLink { name, address }) => {
                let title = if name.is_empty() {
                    "A link for any Microsoft tenant".to_owned()
                } else {
                    format!("A link for {name}")
                };
                view! {
                    <div class="grid gap-2" role="status">
                        <CopyField label=title id="made-link" value=address />
                        <p class="text-text-muted">
                            "Copy it now: it is not shown again. It is good once, for seven days."
                        </p>
                    </div>
                }
                .into_any()
            }
            Err(error) => view! { <FormProblem error=Signal::stored(Some(error)) /> }.into_any(),
        })
    }
}

#[component]
fn Redirect(app: ConsentApp) -> impl IntoView {
    view! {
        <details class="disclosure text-text-muted">
            <summary class="inline-flex min-h-6 items-center gap-1 rounded-sm text-accent-text">
                <span class="disclosure-caret flex">
                    <Glyph icon=Icon::ChevronDown />
                </span>
                "What the app registration needs"
            </summary>
            <p class="mt-1 wrap-anywhere">
                "App " <code class="font-mono">{app.client_id}</code> " needs the redirect address "
                <code class="font-mono">{app.redirect}</code>
                " (platform Web), accounts in any organizational directory, and the application permissions below."
            </p>
        </details>
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
