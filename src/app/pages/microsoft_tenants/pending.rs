use crate::{
    api::connect::{ConfirmTenant, RejectTenant},
    app::pages::{email::EmailText, when::When},
    model::connect::PendingTenant,
    ui::{
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonSize},
        icon::Icon,
        table::{Cell, Td, Tr},
    },
};
use leptos::prelude::*;

/// A Microsoft tenant whose consent nobody expected: nothing was read but its name and domains. **Confirm** connects it,
/// **Reject** forgets it.
#[component]
pub fn PendingRow(
    /// What waits.
    pending: PendingTenant,
    /// Where to come back to.
    next: String,
    /// **Confirm**.
    confirm: ServerAction<ConfirmTenant>,
    /// **Reject**.
    reject: ServerAction<RejectTenant>,
) -> impl IntoView {
    let PendingTenant {
        entra_tenant_id,
        display_name,
        default_domain,
        domains,
        how,
        at,
    } = pending;
    let others: Vec<String> = domains.into_iter().filter(|domain| *domain != default_domain).collect();
    let others = (!others.is_empty()).then(|| format!("Also: {}", others.join(", ")));
    let (id, id_again, back) = (entra_tenant_id.to_string(), entra_tenant_id.to_string(), next.clone());
    let (named, named_again) = (display_name.clone(), display_name.clone());
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <span class="block wrap-anywhere">
                    <bdi>{display_name}</bdi>
                </span>
                <span class="block font-normal text-text-muted wrap-anywhere"><EmailText address=default_domain /></span>
                {others.map(|others| view! { <span class="block text-xs font-normal text-text-muted wrap-anywhere">{others}</span> })}
            </Td>
            <Td label="Tenant" />
            <Td label="Status">
                <div class="grid max-w-md gap-1">
                    <span>
                        <Badge tone=Tone::Caution icon=Icon::Clock text="Pending confirmation" />
                    </span>
                    <p class="text-xs text-text-muted wrap-anywhere">
                        "Consented " <bdi>{how}</bdi> ", " <When moment=at />
                        ". Nothing was read but its name and domains. Microsoft's ID: "
                        <span class="font-mono">{id.clone()}</span>
                    </p>
                    <div class="mt-1 flex flex-wrap gap-2">
                        <ActionForm action=confirm>
                            <input type="hidden" name="tenant" value=id />
                            <input type="hidden" name="next" value=next />
                            <Button kind=ButtonKind::Submit size=ButtonSize::Small pending=confirm.pending()>
                                "Confirm"
                                <span class="sr-only">" " <bdi>{named}</bdi></span>
                            </Button>
                        </ActionForm>
                        <ActionForm action=reject>
                            <input type="hidden" name="tenant" value=id_again />
                            <input type="hidden" name="next" value=back />
                            <Button kind=ButtonKind::Submit size=ButtonSize::Small pending=reject.pending()>
                                "Reject"
                                <span class="sr-only">" " <bdi>{named_again}</bdi></span>
                            </Button>
                        </ActionForm>
                    </div>
                </div>
            </Td>
            <Td label="Users" cell=Cell::Number />
            <Td label="Last Sync" cell=Cell::Solid>
                <span class="text-text-muted">"Never"</span>
            </Td>
            <Td cell=Cell::Actions />
        </Tr>
    }
    .into_any()
}
