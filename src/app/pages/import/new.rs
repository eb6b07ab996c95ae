use super::way;
use crate::{
    api::{ApiError, exchange::import_target},
    app::{
        pages::{
            address::{field, id_in},
            frame::Frame,
            problem::{Problem, no_such},
        },
        paths,
    },
    model::{end_user::Field, exchange::Kind, ids::OrganizationId},
    ui::{
        answered::answered,
        button::{Button, ButtonKind, ButtonVariant},
        field::FileField,
        page::PageHeader,
        section::{DescriptionList, Fact, Section},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// The page that takes a file: a plain form, which works without script.
#[component]
pub fn NewImportPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let kind = Memo::new(move |_| params.with(|params| params.get_str("kind").and_then(Kind::from_key)));
    let organization = Memo::new(move |_| query.with(|query| id_in::<OrganizationId>(query, "organization")));
    let target = Resource::new_blocking(
        move || (kind.get(), organization.get()),
        |(kind, id)| async move {
            let kind = kind.ok_or_else(|| no_such("import"))?;
            let name = import_target(id).await?;
            Ok::<_, ApiError>((kind, id.zip(name)))
        },
    );
    let title = RwSignal::new("Import".to_owned());
    view! {
        <Frame title>
            <Transition fallback=|| {
                view! { <span class="skeleton w-64 max-w-full"></span> }
            }>
                {answered(target, move |answer| {
                    match answer {
                        Ok((kind, target)) => {
                            title.set(format!("Import {}", kind.label()));
                            view! { <NewImport kind target /> }.into_any()
                        }
                        Err(error) => {
                            view! {
                                <h1 class="sr-only" tabindex="-1">
                                    "Import"
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

#[component]
fn NewImport(kind: Kind, target: Option<(OrganizationId, String)>) -> impl IntoView {
    let breadcrumbs = way(kind, target.as_ref());
    let title = format!("Import {}", kind.label());
    let problem = field("problem");
    let error = Signal::derive(move || (problem.get() == "no-file").then(|| "Choose a file first.".to_owned()));
    let hidden = target.as_ref().map(|(id, _)| {
        let value = id.to_string();
        view! { <input type="hidden" name="organization" value=value /> }
    });
    let text = match (kind, &target) {
        (Kind::EndUsers, Some((_, name))) => format!("All of them become End Users of {name}."),
        (Kind::Assets, Some((_, name))) => format!("All of them become Assets of {name}."),
        _ => "A row that is here already is found again and updated; nothing is doubled.".to_owned(),
    };
    view! {
        <PageHeader title breadcrumbs text />
        <div class="grid max-w-2xl gap-8">
            <form method="post" action=paths::upload(kind) enctype="multipart/form-data" class="grid gap-4">
                {hidden}
                <FileField
                    label="CSV file"
                    name="file"
                    accept=".csv,.tsv,.txt,text/csv"
                    required=true
                    hint="UTF-8 or Windows-1252; comma, semicolon or tab; the first row names the columns."
                    error
                />
                <div>
                    <Button kind=ButtonKind::Submit variant=ButtonVariant::Primary>
                        "Import"
                    </Button>
                </div>
            </form>
            <Columns kind only=target.is_some() />
        </div>
    }
    .into_any()
}

/// What the file may hold, and what that does.
#[component]
fn Columns(kind: Kind, only: bool) -> impl IntoView {
    let fields = |skip: usize| {
        let labels = Field::ALL.iter().skip(skip).map(|field| field.label());
        labels.collect::<Vec<_>>().join(", ")
    };
    let (found, needed, more) = match kind {
        Kind::Organizations => (
            "By its name, in upper or lower case.",
            "Organization".to_owned(),
            "Email, Phone".to_owned(),
        ),
        Kind::EndUsers => (
            "By Organization and email; where a row has no email, by Organization and name.",
            if only {
                "Email or Name".to_owned()
            } else {
                "Organization, and Email or Name".to_owned()
            },
            fields(2),
        ),
        Kind::Assets => (
            "By Organization and serial number, else MAC address, else name.",
            if only {
                "Asset, Serial Number or MAC Addresses".to_owned()
            } else {
                "Organization, and Asset, Serial Number or MAC Addresses".to_owned()
            },
            "None; whom an Asset is assigned to is decided on its page and by the sync.".to_owned(),
        ),
    };
    view! {
        <Section title="What the file holds" id="columns">
            <DescriptionList>
                <Fact term="A row is found">{found}</Fact>
                <Fact term="Columns needed">{needed}</Fact>
                <Fact term="More columns">{more}</Fact>
                <Fact term="A missing column">"Leaves the values alone."</Fact>
                <Fact term="An empty cell">"Clears the value, except for what the row is found by."</Fact>
                <Fact term="Rows with a fault">
                    "Are left out, listed with the reason, and can be downloaded, mended and imported."
                </Fact>
            </DescriptionList>
        </Section>
    }
    .into_any()
}
