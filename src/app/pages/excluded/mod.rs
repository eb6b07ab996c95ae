//! The people kept out of an Organization's sync, and **Let In Again**.

use super::{
    address::{address, field, id_in, page_number},
    email::EmailText,
    frame::Frame,
    mine::to_technicians,
    problem::{FormProblem, Problem, failure, no_such},
    succeeded::decided,
    when::When,
};
use crate::{
    api::end_user::{ExcludedPage as Page, LetIn, excluded_people},
    app::paths,
    model::{end_user_details::ExcludedPerson, ids::OrganizationId},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonLink, ButtonSize},
        empty_state::EmptyState,
        icon::Icon,
        page::{Crumb, PageHeader},
        pagination::{Pagination, range_words},
        search_field::SearchField,
        table::{ActionsHead, Cell, EmptyRow, SkeletonRows, Table, Td, Th, Tr},
    },
};
use leptos::{either::Either, prelude::*};
use leptos_router::hooks::use_params_map;

const COLUMNS: u32 = 6;

/// The page. Search and page live in the address.
#[component]
pub fn ExcludedPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| id_in::<OrganizationId>(params, "id")));
    let (search, page) = (field("search"), page_number());
    let let_in = ServerAction::<LetIn>::new();
    let done = decided(let_in);
    let people = Resource::new_blocking(
        move || (id.get(), search.get(), page.get(), done.get()),
        |(id, search, page, _)| async move {
            match id {
                Some(id) => Ok((excluded_people(id, search.clone(), page).await?, search, page)),
                None => Err(no_such("Organization")),
            }
        },
    );
    view! {
        <Frame title="Kept Out of the Sync">
            <Transition fallback=Skeleton>
                {answered(people, move |answer| {
                    match answer {
                        Ok((found, searched, page)) => {
                            Either::Left(view! { <Excluded found searched page search let_in /> })
                        }
                        Err(error) => {
                            Either::Right(
                                view! {
                                    <h1 class="sr-only" tabindex="-1">
                                        "Kept Out of the Sync"
                                    </h1>
                                    <Problem error />
                                },
                            )
                        }
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
        <Th label="Name" />
        <Th label="Email" />
        <Th label="Microsoft Tenant" />
        <Th label="Since" />
        <Th label="By" />
        <ActionsHead />
    }
    .into_any()
}

/// What stands while the page is on its way.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <Table caption="People kept out of the sync" busy=true wide=true head=Heads>
            <SkeletonRows columns=COLUMNS />
        </Table>
    }
    .into_any()
}

#[component]
fn Excluded(
    /// The answer.
    found: Page,
    /// What it answers to.
    searched: String,
    /// Which page of it.
    page: i64,
    /// The words in the address.
    search: Memo<String>,
    /// **Let In Again**.
    let_in: ServerAction<LetIn>,
) -> impl IntoView {
    let id = found.organization;
    let crumbs = vec![
        Crumb::new("Organizations", paths::ORGANIZATIONS),
        Crumb::new(found.organization_name, paths::organization(id)),
        Crumb::new("End Users", paths::end_users(id)),
    ];
    let path = paths::excluded(id);
    let at = |page: i64| {
        let number = if page > 1 { page.to_string() } else { String::new() };
        address(&path, &[("search", &searched), ("page", &number)])
    };
    let here = at(page);
    let before = (page - 1).saturating_mul(found.page_size);
    let shown = i64::try_from(found.people.len()).unwrap_or_default();
    let previous = (page > 1).then(|| at(page - 1));
    let next = (shown > 0 && before + shown < found.total).then(|| at(page + 1));
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let text = if shown == 0 {
        range_words(0, 0, 0, false)
    } else {
        range_words(whole(before + 1), whole(before + shown), whole(found.total), false)
    };
    let body = if found.people.is_empty() {
        view! { <Nobody searched=!searched.is_empty() all=at(1) end_users=paths::end_users(id) path=path.clone() page /> }
            .into_any()
    } else {
        let row = |person| view! { <Row person organization=id let_in next=here.clone() /> };
        found.people.into_iter().map(row).collect_view().into_any()
    };
    let value = Signal::derive(move || search.get());
    view! {
        <PageHeader
            title="Kept Out of the Sync"
            breadcrumbs=crumbs
            text="No sync creates these people, nor another account with their address. Let in again, the next sync creates them if the filters match."
        />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-4">
            <div class="max-w-md">
                <SearchField label="Search people kept out" action=path.clone() name="search" value />
            </div>
            <FormProblem error=failure(let_in) />
            <div class="min-w-0">
                <Table caption="People kept out of the sync" wide=true head=Heads>
                    {body}
                </Table>
                {if previous.is_some() || next.is_some() {
                    view! { <Pagination label="people kept out" text previous next /> }.into_any()
                } else if shown > 0 {
                    view! { <p class="py-3 text-text-muted tabular-nums">{text}</p> }.into_any()
                } else {
                    ().into_any()
                }}
            </div>
        </div>
    }.into_any()
}

#[component]
fn Nobody(searched: bool, all: String, end_users: String, path: String, page: i64) -> impl IntoView {
    let state = match (searched, page) {
        (_, 2..) => view! {
            <EmptyState
                icon=Icon::Users
                title="There is no such page"
                text="The list is shorter than this page number."
                action=move || view! { <ButtonLink href=all keep_scroll=true>"First page"</ButtonLink> }
            />
        }
        .into_any(),
        (true, _) => view! {
            <EmptyState
                icon=Icon::Search
                title="Nobody matches"
                text="The search looks at names and emails."
                action=move || view! { <ButtonLink href=path keep_scroll=true>"Clear search"</ButtonLink> }
            />
        }
        .into_any(),
        _ => view! {
            <EmptyState
                icon=Icon::Users
                title="Nobody is kept out"
                text="Delete an End User with the box Keep this person out of future syncs, and the person is listed here."
                action=move || view! { <ButtonLink href=end_users>"Go to End Users"</ButtonLink> }
            />
        }
        .into_any(),
    };
    view! { <EmptyRow columns=COLUMNS>{state}</EmptyRow> }
}

#[component]
fn Row(
    person: ExcludedPerson,
    organization: OrganizationId,
    let_in: ServerAction<LetIn>,
    next: String,
) -> impl IntoView {
    let name = if person.name.is_empty() {
        person.address.clone()
    } else {
        person.name
    };
    let tenant = if person.microsoft_tenant.is_empty() {
        "Removed".to_owned()
    } else {
        person.microsoft_tenant
    };
    let what = format!("Let In Again: {name}");
    let (tenant_id, user) = (person.tenant, person.user);
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <bdi class="wrap-anywhere">{name}</bdi>
            </Td>
            <Td label="Email">
                <EmailText address=person.address />
            </Td>
            <Td label="Microsoft Tenant">
                <bdi>{tenant}</bdi>
                {person
                    .is_former
                    .then(|| view! { <span class="block text-text-muted">"Former Microsoft tenant of this Organization"</span> })}
            </Td>
            <Td label="Since" cell=Cell::Solid>
                <When moment=person.since />
            </Td>
            <Td label="By">
                <bdi>{person.by}</bdi>
            </Td>
            <Td cell=Cell::Actions>
                {to_technicians(move || {
                    let (next, what) = (next.clone(), what.clone());
                    view! {
                        <ActionForm action=let_in>
                            <input type="hidden" name="organization" value=organization.to_string() />
                            <input type="hidden" name="tenant" value=tenant_id.to_string() />
                            <input type="hidden" name="user" value=user.to_string() />
                            <input type="hidden" name="next" value=next />
                            <Button kind=ButtonKind::Submit size=ButtonSize::Small>
                                <span aria-hidden="true">"Let In Again"</span>
                                <span class="sr-only">{what}</span>
                            </Button>
                        </ActionForm>
                    }
                })}
            </Td>
        </Tr>
    }.into_any()
}
