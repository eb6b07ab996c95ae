//! **Why?** one person is in or out of an Organization's sync, and what the next run will do; or, without a person,
//! the search for those who are missing.

mod devices;
mod filters;
mod matching;
mod missing;
mod next_run;
mod obstacles;
mod rules;

use super::{
    address::{field, id_in},
    frame::Frame,
    problem::{Problem, no_such},
    when::When,
};
use crate::{
    api::why::{Answer, Explained, WhyAnswer, why},
    app::{pages::email::EmailText, paths},
    model::{
        end_user::MarkKind, explanation::Standing, ids::OrganizationId, organization::OrganizationRow, time::Moment,
    },
    ui::{
        answered::answered,
        badge::{Badge, Tone},
        icon::Icon,
        page::{Crumb, PageHeader},
        section::{DescriptionList, Fact, Section},
    },
};
use devices::DeviceEvidence;
use filters::Filters;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use matching::Matching;
use missing::{Missing, Nobody};
use next_run::{LatestOutcome, NextRun};
use obstacles::Obstacles;
use rules::Rules;

/// The page: `?user=` names one person, `?q=` looks for somebody.
#[component]
pub fn WhyPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| id_in::<OrganizationId>(params, "id")));
    let (user, words) = (field("user"), field("q"));
    let answer = Resource::new_blocking(
        move || (id.get(), user.get(), words.get()),
        |(id, user, words)| async move {
            match id {
                Some(id) => Ok((user.clone(), why(id, user, words).await?)),
                None => Err(no_such("Organization")),
            }
        },
    );
    let title = RwSignal::new("Why?".to_owned());
    view! {
        <Frame title>
            <Transition fallback=|| {
                view! {
                    <div class="grid gap-3" aria-busy="true">
                        <span class="skeleton w-32"></span>
                        <span class="skeleton w-64 max-w-full"></span>
                        <span class="skeleton w-full"></span>
                    </div>
                }
            }>
                {answered(answer, move |answer| {
                    match answer {
                        Ok((asked, answer)) => {
                            title.set(title_of(&answer));
                            view! { <Page asked answer words /> }.into_any()
                        }
                        Err(error) => {
                            view! {
                                <h1 class="sr-only" tabindex="-1">
                                    "Why?"
                                </h1>
                                <Problem error />
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </Frame>
    }
    .into_any()
}

fn title_of(answer: &WhyAnswer) -> String {
    match &answer.answer {
        Answer::Person(person) => format!("Why? {}", person.name),
        _ => "Why is somebody missing?".to_owned(),
    }
}

fn crumbs(organization: &OrganizationRow) -> Vec<Crumb> {
    vec![
        Crumb::new("Organizations", paths::ORGANIZATIONS),
        Crumb::new(organization.name.clone(), paths::organization(organization.id)),
        Crumb::new("End Users", paths::end_users(organization.id)),
    ]
}

#[component]
fn Page(asked: String, answer: WhyAnswer, words: Memo<String>) -> impl IntoView {
    let WhyAnswer {
        organization,
        microsoft_tenant,
        answer,
    } = answer;
    match (microsoft_tenant, answer) {
        (Some((microsoft, read)), Answer::Person(person)) => {
            view! { <Person organization person=*person microsoft read /> }.into_any()
        }
        (Some(_), Answer::Nobody) => view! { <Nobody organization asked words /> }.into_any(),
        (microsoft, Answer::Missing(found)) => {
            let microsoft = microsoft.map(|(name, _)| name);
            view! { <Missing organization microsoft found=Some(found) words /> }.into_any()
        }
        (microsoft, _) => {
            let microsoft = microsoft.map(|(name, _)| name);
            view! { <Missing organization microsoft found=None words /> }.into_any()
        }
    }
}

const fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::In => Tone::Positive,
        Standing::Out => Tone::Neutral,
        Standing::Conflict | Standing::Undecided => Tone::Caution,
    }
}

#[component]
fn Person(organization: OrganizationRow, person: Explained, microsoft: String, read: Option<Moment>) -> impl IntoView {
    let standing = person.standing;
    let id = organization.id;
    let sync = organization.sync.clone();
    let tenant = organization.tenant_id;
    let on = sync.is_on();
    view! {
        <PageHeader
            title=format!("Why? {}", person.name)
            breadcrumbs=crumbs(&organization)
            aside=move || view! { <Badge tone=tone(standing) text=standing.label() /> }
            text=person.reason.clone()
        />
        <div class="grid grid-cols-[minmax(0,1fr)] gap-8">
            <Obstacles obstacles=person.obstacles.clone() organization=id tenant />
            <Facts person=person.clone() microsoft read />
            <Rules rule=person.rule reason=person.reason.clone() />
            <Filters sections=person.sections.clone() />
            <Matching organization=id words=person.matching.clone() parties=person.parties.clone() />
            <NextRun person=person.clone() on />
            <DeviceEvidence devices=person.devices />
            <LatestOutcome recorded=person.recorded />
        </div>
    }
    .into_any()
}

#[component]
fn Facts(person: Explained, microsoft: String, read: Option<Moment>) -> impl IntoView {
    let address = match person.address {
        Some((address, source)) => view! {
            <EmailText address />
            <span class="block text-text-muted">{format!("From {}.", source.label())}</span>
        }
        .into_any(),
        None => view! { <span class="text-text-muted">"None, so nobody can be matched or created"</span> }.into_any(),
    };
    let account = match person.state {
        Some((kind, at)) => {
            let (badge, since) = match kind {
                MarkKind::Disabled => ("Disabled", "first seen so "),
                MarkKind::Deleted => ("Deleted", ""),
            };
            view! {
                <span class="flex flex-wrap items-center gap-2">
                    <Badge tone=Tone::Caution icon=Icon::Lock text=badge />
                    <span>{since} <When moment=at /></span>
                </span>
            }
            .into_any()
        }
        None => "Enabled".into_any(),
    };
    let created = person.created.map(|at| {
        view! {
            <Fact term="Created">
                <When moment=at />
            </Fact>
        }
    });
    view! {
        <div class="max-w-2xl">
            <Section title="Microsoft Account" id="account">
                <DescriptionList>
                    <Fact term="Address">{address}</Fact>
                    <Fact term="UPN">
                        <EmailText address=person.upn />
                    </Fact>
                    <Fact term="Object ID">{person.user.to_string()}</Fact>
                    <Fact term="State">{account}</Fact>
                    {created}
                    <Fact term="Read">
                        <bdi>{microsoft}</bdi>
                        ", "
                        {match read {
                            Some(moment) => view! { <When moment /> }.into_any(),
                            None => "never read whole".into_any(),
                        }}
                    </Fact>
                </DescriptionList>
            </Section>
        </div>
    }
    .into_any()
}
