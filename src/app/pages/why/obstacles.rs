use crate::{
    api::why::Obstacle,
    app::{
        pages::{
            changes::Changes,
            reason::{Answer, remedy},
        },
        paths,
    },
    model::ids::{OrganizationId, TenantId},
    ui::{badge::Tone, notice::Notice},
};
use leptos::{either::Either, prelude::*};
use std::collections::BTreeSet;

/// What keeps the next run from doing what is planned, each with the way out.
#[component]
pub fn Obstacles(
    /// What stands in the way.
    obstacles: Vec<Obstacle>,
    /// Whose sync.
    organization: OrganizationId,
    /// Its Tenant.
    tenant: TenantId,
) -> impl IntoView {
    if obstacles.is_empty() {
        return ().into_any();
    }
    view! {
        <section aria-label="What stands in the way" class="grid gap-3">
            {obstacles.into_iter().map(|obstacle| view! { <One obstacle organization tenant /> }).collect_view()}
        </section>
    }
    .into_any()
}

#[component]
fn One(obstacle: Obstacle, organization: OrganizationId, tenant: TenantId) -> impl IntoView {
    let set_up = move || {
        view! {
            <a class="link" href=paths::set_up(tenant, organization)>
                "Set Up Microsoft User Sync"
            </a>
        }
    };
    let manage = move || {
        view! {
            <a class="link" href=paths::tenant(tenant)>
                "Manage"
            </a>
        }
    };
    let kept_out = move || {
        view! {
            <a class="link" href=paths::excluded(organization)>
                "People kept out"
            </a>
        }
    };
    match obstacle {
        Obstacle::NotSetUp => view! {
            <Notice tone=Tone::Info title="The user sync of this Organization is not set up" action=set_up>
                "Nobody is synced. What stands below is what would be with All in every section."
            </Notice>
        }
        .into_any(),
        Obstacle::Disabled => view! {
            <Notice tone=Tone::Info title="The user sync of this Organization is disabled" action=set_up>
                "Nothing is updated. What stands below is what would be with the last filters."
            </Notice>
        }
        .into_any(),
        Obstacle::NeverRead => view! {
            <Notice tone=Tone::Info title="Microsoft has not been read yet" action=manage>
                "The first run is still to come."
            </Notice>
        }
        .into_any(),
        Obstacle::Attention(reason) => view! {
            <Notice tone=Tone::Caution title="The user sync needs attention" action=manage>
                {remedy(&reason).to_owned()}
                <Answer text=reason />
            </Notice>
        }
        .into_any(),
        Obstacle::NotReadable(reason) => view! {
            <Notice tone=Tone::Caution title="Something could not be read" action=manage>
                {remedy(&reason).to_owned()}
                <Answer text=reason />
            </Notice>
        }
        .into_any(),
        Obstacle::Held { changes: held, run } => {
            let reasons: BTreeSet<_> = held.iter().map(|held| held.why.clone()).collect();
            let reasons: Vec<_> = reasons.into_iter().collect();
            let changes = held.into_iter().map(|held| held.change).collect();
            let decide = move || match run {
                Some(run) => Either::Left(view! {
                    <a class="link" href=format!("{}#held", paths::run(run))>
                        "Review held changes"
                    </a>
                }),
                None => Either::Right(manage()),
            };
            view! {
                <Notice tone=Tone::Caution title="The guard holds this back until somebody approves or drops it" action=decide>
                    <p>{reasons.join(" ")}</p>
                    <Changes changes />
                </Notice>
            }
            .into_any()
        }
        Obstacle::Excluded => view! {
            <Notice tone=Tone::Info title="An administrator keeps this person out of the sync" action=kept_out>
                "They can be let in again where the people are listed who are kept out."
            </Notice>
        }
        .into_any(),
    }
}
