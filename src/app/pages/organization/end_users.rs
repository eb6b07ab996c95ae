use super::{
    HeadSkeleton, OrganizationHead, OrganizationProblem, Subtab,
    bulk_delete::{BulkDeleteDialog, DeleteSelected},
    new_end_user::NewEndUserDialog,
    no_organization, organization_id,
    people::{PeopleTable, View, end_users_address},
    table_filters::TableFilters,
};
use crate::{
    api::end_user::DeleteEndUsers,
    api::end_users::{EndUsersPage as Page, EndUsersQuery, Product, end_users},
    app::{
        pages::{
            address::{address, field, page_number},
            exchange_links::ExchangeLinks,
            facts::Passes,
            frame::Frame,
            framed::{here, in_frame, of_tenant, outside},
            mine::{has_role, to_administrators, to_technicians},
            polling::poll_always,
            reason::remedy,
            succeeded::decided,
            sync_state::SyncState,
            when::When,
        },
        paths,
    },
    model::{
        access::Role,
        exchange::Kind,
        ids::{EndUserId, OrganizationId},
        microsoft_user::PassState,
        organization::{OrganizationRow, UserSyncState},
        time::Moment,
    },
    ui::{
        answered::answered,
        badge::Tone,
        button::{ButtonLink, ButtonVariant},
        icon::Icon,
        notice::Notice,
        number::grouped,
        search_field::SearchField,
        selection::Selection,
    },
};
use leptos::prelude::*;

/// **End Users**: search, filter, sort and page live in the address.
#[component]
pub fn EndUsersPage() -> impl IntoView {
    let id = organization_id();
    let (search, sort, page) = (field("search"), field("sort"), page_number());
    let (microsoft, mfa, license) = (field("microsoft"), field("mfa"), field("license"));
    let query = Memo::new(move |_| EndUsersQuery {
        search: search.get(),
        microsoft: microsoft.get(),
        mfa: mfa.get(),
        license: license.get(),
        sort: sort.get(),
        page: page.get(),
    });
    let delete = ServerAction::<DeleteEndUsers>::new();
    let deleted = decided(delete);
    let people = Resource::new_blocking(
        move || (id.get(), query.get(), deleted.get()),
        |(id, query, _)| async move {
            match id {
                Some(id) => Ok((query.clone(), end_users(id, query).await?)),
                None => Err(no_organization()),
            }
        },
    );
    poll_always(people, |(_, page): &(EndUsersQuery, Page)| {
        matches!(page.organization.sync, UserSyncState::Syncing { .. })
    });
    let title = RwSignal::new("End Users".to_owned());
    // Outlives the answers: what is ticked stays ticked while the page asks again.
    let selection = Selection::new();
    let dialog = field("dialog");
    let works = has_role(Role::Technician);
    let framed = StoredValue::new(here(String::new()));
    let is_new = Memo::new(move |_| dialog.get() == "new" && works.get());
    view! {
        <Frame title>
            <Transition fallback=HeadSkeleton>
                {answered(people, move |answer| {
                    match answer {
                        Ok((asked, page)) => {
                            title.set(format!("End Users of {}", page.organization.name));
                            view! { <EndUsers page asked query selection /> }.into_any()
                        }
                        Err(error) => view! { <OrganizationProblem error /> }.into_any(),
                    }
                })}
            </Transition>
            {move || id.get().filter(|_| works.get()).map(|organization| view! { <BulkDeleteDialog organization delete /> })}
            {move || {
                id.get()
                    .filter(|_| is_new.get())
                    .map(|organization| {
                        let page = format!("{}{}", framed.get_value(), paths::end_users(organization));
                        let close_href = query.with(|query| end_users_address(&page, query));
                        view! { <NewEndUserDialog organization close_href /> }
                    })
            }}
        </Frame>
    }
    .into_any()
}

