//! Section **Microsoft App Registration**: who Entrain is to Microsoft, how it proves it, and how long that lasts.

use super::parts::{AddLink, SettingsDialog};
use crate::{
    api::app_credentials::{AddClientCertificate, AddClientSecret, RemoveCredential, app_credentials},
    app::pages::{
        address::field,
        credential_warnings::CredentialWarnings,
        problem::{FormProblem, Problem, failure},
        succeeded::{decided, succeeded},
        when::When,
    },
    model::credential::{AppRegistration, CredentialKind, CredentialRow, Expiry},
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonSize},
        field::TextField,
        section::{DescriptionList, Fact, Section},
        table::{ActionsHead, Cell, Table, Td, Th, Tr},
        text_area::TextArea,
    },
};
use leptos::{either::Either, prelude::*};

const SECRET: &str = "add-client-secret";
const CERTIFICATE: &str = "add-client-certificate";

/// The section, with the dialog that the address names.
#[component]
pub fn AppRegistrationSection() -> impl IntoView {
    let add_secret = ServerAction::<AddClientSecret>::new();
    let add_certificate = ServerAction::<AddClientCertificate>::new();
    let remove = ServerAction::<RemoveCredential>::new();
    let changed = (succeeded(add_secret), succeeded(add_certificate), decided(remove));
    let found = Resource::new_blocking(
        move || (changed.0.get(), changed.1.get(), changed.2.get()),
        |_| app_credentials(),
    );
    let dialog = field("dialog");
    let action = || view! { <AddLink dialog=SECRET text="Add Client Secret" /> <AddLink dialog=CERTIFICATE text="Add Certificate" /> };
    view! {
        <Section
            title="Microsoft App Registration"
            id="app-registration"
            text="How Entrain proves to Microsoft that it is itself. The one that was added last is tried first, and that of the server's settings last; where Microsoft refuses one, the next is used."
            action
        >
            <div class="grid gap-3">
                <FormProblem error=failure(remove) />
                <Transition>
                    {answered(found, move |answer| {
                        match answer {
                            Ok(found) => Either::Left(view! { <Registration found remove /> }),
                            Err(error) => Either::Right(view! { <Problem error /> }),
                        }
                    })}
                </Transition>
            </div>
            {move || match dialog.get().as_str() {
                SECRET => view! { <SecretDialog add=add_secret /> }.into_any(),
                CERTIFICATE => view! { <CertificateDialog add=add_certificate /> }.into_any(),
                _ => ().into_any(),
            }}
        </Section>
    }
    .into_any()
}

#[component]
fn Registration(found: AppRegistration, remove: ServerAction<RemoveCredential>) -> impl IntoView {
    let client_id = match found.client_id {
        Some(id) => view! { <code class="wrap-anywhere">{id}</code> }.into_any(),
        None => view! {
            "None is set. Set " <code class="wrap-anywhere">"ENTRAIN_MICROSOFT_CLIENT_ID" </code>
            " where the server is started."
        }
        .into_any(),
    };
    let head = || {
        view! {
            <Th label="Credential" />
            <Th label="State" />
            <Th label="Ends" />
            <Th label="Added" />
            <ActionsHead />
        }
    };
    let none = found.credentials.is_empty();
    let rows = found
        .credentials
        .into_iter()
        .map(|row| view! { <Row row remove /> })
        .collect_view();
    view! {
        <CredentialWarnings warnings=found.warnings />
        <DescriptionList>
            <Fact term="Client ID">{client_id}</Fact>
        </DescriptionList>
        {(!none).then(|| view! { <Table caption="Credentials" head>{rows}</Table> })}
    }
    .into_any()
}

