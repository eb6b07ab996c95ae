//! Organizations: the table and one's details.

use super::{ApiError, form::FormError, tenants::TenantChoice};
use crate::model::{ids::OrganizationId, organization::OrganizationRow, run::RunRow, tenant::TenantRef};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the table is searched, sorted and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrganizationsQuery {
    /// Words in the name, the Tenant's name, the email or the phone number.
    pub search: String,
    /// `name`, `tenant` or `endUsers`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

/// A page of the Organizations table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationsPage {
    /// The rows of this page.
    pub rows: Vec<OrganizationRow>,
    /// How many match.
    pub matching: i64,
    /// How many there are in all.
    pub total: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// A page of the Organizations table.
#[server]
pub async fn organizations(#[server(default)] query: OrganizationsQuery) -> Result<OrganizationsPage, ApiError> {
    use crate::store::organization_table::{PAGE, page};
    let asker = crate::server::caller::asker().await?;
    let (pool, theirs) = (&asker.state.engine.pool, asker.theirs());
    let found = page(pool, &query.search, &query.sort, query.page, theirs).await?;
    Ok(OrganizationsPage {
        rows: found.rows,
        matching: found.matching,
        total: found.total,
        page_size: PAGE,
    })
}

/// An Organization's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDetails {
    /// The Organization.
    pub organization: OrganizationRow,
    /// Its latest runs.
    pub runs: Vec<RunRow>,
}

/// One Organization with its latest runs.
#[server]
pub async fn organization(id: OrganizationId) -> Result<OrganizationDetails, ApiError> {
    let asker = crate::server::caller::asker().await?.reads(id).await?;
    let (pool, now) = (&asker.state.engine.pool, crate::server::caller::now().await);
    let whole = asker.has_whole(id).await?;
    let organization = crate::store::organization::get(pool, id).await?;
    let runs = crate::store::run::rows(pool, None, Some(id), None, asker.theirs(), 5, &now).await?;
    Ok(OrganizationDetails {
        organization: organization.seen(whole),
        runs: runs.into_iter().map(|(run, _)| run).collect(),
    })
}

/// **New Organization** as the form sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewOrganization {
    /// Made when the form was drawn, so that one sent twice adds one.
    pub id: OrganizationId,
    /// Required.
    pub name: String,
    /// Contact address.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// The Tenant it joins; empty for one of its own.
    pub tenant: String,
    /// The box that makes a second one of a name that is taken.
    pub again: Option<String>,
}

/// **New Organization**: only the name is required; without a Tenant it gets one of its own.
#[server]
pub async fn create_organization(#[server(default)] new: NewOrganization) -> Result<(), FormError<NewOrganization>> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    let id = crate::server::organizations::create(&state, &actor, new).await?;
    leptos_axum::redirect(&format!("/organizations/{id}?notice=organization-created"));
    Ok(())
}

/// Section **INFORMATION** as its form sends it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InformationForm {
    /// Required.
    pub name: String,
    /// Contact address.
    pub email: String,
    /// Contact number.
    pub phone: String,
}

/// **Save Changes** of section **INFORMATION**.
#[server]
pub async fn edit_organization(
    id: OrganizationId,
    version: String,
    #[server(default)] information: InformationForm,
) -> Result<(), FormError<InformationForm>> {
    let (state, actor) = crate::server::caller::asker().await?.works_on(id).await?.parts();
    crate::server::organizations::edit(&state, &actor, id, &version, information).await?;
    leptos_axum::redirect(&format!("/organizations/{id}?notice=saved"));
    Ok(())
}

/// Section **ORGANIZATION SETTINGS**.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationSettings {
    /// The Organization.
    pub organization: OrganizationRow,
    /// Changes with every write: a form that carries an older one was opened before somebody else's change.
    pub version: String,
    /// Tenants to move to, its own among them; more are found by name. None for who may not move it.
    pub tenants: Vec<TenantChoice>,
}

/// Section **ORGANIZATION SETTINGS** of an Organization.
#[server]
pub async fn load_organization_settings(id: OrganizationId) -> Result<OrganizationSettings, ApiError> {
    let asker = crate::server::caller::asker().await?.works_on(id).await?;
    crate::server::organizations::settings(&asker, id).await
}

/// What moving would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveConsequences {
    /// The Organization.
    pub organization: OrganizationRow,
    /// Where it would go; nothing for a new Tenant of its own.
    pub target: Option<TenantRef>,
    /// It is there already.
    pub stays: bool,
    /// The Microsoft tenant that the new Tenant is mapped to.
    pub microsoft: Option<String>,
    /// The Microsoft tenant whose user sync stops.
    pub stops: Option<String>,
    /// The former Tenant is left with nothing and deleted.
    pub from_goes: bool,
    /// The accounts that see a whole directory only afterwards, each with the name of its Tenant.
    pub gains: Vec<(String, String)>,
}

/// What moving an Organization to this Tenant would change; `to` is empty for a new one.
#[server]
pub async fn preview_move(id: OrganizationId, #[server(default)] to: String) -> Result<MoveConsequences, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    crate::server::organizations::move_consequences(&state, id, &to).await
}

/// **Move Organization**.
#[server]
pub async fn move_organization(id: OrganizationId, #[server(default)] to: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::organizations::move_to(&state, &actor, id, &to).await?;
    leptos_axum::redirect(&format!("/organizations/{id}?notice=organization-moved"));
    Ok(())
}

/// What deleting would take away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteConsequences {
    /// The Organization.
    pub organization: OrganizationRow,
    /// The Microsoft tenant whose user sync stops.
    pub stops: Option<String>,
    /// Its Tenant is left with nothing and goes with it.
    pub tenant_goes: bool,
    /// The accounts that see a whole directory only afterwards, each with the name of its Tenant.
    pub gains: Vec<(String, String)>,
}

/// What deleting an Organization would take away.
#[server]
pub async fn preview_delete(id: OrganizationId) -> Result<DeleteConsequences, ApiError> {
    let state = crate::server::caller::asker().await?.administrator()?.state;
    crate::server::organizations::delete_consequences(&state, id).await
}

/// **Delete Organization**; `confirm` is its name, typed.
#[server]
pub async fn delete_organization(id: OrganizationId, #[server(default)] confirm: String) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::server::organizations::delete(&state, &actor, id, &confirm).await?;
    leptos_axum::redirect("/organizations?notice=organization-deleted");
    Ok(())
}
