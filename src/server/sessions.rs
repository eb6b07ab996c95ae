//! What **Sessions** in Settings shows, and ending one of them.

use super::{asker::Asker, caller, client::browser, session};
use crate::{
    api::{ApiError, sessions::SessionRow},
    store::{self, session::OpenSession},
};

/// Where whoever asks is signed in, this browser first.
pub async fn list(asker: &Asker) -> Result<Vec<SessionRow>, ApiError> {
    let here = session::asked_with(&asker.state).await?.unwrap_or_default();
    let (pool, account) = (&asker.state.engine.pool, asker.who.account.id);
    let sessions = store::session::of_account(pool, account, &here, &caller::now().await).await?;
    Ok(sessions.into_iter().map(row).collect())
}

fn row(session: OpenSession) -> SessionRow {
    let browser = browser(&session.agent).unwrap_or_else(|| {
        let words: String = session.agent.chars().filter(|c| !c.is_control()).take(80).collect();
        if words.is_empty() { "Unknown".to_owned() } else { words }
    });
    SessionRow {
        id: session.id,
        browser,
        address: session.address,
        way: session.way,
        begun: session.begun,
        last_seen: session.last_seen,
        here: session.here,
    }
}

/// Ends one of them. One that is over already is as it should be.
pub async fn end(asker: &Asker, id: uuid::Uuid) -> Result<(), ApiError> {
    let account = asker.who.account.id;
    let ended = store::session::end(&asker.state.engine.pool, &asker.actor(), account, id).await?;
    tracing::info!(%account, %id, ended, "a session was ended");
    Ok(())
}
