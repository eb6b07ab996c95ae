use leptos::{ev::MouseEvent, prelude::*};

use crate::ui::{
    badge::Tone,
    button::{Button, ButtonKind, ButtonVariant},
    checkbox_group::{CheckOption, CheckboxGroup, Choice},
    dialog::Dialog,
    section::Section,
    toast::{Flash, ToastCard, use_toasts},
};

/// The filter dialog, open.
#[component]
pub fn DialogGallery(
    /// The address without the dialog.
    #[prop(into)]
    close_href: String,
) -> impl IntoView {
    let kinds = RwSignal::new(Choice::all());
    let departments = RwSignal::new(Choice::of(["0", "3", "7"]));
    let groups = RwSignal::new(Choice::default());
    let option = |value: usize, label: String| CheckOption {
        value: value.to_string(),
        label,
        count: u32::try_from(value * 37 % 1_300).ok(),
        note: None,
    };
    let many: Vec<CheckOption> = (0..400)
        .map(|index| option(index, format!("Department {index}")))
        .collect();
    let counting = vec![CheckOption {
        value: "a".to_owned(),
        label: "All Company".to_owned(),
        count: None,
        note: Some("counting…".to_owned()),
    }];
    view! {
        <Dialog
            title="Set Up Microsoft Entra ID User Sync"
            close_href
            opener="open-filters"
            summary=|| view! { <p class="tabular-nums">"180 of 212 Microsoft users match: 140 new, 38 linked, 2 conflicts."</p> }
            footer=|| {
                view! {
                    <Button kind=ButtonKind::Submit form="filters">
                        "Preview"
                    </Button>
                    <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form="filters">
                        "Enable Sync"
                    </Button>
                }
            }
        >
            <form id="filters">
                <CheckboxGroup
                    legend="User Type"
                    name="kind"
                    options=vec![option(199, "Member".to_owned()), option(13, "Guest".to_owned())]
                    selected=kinds
                />
                <CheckboxGroup legend="Department" name="department" options=many selected=departments open=true />
                <CheckboxGroup legend="Group" name="group" options=counting selected=groups />
            </form>
        </Dialog>
    }.into_any()
}

/// Messages, as they look and at work.
#[component]
pub fn OverlaysGallery() -> impl IntoView {
    let toasts = use_toasts();
    view! {
        <Section title="Messages" id="messages">
            <Flash text="The sync is in progress. You may leave this page." />
            <div class="grid max-w-sm gap-2">
                <ToastCard tone=Tone::Positive text="Filters saved." on_dismiss=|()| {} />
                <ToastCard tone=Tone::Critical text="Microsoft did not answer. Try again." on_dismiss=|()| {} />
                <Button on_press=move |_: MouseEvent| {
                    toasts.show(Tone::Info, "The sync is in progress. You may leave this page.");
                }>"Show a Toast"</Button>
            </div>
        </Section>
    }
    .into_any()
}
