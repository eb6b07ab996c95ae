//! Set Up and Edit: what the dialog opens with, what a choice would do, and saving it.

use super::state::AppState;
use crate::{
    api::{
        ApiError,
        user_sync::{FilterDialog, FormerChoice},
    },
    engine::facets,
    model::{
        audit::Actor,
        filter::{Choice, Facet, Facets, Filters, Section},
        ids::{MicrosoftTenantId, OrganizationId},
        plan::PlanSummary,
        run::Trigger,
    },
    store::{self, Now},
    sync::{facets::label_of_missing, normalise::key},
};

/// The Microsoft tenant behind an Organization, or why there is none.
pub async fn microsoft_tenant_of(
    state: &AppState,
    organization: OrganizationId,
) -> Result<MicrosoftTenantId, ApiError> {
    store::microsoft_tenant::of_organization(&state.engine.pool, organization)
        .await?
        .ok_or_else(|| {
            ApiError::Refused(
            "This Organization's Tenant is not mapped to a Microsoft tenant. Map it in Microsoft Tenant Integrations \
             first."
                .into(),
        )
        })
}

/// What the dialog opens with.
pub async fn filter_dialog(
    state: &AppState,
    organization: OrganizationId,
    now: &Now,
) -> Result<FilterDialog, ApiError> {
    let pool = &state.engine.pool;
    let name = store::organization::name(pool, organization).await?;
    let tenant = microsoft_tenant_of(state, organization).await?;
    let Some(microsoft_tenant) = store::microsoft_tenant::rows(pool, Some(tenant), now).await?.pop() else {
        return Err(ApiError::NotFound(
            "This Microsoft tenant was removed. Reload the page.".into(),
        ));
    };
    let sync = store::user_sync::get(pool, organization, tenant).await?;
    let readings = store::microsoft_tenant::get(pool, tenant).await?.readings;
    let offered = facets::offered(pool, tenant).await?;
    let version = sync
        .as_ref()
        .map_or(store::user_sync::NEW, |sync| sync.version.as_str())
        .to_owned();
    let former = match &sync {
        Some(_) => None,
        None => store::user_sync::former(pool, organization, tenant).await?,
    };
    let enabled = sync.as_ref().is_some_and(|sync| sync.enabled);
    let saved = sync.as_ref().map(|sync| sync.filters.clone()).unwrap_or_default();
    let (filters, facets) = with_saved_values(saved, offered);
    let whose = (organization, tenant);
    let plan = state
        .snapshots
        .line(&state.engine, whose, &filters, sync.as_ref())
        .await?;
    Ok(FilterDialog {
        organization,
        name,
        microsoft_tenant,
        enabled,
        version,
        former: former.map(|(microsoft_tenant, sections)| FormerChoice {
            microsoft_tenant,
            sections,
        }),
        filters,
        facets,
        hidden: readings.hidden_groups.iter().map(ToString::to_string).collect(),
        counted: readings.groups.is_read(),
        plan,
    })
}

/// Saved values under today's spelling. One that Microsoft has no more keeps its box, so that it is not lost unseen.
fn with_saved_values(mut filters: Filters, mut facets: Facets) -> (Filters, Facets) {
    for section in Section::ALL {
        let (Choice::Values(values), Some(offered)) =
            (filters.section_mut(section), facets.sections.get_mut(section as usize))
        else {
            continue;
        };
        for value in values {
            let same = |facet: &&Facet| match (&facet.value, &*value) {
                (Some(offered), Some(saved)) => key(offered) == key(saved),
                (offered, saved) => offered == saved,
            };
            if let Some(facet) = offered.iter().find(same) {
                value.clone_from(&facet.value);
            } else {
                let label = label_of_missing(section, value.as_deref());
                offered.push(Facet {
                    value: value.clone(),
                    label,
                    count: 0,
                    gone: true,
                });
            }
        }
    }
    (filters, facets)
}

/// What a choice would do now.
pub async fn preview(
    state: &AppState,
    organization: OrganizationId,
    filters: &Filters,
) -> Result<PlanSummary, ApiError> {
    let tenant = microsoft_tenant_of(state, organization).await?;
    let sync = store::user_sync::get(&state.engine.pool, organization, tenant).await?;
    let whose = (organization, tenant);
    Ok(state
        .snapshots
        .line(&state.engine, whose, filters, sync.as_ref())
        .await?)
}

/// A choice of filters, and what whoever made it had before them.
#[derive(Clone, Debug)]
pub struct Confirmed<'a> {
    /// The choice.
    pub filters: Filters,
    /// How many new people the preview showed, held ones included; without it the choice is planned now.
    pub shown: Option<u32>,
    /// The version that the dialog opened on; nothing when the choice is to replace whatever was saved since.
    pub seen: Option<&'a str>,
}

/// Saves a choice and asks for a run. Returns the name of the notice that says so.
pub async fn save(
    state: &AppState,
    actor: &Actor,
    organization: OrganizationId,
    choice: &Confirmed<'_>,
) -> Result<&'static str, ApiError> {
    let filters = &choice.filters;
    if let Some(refusal) = filters.refusal() {
        return Err(ApiError::Refused(refusal));
    }
    let tenant = microsoft_tenant_of(state, organization).await?;
    let whose = (organization, tenant);
    let countable = state.snapshots.creates(&state.engine, whose, filters).await?;
    let confirmed = countable.map(|now| choice.shown.unwrap_or(now));
    let pool = &state.engine.pool;
    let trigger =
        store::user_sync::save_confirmed(pool, actor, organization, tenant, filters, choice.seen, confirmed).await?;
    let by_group = filters.group != Choice::All;
    Ok(match trigger {
        Trigger::Edit => "filters-saved",
        _ if by_group => "sync-started-by-group",
        _ => "sync-started",
    })
}
