//! Set Up and Edit: the six sections, and a line always in sight that says what the choice does now.

use super::{
    filter_sections::{FilterSections, Selection},
    organizations::switch_of,
    plan_line::PlanLine,
};
use crate::{
    api::{
        ApiError,
        user_sync::{
            FilterDialog as Content, FiltersForm, FormerChoice, REFUSED_STALE, SaveUserSync, open_filter_dialog,
            preview,
        },
    },
    app::{
        pages::{
            framed::here,
            problem::{FormProblem, failure},
        },
        paths,
    },
    model::{
        filter::{Choice, Filters, STALE, Section},
        ids::{OrganizationId, TenantId},
        plan::PlanSummary,
    },
    ui::{
        answered::answered,
        badge::Tone,
        button::{Button, ButtonKind, ButtonVariant},
        dialog::{Dialog, DialogWidth},
        notice::Notice,
    },
};
use leptos::{either::Either, leptos_dom::helpers::TimeoutHandle, prelude::*};
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// How long a choice has to rest before the line follows it.
const REST: Duration = Duration::from_millis(150);
const FORM: &str = "user-sync-filters";

/// The dialog of an Organization.
#[component]
pub fn FilterDialog(
    /// The Tenant of the page.
    tenant: TenantId,
    /// Whose sync.
    organization: OrganizationId,
) -> impl IntoView {
    let stale = use_query_map().with_untracked(|query| query.get_str("refused") == Some(REFUSED_STALE));
    // A preview goes on from the page that it was asked on; who was told of another choice starts from that.
    let sent = use_context::<SentChoice>().map(|sent| SentChoice {
        seen: sent.seen.filter(|_| !stale),
        ..sent
    });
    let content = Resource::new_blocking(move || (organization, sent.clone()), |(id, sent)| open(id, sent));
    let close = here(paths::tenant(tenant));
    view! {
        <Transition fallback=|| ()>
            {answered(content, move |answer| {
                let close = close.clone();
                match answer {
                    Ok(content) => Either::Left(view! { <FilterForm tenant content stale close /> }),
                    Err(error) => Either::Right(view! { <Unopened error close /> }),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// The choice that a browser without script has sent, for the server to draw the page under it: after **Preview**, and
/// where it was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentChoice {
    /// As it was sent.
    pub filters: FiltersForm,
    /// The version that it was made on.
    pub seen: Option<String>,
}

/// What the dialog opens with; after **Preview** without script, under the choice that was sent.
async fn open(organization: OrganizationId, sent: Option<SentChoice>) -> Result<Content, ApiError> {
    let mut content = open_filter_dialog(organization).await?;
    if let Some(SentChoice { filters, seen }) = sent {
        content.filters = Filters::from(&filters);
        content.plan = preview(organization, filters).await?;
        content.version = seen.unwrap_or(content.version);
    }
    Ok(content)
}

#[component]
fn Unopened(
    /// Why.
    error: ApiError,
    /// The address without the dialog.
    close: String,
) -> impl IntoView {
    view! {
        <Dialog title="Set Up Microsoft Entra ID User Sync" close_href=close width=DialogWidth::Narrow>
            <Notice tone=Tone::Critical title="The filters can't be shown">{error.to_string()}</Notice>
        </Dialog>
    }
    .into_any()
}

#[component]
fn FilterForm(
    /// The Tenant of the page.
    tenant: TenantId,
    /// What the dialog opens with.
    content: Content,
    /// The choice came back, as another one was saved meanwhile.
    stale: bool,
    /// The address without the dialog.
    close: String,
) -> impl IntoView {
    let organization = content.organization;
    let enabled = content.enabled;
    let (title, button) = if enabled {
        ("Edit User Sync Filters", "Save")
    } else {
        ("Set Up Microsoft Entra ID User Sync", "Enable Sync")
    };
    let selection = Selection::new(&content.filters);
    let plan = RwSignal::new(content.plan.clone());
    let (behind, uncounted) = follow(organization, selection, plan);
    let save = ServerAction::<SaveUserSync>::new();
    let failed = failure(save);
    // Without script a button that is out of use would stay so.
    let scripted = RwSignal::new(false);
    Effect::new(move |_| scripted.set(true));
    let nothing_ticked = Signal::derive(move || scripted.get() && selection.has_empty_section());
    // Told once that somebody else saved, whoever saves again means it.
    let seen = RwSignal::new(content.version.clone());
    Effect::new(move |_| {
        if matches!(failed.get(), Some(ApiError::Refused(words)) if words == STALE) {
            seen.set(String::new());
        }
    });
    let came_back = if stale {
        Some(STALE.to_owned())
    } else {
        content.filters.refusal()
    };
    let came_back = RwSignal::new(came_back.map(ApiError::Refused));
    Effect::new(move |before: Option<()>| {
        // It was said of the choice as it came: the first change makes it old.
        selection.form();
        if before.is_some() {
            came_back.set(None);
        }
    });
    let refused = Signal::derive(move || failed.get().or_else(|| came_back.get()));
    let shown = move || {
        if behind.get() || uncounted.with(Option::is_some) {
            String::new()
        } else {
            plan.with(|plan| plan.creates.to_string())
        }
    };
    let unread = content.microsoft_tenant.last_sync.is_none();
    let page = here(paths::set_up(tenant, organization));
    view! {
        <Dialog
            title
            close_href=close.clone()
            width=DialogWidth::Wide
            opener=switch_of(organization)
            summary=move || view! { <PlanLine plan stale=behind uncounted editing=enabled organization /> }
            footer=move || {
                view! {
                    // Without script the same form, sent to this page, shows what the choice would do.
                    <button
                        type="submit"
                        class="without-script link px-2"
                        form=FORM
                        formmethod="post"
                        formaction=page
                    >
                        "Preview"
                    </button>
                    <Button
                        kind=ButtonKind::Submit
                        variant=ButtonVariant::Primary
                        form=FORM
                        disabled=nothing_ticked
                        pending=save.pending()
                    >
                        {button}
                    </Button>
                }
            }
        >
            <ActionForm action=save attr:id=FORM>
                <input type="hidden" name="organization" value=organization.to_string() />
                <input type="hidden" name="next" value=close />
                <input type="hidden" name="dialog" value="filters" />
                // The number that the line shows is what is confirmed; while the line is behind, the server counts.
                <input type="hidden" name="shown" value="" prop:value=shown />
                <input type="hidden" name="seen" value=content.version prop:value=seen />
                <p class="mb-3 text-text-muted">
                    <bdi>{content.name}</bdi>
                    " from "
                    <bdi>{content.microsoft_tenant.display_name}</bdi>
                    ". A person is synced when every section accepts them."
                </p>
                {unread
                    .then(|| {
                        view! {
                            <div class="mb-3">
                                <Notice title="Microsoft has not been read yet">
                                    "Values and counts appear after the first read. You can enable the sync now: the run waits for it. If it finds more than 25 new people, it holds them until somebody approves them."
                                </Notice>
                            </div>
                        }
                    })}
                {content.former.map(|former| view! { <Former former /> })}
                <FormProblem error=refused />
                <FilterSections facets=content.facets counted=content.counted hidden=content.hidden selection />
            </ActionForm>
        </Dialog>
    }.into_any()
}

/// The choice that was made for another Microsoft tenant: for reference, as it does not count here.
#[component]
fn Former(
    /// The choice in words.
    former: FormerChoice,
) -> impl IntoView {
    let all = Choice::All.words(Section::Domain, |_| None);
    let narrowed: Vec<_> = former.sections.into_iter().filter(|(_, words)| *words != all).collect();
    let body = if narrowed.is_empty() {
        Either::Left(view! { <p>"All in every section."</p> })
    } else {
        let lines = narrowed.into_iter().map(|(section, words)| {
            view! { <li class="wrap-anywhere">{section.label()} ": " <bdi>{words}</bdi></li> }
        });
        Either::Right(view! { <ul class="list-disc ps-5">{lines.collect_view()}</ul> })
    };
    view! {
        <div class="mb-3">
            <Notice title=format!("Chosen before, with {}", former.microsoft_tenant)>{body}</Notice>
        </div>
    }
    .into_any()
}

/// Keeps the plan true to the selection. `true` while the line is behind the boxes, and why the latest choice could not
/// be counted.
fn follow(
    organization: OrganizationId,
    selection: Selection,
    plan: RwSignal<PlanSummary>,
) -> (Signal<bool>, Signal<Option<ApiError>>) {
    let ask = Action::new(move |(asked, form): &(u32, FiltersForm)| {
        let (asked, form) = (*asked, form.clone());
        async move { (asked, preview(organization, form).await) }
    });
    let latest = StoredValue::new(0_u32);
    let stale = RwSignal::new(false);
    let uncounted = RwSignal::new(None::<ApiError>);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<FiltersForm>| {
        let form = selection.form();
        if before.as_ref().is_some_and(|before| *before != form) {
            // Of the ways to update it the one that hands something back.
            if let Some(Some(timer)) = timer.try_update_value(Option::take) {
                timer.clear();
            }
            let asked = latest.get_value().wrapping_add(1);
            latest.set_value(asked);
            stale.set(true);
            let form = form.clone();
            timer.set_value(
                set_timeout_with_handle(
                    move || {
                        // The dialog may have been closed meanwhile, and nobody asks any more.
                        if latest.try_get_value().is_some() {
                            ask.dispatch((asked, form));
                        }
                    },
                    REST,
                )
                .ok(),
            );
        }
        form
    });
    Effect::new(move |_| {
        // An answer to an older choice is not shown: a later one is under way.
        if let Some((asked, answer)) = ask.value().get()
            && asked == latest.get_value()
        {
            stale.set(false);
            match answer {
                Ok(answer) => {
                    plan.set(answer);
                    uncounted.set(None);
                }
                // The numbers of an earlier choice are no longer shown: they are not those of this one.
                Err(error) => uncounted.set(Some(error)),
            }
        }
    });
    (stale.into(), uncounted.into())
}