#[component]
fn Row(row: CredentialRow, remove: ServerAction<RemoveCredential>) -> impl IntoView {
    let kind = row.kind.label();
    let thumbprint = (row.kind == CredentialKind::Certificate).then(|| {
        view! {
            <span class="block font-normal text-text-muted">
                "SHA-256 " <code class="wrap-anywhere">{row.thumbprint.clone()}</code>
            </span>
        }
    });
    let ends = match row.ends.clone() {
        Some(ends) => view! { <When moment=ends /> }.into_any(),
        None if row.id.is_none() => view! {
            "Not known: Entra ID shows it. Set "
            <code class="wrap-anywhere">"ENTRAIN_MICROSOFT_CLIENT_SECRET_EXPIRES"</code> " to that day."
        }
        .into_any(),
        None => "Not known: Entra ID shows it".into_any(),
    };
    let added = match row.added.clone() {
        Some((who, at)) => Either::Left(view! { <When moment=at /> " by " <bdi>{who}</bdi> }),
        None => Either::Right("In the server's settings"),
    };
    let action = row.id.map(|id| {
        let what = format!("Remove: {kind}");
        view! {
            <ActionForm action=remove>
                <input type="hidden" name="id" value=id.to_string() />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small>
                    <span aria-hidden="true">"Remove"</span>
                    <span class="sr-only">{what}</span>
                </Button>
            </ActionForm>
        }
    });
    view! {
        <Tr>
            <Td cell=Cell::Primary>{kind} {thumbprint}</Td>
            <Td label="State">
                <State row />
            </Td>
            <Td label="Ends" cell=Cell::Address>{ends}</Td>
            <Td label="Added">{added}</Td>
            <Td cell=Cell::Actions>{action}</Td>
        </Tr>
    }
    .into_any()
}

#[component]
fn State(row: CredentialRow) -> impl IntoView {
    if let Some(client_id) = row.of_other_app {
        return view! {
            <Badge tone=Tone::Caution text="Not used" />
            <span class="block text-text-muted">"Of another client ID: " <code class="wrap-anywhere">{client_id}</code></span>
        }
        .into_any();
    }
    let refused = row.refused.map(|(at, remedy)| {
        view! {
            <Badge tone=Tone::Critical text="Refused" />
            <span class="block text-text-muted">"By Microsoft, " <When moment=at /> ". " {remedy}</span>
        }
    });
    let used = row
        .in_use
        .then(|| view! { <Badge tone=Tone::Positive text="In use" /> " " });
    let end = match row.expiry {
        Expiry::Over => Some((Tone::Critical, "Expired")),
        Expiry::Urgent(_) => Some((Tone::Critical, "Ends within 7 days")),
        Expiry::Soon(_) => Some((Tone::Caution, "Ends within 30 days")),
        Expiry::Far | Expiry::Unknown => None,
    };
    let end = end.map(|(tone, text)| view! { <Badge tone text /> " " });
    let untried = (!row.tried).then(|| view! { <span class="text-text-muted">"Not tried yet"</span> });
    view! { {used} {end} {refused} {untried} }.into_any()
}

const SECRET_FORM: &str = "add-client-secret-form";
const CERTIFICATE_FORM: &str = "add-client-certificate-form";

#[component]
fn SecretDialog(add: ServerAction<AddClientSecret>) -> impl IntoView {
    view! {
        <SettingsDialog
            title="Add Client Secret"
            opener=SECRET
            focus_heading=false
            form=SECRET_FORM
            send="Add Client Secret"
            action=add
        >
            <p class="text-text-muted">
                "Microsoft is asked for a token with it. It is used once it works, is kept encrypted and is never shown again. Those that are there stay."
            </p>
            <TextField
                label="Secret value"
                name="secret"
                kind="password"
                autofocus=true
                required=true
                hint="The value, not the ID. Entra ID shows it once, under Certificates & secrets."
            />
            <div class="[&_.control]:max-w-60">
                <TextField
                    label="Ends on"
                    name="ends"
                    kind="date"
                    hint="As Entra ID shows it; without it nobody can be warned."
                />
            </div>
        </SettingsDialog>
    }
    .into_any()
}

#[component]
fn CertificateDialog(add: ServerAction<AddClientCertificate>) -> impl IntoView {
    view! {
        <SettingsDialog
            title="Add Certificate"
            opener=CERTIFICATE
            focus_heading=false
            form=CERTIFICATE_FORM
            send="Add Certificate"
            action=add
        >
            <p class="text-text-muted">
                "Upload the certificate to the app registration first. Microsoft is asked for a token with it; it is used once it works, and its key is kept encrypted and never shown again. Those that are there stay."
            </p>
            <TextArea
                label="Certificate and key"
                name="pem"
                required=true
                autofocus=true
                hint="PEM: an RSA key without a passphrase and its certificate, each between its BEGIN and END lines."
            />
        </SettingsDialog>
    }
    .into_any()
}
