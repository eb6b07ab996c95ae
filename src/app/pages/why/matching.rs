use crate::{
    api::why::Party,
    app::{pages::email::EmailText, paths},
    model::ids::OrganizationId,
    ui::{
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// The match that was used or refused, with who is on both sides.
#[component]
pub fn Matching(
    /// Whose sync.
    organization: OrganizationId,
    /// What came of it.
    words: String,
    /// Who plays a part.
    parties: Vec<Party>,
) -> impl IntoView {
    let head = || {
        view! {
            <Th label="Who" />
            <Th label="What" />
            <Th label="Part" />
        }
    };
    let table = (!parties.is_empty()).then(|| {
        view! {
            <Table caption="Who plays a part in the match" head>
                {parties.into_iter().map(|party| view! { <Row organization party /> }).collect_view()}
            </Table>
        }
    });
    view! {
        <Section title="Match" id="match">
            <p class="mb-2 max-w-prose wrap-anywhere">{words}</p>
            {table}
        </Section>
    }
    .into_any()
}

#[component]
fn Row(organization: OrganizationId, party: Party) -> impl IntoView {
    let (name, address, href, what, part) = match party {
        Party::EndUser { id, name, email, part } => (name, email, paths::end_user(organization, id), "End User", part),
        Party::Account { id, name, upn, part } => (name, upn, paths::why(organization, id), "Microsoft account", part),
    };
    let name = if name.is_empty() { address.clone() } else { name };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <a class="link wrap-anywhere" href=href>
                    <bdi>{name}</bdi>
                </a>
                <span class="block font-normal text-text-muted">
                    <EmailText address />
                </span>
            </Td>
            <Td label="What" cell=Cell::Solid>{what}</Td>
            <Td label="Part">{part}</Td>
        </Tr>
    }
    .into_any()
}