/// `asked` is what the rows answer to; `query` is the address as it is now.
#[component]
fn EndUsers(page: Page, asked: EndUsersQuery, query: Memo<EndUsersQuery>, selection: Selection) -> impl IntoView {
    let organization = page.organization.clone();
    let view = View {
        organization: organization.id,
        path: here(paths::end_users(organization.id)),
        query: asked,
    };
    let first_group_sync = page.first_group_sync;
    view! {
        <OrganizationHead organization=organization.clone() subtab=Subtab::EndUsers />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-4">
            {first_group_sync
                .then(|| {
                    view! {
                        <Notice tone=Tone::Info title="The sync is processing">
                            "Its filters name a group, so people appear all at once when the sync is done. Those who were here before stay in sight. You may leave this page."
                        </Notice>
                    }
                })}
            <Toolbar
                organization
                last_sync=page.last_sync.clone()
                passes=page.passes.clone()
                products=page.products.clone()
                query
                rows=page.rows.iter().map(|row| row.id).collect()
                selection
            />
            <KeptOut organization=view.organization number=page.excluded />
            <PeopleTable page view selection />
        </div>
    }.into_any()
}

#[component]
fn Toolbar(
    organization: OrganizationRow,
    last_sync: Option<Moment>,
    passes: Option<(PassState, PassState)>,
    products: Vec<Product>,
    query: Memo<EndUsersQuery>,
    rows: Vec<EndUserId>,
    selection: Selection,
) -> impl IntoView {
    let path = here(paths::end_users(organization.id));
    let keep = Signal::derive(move || {
        query.with(|query| {
            vec![
                ("microsoft".to_owned(), query.microsoft.clone()),
                ("mfa".to_owned(), query.mfa.clone()),
                ("license".to_owned(), query.license.clone()),
                ("sort".to_owned(), query.sort.clone()),
            ]
        })
    });
    let value = Signal::derive(move || query.with(|query| query.search.clone()));
    let id = organization.id.to_string();
    let export = Signal::derive(move || {
        query.with(|query| {
            address(
                paths::EXPORT_END_USERS,
                &[
                    ("organization", &id),
                    ("search", &query.search),
                    ("microsoft", &query.microsoft),
                    ("mfa", &query.mfa),
                    ("license", &query.license),
                ],
            )
        })
    });
    let new_end_user = {
        let path = path.clone();
        move || query.with(|query| address(&end_users_address(&path, query), &[("dialog", "new")]))
    };
    view! {
        <div class="flex flex-wrap items-center gap-x-4 gap-y-3">
            <div class="min-w-0 flex-1 basis-64">
                <SearchField label="Search End Users" action=path.clone() name="search" value keep />
            </div>
            <SyncLink organization=organization.clone() />
            <div class="flex flex-wrap gap-2">
                {outside(|| {
                    view! {
                        <ExchangeLinks
                            import=paths::new_import_for(Kind::EndUsers, organization.id)
                            export
                            least=Role::Technician
                        />
                    }
                })}
                {to_technicians(move || {
                    view! {
                        <ButtonLink id="new-end-user" href=new_end_user() icon=Icon::Plus keep_scroll=true>
                            "New End User"
                        </ButtonLink>
                    }
                })}
            </div>
        </div>
        <div class="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
            <TableFilters path query products />
            {(!rows.is_empty())
                .then(|| {
                    let id = organization.id;
                    to_technicians(move || view! { <DeleteSelected organization=id selection rows=rows.clone() /> })
                })}
        </div>
        <SyncLine state=organization.sync last_sync passes />
    }
    .into_any()
}

/// The way to those who are kept out, while there are any.
#[component]
fn KeptOut(organization: OrganizationId, number: i64) -> impl IntoView {
    let number = u64::try_from(number).unwrap_or_default();
    (number > 0 && !in_frame()).then(|| {
        view! {
            <p>
                <a class="link" href=paths::excluded(organization)>
                    {format!("{} kept out of the sync", grouped(number))}
                </a>
            </p>
        }
    })
}

