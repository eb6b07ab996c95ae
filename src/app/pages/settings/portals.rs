//! Section **Portals**: programs of others in whose pages ours may stand.

use super::parts::{AddLink, Of, SettingsDialog, close_when_done};
use crate::{
    api::portals::{ChangePortal, MadePortal, NewPortalSecret, RegisterPortal, RemovePortal, portals},
    app::{
        pages::{
            address::{address, field, id_in},
            problem::Problem,
            succeeded::{succeeded, told_last},
        },
        paths,
    },
    model::{ids::PortalId, portal::PortalRow},
    ui::{
        answered::answered,
        badge::Tone,
        button::{ButtonLink, ButtonSize},
        dialog::DialogWidth,
        empty_state::EmptyState,
        field::TextField,
        icon::Icon,
        notice::Notice,
        section::Section,
        table::{ActionsHead, Cell, EmptyRow, RowButtons, Table, Td, Th, Tr},
        text_area::TextArea,
    },
};
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;

const COLUMNS: u32 = 4;

/// The section, with the dialog that the address names.
#[component]
pub fn PortalsSection() -> impl IntoView {
    let register = ServerAction::<RegisterPortal>::new();
    let change = ServerAction::<ChangePortal>::new();
    let renew = ServerAction::<NewPortalSecret>::new();
    let remove = ServerAction::<RemovePortal>::new();
    let (registered, changed, removed) = (succeeded(register), succeeded(change), succeeded(remove));
    let found = Resource::new_blocking(move || (registered.get(), changed.get(), removed.get()), |_| portals());
    let (dialog, query) = (field("dialog"), use_query_map());
    let open = Memo::new(move |_| {
        let id = query.with(|query| id_in::<PortalId>(query, "portal"));
        (dialog.get(), id)
    });
    let action = || view! { <AddLink dialog="register-portal" text="Register Portal" /> };
    view! {
        <Section
            title="Portals"
            id="portals"
            text="Programs of yours in whose pages Tenant Details and End Users may stand. Each signs in its people with a secret of its own."
            action
        >
            <div class="grid gap-3">
                <Made title="registered" made=told_last(register) />
                <Made title="has a new secret" made=told_last(renew) />
                <Transition>
                    {answered(found, move |answer| {
                        match answer {
                            Ok(rows) => {
                                let shown = rows.clone();
                                Either::Left(
                                    view! {
                                        <PortalsTable rows=shown />
                                        {move || {
                                            let (dialog, id) = open.get();
                                            let one = || rows.iter().find(|row| Some(row.id) == id).cloned();
                                            Some(
                                                match dialog.as_str() {
                                                    "register-portal" => view! { <RegisterDialog register /> }.into_any(),
                                                    "portal" => view! { <ChangeDialog portal=one()? change /> }.into_any(),
                                                    "new-portal-secret" => view! { <SecretDialog portal=one()? renew /> }.into_any(),
                                                    "remove-portal" => view! { <RemoveDialog portal=one()? remove /> }.into_any(),
                                                    _ => return None,
                                                },
                                            )
                                        }}
                                    },
                                )
                            }
                            Err(error) => Either::Right(view! { <Problem error /> }),
                        }
                    })}
                </Transition>
            </div>
        </Section>
    }
    .into_any()
}

/// The secret, this once.
#[component]
fn Made(title: &'static str, made: Memo<Option<MadePortal>>) -> impl IntoView {
    move || {
        made.get().map(|MadePortal { id, name, secret }| {
            view! {
                <Notice tone=Tone::Positive title=format!("Portal {name} {title}") announce=true>
                    <p>
                        "Its id, the issuer of its tokens: " <code class="wrap-anywhere" data-portal-id="">{id.to_string()}</code>
                    </p>
                    <p>
                        "The secret, shown this once: " <code class="wrap-anywhere" data-portal-secret="">{secret}</code>
                    </p>
                </Notice>
            }
        })
    }
}

#[component]
fn PortalsTable(rows: Vec<PortalRow>) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Name" />
            <Th label="Portal ID" />
            <Th label="Origins" />
            <ActionsHead />
        }
    };
    let none = rows.is_empty().then(|| {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Plug
                    title="No portal is registered"
                    text="Register one to show Entrain inside a portal of yours."
                />
            </EmptyRow>
        }
    });
    view! {
        <Table caption="Portals" head>
            {none}
            {rows.into_iter().map(|row| view! { <PortalLine row /> }).collect_view()}
        </Table>
    }
    .into_any()
}

