//! Local sign-in: argon2 for passwords; and sessions, however they were begun: a random token in a cookie, its hash in
//! the database.

use super::{asker::Asker, client::Client, state::AppState};
use crate::{
    api::ApiError,
    model::{
        access::{Access, Role},
        audit::Actor,
        ids::AccountId,
        sign_in::Way,
    },
    store::{
        self,
        account::{self, Account},
        session::{LONGEST_HOURS, NewSession},
    },
};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::{
    Extension,
    http::{HeaderMap, HeaderValue, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use cookie::{Cookie, SameSite};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tokio::sync::Semaphore;

/// After so many failures in fifteen minutes an email has to wait at the address that they came from: whoever guesses at
/// somebody's password does not lock them out elsewhere.
const MOST_BY_BOTH: i64 = 10;
/// After so many from wherever an email has to wait everywhere.
const MOST_BY_EMAIL: i64 = 100;
/// After so many from one address that address has to wait: an office may have no more than one.
const MOST_BY_ADDRESS: i64 = 50;
/// So many passwords are looked at in the same moment. Each takes 19 MiB and some hundredths of a second: without a limit
/// anybody could have all memory with a few hundred guesses.
static AT_ONCE: Semaphore = Semaphore::const_new(4);
/// The shortest password that is taken.
pub const SHORTEST_PASSWORD: usize = 12;

/// The cookie's name. A browser keeps a `__Host-` cookie only over https.
pub const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-entrain" } else { "entrain" }
}

/// Random letters for tokens and first passwords: `bytes` bytes of the system's randomness.
#[cfg_attr(test, track_caller)]
pub fn random_text(bytes: usize) -> Result<String, ApiError> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).map_err(|error| {
        tracing::error!(%error, "the system gave no random bytes");
        ApiError::Internal
    })?;
    let text = URL_SAFE_NO_PAD.encode(buffer);
    // All of these are secrets: tests look for them in what is logged and on error pages.
    #[cfg(test)]
    crate::tests::said::never(
        &format!("what {} made at random", std::panic::Location::caller()),
        &text,
    );
    Ok(text)
}

/// What the database keeps of a token.
pub fn hash_token(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// The hash of a password, with its salt and parameters in it.
pub async fn hash_password(password: String) -> Result<String, ApiError> {
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|h| h.to_string())
    })
    .await
    .map_err(|_| ApiError::Internal)?
    .map_err(|_| ApiError::Internal)
}

/// Whether a password fits a hash. Takes the same time for a hash of nobody.
async fn verify(password: String, hash: Option<String>) -> bool {
    // A hash that no password has, so that an unknown email costs as much time as a wrong password.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$NKsHt5GIZxOg51mOPHmKwkGM3Oq0qvSm9fqN9YTjCYY";
    let known = hash.is_some();
    let _turn = AT_ONCE.acquire().await;
    let fits = tokio::task::spawn_blocking(move || {
        let hash = hash.as_deref().unwrap_or(NOBODY);
        PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    fits.await.unwrap_or(false) && known
}

/// Signs in: opens a session and sets its cookie. A wrong email, a wrong password, a disabled account and one without a
/// password give the same answer after the same time.
pub async fn sign_in(email: &str, password: &str) -> Result<(), ApiError> {
    let state = use_context::<AppState>().ok_or(ApiError::Internal)?;
    let headers: HeaderMap = leptos_axum::extract().await.map_err(|_| ApiError::Internal)?;
    let client = client().await?;
    let account = by_password(&state.engine.pool, email, password, &client).await?;
    let account = account.ok_or_else(|| ApiError::Refused("Email or password is wrong.".into()))?;
    let cookie = begin(&state, &headers, account.id, Way::Password, &client).await?;
    answer_with(cookie)
}

/// From where this request comes.
pub async fn client() -> Result<Client, ApiError> {
    let found = leptos_axum::extract::<Extension<Client>>().await;
    found.map(|Extension(client)| client).map_err(|_| ApiError::Internal)
}

/// The account that has this email and this password, if there is one. A guess counts before it is looked at, and is taken
/// back when it is right.
pub async fn by_password(
    pool: &PgPool,
    email: &str,
    password: &str,
    client: &Client,
) -> Result<Option<Account>, ApiError> {
    let guess = store::sign_in::guess(pool, email, client.limited_as().as_deref()).await?;
    let of_email = guess.by_both > MOST_BY_BOTH || guess.by_email > MOST_BY_EMAIL;
    if of_email || guess.by_address > MOST_BY_ADDRESS {
        // Not looked at, and so not counted: it would put off the end for ever.
        store::sign_in::take_back(pool, guess).await?;
        let with = if of_email {
            "with this email"
        } else {
            "from your address"
        };
        return Err(ApiError::Refused(format!(
            "Too many failed sign-ins {with}. Try again in 15 minutes."
        )));
    }
    let (found, hash) = account::by_email(pool, email).await?.unzip();
    let fits = verify(password.to_owned(), hash.flatten()).await;
    let Some(account) = found.filter(|_| fits) else {
        if guess.by_both >= MOST_BY_BOTH || guess.by_email >= MOST_BY_EMAIL {
            let why = "Too many wrong passwords";
            store::sign_in::refused(pool, email, client.address_text().as_deref(), why).await?;
        }
        return Ok(None);
    };
    store::sign_in::take_back(pool, guess).await?;
    Ok(Some(account))
}

/// Opens a session and makes its cookie. The session that the browser had before ends: whoever knew that one is not
/// signed in by this.
pub async fn begin(
    state: &AppState,
    headers: &HeaderMap,
    account: AccountId,
    way: Way,
    client: &Client,
) -> Result<HeaderValue, ApiError> {
    let pool = &state.engine.pool;
    if let Some(hash) = token_hash(state, headers) {
        store::session::close(pool, &hash).await?;
    }
    let token = random_text(32)?;
    let new = NewSession {
        account,
        token_hash: &hash_token(&token),
        way,
        address: client.address_text(),
        agent: &client.agent,
    };
    store::session::begin(pool, &new).await?;
    tracing::info!(%account, way = way.key(), "signed in");
    cookie(state, token, LONGEST_HOURS)
}

/// Ends the session of this request and removes its cookie.
pub async fn sign_out() -> Result<(), ApiError> {
    let state = use_context::<AppState>().ok_or(ApiError::Internal)?;
    if let Some(hash) = asked_with(&state).await? {
        store::session::sign_out(&state.engine.pool, &hash, client().await?.address_text()).await?;
    }
    answer_with(cookie(&state, String::new(), 0)?)
}

/// Ends every session of whoever asks, in this browser too, and removes its cookie.
pub async fn sign_out_everywhere(asker: &Asker) -> Result<(), ApiError> {
    let account = asker.who.account.id;
    let ended = store::session::end_all(&asker.state.engine.pool, &asker.actor(), account).await?;
    tracing::info!(%account, ended, "signed out everywhere");
    answer_with(cookie(&asker.state, String::new(), 0)?)
}

/// The hash of the token with which this request came.
pub async fn asked_with(state: &AppState) -> Result<Option<Vec<u8>>, ApiError> {
    let headers: HeaderMap = leptos_axum::extract().await.map_err(|_| ApiError::Internal)?;
    Ok(token_hash(state, &headers))
}

fn cookie(state: &AppState, token: String, hours: i32) -> Result<HeaderValue, ApiError> {
    let https = state.settings.is_https();
    let cookie = Cookie::build((cookie_name(https), token))
        .path("/")
        .http_only(true)
        .secure(https)
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::hours(hours.into()))
        .build();
    HeaderValue::from_str(&cookie.to_string()).map_err(|_| ApiError::Internal)
}

fn answer_with(cookie: HeaderValue) -> Result<(), ApiError> {
    use_context::<ResponseOptions>()
        .ok_or(ApiError::Internal)?
        .append_header(header::SET_COOKIE, cookie);
    Ok(())
}

/// The value of a cookie.
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    sent.flat_map(Cookie::split_parse)
        .flatten()
        .find(|cookie| cookie.name() == name)
        .map(|c| c.value().to_owned())
}

