use leptos::prelude::*;

use crate::ui::{
    badge::{Badge, Tone},
    button::{Button, ButtonSize, ButtonVariant, IconButton},
    icon::{Glyph, Icon},
    notice::Notice,
    section::Section,
};

/// Buttons, badges, notices and icons.
#[component]
pub fn SmallPartsGallery() -> impl IntoView {
    let variants = [
        (ButtonVariant::Primary, "Primary"),
        (ButtonVariant::Secondary, "Secondary"),
        (ButtonVariant::Danger, "Danger"),
        (ButtonVariant::Quiet, "Quiet"),
    ];
    let tones = [
        (Tone::Neutral, "Not synced"),
        (Tone::Positive, "Connected"),
        (Tone::Caution, "Consent needed"),
        (Tone::Critical, "Quarantine"),
        (Tone::Info, "Processing"),
    ];
    view! {
        <Section title="Buttons" id="buttons">
            <div class="grid gap-3">
                {variants
                    .map(|(variant, name)| {
                        view! {
                            <div class="flex flex-wrap items-center gap-2">
                                <Button variant>{name}</Button>
                                <Button variant icon=Icon::Plus>{format!("{name}, icon")}</Button>
                                <Button variant size=ButtonSize::Small>{format!("{name}, small")}</Button>
                                <Button variant pending=true>{format!("{name}, pending")}</Button>
                                <Button variant disabled=true>{format!("{name}, disabled")}</Button>
                            </div>
                        }
                    })
                    .into_iter()
                    .collect_view()}
                <div class="flex gap-1">
                    <IconButton icon=Icon::Refresh label="Sync Now" />
                    <IconButton icon=Icon::Refresh label="Syncing" pending=true />
                </div>
            </div>
        </Section>
        <Section title="States" id="states">
            <div class="flex flex-wrap gap-2">
                {tones.map(|(tone, text)| view! { <Badge tone text /> }).into_iter().collect_view()}
                <Badge icon=Icon::Lock text="Disabled in Microsoft" />
            </div>
        </Section>
        <Section title="Notices" id="notices">
            <div class="grid gap-3">
                {tones
                    .map(|(tone, text)| {
                        view! {
                            <Notice tone title=text action=|| view! { <Button size=ButtonSize::Small>"Check Permissions"</Button> }>
                                "Microsoft answered that consent is missing for this directory. An administrator there can give it."
                            </Notice>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </div>
        </Section>
        <Section title="Icons" id="icons">
            <ul class="flex flex-wrap gap-3">
                {Icon::ALL
                    .map(|icon| {
                        view! {
                            <li class="flex w-36 items-center gap-2 text-text-muted">
                                <Glyph icon />
                                {format!("{icon:?}")}
                            </li>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </ul>
        </Section>
    }.into_any()
}
