//! Making, moving and deleting Organizations, and what each would change.

use super::state::AppState;
use crate::{
    api::{
        ApiError,
        organizations::{DeleteConsequences, MoveConsequences, NewOrganization, OrganizationSettings},
        tenants::TenantChoice,
    },
    model::{
        audit::Actor,
        ids::{OrganizationId, TenantId},
        organization::{OrganizationRow, SAME_NAME},
    },
    store::{self, customer::Destination},
};
use uuid::Uuid;

/// Tenants that a combobox offers at once; typing finds the others.
const CHOICES: i64 = 100;

/// The Tenants whose name has these words, by name.
pub async fn tenant_choices(state: &AppState, words: &str) -> Result<Vec<TenantChoice>, ApiError> {
    let found = store::tenant::choices(&state.engine.pool, words, CHOICES).await?;
    Ok(found
        .into_iter()
        .map(|(tenant, microsoft)| TenantChoice { tenant, microsoft })
        .collect())
}

/// The Tenant that a form chose; none is a new one.
fn destination(sent: &str) -> Result<Destination, ApiError> {
    if sent.is_empty() {
        return Ok(Destination::New(TenantId(Uuid::now_v7())));
    }
    let id = sent.parse::<TenantId>();
    id.map(Destination::Existing)
        .map_err(|_| ApiError::Refused("The Tenant could not be read. Choose it again.".into()))
}

/// **New Organization**. A name that is taken is asked about once.
pub async fn create(state: &AppState, actor: &Actor, new: &NewOrganization) -> Result<OrganizationId, ApiError> {
    let pool = &state.engine.pool;
    if new.again.is_none() && store::organization_table::is_taken(pool, &new.name).await? {
        return Err(ApiError::Refused(SAME_NAME.to_owned()));
    }
    let tenant = match destination(&new.tenant)? {
        Destination::Existing(id) => store::tenant::get(pool, id).await?.id,
        Destination::New(id) => id,
    };
    let id = OrganizationId(Uuid::now_v7());
    store::organization::create(pool, actor, id, tenant, &new.name, &new.email, &new.phone).await?;
    Ok(id)
}

/// What section **ORGANIZATION SETTINGS** shows.
pub async fn settings(state: &AppState, id: OrganizationId) -> Result<OrganizationSettings, ApiError> {
    let organization = store::organization::get(&state.engine.pool, id).await?;
    let mut tenants = tenant_choices(state, "").await?;
    if tenants.iter().all(|choice| choice.tenant.id != organization.tenant_id) {
        let tenant = store::tenant::get(&state.engine.pool, organization.tenant_id).await?;
        let choice = TenantChoice {
            tenant,
            microsoft: None,
        };
        tenants.insert(0, choice);
    }
    Ok(OrganizationSettings { organization, tenants })
}

/// What moving an Organization would change; `to` as a form sends it.
pub async fn move_consequences(state: &AppState, id: OrganizationId, to: &str) -> Result<MoveConsequences, ApiError> {
    let pool = &state.engine.pool;
    let organization = store::organization::get(pool, id).await?;
    let from_goes = goes_with(state, &organization).await?;
    let stops = stops(state, &organization).await?;
    let target = match destination(to)? {
        Destination::New(_) => None,
        Destination::Existing(to) => Some(store::tenant::get(pool, to).await?),
    };
    let microsoft = match &target {
        Some(target) => microsoft_name(state, target.id).await?,
        None => None,
    };
    Ok(MoveConsequences {
        stays: target
            .as_ref()
            .is_some_and(|target| target.id == organization.tenant_id),
        organization,
        target,
        microsoft,
        stops,
        from_goes,
    })
}

/// What deleting an Organization would take away.
pub async fn delete_consequences(state: &AppState, id: OrganizationId) -> Result<DeleteConsequences, ApiError> {
    let organization = store::organization::get(&state.engine.pool, id).await?;
    let tenant_goes = goes_with(state, &organization).await?;
    let stops = stops(state, &organization).await?;
    Ok(DeleteConsequences {
        organization,
        stops,
        tenant_goes,
    })
}

/// **Delete Organization**, once its name has been typed.
pub async fn delete(state: &AppState, actor: &Actor, id: OrganizationId, typed: &str) -> Result<(), ApiError> {
    let name = store::organization::get(&state.engine.pool, id).await?.name;
    let plain = |text: &str| text.trim().to_lowercase();
    if plain(typed) != plain(&name) {
        return Err(ApiError::Refused(format!(
            "The name does not match, so nothing was deleted. Type it as it stands here: {name}"
        )));
    }
    Ok(store::customer::delete(&state.engine.pool, actor, id).await?)
}

/// **Move Organization**.
pub async fn move_to(state: &AppState, actor: &Actor, id: OrganizationId, to: &str) -> Result<(), ApiError> {
    store::customer::move_to(&state.engine.pool, actor, id, destination(to)?).await?;
    Ok(())
}

/// The Microsoft tenant whose sync stops when the Organization leaves its Tenant.
async fn stops(state: &AppState, organization: &OrganizationRow) -> Result<Option<String>, ApiError> {
    if organization.sync.is_on() {
        microsoft_name(state, organization.tenant_id).await
    } else {
        Ok(None)
    }
}

async fn microsoft_name(state: &AppState, tenant: TenantId) -> Result<Option<String>, ApiError> {
    let pool = &state.engine.pool;
    Ok(match store::microsoft_tenant::of_tenant(pool, tenant).await? {
        Some(id) => Some(store::microsoft_tenant::get(pool, id).await?.display_name),
        None => None,
    })
}

/// Whether its Tenant is left with nothing when the Organization leaves it.
async fn goes_with(state: &AppState, organization: &OrganizationRow) -> Result<bool, ApiError> {
    let pool = &state.engine.pool;
    let alone = store::organization::rows(pool, Some(organization.tenant_id), None)
        .await?
        .len()
        == 1;
    Ok(alone && organization.microsoft_tenant_id.is_none())
}
