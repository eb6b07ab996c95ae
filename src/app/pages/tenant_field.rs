//! The choice of a Tenant among all: found by the server while one types.

use super::found::found_on_server;
use crate::{
    api::tenants::{TenantChoice, tenant_choices},
    ui::combobox::{ComboOption, Combobox},
};
use leptos::prelude::*;

/// The combobox **Tenant**. Choosing none means a new Tenant of the Organization's own.
#[component]
pub fn TenantField(
    /// The field it sends.
    name: &'static str,
    /// The Tenants to begin with; the chosen one is among them.
    choices: Vec<TenantChoice>,
    /// The Tenant chosen at first.
    #[prop(optional_no_strip)]
    chosen: Option<String>,
    /// What helps to choose.
    #[prop(into)]
    hint: String,
) -> impl IntoView {
    let selected = RwSignal::new(chosen);
    let options = RwSignal::new(choices.into_iter().map(option).collect::<Vec<_>>());
    let on_query = found_on_server(options, selected, |words| async move {
        Ok(tenant_choices(words).await?.into_iter().map(option).collect())
    });
    view! {
        <Combobox label="Tenant" name=name options selected none="A new Tenant of its own" hint on_query />
    }
    .into_any()
}

fn option(TenantChoice { tenant, microsoft }: TenantChoice) -> ComboOption {
    ComboOption {
        value: tenant.id.to_string(),
        label: tenant.name,
        note: microsoft.map(|name| format!("mapped to {name}")),
    }
}
