//! Held and dropped rows of a run, **Undo Run**, and contended fields.

use super::ApiError;
use crate::model::{
    held::{ContendedField, ContendedOverview},
    ids::{EndUserId, OrganizationId, RunId},
    undo::UndoPlan,
};
use leptos::prelude::*;
use uuid::Uuid;

/// **Approve** or **Drop** of held rows: the ticked ones, or all that were `seen`. Leads to the run that it became, or
/// back.
#[server]
pub async fn decide_held(
    run: RunId,
    #[server(default)] rows: Vec<Uuid>,
    #[server(default)] decision: String,
    #[server(default)] seen: Uuid,
) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.works_on_run(run).await?;
    let chosen = crate::server::held::chosen(rows, &decision, seen)?;
    let to = crate::server::held::decide(asker, run, chosen, &decision).await?;
    leptos_axum::redirect(&to);
    Ok(())
}

/// **Let in again** of a dropped row. Leads back to the run.
#[server]
pub async fn let_in_dropped(run: RunId, row: Uuid) -> Result<(), ApiError> {
    let asker = crate::server::caller::asker().await?.works_on_run(run).await?;
    let to = crate::server::held::let_in(&asker, run, row).await?;
    leptos_axum::redirect(&to);
    Ok(())
}

/// What undoing a run would do: nothing is written.
#[server]
pub async fn plan_undo(run: RunId) -> Result<UndoPlan, ApiError> {
    let state = crate::server::caller::asker().await?.works_on_whole(run).await?.state;
    Ok(crate::engine::undo::plan_undo(&state.engine, run, 100).await?)
}

/// **Undo Run**. `disable` is there when the box is ticked. Leads to the run that undid it.
#[server]
pub async fn undo_run(run: RunId, #[server(default)] disable: Option<String>) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on_whole(run).await?.parts();
    let to = crate::server::held::undo(&state, &actor, run, disable.is_some()).await?;
    leptos_axum::redirect(&to);
    Ok(())
}

/// The contended fields of an End User, open and decided ones.
#[server]
pub async fn contended_fields(end_user: EndUserId) -> Result<Vec<ContendedField>, ApiError> {
    let state = crate::server::caller::asker().await?.reads(end_user).await?.state;
    Ok(crate::store::contended::of_end_user(&state.engine.pool, end_user).await?)
}

/// The End Users of an Organization with a contended field that nobody has decided.
#[server]
pub async fn contended_people(organization: OrganizationId) -> Result<ContendedOverview, ApiError> {
    let state = crate::server::caller::asker().await?.reads(organization).await?.state;
    let (people, fields) = crate::store::contended::open_of_organization(&state.engine.pool, organization, 20).await?;
    Ok(ContendedOverview { people, fields })
}

/// Decides who writes a contended field: `microsoft`, or `other`. Comes back to `next`.
#[server]
pub async fn decide_contended(
    end_user: EndUserId,
    field: String,
    winner: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.works_on(end_user).await?.parts();
    crate::server::held::decide_contended(&state, &actor, end_user, &field, &winner).await?;
    leptos_axum::redirect(&crate::server::session::with_notice(&next, "contended-decided"));
    Ok(())
}
