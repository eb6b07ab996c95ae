//! Set Up, Edit and Disable of an Organization's user sync.

use super::ApiError;
use crate::model::{
    filter::{Choice, Facets, Filters, Section},
    ids::OrganizationId,
    plan::PlanSummary,
    tenant::MicrosoftTenantRow,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// In the address of a dialog that comes back without script: somebody saved another choice meanwhile.
pub const REFUSED_STALE: &str = "stale";
/// Likewise: a section had nothing ticked.
pub const REFUSED_EMPTY: &str = "empty";

/// What the box **All** of a section sends where the page had drawn it ticked. Without script nothing clears it when a
/// value is ticked, so that values beside it were ticked later, and are what is meant.
pub const ALL_AS_DRAWN: &str = "drawn";

/// One section of the dialog as a form sends it: `filters[department][all]`, `filters[department][values][]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SectionForm {
    /// The box **All**; present when ticked. [`ALL_AS_DRAWN`] where the page had drawn it ticked.
    pub all: Option<String>,
    /// The ticked values; an empty one is `(none)`.
    pub values: Vec<String>,
}

/// The filters as a form sends them: an empty checkbox group sends nothing, so every section may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct FiltersForm {
    /// See [`Section::UserType`], likewise the others.
    pub user_type: SectionForm,
    /// Domain.
    pub domain: SectionForm,
    /// Office location.
    pub office_location: SectionForm,
    /// Department.
    pub department: SectionForm,
    /// Group.
    pub group: SectionForm,
    /// License status.
    pub license_status: SectionForm,
}

impl FiltersForm {
    /// One section.
    pub const fn section(&self, section: Section) -> &SectionForm {
        match section {
            Section::UserType => &self.user_type,
            Section::Domain => &self.domain,
            Section::OfficeLocation => &self.office_location,
            Section::Department => &self.department,
            Section::Group => &self.group,
            Section::LicenseStatus => &self.license_status,
        }
    }
}

impl From<&FiltersForm> for Filters {
    fn from(form: &FiltersForm) -> Self {
        let mut filters = Self::default();
        for section in Section::ALL {
            let sent = form.section(section);
            let narrowed = sent.all.as_deref() == Some(ALL_AS_DRAWN) && !sent.values.is_empty();
            *filters.section_mut(section) = if sent.all.is_some() && !narrowed {
                Choice::All
            } else {
                Choice::Values(sent.values.iter().map(|v| (!v.is_empty()).then(|| v.clone())).collect())
            };
        }
        filters
    }
}

impl From<&Filters> for FiltersForm {
    fn from(filters: &Filters) -> Self {
        let section = |section| match filters.section(section) {
            Choice::All => SectionForm {
                all: Some("on".into()),
                values: vec![],
            },
            Choice::Values(values) => SectionForm {
                all: None,
                values: values.iter().map(|v| v.clone().unwrap_or_default()).collect(),
            },
        };
        Self {
            user_type: section(Section::UserType),
            domain: section(Section::Domain),
            office_location: section(Section::OfficeLocation),
            department: section(Section::Department),
            group: section(Section::Group),
            license_status: section(Section::LicenseStatus),
        }
    }
}

/// A choice that does not count any more: it was made for another Microsoft tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerChoice {
    /// The name of that one.
    pub microsoft_tenant: String,
    /// The sections in words.
    pub sections: Vec<(Section, String)>,
}

/// What the dialog opens with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterDialog {
    /// Whose.
    pub organization: OrganizationId,
    /// Its name.
    pub name: String,
    /// From which Microsoft tenant.
    pub microsoft_tenant: MicrosoftTenantRow,
    /// It is enabled: the dialog edits.
    pub enabled: bool,
    /// What the dialog opened on; a save on an older one is refused.
    pub version: String,
    /// The last choice with another Microsoft tenant, for reference where this one was never set up.
    pub former: Option<FormerChoice>,
    /// Today's choice, or the last one, or all.
    pub filters: Filters,
    /// What each section offers.
    pub facets: Facets,
    /// The ids of the groups whose members, or those of a group in them, Microsoft hides.
    pub hidden: Vec<String>,
    /// Groups and their members have been read; until then counts are being counted.
    pub counted: bool,
    /// What today's choice would do.
    pub plan: PlanSummary,
}

/// Opens the dialog of an Organization.
#[server]
pub async fn open_filter_dialog(organization: OrganizationId) -> Result<FilterDialog, ApiError> {
    let state = crate::server::caller::asker()
        .await?
        .works_on_whole(organization)
        .await?
        .state;
    crate::server::filter_dialog::filter_dialog(&state, organization, &crate::server::caller::now().await).await
}

/// What a choice would do now: the plan itself, with nothing written.
#[server]
pub async fn preview(
    organization: OrganizationId,
    #[server(default)] filters: FiltersForm,
) -> Result<PlanSummary, ApiError> {
    let state = crate::server::caller::asker()
        .await?
        .works_on_whole(organization)
        .await?
        .state;
    crate::server::filter_dialog::preview(&state, organization, &Filters::from(&filters)).await
}

/// **Enable Sync** and **Save**. `shown` is how many new people the line said the choice would create; without script
/// it is empty. `seen` is the version that the dialog opened on, empty when the choice is to replace whatever was saved
/// since. Comes back to `next`.
#[server]
pub async fn save_user_sync(
    organization: OrganizationId,
    #[server(default)] filters: FiltersForm,
    #[server(default)] next: String,
    #[server(default)] shown: String,
    #[server(default)] seen: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on_whole(organization)
        .await?
        .parts();
    let (filters, seen) = (&filters, Some(seen.as_str()).filter(|seen| !seen.is_empty()));
    let choice = crate::server::filter_dialog::Confirmed {
        filters: filters.into(),
        shown: shown.parse().ok(),
        seen,
    };
    match crate::server::filter_dialog::save(&state, &actor, organization, &choice).await {
        Ok(done) => leptos_axum::redirect(&crate::server::session::with_notice(&next, done)),
        Err(refused) => crate::server::sent_back::filters(refused, organization, filters, &next).await?,
    }
    Ok(())
}

/// **Disable User Sync**. Comes back to `next`.
#[server]
pub async fn disable_user_sync(organization: OrganizationId, #[server(default)] next: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .parts();
    let tenant = crate::server::filter_dialog::microsoft_tenant_of(&state, organization).await?;
    crate::store::user_sync::disable(&state.engine.pool, &actor, organization, tenant).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(&next, "sync-disabled"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(all: Option<&str>, values: &[&str]) -> Choice {
        let form = FiltersForm {
            department: SectionForm {
                all: all.map(str::to_owned),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            },
            ..FiltersForm::default()
        };
        Filters::from(&form).department
    }

    #[test]
    fn of_all_and_values_sent_together_the_later_press_counts() {
        let sales = Choice::Values(vec![Some("Sales".into())]);
        assert_eq!(department(Some(ALL_AS_DRAWN), &["Sales"]), sales, "ticked beside All");
        assert_eq!(
            department(Some("true"), &["Sales"]),
            Choice::All,
            "All ticked beside it"
        );
        assert_eq!(department(Some(ALL_AS_DRAWN), &[]), Choice::All, "nothing pressed");
        assert_eq!(department(None, &["Sales"]), sales);
    }
}
