//! Section **Microsoft User Details** of an End User.

use crate::{
    app::pages::{
        email::EmailText,
        facts::{Activity, MfaStatus, ToldLicenses},
        when::When,
    },
    model::{end_user::MarkKind, microsoft_user::MicrosoftUser, time::Moment},
    ui::{
        badge::{Badge, Tone},
        icon::Icon,
        section::{DescriptionList, Fact, Section},
    },
};
use leptos::{either::Either, prelude::*};

/// The section; without an account it says so.
#[component]
pub fn MicrosoftUserDetails(
    /// What Microsoft knows, if the person is mapped.
    user: Option<MicrosoftUser>,
) -> impl IntoView {
    view! {
        <Section title="Microsoft User Details" id="microsoft-user-details">
            {match user {
                Some(user) => Either::Left(view! { <Details user /> }),
                None => Either::Right(view! { <p class="text-text-muted">"Not linked to a Microsoft account."</p> }),
            }}
        </Section>
    }
    .into_any()
}

#[component]
fn Details(user: MicrosoftUser) -> impl IntoView {
    let portal = user.portal_address();
    let last_synced = match user.last_synced {
        Some(moment) => Either::Left(view! { <When moment /> }),
        None => Either::Right("Never"),
    };
    view! {
        {user.mark.map(|mark| view! { <div class="mb-3"><DisabledBadge mark /></div> })}
        {user
            .out_of_scope
            .map(|reason| {
                view! {
                    <div class="mb-3 grid gap-0.5">
                        <span>
                            <Badge text="Out of scope" />
                        </span>
                        <span class="text-xs text-text-muted">{reason.words()} " No longer updated."</span>
                    </div>
                }
            })}
        <DescriptionList>
            <Fact term="User Principal Name">
                <EmailText address=user.upn />
            </Fact>
            <Fact term="User Type">{user.user_type.label()}</Fact>
            <Fact term="Microsoft License">
                <ToldLicenses told=user.licenses />
            </Fact>
            <Fact term="MFA">
                <MfaStatus told=user.mfa />
            </Fact>
            <Fact term="Last Microsoft Activity">
                <Activity told=user.activity />
            </Fact>
            <Fact term="Mapped Since">
                <When moment=user.mapped_since />
            </Fact>
            <Fact term="Last Synced">{last_synced}</Fact>
        </DescriptionList>
        <p class="mt-3">
            <a class="link" href=portal target="_blank" rel="noopener noreferrer external">
                "Open in Microsoft Entra"
                <span class="sr-only">" (opens in a new tab)"</span>
            </a>
        </p>
    }
    .into_any()
}

/// **Disabled in Microsoft**, with what happened and when.
#[component]
pub fn DisabledBadge(
    /// What happened, and when.
    mark: (MarkKind, Moment),
) -> impl IntoView {
    let (kind, at) = mark;
    let what = match kind {
        MarkKind::Disabled => "Disabled",
        MarkKind::Deleted => "Deleted",
    };
    view! {
        <span class="grid gap-0.5">
            <span>
                <Badge tone=Tone::Caution icon=Icon::Lock text="Disabled in Microsoft" />
            </span>
            <time class="text-xs whitespace-normal text-text-muted" datetime=at.at.to_rfc3339() title=at.ago>
                {format!("{what} {}", at.exact)}
            </time>
        </span>
    }
    .into_any()
}
