//! Deleting several End Users: the boxes of the table belong to this form, wherever they stand, and it opens the
//! confirmation by its address. So it works without script too.

use crate::{
    api::end_user::DeleteEndUsers,
    app::{
        pages::{delete_people::DeletePeopleDialog, framed::here},
        paths,
    },
    model::ids::{EndUserId, OrganizationId},
    ui::{
        button::{Button, ButtonKind},
        number::grouped,
        selection::{AllBox, RowBox, Selection},
    },
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map, params::ParamsMap};

const FORM: &str = "delete-selected";
/// The field of a ticked person.
const TICKED: &str = "user";

/// The button, with how many are ticked.
#[component]
pub fn DeleteSelected(
    /// Whose End Users.
    organization: OrganizationId,
    /// Who is ticked.
    selection: Selection,
    /// Who is in sight.
    rows: Vec<EndUserId>,
) -> impl IntoView {
    let query = use_query_map();
    // Search, filters, sort and page stay as they are under the confirmation.
    let kept = move || {
        let view = without_dialog(&query.get());
        view.into_iter()
            .map(|(name, value)| view! { <input type="hidden" name=name.to_string() value=value /> })
            .collect_view()
    };
    let rows = values(&rows);
    let number = Memo::new(move |_| selection.count_among(&rows));
    let any = move || number.get() > 0;
    let words = move || match number.get() {
        0 => String::new(),
        number => format!("{} selected", grouped(number as u64)),
    };
    view! {
        <Form method="GET" action=here(paths::end_users(organization)) noscroll=true attr:id=FORM>
            {kept}
            <input type="hidden" name="dialog" value="delete" />
            <div class="flex min-h-9 flex-wrap items-center gap-y-2">
                <span class="text-text-muted tabular-nums" class:me-3=any role="status">
                    {words}
                </span>
                <Button kind=ButtonKind::Submit>"Delete Selected"</Button>
            </div>
        </Form>
    }
    .into_any()
}

/// The box of a row.
#[component]
pub fn PersonBox(
    /// Who is ticked.
    selection: Selection,
    /// Whose row.
    id: EndUserId,
    /// As the person is called.
    name: String,
) -> impl IntoView {
    view! { <RowBox selection label=format!("Select {name}") name=TICKED value=id.to_string() form=FORM /> }
}

/// The box in the head of the table.
#[component]
pub fn PageBox(
    /// Who is ticked.
    selection: Selection,
    /// Who is in sight.
    rows: Vec<EndUserId>,
) -> impl IntoView {
    view! { <AllBox selection label="Select all on this page" values=values(&rows) /> }
}

fn values(rows: &[EndUserId]) -> Vec<String> {
    rows.iter().map(ToString::to_string).collect()
}

/// The confirmation, while the address names it.
#[component]
pub fn BulkDeleteDialog(
    /// Whose End Users.
    organization: OrganizationId,
    /// **Delete**.
    delete: ServerAction<DeleteEndUsers>,
) -> impl IntoView {
    let query = use_query_map();
    let page = here(paths::end_users(organization));
    move || {
        let query = query.get();
        (query.get_str("dialog") == Some("delete")).then(|| {
            let ids: Vec<EndUserId> = query
                .get_all(TICKED)
                .unwrap_or_default()
                .iter()
                .filter_map(|id| id.parse().ok())
                .collect();
            let back = format!("{page}{}", without_dialog(&query).to_query_string());
            view! { <DeletePeopleDialog organization ids delete close_href=back.clone() next=back /> }
        })
    }
}

/// The address of the table alone.
fn without_dialog(query: &ParamsMap) -> ParamsMap {
    let mut rest = query.clone();
    // The last two are how a refused form without script comes back.
    for name in ["dialog", TICKED, "notice", "__path", "__err"] {
        rest.remove(name);
    }
    rest
}
