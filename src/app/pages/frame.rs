//! What every screen behind the sign-in has around it: navigation, account, toasts, and the notice that an action
//! left in the address for those without script.

use super::{address::field, framed::in_frame, mine::set_role, zone::tell_zone};
use crate::{
    api::session::{SignOut, account},
    app::paths,
    ui::{
        answered::answered,
        badge::Tone,
        button::{Button, ButtonKind, ButtonVariant},
        focus::start_at_heading,
        hydration::drawn_by_server,
        icon::Icon,
        page::DocumentTitle,
        search_field::{SearchField, Searches},
        shell::{AppShell, NavItem},
        toast::{Flash, ToastRegion, use_toasts},
    },
};
use leptos::{html, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map, use_url},
};

/// The frame around a screen.
#[component]
pub fn Frame(
    /// The title of the document.
    #[prop(into)]
    title: Signal<String>,
    /// The place of the navigation that the screen belongs to, where its address does not tell.
    #[prop(optional, into)]
    place: Option<Signal<&'static str>>,
    /// The screen.
    children: Children,
) -> impl IntoView {
    tell_zone();
    provide_context(Searches::default());
    let content = NodeRef::<html::Main>::new();
    start_pages_at_their_heading(content);
    if in_frame() {
        // Whose navigation, search and account there are, the portal shows around it.
        return view! {
            <DocumentTitle title />
            <main node_ref=content id="content" class="min-w-0 p-4" tabindex="-1" data-embed-content="">
                <NoticeFromAddress />
                {children()}
            </main>
            <ToastRegion />
        }
        .into_any();
    }
    let location = use_location();
    let nav = Signal::derive(move || match place {
        Some(place) => navigation(place.get()),
        None => navigation(&location.pathname.get()),
    });
    let words = field("q");
    let searched = Signal::derive(move || {
        let on_results = location.pathname.with(|path| path == paths::SEARCH);
        if on_results { words.get() } else { String::new() }
    });
    let search = move || {
        view! {
            <SearchField label="Search people, devices and organizations" action=paths::SEARCH value=searched shortcut=true />
        }
    };
    let who = Resource::new_blocking(|| (), |()| account());
    Effect::new(move |_| {
        if let Some(Ok(who)) = who.get() {
            set_role(who.map(|who| who.role));
        }
    });
    let sign_out = ServerAction::<SignOut>::new();
    let account = move || {
        view! {
            <Suspense>
                {answered(who, |answer| {
                    answer.ok().flatten().map(|who| view! { <p class="hidden truncate text-text-muted sm:block" title=who.email.clone()>{who.name}</p> })
                })}
            </Suspense>
            <div class="flex-none">
                <ActionForm action=sign_out>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Quiet icon=Icon::LogOut>"Sign out"</Button>
                </ActionForm>
            </div>
        }
    };
    view! {
        <DocumentTitle title />
        <AppShell brand="Entrain" home_href=paths::ORGANIZATIONS nav=nav search=search content account=account>
            <NoticeFromAddress />
            {children()}
        </AppShell>
        <ToastRegion />
    }
    .into_any()
}

/// A page that the browser draws by itself takes the focus along, which would be lost with the link that led here. A
/// search, a filter or a dialog of the same page leaves it where it is.
fn start_pages_at_their_heading(content: NodeRef<html::Main>) {
    // A page that the server has drawn starts at its top, as any page that is loaded.
    let loaded = drawn_by_server();
    let url = use_url();
    let path = Memo::new(move |_| url.with(|url| url.path().to_owned()));
    Effect::new(move |before: Option<Option<String>>| {
        let (before, path) = (before.flatten(), path.get());
        let Some(main) = content.get() else { return before };
        let is_new = before.as_ref().map_or(!loaded, |before| *before != path);
        if is_new {
            start_at_heading(main);
        }
        Some(path)
    });
}

/// Pages whose addresses do not begin like that of the place of the navigation which they belong to; the first counts.
const ELSEWHERE: [(&str, &str); 4] = [
    ("/runs", paths::ACTIVITY),
    ("/tenants", paths::ORGANIZATIONS),
    ("/import/assets", paths::ASSETS),
    ("/import", paths::ORGANIZATIONS),
];

fn navigation(path: &str) -> Vec<NavItem> {
    let elsewhere = ELSEWHERE.into_iter().find(|(begins, _)| path.starts_with(begins));
    [
        ("Organizations", paths::ORGANIZATIONS, Icon::Building, "/organizations"),
        (
            "Microsoft Tenant Integrations",
            paths::MICROSOFT_TENANTS,
            Icon::Plug,
            "/microsoft-tenants",
        ),
        ("Assets", paths::ASSETS, Icon::Laptop, "/assets"),
        ("Activity", paths::ACTIVITY, Icon::Activity, "/activity"),
        ("Settings", paths::SETTINGS, Icon::Settings, "/settings"),
    ]
    .into_iter()
    .map(|(label, href, icon, prefix)| NavItem {
        label: label.to_owned(),
        href: href.to_owned(),
        icon,
        current: path.starts_with(prefix) || elsewhere.is_some_and(|(_, place)| place == prefix),
    })
    .collect()
}

