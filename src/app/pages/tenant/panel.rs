//! The left panel: the Tenant's name, and the Microsoft tenant behind it.

use super::Actions;
use crate::{
    api::tenants::RenameTenant,
    app::{
        pages::{
            consent_again::ConsentAgain,
            email::EmailText,
            facts::{Pass, Passes},
            framed::{here, outside},
            mine::offered,
            problem::{FormProblem, failure},
            reason::ReasonText,
            refused_form::{problem_of, refusal, typed_or_held},
            succeeded::succeeded,
            sync_state::{bar, progress_words},
            when::When,
        },
        paths,
    },
    model::{
        access::Role,
        ids::{EntraTenantId, MicrosoftTenantId},
        tenant::{ConnectionStatus, LicenseCount, MicrosoftDetails, Quarantine, TenantRef},
    },
    ui::{
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonLink, ButtonSize},
        field::{TextField, version_typed_over},
        icon::Icon,
        notice::Notice,
        number::count,
        section::{DescriptionList, Fact, Section},
        status::LiveStatus,
    },
};
use leptos::{
    either::{Either, EitherOf4},
    html,
    prelude::*,
};

/// The panel.
#[component]
pub fn Panel(
    /// The Tenant.
    tenant: TenantRef,
    /// Its Microsoft tenant, if mapped.
    microsoft: Option<MicrosoftDetails>,
    /// What can be done here.
    actions: Actions,
    /// Whether the whole Tenant is theirs who asked.
    whole: bool,
) -> impl IntoView {
    let next = here(paths::tenant(tenant.id));
    let rename = move || view! { <Rename tenant=tenant.clone() rename=actions.rename /> };
    view! {
        {whole.then(|| offered(Role::Technician, rename))}
        <Section
            title="Microsoft Details"
            id="microsoft-details"
            action=|| outside(|| view! { <a class="link" href=paths::MICROSOFT_TENANTS>"Manage"</a> })
        >
            {match microsoft {
                Some(microsoft) => Either::Left(view! { <Microsoft microsoft actions next whole /> }),
                None => Either::Right(view! {
                    <p class="mb-3 text-text-muted">"Not mapped to a Microsoft tenant yet."</p>
                    {offered(Role::Administrator, || {
                        view! {
                            <ButtonLink href=paths::MICROSOFT_TENANTS size=ButtonSize::Small icon=Icon::Plug>
                                "Map Tenant"
                            </ButtonLink>
                        }
                    })}
                }),
            }}
        </Section>
    }
    .into_any()
}

/// The Tenant's name, edited in place.
#[component]
fn Rename(
    /// The Tenant.
    tenant: TenantRef,
    /// **Save**.
    rename: ServerAction<RenameTenant>,
) -> impl IntoView {
    let error = refusal(rename);
    let problem = problem_of(error, "name");
    let problem = Signal::derive(move || problem.get().or_else(|| error.get().map(|error| error.to_string())));
    // What was refused stays in the field, though the page is drawn anew.
    let value = typed_or_held(error, tenant.name.clone(), String::as_str);
    let seen = version_typed_over(tenant.name.clone());
    let page = here(paths::tenant(tenant.id));
    let fold = NodeRef::<html::Details>::new();
    let saved = succeeded(rename);
    Effect::new(move |before: Option<usize>| {
        let saved = saved.get();
        if before.is_some_and(|before| before != saved)
            && let Some(fold) = fold.get_untracked()
        {
            // To take away what is not there is no error.
            let _ = fold.remove_attribute("open");
        }
        saved
    });
    view! {
        <details node_ref=fold class="disclosure border-y border-line" open=move || error.get().is_some()>
            <summary class="flex min-h-11 items-center gap-2 rounded-md hover:bg-surface-hover">
                <span class="min-w-0 flex-1">
                    <span class="block text-xs text-text-muted">"Tenant"</span>
                    <span class="block font-semibold wrap-anywhere">
                        <bdi>{tenant.name.clone()}</bdi>
                    </span>
                </span>
                <span class="flex-none text-accent-text">"Edit"</span>
                <span class="sr-only">" name"</span>
            </summary>
            <ActionForm action=rename>
                <input type="hidden" name="id" value=tenant.id.to_string() />
                <input type="hidden" name="seen" value=seen />
                <div class="grid gap-2 pb-3">
                    <TextField label="Tenant name" name="name" value error=problem required=true />
                    <div class="flex flex-wrap gap-2">
                        <Button kind=ButtonKind::Submit size=ButtonSize::Small pending=rename.pending()>"Save"</Button>
                        // The page as a whole, so that what was typed and what was refused are gone.
                        <ButtonLink href=page size=ButtonSize::Small external=true>
                            "Cancel"
                        </ButtonLink>
                    </div>
                </div>
            </ActionForm>
        </details>
    }
    .into_any()
}

