//! **Accounts** of the settings: who may sign in, how far they go, and where. For Administrators.

use super::ApiError;
use crate::model::{
    access::AccountRow,
    ids::{AccountId, OrganizationId},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountsContent {
    /// All accounts by name.
    pub accounts: Vec<AccountRow>,
    /// Every Organization by name, to give.
    pub organizations: Vec<(OrganizationId, String)>,
    /// Whose account is that of whoever asks.
    pub own: AccountId,
}

/// All accounts.
#[server]
pub async fn accounts() -> Result<AccountsContent, ApiError> {
    let asker = crate::server::caller::asker().await?.administrator()?;
    let (pool, now) = (&asker.state.engine.pool, crate::server::caller::now().await);
    Ok(AccountsContent {
        accounts: crate::store::account_list::all(pool, &now).await?,
        organizations: crate::store::account_list::to_give(pool).await?,
        own: asker.who.account.id,
    })
}

/// An account that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedAccount {
    /// What it signs in with.
    pub email: String,
    /// Its first password, told this once; `None` where the Administrator typed it.
    pub password: Option<String>,
}

/// **Add Account**. Without a password one is made, and told this once.
#[server]
pub async fn add_account(
    email: String,
    #[server(default)] name: String,
    #[server(default)] role: String,
    #[server(default)] password: String,
    #[server(default)] organizations: Vec<OrganizationId>,
) -> Result<AddedAccount, ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    let new = crate::server::accounts::New {
        email,
        name,
        role,
        password,
    };
    crate::server::accounts::add(&state, &actor, new, &organizations).await
}

/// **Save** of an account's role and Organizations.
#[server]
pub async fn change_account(
    id: AccountId,
    #[server(default)] role: String,
    #[server(default)] organizations: Vec<OrganizationId>,
) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    let role = crate::server::accounts::role(&role)?;
    crate::store::account_list::change(&state.engine.pool, &actor, id, role, &organizations).await?;
    leptos_axum::redirect("/settings?notice=account-saved");
    Ok(())
}

/// **Disable**: ends the sessions of an account.
#[server]
pub async fn disable_account(id: AccountId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::account_list::disable(&state.engine.pool, &actor, id).await?;
    leptos_axum::redirect("/settings?notice=account-disabled");
    Ok(())
}

/// **Withdraw Invitation**: nobody comes in by it any more.
#[server]
pub async fn withdraw_invitation(id: AccountId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::invitation::withdraw(&state.engine.pool, &actor, id).await?;
    leptos_axum::redirect("/settings?notice=invitation-withdrawn");
    Ok(())
}

/// **Renew Invitation**: it is good for as long as a new one.
#[server]
pub async fn renew_invitation(id: AccountId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    let realms = state.settings.sign_in.realms();
    crate::store::invitation::renew(&state.engine.pool, &actor, id, &realms).await?;
    leptos_axum::redirect("/settings?notice=invitation-renewed");
    Ok(())
}

/// **Enable**.
#[server]
pub async fn enable_account(id: AccountId) -> Result<(), ApiError> {
    let (state, actor) = crate::server::caller::asker().await?.administrator()?.parts();
    crate::store::account_list::enable(&state.engine.pool, &actor, id).await?;
    leptos_axum::redirect("/settings?notice=account-enabled");
    Ok(())
}
