use super::{
    ActivityHead, Counted, Pages, PastTheEnd,
    filters::{Filter, FilterBar},
};
use crate::{
    api::activity::{AuditList as Page, AuditQuery, activity_choices, audit_page},
    app::{
        pages::{
            address::{address, field, page_number},
            changes::Changes,
            frame::Frame,
            problem::Problem,
            when::When,
        },
        paths,
    },
    model::{
        audit::{Action, ActorKind, AuditEvent, Subject},
        ids::{AssetId, EndUserId, OrganizationId, RunId, TenantId},
    },
    ui::{
        answered::answered,
        button::ButtonLink,
        empty_state::EmptyState,
        field::SelectOption,
        icon::Icon,
        table::{Cell, EmptyRow, SkeletonRows, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 6;

/// Changes that are shown before the rest is folded.
const OPEN: usize = 3;

fn address_of(path: &str, query: &AuditQuery) -> String {
    let page = if query.page > 1 {
        query.page.to_string()
    } else {
        String::new()
    };
    address(
        path,
        &[
            ("search", &query.search),
            ("who", &query.who),
            ("action", &query.action),
            ("subject", &query.subject),
            ("organization", &query.organization),
            ("page", &page),
        ],
    )
}

/// The audit log. Search, filters and page live in the address.
#[component]
pub fn AuditLogPage() -> impl IntoView {
    let (search, who, action) = (field("search"), field("who"), field("action"));
    let (subject, organization, page) = (field("subject"), field("organization"), page_number());
    let query = Memo::new(move |_| AuditQuery {
        who: who.get(),
        action: action.get(),
        subject: subject.get(),
        organization: organization.get(),
        search: search.get(),
        page: page.get(),
    });
    let rows = Resource::new_blocking(
        move || query.get(),
        |query| async move { Ok((query.clone(), audit_page(query).await?)) },
    );
    let choices = Resource::new_blocking(|| (), |()| activity_choices());
    let export = Signal::derive(move || {
        query.with(|query| {
            address_of(
                paths::EXPORT_AUDIT,
                &AuditQuery {
                    page: 1,
                    ..query.clone()
                },
            )
        })
    });
    let filters = move |actors: Vec<String>, organizations: Vec<(OrganizationId, String)>| {
        let organizations = organizations
            .into_iter()
            .map(|(id, name)| SelectOption::new(id.to_string(), name));
        let actors = actors.into_iter().map(|name| SelectOption::new(name.clone(), name));
        let actions = Action::ALL.iter().map(|one| SelectOption::new(one.key(), one.label()));
        let subjects = Subject::ALL.iter().map(|one| SelectOption::new(one.key(), one.label()));
        vec![
            Filter::new("Who", "who", who, "Anybody", actors),
            Filter::new("Action", "action", action, "All", actions),
            Filter::new("Kind", "subject", subject, "All", subjects),
            Filter::new("Organization", "organization", organization, "All", organizations),
        ]
    };
    view! {
        <Frame title="Audit">
            <ActivityHead audit=true export />
            <Suspense>
                {answered(choices, move |choices| {
                    let choices = choices.unwrap_or_default();
                    let filters = filters(choices.actors, choices.organizations);
                    view! { <FilterBar path=paths::AUDIT label="Search the audit log" search filters /> }
                })}
            </Suspense>
            <Transition fallback=|| {
                view! {
                    <Table caption="Audit log" busy=true wide=true head=Heads>
                        <SkeletonRows columns=COLUMNS />
                    </Table>
                }
            }>
                {answered(rows, move |answer| {
                    match answer {
                        Ok((asked, page)) => view! { <Events asked page /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Transition>
        </Frame>
    }
    .into_any()
}

#[component]
fn Heads() -> impl IntoView {
    view! {
        <Th label="When" />
        <Th label="Who" />
        <Th label="Action" />
        <Th label="What" />
        <Th label="Organization" />
        <Th label="Changes" />
    }
    .into_any()
}

#[component]
fn Events(asked: AuditQuery, page: Page) -> impl IntoView {
    let counted = Counted {
        page: asked.page,
        size: page.page_size,
        shown: page.rows.len(),
        total: page.total,
        most: page.most,
    };
    let body = if page.rows.is_empty() {
        view! { <Nothing asked=asked.clone() /> }.into_any()
    } else {
        page.rows
            .into_iter()
            .map(|event| view! { <Row event /> })
            .collect_view()
            .into_any()
    };
    let address = Callback::new(move |page| address_of(paths::AUDIT, &AuditQuery { page, ..asked.clone() }));
    view! {
        <Table caption="Audit log" wide=true head=Heads>
            {body}
        </Table>
        <Pages label="the audit log" counted address />
    }
    .into_any()
}

#[component]
fn Nothing(asked: AuditQuery) -> impl IntoView {
    if asked.page > 1 {
        let first = address_of(paths::AUDIT, &AuditQuery { page: 1, ..asked });
        return view! { <EmptyRow columns=COLUMNS><PastTheEnd first /></EmptyRow> }.into_any();
    }
    let whole = AuditQuery {
        page: asked.page,
        ..AuditQuery::default()
    };
    let narrowed = asked != whole;
    let state = if narrowed {
        view! {
            <EmptyState
                icon=Icon::Search
                title="Nothing matches"
                text="The search looks at names and at old and new values."
                action=|| view! { <ButtonLink href=paths::AUDIT keep_scroll=true>"Show the whole log"</ButtonLink> }
            />
        }
        .into_any()
    } else {
        view! {
            <EmptyState
                icon=Icon::Clock
                title="Nothing was changed yet"
                text="Whatever somebody changes here, on a page or by a command, is kept for good."
            />
        }
        .into_any()
    };
    view! { <EmptyRow columns=COLUMNS>{state}</EmptyRow> }.into_any()
}

/// Whether an action leaves a page to look at. Who was let in again is in Microsoft alone until the next run.
const fn leaves_a_page(action: Action) -> bool {
    !matches!(
        action,
        Action::Delete | Action::Exclude | Action::LetIn | Action::Remove
    )
}

/// Where the thing itself can be seen.
fn page_of(event: &AuditEvent) -> Option<String> {
    let id = event.subject_id;
    Some(match event.subject? {
        Subject::Organization => paths::organization(OrganizationId(id)),
        Subject::Tenant => paths::tenant(TenantId(id)),
        Subject::Run => paths::run(RunId(id)),
        Subject::Import => paths::import(id),
        Subject::MicrosoftTenant => paths::MICROSOFT_TENANTS.to_owned(),
        Subject::EndUser => paths::end_user(event.organization.as_ref()?.0, EndUserId(id)),
        Subject::Asset => paths::asset(AssetId(id)),
        Subject::Account => format!("{}#accounts", paths::SETTINGS),
        Subject::Portal => format!("{}#portals", paths::SETTINGS),
        Subject::AppCredential => format!("{}#app-registration", paths::SETTINGS),
    })
}

#[component]
fn Row(event: AuditEvent) -> impl IntoView {
    let page = page_of(&event).filter(|_| event.action.is_none_or(leaves_a_page));
    let kind = event.subject.map_or("", Subject::label);
    let name = match page {
        Some(href) => view! {
            <a class="link wrap-anywhere" href=href>
                <bdi>{event.subject_name}</bdi>
            </a>
        }
        .into_any(),
        None => view! { <bdi class="wrap-anywhere">{event.subject_name}</bdi> }.into_any(),
    };
    let folded = event.changes.len() > OPEN;
    let fresh = event.changes.iter().all(|change| change.old.is_empty());
    let kind_of_hand = (event.actor.kind != ActorKind::Administrator).then(|| event.actor.kind.label());
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <When moment=event.at />
            </Td>
            <Td label="Who">
                <span class="block min-w-24 wrap-anywhere">
                    <bdi>{event.actor.name}</bdi>
                    {event
                        .actor
                        .address
                        .map(|address| view! { <span class="block text-xs text-text-muted">"from " {address}</span> })}
                </span>
                {kind_of_hand.map(|kind| view! { <span class="block text-xs text-text-muted">{kind}</span> })}
            </Td>
            <Td label="Action" cell=Cell::Solid>
                {event.action.map_or("Something newer", Action::label)}
            </Td>
            <Td label="What">
                <span class="block min-w-36">{name}</span>
                <span class="block text-xs text-text-muted">{kind}</span>
            </Td>
            <Td label="Organization">
                {event
                    .organization
                    .map(|(id, name)| {
                        view! {
                            <a class="link wrap-anywhere" href=paths::organization(id)>
                                <bdi>{name}</bdi>
                            </a>
                        }
                    })}
            </Td>
            <Td label="Changes" cell=Cell::Address>
                <Changes changes=event.changes folded fresh />
            </Td>
        </Tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_to_who_was_deleted_whether_kept_out_or_not() {
        for gone in [Action::Delete, Action::Exclude, Action::LetIn, Action::Remove] {
            assert!(!leaves_a_page(gone), "{gone:?}");
        }
        assert!(leaves_a_page(Action::Create) && leaves_a_page(Action::Edit));
    }
}
