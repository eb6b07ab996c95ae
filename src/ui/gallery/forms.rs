use leptos::prelude::*;

use crate::ui::{
    button::{Button, ButtonKind, ButtonVariant},
    checkbox::Checkbox,
    combobox::{ComboOption, Combobox},
    field::{Select, SelectOption, TextField},
    section::{Card, Section},
};

/// Fields, empty, filled, wrong and locked.
#[component]
pub fn FormsGallery() -> impl IntoView {
    let tenant = RwSignal::new(Some("2".to_owned()));
    let option = |value: &str, label: &str, note: Option<&str>| ComboOption {
        value: value.to_owned(),
        label: label.to_owned(),
        note: note.map(str::to_owned),
    };
    let tenants = vec![
        option("1", "Northwind Traders", Some("Same domain: northwind.example")),
        option("2", "Northwind Holding", Some("Similar name")),
        option("3", "Contoso", None),
        option("4", "شركة الأفق", None),
    ];
    view! {
        <Section title="Forms" id="forms">
            <Card>
                <form class="grid max-w-3xl gap-4 sm:grid-cols-2">
                    <TextField label="Organization" name="name" value="Northwind Traders" required=true />
                    <TextField label="Email" name="email" kind="email" autocomplete="email" hint="For notices about the sync." />
                    <TextField
                        label="Phone"
                        name="phone"
                        kind="tel"
                        value="12"
                        error=Some("Enter a phone number with its country code, such as +49 30 901820.".to_owned())
                    />
                    <TextField
                        label="Job Title"
                        name="job"
                        value="Head of Sales"
                        locked=Some("Synced from Microsoft. Change it there.".to_owned())
                    />
                    <Combobox
                        label="Tenant"
                        name="tenant"
                        options=tenants
                        selected=tenant
                        none="None"
                        hint="Moving it stops the sync until it is set up again."
                    />
                    <Select
                        label="Microsoft status"
                        name="status"
                        value="synced"
                        options=vec![SelectOption::new("all", "All"), SelectOption::new("synced", "Synced")]
                    />
                    <Checkbox
                        label="Keep this person out of future syncs"
                        name="exclude"
                        checked=true
                        hint="They can be let in again under End Users."
                    />
                    <div class="flex flex-wrap items-end justify-end gap-2">
                        <Button>"Cancel"</Button>
                        <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit>
                            "Save Changes"
                        </Button>
                    </div>
                </form>
            </Card>
        </Section>
    }.into_any()
}
