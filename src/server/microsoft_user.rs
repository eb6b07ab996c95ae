//! Section **Microsoft User Details** of a person.

use super::{products, state::AppState};
use crate::{
    api::ApiError,
    model::{
        ids::{EndUserId, OrganizationId},
        microsoft_user::MicrosoftUser,
    },
    store::{self, Now},
};

/// What Microsoft knows of an End User; nothing for somebody who is not mapped to an account of the Microsoft tenant
/// that the Organization's Tenant is mapped to.
pub async fn microsoft_user(
    state: &AppState,
    organization: OrganizationId,
    end_user: EndUserId,
    now: &Now,
) -> Result<Option<MicrosoftUser>, ApiError> {
    let pool = &state.engine.pool;
    let Some(tenant) = store::microsoft_tenant::of_organization(pool, organization).await? else {
        return Ok(None);
    };
    let names = products::names(pool, Some(tenant)).await?;
    Ok(store::microsoft_user::of_end_user(pool, organization, end_user, tenant, &names, now).await?)
}