/// The token of the session that these headers belong to, if they say one.
pub fn token_of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    cookie_of(headers, cookie_name(state.settings.is_https())).filter(|token| !token.is_empty())
}

fn token_hash(state: &AppState, headers: &HeaderMap) -> Option<Vec<u8>> {
    token_of(state, headers).map(|token| hash_token(&token))
}

/// Who sends these headers, and what they may.
pub async fn by_headers(state: &AppState, headers: &HeaderMap) -> Result<Option<(Account, Access)>, ApiError> {
    match token_hash(state, headers) {
        Some(hash) => Ok(store::session::find(&state.engine.pool, &hash).await?),
        None => Ok(None),
    }
}

/// Adds an administrator with this password, for the audit log in the name of whoever does it.
pub async fn create_administrator(
    pool: &PgPool,
    actor: &Actor,
    email: &str,
    name: &str,
    password: &str,
) -> Result<(), ApiError> {
    let (account, hash) = new_account(email.trim(), name, Role::Administrator, password).await?;
    Ok(store::account_list::add(pool, actor, &account, &hash, &[]).await?)
}

/// A new account that signs in with this password, and the hash of that.
pub async fn new_account(email: &str, name: &str, role: Role, password: &str) -> Result<(Account, String), ApiError> {
    if !email.contains('@') {
        return Err(ApiError::Refused(format!("\"{email}\" is no email address.")));
    }
    long_enough(password)?;
    let account = Account {
        id: AccountId(uuid::Uuid::now_v7()),
        email: email.to_owned(),
        name: if name.trim().is_empty() {
            email.to_owned()
        } else {
            name.to_owned()
        },
        role,
    };
    let hash = hash_password(password.to_owned()).await?;
    Ok((account, hash))
}

/// Refuses a password that is too short.
pub fn long_enough(password: &str) -> Result<(), ApiError> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(ApiError::Refused(format!(
            "The password needs at least {SHORTEST_PASSWORD} characters."
        )));
    }
    Ok(())
}

/// A path of ours from what a form or an address says; anything else becomes the front page, so that nobody is sent
/// to another site. So does `/`, which the server redirects and the browser's router does not know.
pub fn safe_path(path: &str) -> &str {
    let ours = path.len() > 1
        && path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control);
    if ours { path } else { "/organizations" }
}

/// The same path with a notice for the page to show: the toast of those who have no script.
pub fn with_notice(path: &str, notice: &str) -> String {
    let path = safe_path(path);
    format!("{path}{}notice={notice}", if path.contains('?') { '&' } else { '?' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_followed() {
        for path in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "/",
            "/a\r\nb",
        ] {
            assert_eq!(safe_path(path), "/organizations", "{path}");
        }
        assert_eq!(safe_path("/tenants/1?dialog=x"), "/tenants/1?dialog=x");
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only_and_nobody_fits_nothing() {
        let hash = hash_password("correct horse battery".into()).await.unwrap();
        assert!(verify("correct horse battery".into(), Some(hash.clone())).await);
        assert!(!verify("correct horse".into(), Some(hash)).await);
        assert!(!verify("anything".into(), None).await);
    }
}
