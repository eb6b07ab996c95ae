//! The six sections of the dialog, and what is ticked in them.

use crate::{
    api::user_sync::{ALL_AS_DRAWN, FiltersForm, SectionForm},
    model::filter::{Choice as Filter, Facet, Facets, Filters, Section},
    ui::checkbox_group::{CheckOption, CheckboxGroup, Choice},
};
use leptos::prelude::*;

/// What is ticked, a signal per section.
#[derive(Clone, Copy, Debug)]
pub struct Selection([RwSignal<Choice>; 6]);

impl Selection {
    /// What saved filters tick.
    pub fn new(filters: &Filters) -> Self {
        Self(Section::ALL.map(|section| {
            RwSignal::new(match filters.section(section) {
                Filter::All => Choice::all(),
                Filter::Values(values) => Choice::of(values.iter().map(|value| value.clone().unwrap_or_default())),
            })
        }))
    }

    /// The signal of a section.
    pub const fn section(self, section: Section) -> RwSignal<Choice> {
        self.0[section as usize]
    }

    /// Whether a section has nothing ticked, so that nobody would match.
    pub fn has_empty_section(self) -> bool {
        self.0.iter().any(|section| section.with(Choice::is_empty))
    }

    /// As the form sends it.
    pub fn form(self) -> FiltersForm {
        let sent = |section: Section| {
            self.section(section).with(|choice| SectionForm {
                all: choice.all.then(|| "true".to_owned()),
                values: if choice.all {
                    vec![]
                } else {
                    choice.values.iter().cloned().collect()
                },
            })
        };
        FiltersForm {
            user_type: sent(Section::UserType),
            domain: sent(Section::Domain),
            office_location: sent(Section::OfficeLocation),
            department: sent(Section::Department),
            group: sent(Section::Group),
            license_status: sent(Section::LicenseStatus),
        }
    }
}

/// The six sections.
#[component]
pub fn FilterSections(
    /// What each section offers.
    facets: Facets,
    /// Memberships have been read; until then their counts are being counted.
    counted: bool,
    /// Groups whose members Microsoft hides.
    hidden: Vec<String>,
    /// What is ticked.
    selection: Selection,
) -> impl IntoView {
    Section::ALL
        .into_iter()
        .map(|section| {
            let counted = counted || section != Section::Group;
            let options: Vec<_> = facets
                .section(section)
                .iter()
                .map(|facet| option(section, facet, counted, &hidden))
                .collect();
            view! {
                <CheckboxGroup
                    legend=section.label()
                    name=format!("filters[{}]", section.key())
                    options
                    selected=selection.section(section)
                    open=selection.section(section).with_untracked(Choice::is_empty)
                    all_as_drawn=ALL_AS_DRAWN
                />
            }
        })
        .collect_view()
}

fn option(section: Section, facet: &Facet, counted: bool, hidden: &[String]) -> CheckOption {
    let is_hidden = section == Section::Group && facet.value.as_ref().is_some_and(|id| hidden.contains(id));
    let note = match (facet.gone, section) {
        (true, Section::Group) => Some("deleted in Microsoft".to_owned()),
        (true, _) => Some("nobody has it now".to_owned()),
        (false, _) if is_hidden => Some("members hidden by Microsoft".to_owned()),
        (false, _) => (!counted).then(|| "counting…".to_owned()),
    };
    CheckOption {
        value: facet.value.clone().unwrap_or_default(),
        label: facet.label.clone(),
        count: (counted && !facet.gone && !is_hidden).then_some(facet.count),
        note,
    }
}
