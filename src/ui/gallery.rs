//! Every part in its states, for a development route. The names are made up.

use leptos::prelude::*;

use super::{
    button::{ButtonLink, ButtonVariant},
    icon::Icon,
    menu::{Menu, MenuButton, MenuLine, MenuLink, MenuTrigger},
    page::{Crumb, PageHeader},
    search_field::SearchField,
    shell::{AppShell, NavItem},
    tabs::{Tab, Tabs},
    toast::{ToastRegion, provide_toasts},
};

mod forms;
mod overlays;
mod small_parts;
mod tables;

pub use forms::FormsGallery;
pub use overlays::{DialogGallery, OverlaysGallery};
pub use small_parts::SmallPartsGallery;
pub use tables::TablesGallery;

fn places() -> Vec<NavItem> {
    let place = |icon, label: &str, current| NavItem {
        icon,
        label: label.to_owned(),
        href: "#".to_owned(),
        current,
    };
    vec![
        place(Icon::Building, "Organizations", true),
        place(Icon::Plug, "Microsoft Tenant Integrations", false),
        place(Icon::Laptop, "Assets", false),
        place(Icon::Activity, "Activity", false),
        place(Icon::Settings, "Settings", false),
    ]
}

/// Everything in one page. With `dialog` the filter dialog is open; `href` is the gallery's own address.
#[component]
pub fn Gallery(
    /// Whether the dialog is open: the page's address says so.
    #[prop(optional, into)]
    dialog: Signal<bool>,
    /// The gallery's own address.
    #[prop(default = "/gallery".to_owned(), into)]
    href: String,
) -> impl IntoView {
    provide_toasts();
    let tab = |label: &str, current| Tab {
        label: label.to_owned(),
        href: "#".to_owned(),
        current,
    };
    let close_href = href.clone();
    let dialog_href = format!("{href}?dialog=filters");
    view! {
        <AppShell
            brand="Entrain"
            home_href="/"
            nav=places()
            search=|| view! { <SearchField label="Search people, devices and organizations" action="/search" /> }
            account=|| {
                view! {
                    <Menu id="menu-account" label="Account of Ada Lovelace" trigger=MenuTrigger::Account>
                        <MenuLink href="#">"Settings"</MenuLink>
                        <MenuLine />
                        <MenuButton icon=Icon::LogOut>"Sign Out"</MenuButton>
                    </Menu>
                }
            }
        >
            <PageHeader
                title="Northwind Traders"
                breadcrumbs=vec![Crumb::new("Organizations", "#")]
                text="Every part of the design system in its states."
                actions=move || {
                    view! {
                        <Menu id="menu-integrate" label="Integrate" trigger=MenuTrigger::Button(ButtonVariant::Secondary)>
                            <MenuLink href="#">"Single Tenant"</MenuLink>
                            <MenuLink href="#">"Cloud Solution Provider"</MenuLink>
                        </Menu>
                        <ButtonLink
                            id="open-filters"
                            href=dialog_href.clone()
                            variant=ButtonVariant::Primary
                            keep_scroll=true
                        >
                            "Set Up Microsoft User Sync"
                        </ButtonLink>
                    }
                }
            />
            <div class="grid grid-cols-[minmax(0,1fr)] gap-8">
                <Tabs
                    label="Organization"
                    tabs=vec![tab("Overview", true), tab("End Users", false), tab("Assets", false)]
                />
                <TablesGallery />
                <FormsGallery />
                <OverlaysGallery />
                <SmallPartsGallery />
            </div>
        </AppShell>
        {move || {
            let close_href = close_href.clone();
            dialog.get().then(|| view! { <DialogGallery close_href /> })
        }}
        <ToastRegion />
    }.into_any()
}
