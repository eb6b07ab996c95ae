//! Adding an account by hand.

use super::{
    session::{new_account, random_text},
    state::AppState,
};
use crate::{
    api::{ApiError, accounts::AddedAccount},
    model::{access::Role, audit::Actor, ids::OrganizationId},
    store,
};

/// **Add Account** as its form sends it.
#[derive(Debug)]
pub struct New {
    /// What it signs in with.
    pub email: String,
    /// How the screens greet them.
    pub name: String,
    /// Key of a role.
    pub role: String,
    /// Empty for one that is made.
    pub password: String,
}

/// The role that a form chose.
pub fn role(key: &str) -> Result<Role, ApiError> {
    Role::from_key(key).ok_or_else(|| ApiError::Refused("Choose a role: Viewer, Technician or Administrator.".into()))
}

/// Adds an account. A password that is made is told once, and kept as a hash only.
pub async fn add(
    state: &AppState,
    actor: &Actor,
    new: New,
    organizations: &[OrganizationId],
) -> Result<AddedAccount, ApiError> {
    let made = new.password.is_empty().then(|| random_text(15)).transpose()?;
    let password = made.as_deref().unwrap_or(&new.password);
    let (account, hash) = new_account(new.email.trim(), &new.name, role(&new.role)?, password).await?;
    store::account_list::add(&state.engine.pool, actor, &account, &hash, organizations).await?;
    Ok(AddedAccount {
        email: account.email,
        password: made,
    })
}