/// **Set Up Microsoft User Sync** until it is set up, **Manage** from then on.
#[component]
fn SyncLink(organization: OrganizationRow) -> impl IntoView {
    if in_frame() && !of_tenant() {
        // What the whole Tenant shares is not in the frame of one Organization.
        return ().into_any();
    }
    let manage = here(paths::tenant(organization.tenant_id));
    let set_up = here(paths::set_up(organization.tenant_id, organization.id));
    match organization.sync {
        // That page says that the Tenant is not mapped, and leads on to the mapping.
        UserSyncState::NotMapped => to_administrators(move || {
            view! {
                <ButtonLink href=paths::tenant(organization.tenant_id) variant=ButtonVariant::Primary>
                    "Set Up Microsoft User Sync"
                </ButtonLink>
            }
        })
        .into_any(),
        UserSyncState::NotSetUp { .. } => organization
            .whole
            .then(|| {
                to_technicians(move || {
                    view! {
                        <ButtonLink
                            href=set_up.clone()
                            variant=ButtonVariant::Primary
                        >
                            "Set Up Microsoft User Sync"
                        </ButtonLink>
                    }
                })
            })
            .into_any(),
        UserSyncState::Syncing { .. } | UserSyncState::Enabled | UserSyncState::Attention { .. } => view! {
            <p class="flex min-h-9 flex-wrap items-center gap-x-4">
                {(organization.whole && !in_frame())
                    .then(|| {
                        view! {
                            <a class="link" href=paths::missing(organization.id)>
                                "Why is somebody missing?"
                            </a>
                        }
                    })}
                <a class="link" href=manage>
                    "Manage"
                </a>
            </p>
        }
        .into_any(),
    }
}

/// How the sync is, and when Microsoft was last read.
#[component]
fn SyncLine(state: UserSyncState, last_sync: Option<Moment>, passes: Option<(PassState, PassState)>) -> impl IntoView {
    let mapped = state != UserSyncState::NotMapped;
    let said = match &state {
        UserSyncState::Attention { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    // A reason is a paragraph: what is known without it stands below and not beside it.
    let class = if said.is_some() {
        "grid gap-2"
    } else {
        "flex flex-wrap items-start gap-x-6 gap-y-2"
    };
    let passes = passes.map(|(sign_ins, mfa)| {
        let (sign_ins, mfa) = (said_once(sign_ins, said.as_deref()), said_once(mfa, said.as_deref()));
        view! { <Passes sign_ins mfa /> }
    });
    view! {
        <div class=class>
            <div class="flex flex-wrap items-start gap-2">
                <span class="text-text-muted">"Microsoft User Sync"</span>
                <SyncState state />
            </div>
            {mapped
                .then(|| {
                    let last = match last_sync {
                        Some(moment) => view! { <When moment /> }.into_any(),
                        None => "never".into_any(),
                    };
                    view! {
                        <div class="flex flex-wrap items-start gap-x-6 gap-y-2">
                            <p class="flex flex-wrap items-center gap-2">
                                <span class="text-text-muted">"Last Sync"</span>
                                {last}
                            </p>
                            {passes}
                        </div>
                    }
                })}
        </div>
    }
    .into_any()
}

/// A pass without the reason that the state of the sync says already.
fn said_once(mut pass: PassState, said: Option<&str>) -> PassState {
    if let (Some(refusal), Some(said)) = (&mut pass.refusal, said)
        && remedy(&refusal.words) == remedy(said)
    {
        refusal.words.clear();
    }
    pass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::directory::{Refusal, RefusalCause};

    #[test]
    fn what_the_state_of_the_sync_says_is_not_said_of_a_pass_again() {
        let pass = || PassState {
            read: None,
            refusal: Some(Refusal {
                cause: RefusalCause::Failed,
                words: "Consent again. Microsoft's side: AADSTS700016".to_owned(),
            }),
        };
        let said = |said: Option<&str>| said_once(pass(), said).refusal.unwrap();
        assert_eq!(said(Some("Consent again. Microsoft's side: another trace")).words, "");
        assert_eq!(
            said(Some("Consent again.")).cause,
            RefusalCause::Failed,
            "in short it stays"
        );
        for other in [Some("Buy a license."), None] {
            assert_eq!(said(other), pass().refusal.unwrap());
        }
    }
}
