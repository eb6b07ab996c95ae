//! **Owner Information**: to whom the Asset is assigned, who says so, and by what.

use super::{
    Actions,
    evidence::{Conflict, device_words},
};
use crate::{
    api::assets::{AssignAsset, assignable},
    app::{
        pages::{
            found::{found_on_server, with_chosen},
            mine::to_technicians,
            problem::{FormProblem, failure},
            reason::ReasonText,
            when::When,
        },
        paths,
    },
    model::{
        asset::Contact,
        asset_details::{AssetDetails, AssignablePerson, DeviceKnowledge},
        ids::{AssetId, OrganizationId},
        time::Moment,
    },
    ui::{
        badge::Tone,
        button::{Button, ButtonKind, ButtonVariant},
        combobox::{ComboOption, Combobox},
        icon::Icon,
        notice::Notice,
        section::{DescriptionList, Fact, Section},
    },
};
use leptos::prelude::*;
use leptos_router::components::Form;

/// The section.
#[component]
pub fn OwnerInformation(
    /// What the page shows.
    details: AssetDetails,
    /// What can be done.
    actions: Actions,
    /// The words by which End Users were looked for without script.
    find: Memo<String>,
) -> impl IntoView {
    let AssetDetails {
        row,
        devices,
        people,
        assigned,
        ..
    } = details;
    let (id, organization) = (row.id, row.organization);
    let by_hand = matches!(row.contact, Contact::ByHand { .. });
    let decide = actions.decide;
    view! {
        <Section title="Owner Information" id="owner-information">
            <div class="grid gap-4">
                <Standing organization contact=row.contact.clone() />
                {to_technicians(move || {
                    let (contact, people, seen) = (row.contact.clone(), people.clone(), assigned.clone());
                    view! {
                        <AssignForm id organization contact people seen assign=actions.assign />
                        <FindWithoutScript id find />
                    }
                })}
                {by_hand
                    .then(|| {
                        to_technicians(move || view! {
                            <ActionForm action=decide>
                                <input type="hidden" name="id" value=id.to_string() />
                                <div class="flex flex-wrap items-center gap-x-3 gap-y-2">
                                    <Button kind=ButtonKind::Submit pending=decide.pending()>
                                        "Let the sync decide"
                                    </Button>
                                    <span class="text-text-muted">
                                        "Forgets what was decided by hand; the next run assigns the Asset by its MAC addresses, if it can."
                                    </span>
                                </div>
                            </ActionForm>
                        })
                    })}
                <FormProblem error=failure(decide) />
                <Knowledge devices />
            </div>
        </Section>
    }.into_any()
}

/// To whom, by whom, and why.
#[component]
fn Standing(organization: OrganizationId, contact: Contact) -> impl IntoView {
    let who = contact.end_user().cloned().map(|(id, name)| {
        view! {
            <a class="link" href=paths::end_user(organization, id)>
                <bdi class="wrap-anywhere">{name}</bdi>
            </a>
        }
    });
    let (who, decided, more) = match contact {
        Contact::Nobody => (
            nobody(),
            "Nobody has decided: no managed device of an End User here has one of its MAC addresses.".into_any(),
            None,
        ),
        Contact::ByHand { by, at, .. } => (
            who.map_or_else(nobody, IntoAny::into_any),
            view! { "By hand, by " <bdi>{by}</bdi> ", " <When moment=at /> ". The sync leaves it alone." }.into_any(),
            None,
        ),
        Contact::BySync { by, at, stale, .. } => {
            let words = format!(
                "By the sync, by its MAC address {} ({} of {}), ",
                by.mac,
                by.adapter.label(),
                device_words(&by)
            );
            (
                who.map_or_else(nobody, IntoAny::into_any),
                view! { {words} <When moment=at /> "." }.into_any(),
                stale.map(|since| view! { <Stale since /> }.into_any()),
            )
        }
        Contact::Conflict { conflict, at } => (
            nobody(),
            view! { "The sync could not decide, " <When moment=at /> "." }.into_any(),
            Some(view! { <Conflict conflict /> }.into_any()),
        ),
    };
    view! {
        <DescriptionList>
            <Fact term="Assigned to">{who}</Fact>
            <Fact term="Decided">{decided}</Fact>
        </DescriptionList>
        {more}
    }
    .into_any()
}

