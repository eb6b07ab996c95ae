//! **Sessions**: where whoever asks is signed in.

use crate::{
    api::sessions::{EndSession, SessionRow, SignOutEverywhere},
    app::pages::{
        problem::{FormProblem, failure},
        when::When,
    },
    ui::{
        badge::{Badge, Tone},
        button::{Button, ButtonKind, ButtonSize},
        icon::Icon,
        section::Section,
        table::{ActionsHead, Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// The section: a row for each browser, and **Sign Out Everywhere**.
#[component]
pub fn Sessions(
    /// This browser's first.
    sessions: Vec<SessionRow>,
    /// **End Session**.
    end: ServerAction<EndSession>,
    /// **Sign Out Everywhere**.
    everywhere: ServerAction<SignOutEverywhere>,
) -> impl IntoView {
    let action = move || {
        view! {
            <ActionForm action=everywhere>
                <Button kind=ButtonKind::Submit size=ButtonSize::Small icon=Icon::LogOut pending=everywhere.pending()>
                    "Sign Out Everywhere"
                </Button>
            </ActionForm>
        }
    };
    let rows = sessions
        .into_iter()
        .map(|session| view! { <Row session end /> })
        .collect_view();
    view! {
        <Section
            title="Sessions"
            id="sessions"
            text="Where you are signed in. A session ends after two hours in which nobody uses it, and after twelve hours in any case."
            action
        >
            <FormProblem error=failure(end) />
            <FormProblem error=failure(everywhere) />
            <Table caption="Your sessions" wide=true head=Heads>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

#[component]
fn Heads() -> impl IntoView {
    view! {
        <Th label="Browser" />
        <Th label="Address" />
        <Th label="Signed In With" />
        <Th label="Begun" />
        <Th label="Last Seen" />
        <ActionsHead />
    }
    .into_any()
}

#[component]
fn Row(session: SessionRow, end: ServerAction<EndSession>) -> impl IntoView {
    let what = format!("End Session: {}", session.browser);
    let id = session.id.to_string();
    let action = if session.here {
        view! { <Badge tone=Tone::Info text="This browser" /> }.into_any()
    } else {
        view! {
            <ActionForm action=end>
                <input type="hidden" name="id" value=id />
                <Button kind=ButtonKind::Submit size=ButtonSize::Small>
                    <span aria-hidden="true">"End Session"</span>
                    <span class="sr-only">{what}</span>
                </Button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <Tr>
            <Td cell=Cell::Primary>
                <bdi class="wrap-anywhere">{session.browser}</bdi>
            </Td>
            <Td label="Address" cell=Cell::Address>
                {session.address.unwrap_or_else(|| "Unknown".to_owned())}
            </Td>
            <Td label="Signed In With">{session.way.label()}</Td>
            <Td label="Begun" cell=Cell::Solid>
                <When moment=session.begun />
            </Td>
            <Td label="Last Seen" cell=Cell::Solid>
                <When moment=session.last_seen />
            </Td>
            <Td cell=Cell::Actions>{action}</Td>
        </Tr>
    }
    .into_any()
}
