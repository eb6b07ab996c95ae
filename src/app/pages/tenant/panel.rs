//! The left panel: the Tenant's name, and the Microsoft tenant behind it.

use crate::{
    api::{microsoft_tenants::SyncNow, tenants::RenameTenant},
    app::{
        pages::{
            facts::Passes,
            problem::failure,
            sync_state::{bar, progress_words},
            when::When,
        },
        paths,
    },
    model::tenant::{ConnectionStatus, LicenseCount, MicrosoftDetails, TenantRef},
    ui::{
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonLink, ButtonSize},
        field::TextField,
        icon::{Glyph, Icon},
        notice::Notice,
        number::grouped,
        section::{DescriptionList, Fact, Section},
        status::LiveStatus,
    },
};
use leptos::{either::Either, prelude::*};

/// The panel.
#[component]
pub fn Panel(
    /// The Tenant.
    tenant: TenantRef,
    /// Its Microsoft tenant, if mapped.
    microsoft: Option<MicrosoftDetails>,
    /// **Sync Now**.
    sync_now: ServerAction<SyncNow>,
) -> impl IntoView {
    let next = paths::tenant(tenant.id);
    view! {
        <Section
            title="Microsoft Details"
            id="microsoft-details"
            action=|| view! { <a class="link" href=paths::MICROSOFT_TENANTS>"Manage"</a> }
        >
            {match microsoft {
                Some(microsoft) => Either::Left(view! { <Microsoft microsoft sync_now next /> }),
                None => Either::Right(view! {
                    <p class="mb-3 text-text-muted">"Not mapped to a Microsoft tenant yet."</p>
                    <ButtonLink href=paths::MICROSOFT_TENANTS size=ButtonSize::Small icon=Icon::Plug>
                        "Map Tenant"
                    </ButtonLink>
                }),
            }}
        </Section>
        <Rename tenant />
    }
}

/// The Tenant's name, edited in place.
#[component]
fn Rename(
    /// The Tenant.
    tenant: TenantRef,
) -> impl IntoView {
    let rename = ServerAction::<RenameTenant>::new();
    let failed = failure(rename);
    let error = Signal::derive(move || failed.get().map(|error| error.to_string()));
    view! {
        <details class="disclosure border-y border-line" open=move || error.get().is_some()>
            <summary class="flex min-h-10 items-center gap-2 hover:bg-surface-hover">
                <span class="disclosure-caret text-text-muted transition-[rotate]">
                    <Glyph icon=Icon::ChevronDown />
                </span>
                "Rename this Tenant"
            </summary>
            <ActionForm action=rename>
                <input type="hidden" name="id" value=tenant.id.to_string() />
                <div class="grid gap-2 pb-3">
                    <TextField label="Name" name="name" value=tenant.name error required=true />
                    <div>
                        <Button kind=ButtonKind::Submit size=ButtonSize::Small pending=rename.pending()>"Rename"</Button>
                    </div>
                </div>
            </ActionForm>
        </details>
    }
}

#[component]
fn Microsoft(
    /// The Microsoft tenant.
    microsoft: MicrosoftDetails,
    /// **Sync Now**.
    sync_now: ServerAction<SyncNow>,
    /// Where to come back to.
    next: String,
) -> impl IntoView {
    let MicrosoftDetails {
        tenant,
        licenses,
        sign_ins,
        mfa,
        progress,
        last_run,
    } = microsoft;
    let users = u64::try_from(tenant.users).unwrap_or_default();
    let last = match tenant.last_sync {
        Some(moment) => Either::Left(view! { <When moment /> }),
        None => Either::Right("Never"),
    };
    let work = progress.map_or_else(|| "Waiting to start".to_owned(), progress_words);
    let running = tenant.running;
    view! {
        <ConnectionNotice status=tenant.status reason=tenant.status_reason />
        <DescriptionList>
            <Fact term="Last Tenant Sync">{last}</Fact>
            <Fact term="Microsoft Tenant">
                <bdi>{tenant.display_name}</bdi>
                <span class="block text-text-muted">{tenant.default_domain}</span>
            </Fact>
            <Fact term="Microsoft Users">{grouped(users)}</Fact>
        </DescriptionList>
        <Licenses licenses />
        <div class="grid gap-1 border-b border-line py-2">
            <Passes sign_ins mfa />
        </div>
        <div class="mt-3 flex flex-wrap items-center gap-3">
            {if running {
                Either::Left(view! { <LiveStatus text=work progress=bar(progress) /> })
            } else {
                Either::Right(view! {
                    <ActionForm action=sync_now>
                        <input type="hidden" name="id" value=tenant.id.to_string() />
                        <input type="hidden" name="next" value=next />
                        <Button kind=ButtonKind::Submit size=ButtonSize::Small icon=Icon::Refresh pending=sync_now.pending()>
                            "Sync Now"
                        </Button>
                    </ActionForm>
                })
            }}
            {last_run.map(|run| view! { <a class="link" href=paths::run(run)>"Latest run"</a> })}
        </div>
    }
}

#[component]
fn ConnectionNotice(
    /// How the connection is.
    status: ConnectionStatus,
    /// What is wrong and what to do.
    reason: String,
) -> impl IntoView {
    let tone = match status {
        ConnectionStatus::Connected => return Either::Left(()),
        ConnectionStatus::Attention => Tone::Caution,
        ConnectionStatus::ConsentNeeded | ConnectionStatus::Quarantine => Tone::Critical,
    };
    Either::Right(view! {
        <div class="mb-3">
            <Notice tone title=status.label()>
                <p class="wrap-anywhere">{reason}</p>
            </Notice>
        </div>
    })
}

#[component]
fn Licenses(
    /// By product name.
    licenses: Vec<LicenseCount>,
) -> impl IntoView {
    if licenses.is_empty() {
        return Either::Left(());
    }
    let rows = licenses
        .into_iter()
        .map(|license| {
            let over = license.used > license.total;
            let count = |n: i32| grouped(u64::try_from(n).unwrap_or_default());
            let words = format!("{} of {}", count(license.used), count(license.total));
            view! {
                <li class="flex items-baseline justify-between gap-x-3 py-0.5">
                    <span class="min-w-0 wrap-anywhere">{license.name}</span>
                    {if over {
                        Either::Left(view! { <Badge tone=Tone::Caution text=words /> })
                    } else {
                        Either::Right(view! { <span class="flex-none text-text-muted tabular-nums">{words}</span> })
                    }}
                </li>
            }
        })
        .collect_view();
    Either::Right(view! {
        <div class="border-b border-line py-2">
            <h3 class="mb-1 text-text-muted" id="licenses-heading">"Licenses, used of bought"</h3>
            <ul aria-labelledby="licenses-heading">{rows}</ul>
        </div>
    })
}
