use crate::{
    api::partner::{ChoosePartner, ReadCustomers},
    app::{
        pages::{
            address::address,
            microsoft_tenants::integrate::CloudField,
            problem::{FormProblem, failure, forget_failure},
            reason::ReasonText,
            when::When,
        },
        paths,
    },
    model::{
        connect::Cloud,
        partner::{CustomerSource, PartnerRow},
    },
    ui::{
        badge::Tone,
        button::{Button, ButtonKind, ButtonLink, ButtonVariant},
        dialog::Dialog,
        empty_state::EmptyState,
        field::TextField,
        icon::Icon,
        notice::Notice,
        number::count,
    },
};
use leptos::prelude::*;

const FORM: &str = "choose-partner";

fn dialog_href() -> String {
    address(paths::CLOUD_SOLUTION_PROVIDER, &[("dialog", "partner")])
}

/// Nothing is chosen yet: what to do first.
#[component]
pub fn NoPartner() -> impl IntoView {
    view! {
        <EmptyState
            icon=Icon::Building
            title="No partner tenant is chosen"
            text="Choose the Microsoft tenant of your own company, in which you are a partner of Microsoft. Its list of customers is read, and nothing else of it."
            action=|| {
                view! {
                    <ButtonLink
                        id="choose-partner-link"
                        href=dialog_href()
                        variant=ButtonVariant::Primary
                        keep_scroll=true
                    >
                        "Choose Partner Tenant"
                    </ButtonLink>
                }
            }
        />
    }
    .into_any()
}

/// Which partner it is, and when its customers were read.
#[component]
pub fn PartnerLine(
    /// The partner.
    partner: Option<PartnerRow>,
    /// How many customers there are.
    all: i64,
    /// How many of them are connected.
    connected: i64,
    /// **Read Customers Again**.
    read: ServerAction<ReadCustomers>,
) -> impl IntoView {
    let Some(partner) = partner else { return ().into_any() };
    let source = match partner.source {
        CustomerSource::NotRead => "Its customers were not read yet.",
        CustomerSource::Delegated => "",
        CustomerSource::Contracts => {
            "Read from its contracts, as delegated admin customers can't be read: relationships are not known. Grant DelegatedAdminRelationship.Read.All in the partner tenant to see them."
        }
    };
    let problem = partner.problem;
    view! {
        <div class="mb-4 grid gap-2">
            <div class="flex flex-wrap items-center gap-x-4 gap-y-2">
                <p class="min-w-0">
                    "Customers of "
                    <strong class="font-medium">
                        <bdi>{partner.display_name}</bdi>
                    </strong> " " <span class="text-text-muted wrap-anywhere">{partner.default_domain}</span> ": "
                    <span class="tabular-nums">{count(all)}</span> ", " <span class="tabular-nums">{count(connected)}</span>
                    " connected" {partner.read.map(|moment| view! { ". Read " <When moment /> })}
                </p>
                <ActionForm action=read>
                    <Button kind=ButtonKind::Submit icon=Icon::Refresh pending=read.pending()>
                        "Read Customers Again"
                    </Button>
                </ActionForm>
                <ButtonLink
                    id="choose-partner-link"
                    href=dialog_href()
                    variant=ButtonVariant::Quiet
                    keep_scroll=true
                >
                    "Change Partner Tenant"
                </ButtonLink>
            </div>
            {(!source.is_empty()).then(|| view! { <p class="max-w-prose text-text-muted">{source}</p> })}
            {(!problem.is_empty())
                .then(|| {
                    view! {
                        <Notice tone=Tone::Caution title="The customers could not be read">
                            <ReasonText text=problem />
                        </Notice>
                    }
                })}
        </div>
    }
    .into_any()
}

/// **Choose Partner Tenant**.
#[component]
pub fn ChooseDialog(
    /// The address without the dialog.
    close_href: String,
    /// **Use This Tenant**.
    choose: ServerAction<ChoosePartner>,
) -> impl IntoView {
    forget_failure(choose);
    let (tenant, cloud) = (RwSignal::new(String::new()), RwSignal::new(Cloud::Global));
    let footer = move || {
        view! {
            <Button variant=ButtonVariant::Primary kind=ButtonKind::Submit form=FORM pending=choose.pending()>
                "Use This Tenant"
            </Button>
        }
    };
    let onward = move || {
        let (tenant, cloud) = (tenant.get(), cloud.get());
        let href = address(
            paths::START_CONSENT,
            &[
                ("purpose", "partner"),
                ("tenant", tenant.trim()),
                ("cloud", cloud.key()),
            ],
        );
        view! {
            <ButtonLink href external=true icon=Icon::ExternalLink>
                "Consent at Microsoft First"
            </ButtonLink>
        }
    };
    view! {
        <Dialog title="Partner Tenant" close_href opener="choose-partner-link" footer>
            <div class="grid gap-4">
                <p class="text-text-muted">
                    "To list customers, the app needs consent in your own Microsoft tenant, with the application permission DelegatedAdminRelationship.Read.All (and Directory.Read.All to see the customers' domains, or as a fall-back)."
                </p>
                <ActionForm action=choose attr:id=FORM>
                    <div class="grid gap-3">
                        <FormProblem error=failure(choose) />
                        <TextField
                            label="Partner tenant ID or domain"
                            name="tenant"
                            required=true
                            on_input=Callback::new(move |typed| tenant.set(typed))
                        />
                        <CloudField cloud />
                    </div>
                </ActionForm>
                <div class="needs-script">{onward}</div>
            </div>
        </Dialog>
    }
    .into_any()
}
