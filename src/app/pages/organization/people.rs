use super::bulk_delete::{PageBox, PersonBox};
use crate::{
    api::end_users::{EndUsersPage, EndUsersQuery},
    app::{
        pages::{
            address::{address, sort_by, turned},
            email::EmailText,
            facts::{Activity, CompactLicenses, MfaStatus},
            framed::outside,
            microsoft_user::DisabledBadge,
            mine::{instead_of, offered},
        },
        paths,
    },
    model::{
        access::Role,
        end_user::{EndUserRow, MarkKind},
        ids::{EndUserId, OrganizationId},
        organization::UserSyncState,
        reason::Reason,
        time::Moment,
    },
    ui::{
        badge::{Badge, Tone},
        button::ButtonLink,
        empty_state::EmptyState,
        icon::Icon,
        pagination::{Pagination, range_words},
        selection::Selection,
        table::{Cell, CellWords, EmptyRow, Table, Td, Th, Tr, Wide},
    },
};
use leptos::{either::Either, prelude::*};

const COLUMNS: u32 = 9;
const FIRST: &str = "name";

/// The address of the subtab at this search, filter, sort and page.
pub fn end_users_address(path: &str, query: &EndUsersQuery) -> String {
    let page = if query.page > 1 {
        query.page.to_string()
    } else {
        String::new()
    };
    address(
        path,
        &[
            ("search", &query.search),
            ("microsoft", &query.microsoft),
            ("mfa", &query.mfa),
            ("license", &query.license),
            ("sort", &query.sort),
            ("page", &page),
        ],
    )
}

/// What the rows of the table answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Whose End Users.
    pub organization: OrganizationId,
    /// Where the table stands.
    pub path: String,
    /// What was asked.
    pub query: EndUsersQuery,
}

impl View {
    fn at(&self, query: &EndUsersQuery) -> String {
        end_users_address(&self.path, query)
    }

    fn sorted_by(&self, column: &str) -> String {
        self.at(&EndUsersQuery {
            sort: turned(&self.query.sort, FIRST, column),
            page: 1,
            ..self.query.clone()
        })
    }

    fn page(&self, page: i64) -> String {
        self.at(&EndUsersQuery {
            page,
            ..self.query.clone()
        })
    }

    /// What takes away all that narrows the table; nothing where nothing does.
    const fn clears(&self) -> Option<&'static str> {
        let query = &self.query;
        let filtered = !(query.microsoft.is_empty() && query.mfa.is_empty() && query.license.is_empty());
        match (query.search.is_empty(), filtered) {
            (true, false) => None,
            (false, false) => Some("Clear search"),
            (true, true) => Some("Clear filters"),
            (false, true) => Some("Clear search and filters"),
        }
    }
}

/// The table and the way through its pages.
#[component]
pub fn PeopleTable(
    /// The page of the answer.
    page: EndUsersPage,
    /// What it answers to.
    view: View,
    /// Who is ticked.
    selection: Selection,
) -> impl IntoView {
    let number = view.query.page.max(1);
    let before = (number - 1).saturating_mul(page.page_size);
    let shown = i64::try_from(page.rows.len()).unwrap_or_default();
    let (first, last, total) = (before + 1, before + shown, page.total);
    let previous = (number > 1).then(|| view.page(number - 1));
    let next = page.more.then(|| view.page(number + 1));
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let text = if shown == 0 {
        range_words(0, 0, 0, false)
    } else {
        range_words(
            whole(first),
            whole(last),
            whole(total.max(last)),
            page.capped && last <= total,
        )
    };
    let clears = view.clears();
    let organization = view.organization;
    let in_sight: Vec<EndUserId> = page.rows.iter().map(|row| row.id).collect();
    let body = if page.rows.is_empty() {
        match (clears, number) {
            (None, 1) => view! { <NobodyYet sync=page.organization.sync.clone() /> }.into_any(),
            (Some(clears), 1) => view! { <NoMatch clears clear=view.path.clone() /> }.into_any(),
            _ => view! { <PastTheEnd first=view.page(1) /> }.into_any(),
        }
    } else {
        page.rows
            .into_iter()
            .map(|row| view! { <Row row organization selection /> })
            .collect_view()
            .into_any()
    };
    let paged = page.more || number > 1;
    let head = {
        let (by_name, by_email, by_activity) = (
            view.sorted_by("name"),
            view.sorted_by("email"),
            view.sorted_by("activity"),
        );
        let now = |column| sort_by(&view.query.sort, FIRST, column);
        let (name, email, activity) = (now("name"), now("email"), now("activity"));
        move || {
            view! {
                <Th label="Select" cell=Cell::Select>
                    {instead_of(
                        // There is nobody to tick in an empty table.
                        (!in_sight.is_empty()).then_some(move || view! { <PageBox selection rows=in_sight /> }),
                        || view! { <span class="sr-only">"Select"</span> },
                    )}
                </Th>
                <Th label="Name" href=by_name sort=name />
                <Th label="Email" href=by_email sort=email />
                <Th label="Phone" />
                <Th label="Job Title" />
                <Th label="Microsoft License" />
                <Th label="Last Microsoft Activity" href=by_activity sort=activity />
                <Th label="MFA" />
                <Th label="Status" />
            }
        }
    };
    view! {
        <div class="min-w-0">
            <Table caption="End Users" wide=Wide::Desk head>
                {body}
            </Table>
            {if paged {
                view! { <Pagination label="End Users" text previous next /> }.into_any()
            } else if shown > 0 {
                view! { <p class="py-3 text-text-muted tabular-nums">{text}</p> }.into_any()
            } else {
                ().into_any()
            }}
        </div>
    }
    .into_any()
}

