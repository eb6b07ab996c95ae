//! **Activity**: what ran and what came of it, and the audit log: who changed what.

mod audit;
mod filters;
mod runs;

pub use audit::AuditLogPage;
pub use runs::RunsPage;

use crate::{
    app::{pages::past_the_end::PastTheEnd, paths},
    ui::{
        button::ButtonLink,
        icon::Icon,
        number::count,
        page::PageHeader,
        pagination::{Pagination, range_words},
        tabs::{Tab, Tabs},
    },
};
use leptos::prelude::*;

/// The head of both lists.
#[component]
fn ActivityHead(
    /// The audit log, and not the runs.
    audit: bool,
    /// The file with what the list shows.
    export: Signal<String>,
) -> impl IntoView {
    let tab = |label: &str, href: &str, current: bool| Tab {
        label: label.to_owned(),
        href: href.to_owned(),
        current,
    };
    let tabs = vec![tab("Runs", paths::ACTIVITY, !audit), tab("Audit", paths::AUDIT, audit)];
    let actions = move || {
        view! {
            {move || {
                view! {
                    <ButtonLink href=export.get() icon=Icon::Download external=true>
                        "Export CSV"
                    </ButtonLink>
                }
            }}
        }
    };
    let text = if audit {
        "Who changed what, newest first, with old and new values."
    } else {
        "What ran, newest first. A run opens to one row per person, with the reason."
    };
    view! {
        <PageHeader title="Activity" text actions />
        <div class="mb-4">
            <Tabs label="Activity" tabs />
        </div>
    }
    .into_any()
}

/// What is counted on a page of a list.
#[derive(Clone, Copy, Debug)]
struct Counted {
    page: i64,
    size: i64,
    shown: usize,
    total: i64,
    most: i64,
}

/// The way through a list. `address` gives the address of a page.
#[component]
fn Pages(label: &'static str, counted: Counted, address: Callback<i64, String>) -> impl IntoView {
    let Counted {
        page,
        size,
        shown,
        total,
        most,
    } = counted;
    let page = page.max(1);
    let before = (page - 1).saturating_mul(size);
    let shown = i64::try_from(shown).unwrap_or_default();
    let whole = |number: i64| u64::try_from(number).unwrap_or_default();
    let capped = total > most;
    let text = if shown == 0 {
        range_words(0, 0, 0, false)
    } else if before + shown > most {
        format!("{}–{}", count(before + 1), count(before + shown))
    } else {
        range_words(whole(before + 1), whole(before + shown), whole(total.min(most)), capped)
    };
    let previous = (page > 1).then(|| address.run(page - 1));
    let next = (shown == size && (capped || before + shown < total)).then(|| address.run(page + 1));
    view! { <Pagination label text previous next /> }
}