/// The words of a notice in the address.
pub fn notice_words(notice: &str) -> Option<&'static str> {
    Some(match notice {
        "sync-started" => "The sync is in progress. You may leave this page.",
        "sync-started-by-group" => {
            "The sync is in progress. People appear all at once when the first sync is done. You may leave this page."
        }
        "filters-saved" => "Filters saved. They apply from the run that has just been queued.",
        "end-user-created" => "End User added.",
        "end-users-deleted" => "Deleted. While the filters match, the next sync creates synced people again.",
        "end-users-kept-out" => "Deleted, and kept out of future syncs.",
        "end-users-gone" => {
            "Nobody was deleted or kept out: they were gone already. While the filters match, the next sync creates \
             synced people again."
        }
        "let-in" => "Let in again. The next sync creates the person if the filters match.",
        "person-synced" => "Synced from Microsoft. History shows what changed.",
        "person-up-to-date" => "Read from Microsoft: nothing differs.",
        "person-not-written" => "Read from Microsoft. Nothing was written: the latest run in History says why.",
        "person-out-of-scope" => "Read from Microsoft. The filters do not match, so nothing was written.",
        "person-left" => {
            "Read from Microsoft. Another End User still holds the new address and gives it up in the same step: \
             the next full sync writes both."
        }
        "person-held" => "Read from Microsoft. The change is held until somebody approves it.",
        "person-sync-goes-on" => "The sync of this person is in progress. You may leave this page.",
        "end-user-saved" => "Changes saved.",
        "connected" => "Connected. It is read for the first time now.",
        "pending" => "Consent was given. Confirm the Microsoft tenant, and it is connected.",
        "partner-chosen" => "The partner was chosen.",
        "consenting" => "Consent is under way. The rows tell how far it is; you may leave this page.",
        "unmapped" => "Unmapped. End Users, filters and mappings are kept.",
        "integration-removed" => "Integration removed. End Users remain.",
        "organization-created" => "Organization created.",
        "organization-deleted" => "Organization deleted. The audit log keeps what was done.",
        "organization-moved" => "Organization moved to another Tenant.",
        "saved" => "Saved.",
        "held-approved" => "Approved. This run wrote what was still planned with the same values.",
        "held-dropped" => "Dropped. These changes are not planned again until Microsoft's value changes.",
        "dropped-let-in" => "Let in again. The run that has just been queued plans it like any other change.",
        "decision-goes-on" => "This takes a while. You may leave this page: Activity shows how the run ends.",
        "run-undone" => "Undone. This run put back what nobody had touched.",
        "contended-decided" => "Decided. The run that has just been queued follows it.",
        "settings-saved" => "Settings saved.",
        "password-changed" => "Password changed. Your other sessions have ended.",
        "session-ended" => "Session ended.",
        "account-saved" => "Account saved. It holds from their next request.",
        "account-disabled" => "Account disabled, and its sessions ended.",
        "invitation-withdrawn" => "Invitation withdrawn.",
        "invitation-renewed" => "Invitation renewed for 14 days.",
        "account-enabled" => "Account enabled.",
        "portal-saved" => "Portal saved. It holds from the next request.",
        "portal-removed" => "Portal removed, and its sessions ended.",
        "credential-added" => "Credential added. It is tried first from the next request for a token on.",
        "credential-removed" => "Credential removed.",
        "sync-disabled" => "User sync disabled. Existing End Users remain.",
        "asset-created" => "Asset created.",
        "asset-saved" => "Changes saved.",
        "asset-assigned" => "Assigned by hand. The sync leaves this Asset alone.",
        "asset-left-to-sync" => "The next run decides who has this Asset.",
        "asset-deleted" => "Asset deleted.",
        _ => return None,
    })
}

/// Without script a line on the page; with script a toast, and the address loses the notice, so that it is told once.
#[component]
fn NoticeFromAddress() -> impl IntoView {
    let query = use_query_map();
    let location = use_location();
    let toasts = use_toasts();
    let go = use_navigate();
    let words = Memo::new(move |_| query.with(|query| query.get_str("notice").and_then(notice_words)));
    Effect::new(move |_| {
        let Some(words) = words.get() else { return };
        toasts.show(Tone::Positive, words);
        let mut rest = query.get_untracked();
        rest.remove("notice");
        let here = format!("{}{}", location.pathname.get_untracked(), rest.to_query_string());
        go(
            &here,
            NavigateOptions {
                replace: true,
                scroll: false,
                ..NavigateOptions::default()
            },
        );
    });
    move || {
        words
            .get()
            .map(|words| view! { <Flash tone=Tone::Positive text=words /> })
    }
}

#[cfg(test)]
mod tests {
    use super::navigation;

    #[test]
    fn a_page_lies_under_one_place_of_the_navigation() {
        for (path, place) in [
            ("/organizations/1/end-users", "Organizations"),
            ("/tenants/1", "Organizations"),
            ("/import/organizations", "Organizations"),
            ("/import/end-users", "Organizations"),
            ("/imports/1", "Organizations"),
            ("/import/assets", "Assets"),
            ("/assets/1", "Assets"),
            ("/microsoft-tenants/consent-links", "Microsoft Tenant Integrations"),
            ("/runs/1", "Activity"),
            ("/settings", "Settings"),
        ] {
            let current: Vec<_> = navigation(path).into_iter().filter(|item| item.current).collect();
            let labels: Vec<_> = current.iter().map(|item| item.label.as_str()).collect();
            assert_eq!(labels, [place], "{path}");
        }
        assert!(navigation("/search").iter().all(|item| !item.current));
    }
}