#[component]
fn NobodyYet(sync: UserSyncState) -> impl IntoView {
    let text = match sync {
        UserSyncState::NotMapped => {
            "People come from Microsoft: map the Tenant to a Microsoft tenant, then set up the user sync."
        }
        UserSyncState::NotSetUp { .. } => "People come from Microsoft once the user sync is set up.",
        UserSyncState::Syncing { .. } => "The first sync is at work. People appear here when it is done.",
        UserSyncState::Enabled | UserSyncState::Attention { .. } => {
            "The filters of the user sync match nobody so far. Manage leads to them."
        }
    };
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState icon=Icon::Users title="No End Users yet" text />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn NoMatch(clears: &'static str, clear: String) -> impl IntoView {
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState
                icon=Icon::Search
                title="Nobody matches"
                text="The search looks at names, emails and job titles; the filters narrow it further."
                action=move || view! { <ButtonLink href=clear keep_scroll=true>{clears}</ButtonLink> }
            />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn PastTheEnd(first: String) -> impl IntoView {
    view! {
        <EmptyRow columns=COLUMNS>
            <EmptyState
                icon=Icon::Users
                title="There is no such page"
                text="The list is shorter than this page number."
                action=move || view! { <ButtonLink href=first keep_scroll=true>"First page"</ButtonLink> }
            />
        </EmptyRow>
    }
    .into_any()
}

#[component]
fn Row(organization: OrganizationId, row: EndUserRow, selection: Selection) -> impl IntoView {
    let name = [&row.name, &row.email]
        .into_iter()
        .find(|name| !name.is_empty())
        .cloned();
    let name = name.unwrap_or_else(|| "(no name)".to_owned());
    let (id, called) = (row.id, name.clone());
    let page = outside(|| paths::end_user(organization, id));
    view! {
        <Tr>
            <Td cell=Cell::Select>
                {offered(Role::Technician, || view! { <PersonBox selection id name=called /> })}
            </Td>
            <Td cell=Cell::Primary>
                {page.map_or_else(
                    || Either::Left(view! { <bdi class="wrap-anywhere">{name.clone()}</bdi> }),
                    |page| {
                        Either::Right(
                            view! {
                                <a class="link" href=page>
                                    <bdi class="wrap-anywhere">{name.clone()}</bdi>
                                </a>
                            },
                        )
                    },
                )}
            </Td>
            <Td label="Email" cell=Cell::Address>
                <EmailText address=row.email />
            </Td>
            <Td label="Phone" cell=Cell::Solid>
                <CellWords text=row.phone />
            </Td>
            <Td label="Job Title">
                <CellWords text=row.job_title />
            </Td>
            <Td label="Microsoft License" cell=Cell::Phrase>
                {row.licenses.map(|told| view! { <CompactLicenses told /> })}
            </Td>
            <Td label="Last Microsoft Activity" cell=Cell::Solid>
                {row.activity.map(|told| view! { <Activity told compact=true /> })}
            </Td>
            <Td label="MFA" cell=Cell::Solid>
                {row.mfa.map(|told| view! { <MfaStatus told compact=true /> })}
            </Td>
            <Td label="Status" cell=Cell::Solid>
                <Status synced=row.synced mark=row.mark out_of_scope=row.out_of_scope />
            </Td>
        </Tr>
    }
    .into_any()
}

#[component]
fn Status(synced: bool, mark: Option<(MarkKind, Moment)>, out_of_scope: Option<Reason>) -> impl IntoView {
    match (mark, out_of_scope, synced) {
        (Some(mark), _, _) => view! { <DisabledBadge mark /> }.into_any(),
        (None, Some(reason), _) => {
            let words = format!("{} No longer updated.", reason.words());
            view! {
                <span title=words.clone()>
                    <Badge text="Out of scope" />
                    <span class="sr-only">{format!(", {words}")}</span>
                </span>
            }
            .into_any()
        }
        (None, None, true) => view! { <Badge tone=Tone::Positive text="Synced" /> }.into_any(),
        (None, None, false) => view! { <Badge text="Not synced" /> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_way_back_from_nobody_names_what_it_clears() {
        let clears = |search: &str, mfa: &str| {
            let query = EndUsersQuery {
                search: search.to_owned(),
                mfa: mfa.to_owned(),
                ..EndUsersQuery::default()
            };
            let view = View {
                organization: OrganizationId(Uuid::nil()),
                path: String::new(),
                query,
            };
            view.clears()
        };
        assert_eq!(clears("", ""), None);
        assert_eq!(clears("ana", ""), Some("Clear search"));
        assert_eq!(clears("", "registered"), Some("Clear filters"));
        assert_eq!(clears("ana", "registered"), Some("Clear search and filters"));
    }
}
