//! The links that were made for administrators of customers: how each stands, and **Revoke**.

use super::{
    frame::Frame,
    problem::{FormProblem, Problem, failure},
    succeeded::decided,
    when::When,
};
use crate::{
    api::connect::{RevokeConsentLink, consent_links},
    app::paths,
    model::connect::{ConsentLinkRow, LinkState},
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonLink, ButtonSize},
        empty_state::EmptyState,
        icon::Icon,
        page::{Crumb, PageHeader},
        table::{ActionsHead, Cell, EmptyRow, SkeletonRows, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

const COLUMNS: u32 = 5;

/// The page.
#[component]
pub fn ConsentLinksPage() -> impl IntoView {
    let revoke = ServerAction::<RevokeConsentLink>::new();
    let revoked = decided(revoke);
    let links = Resource::new_blocking(move || revoked.get(), |_| consent_links());
    view! {
        <Frame title="Consent Links">
            <PageHeader
                title="Consent Links"
                breadcrumbs=vec![Crumb::new("Microsoft Tenant Integrations", paths::MICROSOFT_TENANTS)]
                text="Each is good for one consent within seven days. The link itself was shown when it was made and is kept nowhere."
            />
            <div class="mb-4 empty:hidden">
                <FormProblem error=failure(revoke) />
            </div>
            <Transition fallback=|| {
                view! {
                    <Table caption="Consent links" busy=true head=|| view! { <Heads /> }>
                        <SkeletonRows columns=COLUMNS rows=4 />
                    </Table>
                }
            }>
                {answered(links, move |answer| {
                    match answer {
                        Ok(links) => view! { <LinksTable links revoke /> }.into_any(),
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
        <Th label="For" />
        <Th label="State" />
        <Th label="Made" />
        <Th label="Good until" />
        <ActionsHead />
    }
    .into_any()
}

#[component]
fn LinksTable(links: Vec<ConsentLinkRow>, revoke: ServerAction<RevokeConsentLink>) -> impl IntoView {
    let rows = if links.is_empty() {
        view! {
            <EmptyRow columns=COLUMNS>
                <EmptyState
                    icon=Icon::Plug
                    title="No link was made"
                    text="Integrate, Single Tenant makes one for a customer; Cloud Solution Provider makes many at once."
                    action=|| view! { <ButtonLink href=paths::INTEGRATE>"Single Tenant"</ButtonLink> }
                />
            </EmptyRow>
        }
        .into_any()
    } else {
        let rows = links.into_iter();
        rows.map(|link| view! { <Row link revoke /> }).collect_view().into_any()
    };
    view! {
        <Table caption="Consent links" head=|| view! { <Heads /> }>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Row(link: ConsentLinkRow, revoke: ServerAction<RevokeConsentLink>) -> impl IntoView {
    let ConsentLinkRow {
        id,
        name,
        made_by,
        made,
        ends,
        state,
        outcome,
        ..
    } = link;
    let name = if name.is_empty() {
        "Any Microsoft tenant".to_owned()
    } else {
        name
    };
    let tone = match state {
        LinkState::Open => Tone::Info,
        LinkState::Used => Tone::Positive,
        LinkState::Revoked | LinkState::Expired => Tone::Neutral,
    };
    let named = name.clone();
    let button = (state == LinkState::Open).then(|| {
        view! {
            <ActionForm action=revoke>
                <input type="hidden" name="id" value=id.to_string() />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small pending=revoke.pending()>
                    "Revoke"
                    <span class="sr-only">" the link for " <bdi>{named}</bdi></span>
                </Button>
            </ActionForm>
        }
    });
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <bdi class="block min-w-44 wrap-anywhere">{name}</bdi>
            </Td>
            <Td label="State">
                <div class="grid max-w-md gap-1">
                    <span>
                        <Badge tone text=state.label() />
                    </span>
                    {(!outcome.is_empty())
                        .then(|| view! { <p class="text-xs text-text-muted wrap-anywhere">{outcome}</p> })}
                </div>
            </Td>
            <Td label="Made">
                <When moment=made />
                " by "
                <bdi>{made_by}</bdi>
            </Td>
            <Td label="Good until" cell=Cell::Solid>
                {ends.exact}
            </Td>
            <Td cell=Cell::Actions>{button}</Td>
        </Tr>
    }
    .into_any()
}