#[component]
fn PortalLine(row: PortalRow) -> impl IntoView {
    let PortalRow { id, name, origins, .. } = row;
    let to = |dialog: &str| address(paths::SETTINGS, &[("dialog", dialog), ("portal", &id.to_string())]);
    let [edit, renew, remove] = ["portal", "new-portal-secret", "remove-portal"].map(to);
    let (of_edit, of_renew, of_remove) = (name.clone(), name.clone(), name.clone());
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <bdi class="wrap-anywhere">{name}</bdi>
            </Td>
            <Td label="Portal ID">
                <code class="text-xs wrap-anywhere">{id.to_string()}</code>
            </Td>
            <Td label="Origins">
                {origins.into_iter().map(|origin| view! { <span class="block wrap-anywhere">{origin}</span> }).collect_view()}
            </Td>
            <Td cell=Cell::Actions>
                <RowButtons>
                    <ButtonLink id=format!("edit-portal-{id}") href=edit size=ButtonSize::Small keep_scroll=true>
                        "Edit"
                        <Of name=of_edit />
                    </ButtonLink>
                    <ButtonLink
                        id=format!("new-secret-{id}")
                        href=renew
                        size=ButtonSize::Small
                        keep_scroll=true
                    >
                        "New Secret"
                        <Of name=of_renew />
                    </ButtonLink>
                    <ButtonLink id=format!("remove-portal-{id}") href=remove size=ButtonSize::Small keep_scroll=true>
                        "Remove"
                        <Of name=of_remove />
                    </ButtonLink>
                </RowButtons>
            </Td>
        </Tr>
    }
    .into_any()
}

const ORIGINS: &str =
    "One a line, such as https://portal.example.com. Plain http is for localhost and 127.0.0.1 alone.";

#[component]
fn RegisterDialog(register: ServerAction<RegisterPortal>) -> impl IntoView {
    const FORM: &str = "register-portal-form";
    close_when_done(register);
    view! {
        <SettingsDialog
            title="Register Portal"
            opener="register-portal"
            focus_heading=false
            form=FORM
            send="Register Portal"
            action=register
        >
            <TextField label="Name" name="name" required=true autofocus=true />
            <TextArea label="Origins" name="origins" hint=ORIGINS rows=3 required=true />
        </SettingsDialog>
    }
    .into_any()
}

#[component]
fn ChangeDialog(portal: PortalRow, change: ServerAction<ChangePortal>) -> impl IntoView {
    const FORM: &str = "change-portal-form";
    view! {
        <SettingsDialog
            title=format!("Portal {}", portal.name)
            opener=format!("edit-portal-{}", portal.id)
            form=FORM
            send="Save"
            action=change
            id=portal.id.to_string()
        >
            <TextField label="Name" name="name" value=Signal::stored(portal.name) required=true />
            <TextArea label="Origins" name="origins" value=portal.origins.join("\n") hint=ORIGINS rows=3 required=true />
            <p class="text-text-muted">"Frames that stand on an origin which you take away end at once."</p>
        </SettingsDialog>
    }
    .into_any()
}

#[component]
fn SecretDialog(portal: PortalRow, renew: ServerAction<NewPortalSecret>) -> impl IntoView {
    const FORM: &str = "new-secret-form";
    close_when_done(renew);
    view! {
        <SettingsDialog
            title=format!("New Secret for {}", portal.name)
            opener=format!("new-secret-{}", portal.id)
            width=DialogWidth::Narrow
            form=FORM
            send="Make New Secret"
            action=renew
            id=portal.id.to_string()
        >
            <p>
                "The old secret stops at once: until the portal has the new one, nobody comes in through it. Whoever is in stays in for at most a quarter of an hour."
            </p>
        </SettingsDialog>
    }
    .into_any()
}

#[component]
fn RemoveDialog(portal: PortalRow, remove: ServerAction<RemovePortal>) -> impl IntoView {
    const FORM: &str = "remove-portal-form";
    view! {
        <SettingsDialog
            title=format!("Remove {}", portal.name)
            opener=format!("remove-portal-{} register-portal", portal.id)
            width=DialogWidth::Narrow
            form=FORM
            send="Remove Portal"
            danger=true
            action=remove
            id=portal.id.to_string()
        >
            <p>"Its frames end at once, and its tokens are refused. What was done through it stays in the audit log."</p>
        </SettingsDialog>
    }
    .into_any()
}
