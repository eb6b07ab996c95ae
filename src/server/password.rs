//! Another password for an account: by its owner, who knows the present one, or by whoever runs the command line.

use super::{asker::Asker, session};
use crate::{
    api::ApiError,
    model::audit::Actor,
    store::{StoreError, account},
};
use sqlx::PgPool;

/// **Change Password**. The present one is a guess like any other, as a session may be in the wrong hands. The other
/// sessions end.
pub async fn change(asker: &Asker, present: &str, chosen: &str) -> Result<(), ApiError> {
    let (pool, who) = (&asker.state.engine.pool, &asker.who.account);
    if !account::has_password(pool, who.id).await? {
        return Err(ApiError::Refused(
            "This account has no password. It signs in with a provider.".into(),
        ));
    }
    session::long_enough(chosen)?;
    let client = session::client().await?;
    let found = session::by_password(pool, &who.email, present, &client).await?;
    if found.is_none_or(|found| found.id != who.id) {
        return Err(ApiError::Refused("The present password is wrong.".into()));
    }
    let here = session::asked_with(&asker.state).await?;
    let hash = session::hash_password(chosen.to_owned()).await?;
    account::set_password(pool, &asker.actor(), who.id, &hash, here.as_deref()).await?;
    tracing::info!(account = %who.id, "password changed");
    Ok(())
}

/// `entrain admin password`: the account with this email has this password from now on, and no session.
pub async fn reset(pool: &PgPool, actor: &Actor, email: &str, chosen: &str) -> Result<(), ApiError> {
    session::long_enough(chosen)?;
    let id = account::id_of(pool, email).await?;
    let id = id.ok_or(StoreError::NotFound("An account with this email"))?;
    let hash = session::hash_password(chosen.to_owned()).await?;
    Ok(account::set_password(pool, actor, id, &hash, None).await?)
}