fn nobody() -> AnyView {
    view! { <span class="text-text-muted">"Nobody"</span> }.into_any()
}

#[component]
fn Stale(since: Moment) -> impl IntoView {
    view! {
        <Notice tone=Tone::Neutral icon=Icon::Clock title="The device is gone, or has another MAC address now">
            "Seen " <When moment=since /> ". The assignment stays until another device has the MAC address or a person decides."
        </Notice>
    }.into_any()
}

fn option_of(person: AssignablePerson) -> ComboOption {
    ComboOption {
        value: person.id.to_string(),
        label: if person.name.is_empty() {
            person.email.clone()
        } else {
            person.name
        },
        note: Some(person.email).filter(|email| !email.is_empty()),
    }
}

/// **Assigned Contact**: found on the server as one types.
#[component]
fn AssignForm(
    id: AssetId,
    organization: OrganizationId,
    contact: Contact,
    people: Vec<AssignablePerson>,
    /// What the page says of the assignment that it shows.
    seen: String,
    assign: ServerAction<AssignAsset>,
) -> impl IntoView {
    let chosen = contact.end_user().map(|(id, name)| ComboOption {
        value: id.to_string(),
        label: name.clone(),
        note: None,
    });
    let selected = RwSignal::new(chosen.as_ref().map(|chosen| chosen.value.clone()));
    let people = people.into_iter().map(option_of).collect();
    let offered = RwSignal::new(with_chosen(chosen, people));
    let on_query = found_on_server(offered, selected, move |words| async move {
        let people = assignable(organization, words).await?;
        Ok(people.into_iter().map(option_of).collect())
    });
    view! {
        <ActionForm action=assign>
            <input type="hidden" name="id" value=id.to_string() />
            <input type="hidden" name="seen" value=seen />
            <div class="grid gap-3">
                <div class="flex flex-wrap items-end gap-3">
                    <div class="min-w-0 flex-1 basis-64 max-w-lg">
                        <Combobox
                            label="Assigned Contact"
                            name="end_user"
                            options=offered
                            selected
                            on_query
                            none="Nobody"
                        />
                    </div>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary pending=assign.pending()>
                        "Assign"
                    </Button>
                </div>
                <FormProblem error=failure(assign) />
            </div>
        </ActionForm>
    }
    .into_any()
}

/// Without script a search narrows the choice above.
#[component]
fn FindWithoutScript(id: AssetId, find: Memo<String>) -> impl IntoView {
    view! {
        <div class="without-script">
            <Form method="GET" action=paths::asset(id) noscroll=true>
                <div class="flex flex-wrap items-end gap-2">
                    <label class="grid gap-1">
                        <span class="font-medium">"Find an End User to choose above"</span>
                        <input class="control" type="search" name="find" value=find.get_untracked() />
                    </label>
                    <Button kind=ButtonKind::Submit>"Find"</Button>
                </div>
            </Form>
        </div>
    }
    .into_any()
}

/// How well the sync knows the devices: known, with its age, or why not.
#[component]
fn Knowledge(devices: DeviceKnowledge) -> impl IntoView {
    match devices {
        DeviceKnowledge::NoSync => view! {
            <p class="text-text-muted">"No user sync is enabled for this Organization, so no run assigns its Assets."</p>
        }
        .into_any(),
        DeviceKnowledge::NeverRead => {
            view! { <p class="text-text-muted">"No run has read the devices of the Microsoft tenant yet."</p> }.into_any()
        }
        DeviceKnowledge::Read { at } => {
            view! { <p class="text-text-muted">"Devices last read " <When moment=at /> "."</p> }.into_any()
        }
        DeviceKnowledge::NotReadable { reason, last } => view! {
            <Notice tone=Tone::Caution title="The last run could not read all devices">
                <ReasonText text=reason />
                {last.map(|at| view! { <p>"What is known of them was read " <When moment=at /> "."</p> })}
            </Notice>
        }
        .into_any(),
    }
}
