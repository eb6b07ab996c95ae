//! One End User: its page, and changing it.

use super::{ApiError, form::FormError};
use crate::model::{
    end_user::Fields,
    end_user_details::{EndUserDetails, ExcludedPerson, ToDelete},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Lines of history on a page; **Show more** adds as many again.
pub const HISTORY: usize = 25;

/// The page of one End User. `more` counts the pages of history beyond the first.
#[server]
pub async fn end_user(
    organization: OrganizationId,
    id: EndUserId,
    #[server(default)] more: usize,
) -> Result<EndUserDetails, ApiError> {
    let state = crate::server::caller::asker().await?.reads(organization).await?.state;
    let now = crate::server::caller::now().await;
    let history = HISTORY.saturating_mul(more.min(400).saturating_add(1));
    crate::server::end_user::details(&state, organization, id, history, &now).await
}

/// **Save Changes**. Comes back to the page.
#[server]
pub async fn save_end_user(
    organization: OrganizationId,
    id: EndUserId,
    version: String,
    #[server(default)] fields: Fields,
) -> Result<(), FormError<Fields>> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .parts();
    crate::server::end_user::save(&state, organization, id, &version, fields, &actor).await?;
    let page = format!("/organizations/{organization}/end-users/{id}");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, "end-user-saved"));
    Ok(())
}

/// The id of what is about to be added: it comes with the form, so that one sent twice adds one.
#[server]
pub async fn new_id() -> Result<Uuid, ApiError> {
    crate::server::caller::asker().await?.technician()?;
    Ok(Uuid::now_v7())
}

/// **New End User**. Leads to the new person's page.
#[server]
pub async fn create_end_user(
    organization: OrganizationId,
    id: EndUserId,
    #[server(default)] fields: Fields,
) -> Result<(), FormError<Fields>> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .parts();
    crate::server::end_user::create(&state, organization, id, fields, &actor).await?;
    let page = format!("/organizations/{organization}/end-users/{id}");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, "end-user-created"));
    Ok(())
}

/// What the confirmation of **Delete** says of these people.
#[server]
pub async fn people_to_delete(
    organization: OrganizationId,
    #[server(default)] ids: Vec<EndUserId>,
) -> Result<ToDelete, ApiError> {
    let state = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .state;
    Ok(crate::store::exclusion::to_delete(&state.engine.pool, organization, &ids).await?)
}

/// **Delete**, of one person or of several; `keep_out` is the box **Keep this person out of future syncs**. Comes back
/// to `next`.
#[server]
pub async fn delete_end_users(
    organization: OrganizationId,
    #[server(default)] ids: Vec<EndUserId>,
    #[server(default)] keep_out: Option<String>,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .parts();
    let pool = &state.engine.pool;
    let deleted = crate::store::exclusion::delete(pool, organization, &ids, keep_out.is_some(), &actor).await?;
    let done = crate::server::end_user::deletion_notice(deleted);
    leptos_axum::redirect(&crate::server::session::with_notice(&next, done));
    Ok(())
}

/// People kept out of an Organization's sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedPage {
    /// Whose.
    pub organization: OrganizationId,
    /// That Organization's name.
    pub organization_name: String,
    /// A page of them.
    pub people: Vec<ExcludedPerson>,
    /// How many match in all.
    pub total: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// A page of the people kept out of an Organization's sync.
#[server]
pub async fn excluded_people(
    organization: OrganizationId,
    #[server(default)] search: String,
    #[server(default)] page: i64,
) -> Result<ExcludedPage, ApiError> {
    let state = crate::server::caller::asker().await?.reads(organization).await?.state;
    let (pool, now) = (&state.engine.pool, crate::server::caller::now().await);
    let organization_name = crate::store::organization::name(pool, organization).await?;
    let (people, total) = crate::store::exclusion::page(pool, organization, &search, page, &now).await?;
    Ok(ExcludedPage {
        organization,
        organization_name,
        people,
        total,
        page_size: crate::store::exclusion::PAGE,
    })
}

/// **Let In Again**. Comes back to `next`.
#[server]
pub async fn let_in(
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    user: DirectoryUserId,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .parts();
    crate::store::exclusion::let_in(&state.engine.pool, organization, tenant, user, &actor).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(&next, "let-in"));
    Ok(())
}

/// **Sync Now** of one person. Comes back to the page.
#[server]
pub async fn sync_person_now(organization: OrganizationId, id: EndUserId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker()
        .await?
        .works_on(organization)
        .await?
        .parts();
    let done = crate::server::sync_person::sync_now(&state, organization, id, &actor).await?;
    let page = format!("/organizations/{organization}/end-users/{id}");
    leptos_axum::redirect(&crate::server::session::with_notice(&page, done));
    Ok(())
}
