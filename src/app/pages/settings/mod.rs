//! **Settings**: who is signed in and where, what this browser keeps for them, and what the server runs with.

mod parts;
mod password;
mod portals;
mod sessions;

mod accounts;
mod app_registration;

use super::{
    frame::Frame,
    mine::to_administrators,
    problem::{FormProblem, Problem, failure},
    succeeded::{decided, succeeded},
    when::When,
};
use crate::{
    api::{
        sessions::{ChangePassword, EndSession, SignOutEverywhere},
        settings::{SaveSettings, SettingsContent, settings},
    },
    app::pages::email::EmailText,
    model::{preferences::Appearance, time::Moment},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        checkbox::Checkbox,
        combobox::{ComboOption, Combobox},
        field::{Select, SelectOption},
        number::count,
        page::PageHeader,
        section::{DescriptionList, Fact, Section},
    },
};
use accounts::AccountsSection;
use app_registration::AppRegistrationSection;
use leptos::prelude::*;
use password::{PasswordDialog, PasswordLink};
use portals::PortalsSection;
use sessions::Sessions;

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let save = ServerAction::<SaveSettings>::new();
    let saved = succeeded(save);
    let end = ServerAction::<EndSession>::new();
    let ended = decided(end);
    let everywhere = ServerAction::<SignOutEverywhere>::new();
    let change = ServerAction::<ChangePassword>::new();
    let changed = succeeded(change);
    let content = Resource::new_blocking(move || (saved.get(), ended.get(), changed.get()), |_| settings());
    view! {
        <Frame title="Settings">
            <PageHeader title="Settings" />
            <Transition fallback=|| {
                view! {
                    <div class="grid gap-3" aria-busy="true">
                        <span class="skeleton w-64 max-w-full"></span>
                        <span class="skeleton w-64 max-w-full"></span>
                    </div>
                }
            }>
                {answered(content, move |answer| {
                    match answer {
                        Ok(content) => view! { <Content content save end everywhere /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
            <PasswordDialog change />
            <div class="mt-8 grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-8 empty:hidden">
                {to_administrators(|| view! { <AccountsSection /> <PortalsSection /> <AppRegistrationSection /> })}
            </div>
        </Frame>
    }
    .into_any()
}

#[component]
fn Content(
    content: SettingsContent,
    save: ServerAction<SaveSettings>,
    end: ServerAction<EndSession>,
    everywhere: ServerAction<SignOutEverywhere>,
) -> impl IntoView {
    let (account, has_password) = (content.account.clone(), content.has_password);
    let (names, sessions) = (content.product_names.clone(), content.sessions.clone());
    let (version, interval) = (content.version.clone(), content.sync_interval.clone());
    view! {
        <div class="grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-8">
            <Section title="Account" id="account" action=move || has_password.then(|| view! { <PasswordLink /> })>
                <DescriptionList>
                    <Fact term="Name">
                        <bdi>{account.name}</bdi>
                    </Fact>
                    <Fact term="Email">
                        <EmailText address=account.email />
                    </Fact>
                    <Fact term="Role">{account.role.label()}</Fact>
                </DescriptionList>
            </Section>
            <Sessions sessions end everywhere />
            <Section title="Preferences" id="preferences" text="Kept in this browser, for whoever uses it.">
                <div class="max-w-2xl">
                    <Preferences content save />
                </div>
            </Section>
            <Section title="About Entrain" id="about">
                <DescriptionList>
                    <Fact term="Version">{version}</Fact>
                    <Fact term="Product Names">
                        <ProductNames names />
                    </Fact>
                    <Fact term="Sync Interval">
                        {format!("Every Microsoft tenant is read every {interval}.")}
                        <span class="block text-text-muted">
                            "Set by " <code class="wrap-anywhere">"ENTRAIN_SYNC_INTERVAL"</code> " where the server is started."
                        </span>
                    </Fact>
                </DescriptionList>
            </Section>
        </div>
    }.into_any()
}

/// Microsoft's published names of licensed products, as last fetched.
#[component]
fn ProductNames(names: (i64, Option<Moment>, Option<Moment>)) -> impl IntoView {
    let (number, fetched, tried) = names;
    match (fetched, tried) {
        (Some(fetched), _) => view! {
            {format!("{} names of Microsoft's published list, fetched ", count(number))}
            <When moment=fetched />
            "."
        }
        .into_any(),
        (None, Some(tried)) => view! {
            "Microsoft's published list could not be fetched, last tried "
            <When moment=tried />
            ". Common products have their names all the same."
        }
        .into_any(),
        (None, None) => {
            "Microsoft's published list has not been fetched yet. Common products have their names all the same."
                .into_any()
        }
    }
}

#[component]
fn Preferences(content: SettingsContent, save: ServerAction<SaveSettings>) -> impl IntoView {
    let zone = content.zone;
    let from = match (&content.chosen_zone, &content.browser_zone) {
        (Some(_), _) => "chosen here",
        (None, Some(_)) => "told by this browser",
        (None, None) => "until this browser has told its zone",
    };
    let in_force = format!(
        "Times are shown in {} ({}), {from}. It is {} there.",
        zone.name, zone.offset, content.now.exact
    );
    let own = match content.browser_zone {
        Some(zone) => format!("This browser's own ({zone})"),
        None => "This browser's own".to_owned(),
    };
    let zones: Vec<ComboOption> = content
        .zones
        .into_iter()
        .map(|zone| ComboOption {
            value: zone.name.clone(),
            label: zone.name,
            note: Some(zone.offset),
        })
        .collect();
    let selected = RwSignal::new(content.chosen_zone);
    let looks: Vec<SelectOption> = Appearance::ALL
        .into_iter()
        .map(|one| SelectOption::new(one.key(), one.label()))
        .collect();
    let appearance = RwSignal::new(content.appearance.key().to_owned());
    let shortcuts = content.shortcuts;
    show_at_once(save, content.appearance, shortcuts);
    view! {
        <ActionForm action=save>
            <div class="grid gap-4">
                <FormProblem error=failure(save) />
                <Combobox label="Time Zone" name="zone" options=zones selected none=own hint=in_force />
                <div class="max-w-60">
                    <Select label="Appearance" name="appearance" options=looks value=appearance />
                </div>
                <Checkbox
                    label="The key / goes to the search"
                    name="shortcuts"
                    checked=shortcuts
                    hint="Switch it off if single keys get in the way of your keyboard or voice control."
                />
                <div>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary pending=save.pending()>
                        "Save"
                    </Button>
                </div>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// After a save the document follows at once; from the next page on the server writes it so.
fn show_at_once(save: ServerAction<SaveSettings>, appearance: Appearance, shortcuts: bool) {
    Effect::new(move |_| {
        if !matches!(save.value().get_untracked(), Some(Ok(()))) {
            return;
        }
        let Some(root) = document().document_element() else {
            return;
        };
        let set = |name: &str, value: &str| {
            // Setting and removing a plain attribute can't fail.
            let _ = if value.is_empty() {
                root.remove_attribute(name)
            } else {
                root.set_attribute(name, value)
            };
        };
        set("data-theme", appearance.key());
        set("data-shortcuts", if shortcuts { "" } else { "off" });
    });
}
