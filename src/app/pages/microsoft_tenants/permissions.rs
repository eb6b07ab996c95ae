use super::menu_button;
use crate::{
    api::microsoft_tenants::check_permissions,
    app::pages::{problem::Problem, reason::ReasonText, when::When},
    model::{
        ids::MicrosoftTenantId,
        tenant::{Permission, PermissionState, Permissions},
    },
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        dialog::Dialog,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// **Check Permissions**: what Microsoft lets us read, asked now and as last read.
#[component]
pub fn PermissionsDialog(
    /// Which Microsoft tenant.
    id: MicrosoftTenantId,
    /// The address without the dialog.
    close_href: String,
) -> impl IntoView {
    let found = Resource::new_blocking(|| (), move |()| check_permissions(id));
    view! {
        <Dialog title="Check Permissions" close_href opener=menu_button(id)>
            <Suspense fallback=|| {
                view! {
                    <div class="grid gap-2" role="status">
                        <span class="sr-only">"Asking Microsoft…"</span>
                        <span class="skeleton w-48"></span>
                        <span class="skeleton w-full"></span>
                    </div>
                }
            }>
                {answered(found, move |answer| {
                    match answer {
                        Ok(permissions) => view! { <Found permissions /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Suspense>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Found(permissions: Permissions) -> impl IntoView {
    let Permissions { tenant, now, read } = permissions;
    let refused = now
        .iter()
        .chain(&read)
        .any(|one| matches!(one.state, PermissionState::Refused(_)));
    let verdict = if refused {
        "Something is refused. The rows say what, and what to do; data that was read before is kept and ages."
    } else {
        "Nothing is refused."
    };
    view! {
        <div class="grid gap-4">
            <p>
                <strong class="font-medium">
                    <bdi>{tenant.display_name}</bdi>
                </strong> " " <span class="text-text-muted wrap-anywhere">{tenant.default_domain}</span>
            </p>
            <p>{verdict}</p>
            <Checks caption="Asked of Microsoft now" rows=now />
            <Checks caption="As last read" rows=read />
        </div>
    }
    .into_any()
}

#[component]
fn Checks(caption: &'static str, rows: Vec<Permission>) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Data" />
            <Th label="State" />
            <Th label="When" />
        }
    };
    let rows = rows
        .into_iter()
        .map(|Permission { what, state, at }| {
            let (badge, remedy) = match state {
                PermissionState::Works => (view! { <Badge tone=Tone::Positive text="Works" /> }, None),
                PermissionState::NotTried => (view! { <Badge tone=Tone::Neutral text="Not tried yet" /> }, None),
                PermissionState::Refused(remedy) => {
                    (view! { <Badge tone=Tone::Caution text="Refused" /> }, Some(remedy))
                }
            };
            view! {
                <Tr>
                    <Td cell=Cell::Primary>{what}</Td>
                    <Td label="State">
                        <div class="grid gap-1">
                            <span>{badge}</span>
                            {remedy.map(|text| view! { <ReasonText text /> })}
                        </div>
                    </Td>
                    <Td label="When" cell=Cell::Solid>
                        {at.map(|moment| view! { <When moment /> })}
                    </Td>
                </Tr>
            }
        })
        .collect_view();
    view! {
        <section class="grid gap-1">
            <h3 class="font-medium">{caption}</h3>
            <Table caption head>
                {rows}
            </Table>
        </section>
    }
    .into_any()
}
