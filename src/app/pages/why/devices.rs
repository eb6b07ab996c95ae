use crate::{
    api::why::{AddressWords, DeviceWords, Devices},
    app::{
        pages::{reason::ReasonText, when::When},
        paths,
    },
    ui::{
        badge::Tone,
        notice::Notice,
        section::Section,
        table::{Cell, Table, Td, Th, Tr},
    },
};
use leptos::prelude::*;

/// The person's managed devices, what each address proves, and the Assets that have it.
#[component]
pub fn DeviceEvidence(
    /// The evidence.
    devices: Devices,
) -> impl IntoView {
    let body = match devices {
        Devices::NotReadable(reason) => {
            view! { <Notice tone=Tone::Info title="Devices are not readable"><ReasonText text=reason /></Notice> }
                .into_any()
        }
        Devices::Read(devices, read) if devices.is_empty() => view! {
            <p class="text-text-muted">
                "No managed device in Intune has this person as its primary user. Read " <When moment=read /> "."
            </p>
        }
        .into_any(),
        Devices::Read(devices, read) => {
            let head = || {
                view! {
                    <Th label="Device" />
                    <Th label="MAC Address" />
                    <Th label="What It Proves" />
                    <Th label="Assets" />
                }
            };
            view! {
                <p class="mb-2 text-text-muted">
                    "Managed devices with this person as their primary user, read " <When moment=read /> "."
                </p>
                <Table caption="Devices" head>
                    {devices.into_iter().map(|device| view! { <Device device /> }).collect_view()}
                </Table>
            }
            .into_any()
        }
    };
    view! {
        <Section title="Devices" id="devices">
            {body}
        </Section>
    }
    .into_any()
}

/// A row for each address, or one that says that there is none.
#[component]
fn Device(device: DeviceWords) -> impl IntoView {
    let DeviceWords {
        name,
        serial_number,
        seen,
        addresses,
    } = device;
    let about = move || {
        let serial = (!serial_number.is_empty()).then(|| format!("Serial number {serial_number}"));
        view! {
            <bdi class="block wrap-anywhere">{name.clone()}</bdi>
            <span class="block font-normal text-text-muted wrap-anywhere">{serial}</span>
            {seen
                .clone()
                .map(|seen| {
                    view! {
                        <span class="block font-normal text-text-muted">"Seen " <When moment=seen /></span>
                    }
                })}
        }
    };
    if addresses.is_empty() {
        let cell = about();
        return view! {
            <Tr>
                <Td cell=Cell::Primary>{cell}</Td>
                <Td label="MAC Address">"None"</Td>
                <Td label="What It Proves">"Without an address no Asset can be told to be this device."</Td>
                <Td label="Assets" />
            </Tr>
        }
        .into_any();
    }
    addresses
        .into_iter()
        .map(|address| {
            let cell = about();
            view! {
                <Tr>
                    <Td cell=Cell::Primary>{cell}</Td>
                    <Address address />
                </Tr>
            }
        })
        .collect_view()
        .into_any()
}

#[component]
fn Address(address: AddressWords) -> impl IntoView {
    let assets = if address.assets.is_empty() {
        view! { <span class="text-text-muted">"No Asset of the Organization has it"</span> }.into_any()
    } else {
        address
            .assets
            .into_iter()
            .map(|asset| {
                view! {
                    <span class="block">
                        <a class="link" href=paths::asset(asset.id)>
                            <bdi>{asset.name}</bdi>
                        </a>
                        <span class="block text-text-muted wrap-anywhere">{asset.words}</span>
                    </span>
                }
            })
            .collect_view()
            .into_any()
    };
    view! {
        <Td label="MAC Address" cell=Cell::Solid>
            <span class="tabular-nums">{address.mac.to_string()}</span>
            <span class="block text-text-muted">{address.adapter.label()}</span>
        </Td>
        <Td label="What It Proves">{address.proves}</Td>
        <Td label="Assets">{assets}</Td>
    }
    .into_any()
}
