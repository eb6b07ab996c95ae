//! The table of the accounts, with what can be done to each at once.

use super::super::parts::Of;
use crate::{
    api::accounts::{AccountsContent, DisableAccount, EnableAccount, RenewInvitation, WithdrawInvitation},
    app::{
        pages::{address::address, email::EmailText, when::When},
        paths,
    },
    model::{
        access::{AccountRow, Invitation, Role},
        time::Moment,
    },
    ui::{
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonLink, ButtonSize},
        icon::Icon,
        table::{ActionsHead, Cell, RowButtons, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// What can be done to an account without a dialog.
#[derive(Clone, Copy)]
pub struct Actions {
    /// **Disable**.
    pub disable: ServerAction<DisableAccount>,
    /// **Enable**.
    pub enable: ServerAction<EnableAccount>,
    /// **Withdraw Invitation**.
    pub withdraw: ServerAction<WithdrawInvitation>,
    /// **Renew Invitation**.
    pub renew: ServerAction<RenewInvitation>,
}

/// A row for each account.
#[component]
pub fn AccountsTable(
    /// The accounts.
    found: AccountsContent,
    /// What can be done to them.
    actions: Actions,
) -> impl IntoView {
    let own = found.own;
    let head = || {
        view! {
            <Th label="Name" />
            <Th label="Role" />
            <Th label="Organizations" />
            <Th label="State" />
            <ActionsHead />
        }
    };
    view! {
        <Table caption="Accounts" wide=true head>
            {found
                .accounts
                .into_iter()
                .map(|row| view! { <AccountLine own=row.id == own row actions /> })
                .collect_view()}
        </Table>
    }
    .into_any()
}

/// How many Organizations a row names before it counts.
const NAMED: usize = 3;

fn organizations_in_words(row: &AccountRow) -> String {
    if row.role == Role::Administrator {
        return "All".to_owned();
    }
    let names: Vec<_> = row.organizations.iter().map(|(_, name)| name.as_str()).collect();
    match names.len() {
        0 => "None".to_owned(),
        number if number > NAMED => format!("{} and {} more", names[..NAMED].join(", "), number - NAMED),
        _ => names.join(", "),
    }
}

#[component]
fn AccountLine(
    /// Whether it is that of whoever looks.
    own: bool,
    row: AccountRow,
    actions: Actions,
) -> impl IntoView {
    let organizations = organizations_in_words(&row);
    let (id, name) = (row.id, row.name.clone());
    let edit = address(paths::SETTINGS, &[("dialog", "account"), ("account", &id.to_string())]);
    let switch = view! { <Switch own row=row.clone() actions /> };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <span class="block wrap-anywhere"><bdi>{row.name}</bdi>{own.then_some(" (you)")}</span>
                <span class="block font-normal text-text-muted"><EmailText address=row.email /></span>
            </Td>
            <Td label="Role" cell=Cell::Solid>{row.role.label()}</Td>
            <Td label="Organizations"><bdi class="wrap-anywhere">{organizations}</bdi></Td>
            <Td label="State">
                <State disabled=row.disabled invited=row.invited />
            </Td>
            <Td cell=Cell::Actions>
                <RowButtons>
                    <ButtonLink id=format!("edit-account-{id}") href=edit size=ButtonSize::Small keep_scroll=true>
                        "Edit"
                        <Of name />
                    </ButtonLink>
                    {switch}
                </RowButtons>
            </Td>
        </Tr>
    }
    .into_any()
}

#[component]
fn State(disabled: Option<Moment>, invited: Option<Invitation>) -> impl IntoView {
    match (disabled, invited) {
        (Some(since), _) => {
            view! { <Badge tone=Tone::Caution icon=Icon::Lock text="Disabled" /> " " <When moment=since /> }.into_any()
        }
        (None, Some(invitation)) => view! { <Invited invitation /> }.into_any(),
        (None, None) => view! { <Badge tone=Tone::Positive text="Enabled" /> }.into_any(),
    }
}

#[component]
fn Invited(invitation: Invitation) -> impl IntoView {
    let place = invitation.place();
    let (tone, text, until) = if invitation.is_over {
        (Tone::Caution, "Invitation ended", "Ended ")
    } else {
        (Tone::Info, "Invited", "Good until ")
    };
    view! {
        <Badge tone text />
        <span class="block text-text-muted">
            "Invited " <When moment=invitation.made /> " from " <bdi class="wrap-anywhere">{place}</bdi>
        </span>
        <span class="block text-text-muted">{until} <When moment=invitation.until /></span>
    }
    .into_any()
}

/// What can be done to an account as it stands: nobody disables themselves, and who is disabled waits for nobody.
#[component]
fn Switch(own: bool, row: AccountRow, actions: Actions) -> impl IntoView {
    let id = row.id.to_string();
    if row.disabled.is_some() {
        return view! {
            <ActionForm action=actions.enable>
                <input type="hidden" name="id" value=id />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small>"Enable" <Of name=row.name /></Button>
            </ActionForm>
        }
        .into_any();
    }
    let invitation = row.invited.map(|invitation| {
        let (id, name, good) = (id.clone(), row.name.clone(), !invitation.is_over);
        view! { <InvitationButtons id name good actions /> }
    });
    let disable = (!own).then(|| {
        view! {
            <ActionForm action=actions.disable>
                <input type="hidden" name="id" value=id />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small>"Disable" <Of name=row.name /></Button>
            </ActionForm>
        }
    });
    view! { {invitation} {disable} }.into_any()
}

#[component]
fn InvitationButtons(
    id: String,
    name: String,
    /// It is not over.
    good: bool,
    actions: Actions,
) -> impl IntoView {
    let withdraw = good.then(|| {
        let (id, name) = (id.clone(), name.clone());
        view! {
            <ActionForm action=actions.withdraw>
                <input type="hidden" name="id" value=id />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small>"Withdraw Invitation" <Of name /></Button>
            </ActionForm>
        }
    });
    view! {
        <ActionForm action=actions.renew>
            <input type="hidden" name="id" value=id />
            <Button kind=ButtonKind::Submit size=ButtonSize::Small>"Renew Invitation" <Of name /></Button>
        </ActionForm>
        {withdraw}
    }
    .into_any()
}
