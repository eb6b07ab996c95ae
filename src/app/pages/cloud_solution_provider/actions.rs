use super::Deeds;
use crate::{
    api::partner::{ChooseForConsent, CreateCustomerOrganizations, MakeCustomerLinks, MatchCustomers},
    app::pages::problem::FormProblem,
    model::{connect::NewConsentLink, ids::EntraTenantId},
    ui::{
        button::{Button, ButtonKind, ButtonVariant},
        copy::CopyField,
        number::grouped,
        selection::Selection,
    },
};
use leptos::{ev::MouseEvent, prelude::*, server_fn::ServerFn};

/// The form that the boxes of the table belong to.
pub const FORM: &str = "customers";
/// The field of a ticked customer.
pub const TICKED: &str = "which[]";

/// What is done to the ticked customers. Without script the buttons send the form to their own addresses.
#[component]
pub fn Actions(
    /// What can be done.
    deeds: Deeds,
    /// Who is ticked.
    selection: Selection,
    /// Who is in sight.
    rows: Vec<String>,
    /// Where to come back to.
    next: String,
) -> impl IntoView {
    let (rows, back) = (StoredValue::new(rows), StoredValue::new(next.clone()));
    let words = move || match rows.with_value(|rows| selection.count_among(rows)) {
        0 => "Nobody is ticked".to_owned(),
        number => format!("{} selected", grouped(number as u64)),
    };
    let which = move || -> Vec<EntraTenantId> {
        let ticked = rows.with_value(|rows| selection.among(rows));
        ticked.iter().filter_map(|id| id.parse().ok()).collect()
    };
    let matching = move |event: MouseEvent| {
        event.prevent_default();
        let (which, next) = (which(), back.get_value());
        deeds.matching.dispatch(MatchCustomers { which, next });
    };
    let create = move |event: MouseEvent| {
        event.prevent_default();
        let (which, next) = (which(), back.get_value());
        deeds.create.dispatch(CreateCustomerOrganizations { which, next });
    };
    let consent = move |event: MouseEvent| {
        event.prevent_default();
        deeds.consent.dispatch(ChooseForConsent { which: which() });
    };
    let links = move |event: MouseEvent| {
        event.prevent_default();
        deeds.links.dispatch(MakeCustomerLinks { which: which() });
    };
    view! {
        <form method="post" action=MatchCustomers::url() id=FORM class="mb-3">
            <input type="hidden" name="next" value=next />
            <div class="flex flex-wrap items-center gap-2" role="group" aria-label="For the ticked customers">
                <span class="text-text-muted tabular-nums" role="status">
                    {words}
                </span>
                <Button kind=ButtonKind::Submit pending=deeds.matching.pending() on_press=matching>
                    "Match Organizations"
                </Button>
                <Button
                    kind=ButtonKind::Submit
                    pending=deeds.create.pending()
                    on_press=create
                    formaction=CreateCustomerOrganizations::url()
                >
                    "Create Organizations"
                </Button>
                <span class="needs-script">
                    <Button pending=deeds.links.pending() on_press=links>
                        "Make Links"
                    </Button>
                </span>
                <span id="consent-in-bulk" tabindex="-1">
                    <Button
                        variant=ButtonVariant::Primary
                        kind=ButtonKind::Submit
                        pending=deeds.consent.pending()
                        on_press=consent
                        formaction=ChooseForConsent::url()
                    >
                        "Consent in Bulk"
                    </Button>
                </span>
            </div>
        </form>
        <MadeLinks links=deeds.links />
    }
    .into_any()
}

/// The links that were just made, a line each, or why none were.
#[component]
fn MadeLinks(links: ServerAction<MakeCustomerLinks>) -> impl IntoView {
    move || {
        links.value().get().map(|answer| match answer {
            Ok(links) if links.is_empty() => {
                view! { <p class="mb-3 text-text-muted" role="status">"No link was needed: the rows say why."</p> }
                    .into_any()
            }
            Ok(links) => {
                let lines: Vec<_> = links
                    .iter()
                    .map(|NewConsentLink { name, address }| format!("{name}\t{address}"))
                    .collect();
                view! {
                    <div class="mb-4 grid gap-1" role="status">
                        <CopyField label="Links for the customers' administrators" id="made-links" value=lines.join("\n") lines=3 />
                        <p class="text-text-muted">
                            "Copy them now: they are not shown again. Each is good once, for seven days, and for its customer alone."
                        </p>
                    </div>
                }
                .into_any()
            }
            Err(error) => view! { <FormProblem error=Signal::stored(Some(error)) /> }.into_any(),
        })
    }
}
