//! Section **Accounts**: who may sign in, how far they go, and where.

use crate::{
    api::accounts::{
        AccountsContent, AddAccount, AddedAccount, ChangeAccount, DisableAccount, EnableAccount, accounts,
    },
    app::{
        pages::{
            address::{address, field, id_in},
            email::EmailText,
            problem::{FormProblem, Problem, failure, forget_failure},
            succeeded::succeeded,
            when::When,
        },
        paths,
    },
    model::{
        access::{AccountRow, Role},
        ids::{AccountId, OrganizationId},
    },
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonLink, ButtonSize, ButtonVariant},
        checkbox::Checkbox,
        dialog::Dialog,
        field::{Select, SelectOption, TextField},
        icon::Icon,
        notice::Notice,
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;

/// The section, with the dialog that the address names.
#[component]
pub fn AccountsSection() -> impl IntoView {
    let add = ServerAction::<AddAccount>::new();
    let change = ServerAction::<ChangeAccount>::new();
    let disable = ServerAction::<DisableAccount>::new();
    let enable = ServerAction::<EnableAccount>::new();
    let (changed, disabled, enabled) = (succeeded(change), succeeded(disable), succeeded(enable));
    let added = Memo::new(move |_| add.value().get().and_then(Result::ok).map(|added| added.email));
    let found = Resource::new_blocking(
        move || (added.get(), changed.get(), disabled.get(), enabled.get()),
        |_| accounts(),
    );
    let (dialog, query) = (field("dialog"), use_query_map());
    let open = Memo::new(move |_| {
        let id = query.with(|query| id_in::<AccountId>(query, "account"));
        (dialog.get(), id)
    });
    view! {
        <Section
            title="Accounts"
            id="accounts"
            text="Who may sign in. Technicians and Viewers have the Organizations given to them, Administrators have all."
            action=|| {
                view! {
                    <ButtonLink
                        id="add-account"
                        href=address(paths::SETTINGS, &[("dialog", "add-account")])
                        size=ButtonSize::Small
                        icon=Icon::Plus
                        keep_scroll=true
                    >
                        "Add Account"
                    </ButtonLink>
                }
            }
        >
            <div class="grid gap-3">
                {move || add.value().get().and_then(Result::ok).map(|added| view! { <Added added /> })}
                <FormProblem error=failure(disable) />
                <FormProblem error=failure(enable) />
                <Transition>
                    {answered(found, move |answer| {
                        match answer {
                            Ok(found) => {
                                let shown = found.clone();
                                Either::Left(
                                    view! {
                                        <AccountsTable found=shown disable enable />
                                        {move || {
                                            let organizations = found.organizations.clone();
                                            match open.get() {
                                                (dialog, _) if dialog == "add-account" => {
                                                    Some(view! { <AddDialog organizations add /> }.into_any())
                                                }
                                                (dialog, Some(id)) if dialog == "account" => {
                                                    let account = found.accounts.iter().find(|one| one.id == id)?.clone();
                                                    Some(view! { <ChangeDialog account organizations change /> }.into_any())
                                                }
                                                _ => None,
                                            }
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

/// The first password, this once.
#[component]
fn Added(added: AddedAccount) -> impl IntoView {
    let AddedAccount { email, password } = added;
    view! {
        <Notice tone=Tone::Positive title=format!("Account {email} added") announce=true>
            {match password {
                Some(password) => Either::Left(view! {
                    <p>"Its first password, shown this once:"</p>
                    <p>
                        <code class="wrap-anywhere" data-first-password="">{password}</code>
                    </p>
                }),
                None => Either::Right("It signs in with the password that you chose."),
            }}
        </Notice>
    }
    .into_any()
}

#[component]
fn AccountsTable(
    found: AccountsContent,
    disable: ServerAction<DisableAccount>,
    enable: ServerAction<EnableAccount>,
) -> impl IntoView {
    let own = found.own;
    let head = || {
        view! {
            <Th label="Name" />
            <Th label="Role" />
            <Th label="Organizations" />
            <Th label="State" />
            <Th label="Actions" cell=Cell::Actions hidden=true />
        }
    };
    view! {
        <Table caption="Accounts" head>
            {found
                .accounts
                .into_iter()
                .map(|row| view! { <AccountLine own=row.id == own row disable enable /> })
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
    disable: ServerAction<DisableAccount>,
    enable: ServerAction<EnableAccount>,
) -> impl IntoView {
    let organizations = organizations_in_words(&row);
    let (id, name, is_disabled) = (row.id, row.name.clone(), row.disabled.is_some());
    let edit = address(paths::SETTINGS, &[("dialog", "account"), ("account", &id.to_string())]);
    let state = match (row.disabled, row.invited) {
        (Some(since), _) => {
            view! { <Badge tone=Tone::Caution icon=Icon::Lock text="Disabled" /> " " <When moment=since /> }.into_any()
        }
        (None, Some(until)) => {
            view! { <Badge tone=Tone::Info text="Invited" /> " until " <When moment=until /> }.into_any()
        }
        (None, None) => view! { <Badge tone=Tone::Positive text="Enabled" /> }.into_any(),
    };
    let of = view! { <span class="sr-only">" " <bdi>{name.clone()}</bdi></span> };
    let switch = if is_disabled {
        Some(Either::Left(view! {
            <ActionForm action=enable>
                <input type="hidden" name="id" value=id.to_string() />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small>"Enable" {of}</Button>
            </ActionForm>
        }))
    } else {
        (!own).then(|| {
            Either::Right(view! {
                <ActionForm action=disable>
                    <input type="hidden" name="id" value=id.to_string() />
                    <Button kind=ButtonKind::Submit size=ButtonSize::Small>"Disable" {of}</Button>
                </ActionForm>
            })
        })
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <span class="block wrap-anywhere"><bdi>{row.name}</bdi>{own.then_some(" (you)")}</span>
                <span class="block font-normal text-text-muted"><EmailText address=row.email /></span>
            </Td>
            <Td label="Role" cell=Cell::Solid>{row.role.label()}</Td>
            <Td label="Organizations"><bdi class="wrap-anywhere">{organizations}</bdi></Td>
            <Td label="State">{state}</Td>
            <Td cell=Cell::Actions>
                <div class="flex justify-end gap-2">
                    <ButtonLink id=format!("edit-account-{id}") href=edit size=ButtonSize::Small keep_scroll=true>
                        "Edit"
                        <span class="sr-only">" " <bdi>{name}</bdi></span>
                    </ButtonLink>
                    {switch}
                </div>
            </Td>
        </Tr>
    }
    .into_any()
}

const ADD: &str = "add-account-form";

#[component]
fn AddDialog(organizations: Vec<(OrganizationId, String)>, add: ServerAction<AddAccount>) -> impl IntoView {
    let error = Signal::derive(move || add.value().get().and_then(Result::err));
    let done = move || matches!(add.value().get(), Some(Ok(_)));
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=ADD pending=add.pending()>
                "Add Account"
            </Button>
        }
    };
    let before = add.version().get_untracked();
    let go = leptos_router::hooks::use_navigate();
    // The password stands on the page behind the dialog.
    Effect::new(move |_| {
        if done() && add.version().get() != before {
            go(paths::SETTINGS, leptos_router::NavigateOptions::default());
        }
    });
    view! {
        <Dialog title="Add Account" close_href=paths::SETTINGS close_label="Cancel" opener="add-account" focus_heading=false footer>
            <ActionForm action=add attr:id=ADD>
                <div class="grid gap-4">
                    <FormProblem error />
                    <TextField label="Email" name="email" kind="email" required=true autofocus=true />
                    <TextField label="Name" name="name" />
                    <TextField
                        label="First password"
                        name="password"
                        kind="password"
                        autocomplete="new-password"
                        hint="At least 12 characters. Left empty, one is made and shown once."
                    />
                    <RoleAndOrganizations role=Role::Viewer given=vec![] organizations />
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

const CHANGE: &str = "change-account-form";

#[component]
fn ChangeDialog(
    account: AccountRow,
    organizations: Vec<(OrganizationId, String)>,
    change: ServerAction<ChangeAccount>,
) -> impl IntoView {
    forget_failure(change);
    let given: Vec<_> = account.organizations.iter().map(|(id, _)| *id).collect();
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=CHANGE pending=change.pending()>
                "Save"
            </Button>
        }
    };
    view! {
        <Dialog
            title=format!("Account of {}", account.name)
            close_href=paths::SETTINGS
            close_label="Cancel"
            opener=format!("edit-account-{}", account.id)
            footer
        >
            <ActionForm action=change attr:id=CHANGE>
                <div class="grid gap-4">
                    <FormProblem error=failure(change) />
                    <input type="hidden" name="id" value=account.id.to_string() />
                    <RoleAndOrganizations role=account.role given organizations />
                </div>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

/// How far, and where.
#[component]
fn RoleAndOrganizations(
    role: Role,
    given: Vec<OrganizationId>,
    organizations: Vec<(OrganizationId, String)>,
) -> impl IntoView {
    let roles: Vec<_> = Role::ALL
        .into_iter()
        .map(|role| SelectOption::new(role.key(), role.label()))
        .collect();
    let boxes = organizations
        .into_iter()
        .map(|(id, name)| {
            let checked = given.contains(&id);
            view! { <Checkbox label=name name="organizations[]" value=id.to_string() checked /> }
        })
        .collect_view();
    view! {
        <div class="max-w-60">
            <Select
                label="Role"
                name="role"
                options=roles
                value=role.key().to_owned()
                hint="Viewers read, Technicians work on syncs, End Users and Assets, Administrators do everything."
            />
        </div>
        <fieldset class="grid gap-1">
            <legend class="font-medium">"Organizations"</legend>
            <p class="text-text-muted">"For Technicians and Viewers; an Administrator has all."</p>
            <div class="grid max-h-64 gap-1 overflow-y-auto" tabindex="0" role="group" aria-label="Organizations to give">
                {boxes}
            </div>
        </fieldset>
    }
    .into_any()
}
