//! Section **Accounts**: who may sign in, how far they go, and where.

mod table;

use super::parts::{AddLink, SettingsDialog, close_when_done};
use crate::{
    api::accounts::{
        AddAccount, AddedAccount, ChangeAccount, DisableAccount, EnableAccount, RenewInvitation, WithdrawInvitation,
        accounts,
    },
    app::pages::{
        address::{field, id_in},
        problem::{FormProblem, Problem, failure},
        succeeded::{decided, succeeded, told_last},
    },
    model::{
        access::{AccountRow, Role},
        ids::{AccountId, OrganizationId},
    },
    ui::{
        answered::answered,
        badge::Tone,
        checkbox::Checkbox,
        field::{Select, SelectOption, TextField},
        notice::Notice,
        section::Section,
    },
};
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_query_map;
use table::{AccountsTable, Actions};

/// The section, with the dialog that the address names.
#[component]
pub fn AccountsSection() -> impl IntoView {
    let add = ServerAction::<AddAccount>::new();
    let change = ServerAction::<ChangeAccount>::new();
    let actions = Actions {
        disable: ServerAction::<DisableAccount>::new(),
        enable: ServerAction::<EnableAccount>::new(),
        withdraw: ServerAction::<WithdrawInvitation>::new(),
        renew: ServerAction::<RenewInvitation>::new(),
    };
    let (added, changed) = (succeeded(add), succeeded(change));
    let (disabled, enabled) = (succeeded(actions.disable), succeeded(actions.enable));
    // What is refused was accepted meanwhile, or its account disabled: the table shows it.
    let (withdrawn, renewed) = (decided(actions.withdraw), decided(actions.renew));
    let told = told_last(add);
    let found = Resource::new_blocking(
        move || [added, changed, disabled, enabled, withdrawn, renewed].map(|one| one.get()),
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
            action=|| view! { <AddLink dialog="add-account" text="Add Account" /> }
        >
            <div class="grid gap-3">
                {move || told.get().map(|added| view! { <Added added /> })}
                <FormProblem error=failure(actions.disable) />
                <FormProblem error=failure(actions.enable) />
                <FormProblem error=failure(actions.withdraw) />
                <FormProblem error=failure(actions.renew) />
                <Transition>
                    {answered(found, move |answer| {
                        match answer {
                            Ok(found) => {
                                let shown = found.clone();
                                Either::Left(
                                    view! {
                                        <AccountsTable found=shown actions />
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

const ADD: &str = "add-account-form";

#[component]
fn AddDialog(organizations: Vec<(OrganizationId, String)>, add: ServerAction<AddAccount>) -> impl IntoView {
    close_when_done(add);
    view! {
        <SettingsDialog
            title="Add Account"
            opener="add-account"
            focus_heading=false
            form=ADD
            send="Add Account"
            action=add
        >
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
        </SettingsDialog>
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
    let given: Vec<_> = account.organizations.iter().map(|(id, _)| *id).collect();
    view! {
        <SettingsDialog
            title=format!("Account of {}", account.name)
            opener=format!("edit-account-{}", account.id)
            form=CHANGE
            send="Save"
            action=change
            id=account.id.to_string()
        >
            <RoleAndOrganizations role=account.role given organizations />
        </SettingsDialog>
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
        <div class="[&_.control]:max-w-60">
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
