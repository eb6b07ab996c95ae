use super::menu_button;
use crate::{
    api::microsoft_tenants::check_permissions,
    app::pages::{
        consent_again::ConsentAgain,
        mine::has_role,
        problem::Problem,
        reason::{ReasonText, with_answer},
        when::When,
    },
    model::{
        access::Role,
        ids::{EntraTenantId, MicrosoftTenantId},
        permission::AppRole,
        permission_report::{PermissionReport, PermissionRow, ProbeState},
    },
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        dialog::{Dialog, DialogWidth},
        icon::Icon,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// **Check Permissions**: what Microsoft lets us read, asked now, and what is missing on screen because of the rest.
#[component]
pub fn PermissionsDialog(
    /// Which Microsoft tenant.
    id: MicrosoftTenantId,
    /// The address without the dialog.
    close_href: String,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| check_permissions(id));
    view! {
        <Dialog title="Check Permissions" close_href opener=menu_button(id) width=DialogWidth::Wide>
            <Suspense fallback=|| {
                view! {
                    <div class="grid gap-2">
                        <p role="status">"Asking Microsoft for each permission…"</p>
                        <span class="skeleton w-48"></span>
                        <span class="skeleton w-full"></span>
                        <span class="skeleton w-full"></span>
                    </div>
                }
            }>
                {answered(found, move |answer| {
                    match answer {
                        Ok(report) => view! { <Found report /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Suspense>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Found(report: PermissionReport) -> impl IntoView {
    let summary = format!("Asked of Microsoft now: {}.", report.summary());
    let wants_consent = report.wants_consent();
    let PermissionReport { tenant, rows } = report;
    let entra_tenant_id = tenant.entra_tenant_id;
    let head = || {
        view! {
            <Th label="Permission" />
            <Th label="State" />
            <Th label="Last Success" />
            <Th label="Missing on Screen" />
            <Th label="What to Do" />
        }
    };
    let rows = rows.into_iter().map(|row| view! { <Line row /> }).collect_view();
    view! {
        <div class="grid gap-4">
            <p>
                <strong class="font-medium">
                    <bdi>{tenant.display_name}</bdi>
                </strong> " " <span class="text-text-muted wrap-anywhere">{tenant.default_domain}</span>
            </p>
            <p>{summary}</p>
            {wants_consent.then(|| view! { <Again entra_tenant_id /> })}
            <Table caption="Permissions and licenses" head>
                {rows}
            </Table>
        </div>
    }
    .into_any()
}

/// The way to consent anew, or who has it.
#[component]
fn Again(entra_tenant_id: EntraTenantId) -> impl IntoView {
    let administers = has_role(Role::Administrator);
    move || {
        if administers.get() {
            view! {
                <div class="grid justify-items-start gap-3">
                    <p class="text-text-muted">
                        "What is refused works once the app registration asks for it and an administrator of the customer has consented again. Data that was read before is kept and ages."
                    </p>
                    <ConsentAgain tenant=entra_tenant_id />
                </div>
            }
            .into_any()
        } else {
            view! {
                <p class="text-text-muted">
                    "What is refused works once an administrator of the customer has consented again. An Administrator of Entrain can send them there. Data that was read before is kept and ages."
                </p>
            }
            .into_any()
        }
    }
}

/// A permission's name, which may break after a dot and else only where there is no room for a part of it.
fn parted(name: &'static str) -> impl IntoView {
    let parts = name.split_inclusive('.').map(|part| view! { {part} <wbr /> });
    parts.collect_view().into_any()
}

#[component]
fn Line(row: PermissionRow) -> impl IntoView {
    let missing = row.missing();
    let to_grant = row.to_grant();
    let PermissionRow {
        probe,
        state,
        last_success,
    } = row;
    let entry = probe.entry();
    let text = state.label();
    let badge = match &state {
        ProbeState::Works => view! { <Badge tone=Tone::Positive text /> },
        ProbeState::NotTried(_) => view! { <Badge tone=Tone::Neutral text /> },
        ProbeState::NeedsLicense(_) => view! { <Badge tone=Tone::Neutral icon=Icon::Info text /> },
        ProbeState::Refused(_) | ProbeState::NoAnswer(_) => view! { <Badge tone=Tone::Caution text /> },
    };
    let why = match state {
        ProbeState::NotTried(why) => why,
        state => state
            .trouble()
            .map(|trouble| with_answer(&trouble.remedy, &trouble.answer))
            .unwrap_or_default(),
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <span class="block">{entry.what}</span>
                {entry
                    .role
                    .map(|role| {
                        view! {
                            <code class="block font-mono text-xs font-normal text-text-muted wrap-anywhere">
                                {parted(role.name)}
                            </code>
                        }
                    })}
            </Td>
            <Td label="State" cell=Cell::Solid>
                {badge}
            </Td>
            <Td label="Last Success" cell=Cell::Solid>
                {last_success.map(|moment| view! { <When moment /> })}
            </Td>
            <Td label="Missing on Screen">{missing}</Td>
            <Td label="What to Do">
                {(!why.is_empty()).then(|| view! { <ReasonText text=why /> })}
                {to_grant
                    .map(|AppRole { id, .. }| {
                        view! {
                            <p class="text-xs text-text-muted wrap-anywhere">
                                "App role ID " <code class="font-mono">{id}</code>
                            </p>
                        }
                    })}
            </Td>
        </Tr>
    }
    .into_any()
}