#[component]
fn Microsoft(
    /// The Microsoft tenant.
    microsoft: MicrosoftDetails,
    /// What can be done here.
    actions: Actions,
    /// Where to come back to.
    next: String,
    /// Whether the whole Tenant is theirs who asked.
    whole: bool,
) -> impl IntoView {
    let Actions {
        sync_now, retry_now, ..
    } = actions;
    let MicrosoftDetails {
        tenant,
        licenses,
        licenses_read,
        devices,
        sign_ins,
        mfa,
        progress,
        last_run,
    } = microsoft;
    let users = tenant.known_users().map_or_else(|| "Not read yet".to_owned(), count);
    let last = match tenant.last_sync {
        Some(moment) => Either::Left(view! { <When moment /> }),
        None => Either::Right("Never"),
    };
    let work = progress.map_or_else(|| "Waiting to start".to_owned(), progress_words);
    let (id, quarantined) = (tenant.id.to_string(), tenant.quarantine.is_some());
    let sync = if tenant.running {
        EitherOf4::A(view! { <LiveStatus text=work progress=bar(progress) /> })
    } else if !whole {
        EitherOf4::D(())
    } else if quarantined {
        EitherOf4::B(offered(Role::Technician, move || {
            view! {
                <ActionForm action=retry_now>
                    <input type="hidden" name="id" value=id />
                    <input type="hidden" name="next" value=next />
                    <Button kind=ButtonKind::Submit size=ButtonSize::Small icon=Icon::Refresh pending=retry_now.pending()>
                        "Retry Now"
                    </Button>
                </ActionForm>
            }
        }))
    } else {
        EitherOf4::C(offered(Role::Technician, move || {
            view! {
                <ActionForm action=sync_now>
                    <input type="hidden" name="id" value=id />
                    <input type="hidden" name="next" value=next />
                    <Button kind=ButtonKind::Submit size=ButtonSize::Small icon=Icon::Refresh pending=sync_now.pending()>
                        "Sync Now"
                    </Button>
                </ActionForm>
            }
        }))
    };
    let latest = last_run.and_then(|run| outside(|| view! { <a class="link" href=paths::run(run)>"Latest run"</a> }));
    view! {
        <ConnectionNotice
            id=tenant.id
            entra_tenant_id=tenant.entra_tenant_id
            status=tenant.status
            reason=tenant.status_reason
            quarantine=tenant.quarantine
            whole
        />
        <div class="mb-3 empty:hidden">
            <FormProblem error=failure(sync_now) />
            <FormProblem error=failure(retry_now) />
        </div>
        <DescriptionList>
            <Fact term="Last Tenant Sync">
                {last}
                <div class="mt-2 flex flex-wrap items-center gap-x-3 gap-y-2 empty:hidden">{sync} {latest}</div>
            </Fact>
            <Fact term="Microsoft Tenant">
                <bdi>{tenant.display_name}</bdi>
                <span class="block text-text-muted"><EmailText address=tenant.default_domain /></span>
            </Fact>
            {whole.then(|| view! { <Fact term="Microsoft Users">{users}</Fact> })}
        </DescriptionList>
        <Licenses licenses />
        <div class="grid gap-1 border-b border-line py-2">
            <Pass name="Licenses" state=licenses_read />
            <Pass name="Managed devices" state=devices />
            <Passes sign_ins mfa />
        </div>
    }
    .into_any()
}

#[component]
fn ConnectionNotice(
    /// Which Microsoft tenant.
    id: MicrosoftTenantId,
    /// Microsoft's id of it.
    entra_tenant_id: EntraTenantId,
    /// How the connection is.
    status: ConnectionStatus,
    /// What is wrong and what to do.
    reason: String,
    /// It is tried daily.
    quarantine: Option<Quarantine>,
    /// Whether the whole Tenant is theirs who asked.
    whole: bool,
) -> impl IntoView {
    let tone = match status {
        ConnectionStatus::Connected => return Either::Left(()),
        ConnectionStatus::Attention => Tone::Caution,
        ConnectionStatus::ConsentNeeded | ConnectionStatus::Quarantine => Tone::Critical,
    };
    let is_lost = status == ConnectionStatus::ConsentNeeded;
    let action = move || {
        view! {
            {is_lost.then(|| offered(Role::Administrator, move || view! { <ConsentAgain tenant=entra_tenant_id /> }))}
            {whole
                .then(|| {
                    offered(Role::Technician, move || {
                        view! {
                            <a class="link" href=paths::check_permissions(id)>
                                "Check Permissions"
                            </a>
                        }
                    })
                })}
        }
    };
    Either::Right(view! {
        <div class="mb-3">
            <Notice tone title=status.label() action>
                <ReasonText text=reason />
                {quarantine
                    .map(|Quarantine { failed_runs, next_try }| {
                        view! {
                            <p class="mt-1">
                                {format!(
                                    "{} runs in a row failed, so it is tried once a day until one succeeds.",
                                    count(failed_runs.into()),
                                )}
                                {next_try.map(|moment| view! { " Next try: " <When moment /> "." })}
                            </p>
                        }
                    })}
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
            let words = format!("{} of {}", count(license.used.into()), count(license.total.into()));
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
