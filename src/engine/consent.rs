//! What an answer of Microsoft's consent page leads to: it is heard, judged, proven by a token and a read, and settled
//! in one transaction with the use of its `state`. What may be is decided in `sync::consent`.

use super::{Engine, RunError, connect};
use crate::{
    graph::{GraphErrorKind, remedy_of_description},
    model::{
        audit::{Action, Actor},
        connect::{ConsentRequest, Proven, Purpose},
        ids::EntraTenantId,
    },
    store::{self, StoreError, consent_outcome::Settled},
    sync::consent::{Refused, Verdict, judge},
};
use sqlx::PgPool;

/// The errors of a visit (RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6;
/// learn.microsoft.com/entra/identity-platform/reference-error-codes), besides those that have words of their own.
const ERRORS: [&str; 11] = [
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_client",
    "invalid_resource",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
    "login_required",
    "invalid_grant",
];

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Connected.
    Connected(Proven),
    /// It waits for an Administrator.
    Pending(Proven),
    /// It is the partner now.
    Partner(Proven),
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// It is not allowed.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// Microsoft answered with an error: what to do.
    #[error("{0}")]
    Declined(String),
    /// The sign-in for the partner failed, before anything was asked for: what to do.
    #[error("{0}")]
    NotSignedIn(String),
    /// Whoever was to sign in for the partner cancelled it.
    #[error("The sign-in was cancelled at Microsoft.")]
    Cancelled,
    /// Consent is there, and Microsoft does not let us in with it yet: the same answer may be tried again.
    #[error("{0}")]
    NotYet(RunError),
    /// The same for so long that it does not pass by itself.
    #[error("{0}")]
    TooLong(RunError),
    /// The proof failed.
    #[error("{0}")]
    Unproven(RunError),
    /// Our own database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An answer that names a Microsoft tenant.
pub async fn named(
    engine: &Engine,
    actor: &Actor,
    request: &ConsentRequest,
    tenant: EntraTenantId,
) -> Result<Outcome, ConsentError> {
    let pool = &engine.pool;
    let connected = store::microsoft_tenant::connected(pool, tenant).await?.is_some();
    let verdict = match judge(request, tenant, connected) {
        Ok(verdict) => verdict,
        Err(refused) => return Err(turned_down(pool, actor, request, refused).await?),
    };
    let proven = match prove(engine, request, tenant).await {
        Ok(proven) => proven,
        Err(error) => return Err(unproven(pool, actor, request, error).await?),
    };
    let settled = match verdict {
        Verdict::Connect => store::consent_outcome::connect(pool, actor, request, &proven).await?,
        Verdict::Hold => store::consent_outcome::hold(pool, actor, request, &proven, &how(request)).await?,
        Verdict::Partner => store::consent_outcome::choose_partner(pool, actor, request, &proven).await?,
    };
    match settled {
        Settled::Done => {}
        Settled::Over => return Err(Refused::Over(crate::model::connect::LinkState::Used).into()),
        Settled::ConnectedAlready => return Err(Refused::ConnectedAlready.into()),
    }
    tracing::info!(tenant = %tenant.0, ?verdict, purpose = request.purpose.key(), "consent settled");
    Ok(match verdict {
        Verdict::Connect => Outcome::Connected(proven),
        Verdict::Hold => Outcome::Pending(proven),
        Verdict::Partner => Outcome::Partner(proven),
    })
}

/// Turns an answer down for good.
async fn turned_down(
    pool: &PgPool,
    actor: &Actor,
    request: &ConsentRequest,
    refused: Refused,
) -> Result<ConsentError, StoreError> {
    let why = format!("Refused: {refused}.");
    store::consent_outcome::turn_down(pool, actor, request, Action::RefuseConsent, &why).await?;
    Ok(refused.into())
}

/// What a proof that failed leaves behind: Microsoft naming another tenant than the one that the answer named ends the
/// visit; anything else may be tried again, and is noted for us, as an administrator of a customer is not told.
async fn unproven(
    pool: &PgPool,
    actor: &Actor,
    request: &ConsentRequest,
    error: ConsentError,
) -> Result<ConsentError, StoreError> {
    Ok(match error {
        ConsentError::NotYet(error) => {
            let is_too_long = store::consent::is_too_long(pool, request.id).await?;
            if is_too_long {
                ConsentError::TooLong(error)
            } else {
                ConsentError::NotYet(error)
            }
        }
        ConsentError::Refused(refused) => turned_down(pool, actor, request, refused).await?,
        ConsentError::Unproven(error) => {
            store::consent::note(pool, request.id, &format!("Not verified: {}", error.words())).await?;
            ConsentError::Unproven(error)
        }
        other => other,
    })
}

/// A new token, as one of before the consent lacks its roles, and a read. The tenant that is read has to be the one
/// that was named.
async fn prove(engine: &Engine, request: &ConsentRequest, tenant: EntraTenantId) -> Result<Proven, ConsentError> {
    let microsoft = engine.microsoft(request.cloud).map_err(ConsentError::Unproven)?;
    let client = microsoft.tenant(&tenant.0.to_string());
    client.forget_token().await;
    let proven = connect::prove(&client, request.cloud).await.map_err(|error| {
        if may_pass(&error) {
            ConsentError::NotYet(error)
        } else {
            ConsentError::Unproven(error)
        }
    })?;
    if proven.entra_tenant_id == tenant {
        Ok(proven)
    } else {
        Err(Refused::OtherTenant.into())
    }
}

/// Whether it may be only that consent has not reached all of Microsoft yet: the app is not known there, or its roles
/// are not in the token (learn.microsoft.com/graph/auth-cloudsolutionprovider).
pub fn may_pass(error: &RunError) -> bool {
    let RunError::Graph(graph) = error else { return false };
    error.is_transient()
        || matches!(
            graph.kind,
            GraphErrorKind::Token {
                aadsts: Some(700_016 | 700_011 | 650_051)
            } | GraphErrorKind::PermissionMissing
                | GraphErrorKind::Unauthorized
        )
}

/// An answer that is an error: nothing was granted. A link stays good, as whoever follows it may not be the right one
/// to accept; any other visit is over. The partner's sign-in asks for no consent, so that none was declined there.
pub async fn declined(
    engine: &Engine,
    actor: &Actor,
    request: &ConsentRequest,
    error: &str,
    description: &str,
) -> Result<ConsentError, StoreError> {
    let words = declined_words(error, description);
    let told = match request.purpose {
        Purpose::Bulk if is_cancelled(error, description) => ConsentError::Cancelled,
        Purpose::Bulk => ConsentError::NotSignedIn(words),
        Purpose::Link | Purpose::Single | Purpose::Partner => ConsentError::Declined(words),
    };
    let outcome = match &told {
        ConsentError::Cancelled => told.to_string(),
        other => format!("Microsoft answered with an error: {other}"),
    };
    let action = match request.purpose {
        Purpose::Bulk => Action::EndPartnerSignIn,
        Purpose::Link | Purpose::Single | Purpose::Partner => Action::DeclineConsent,
    };
    store::consent_outcome::turn_down(&engine.pool, actor, request, action, &outcome).await?;
    Ok(told)
}

/// Whether somebody pressed **Cancel** (RFC 6749, section 4.1.2.1). Microsoft says `access_denied` of other refusals
/// too, with codes of their own.
fn is_cancelled(error: &str, description: &str) -> bool {
    description.contains("AADSTS65004") || (error == "access_denied" && !description.contains("AADSTS"))
}

fn declined_words(error: &str, description: &str) -> String {
    match (remedy_of_description(description), error) {
        (Some(remedy), _) => remedy,
        (None, "access_denied" | "permission_denied" | "consent_required") => {
            "Consent was declined: run admin consent again and accept as a Global Administrator.".to_owned()
        }
        (None, error) => {
            // The address can say anything: what is no name of an error is not repeated.
            let name = ERRORS.iter().find(|known| **known == error);
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            format!("Microsoft gave no reason that we know{name}. Try again, and accept as a Global Administrator.")
        }
    }
}

fn how(request: &ConsentRequest) -> String {
    match request.purpose {
        Purpose::Link => format!("by a link of {}", request.account_name),
        Purpose::Single | Purpose::Partner | Purpose::Bulk => format!("begun by {}", request.account_name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_put_in_words_by_its_code_and_else_by_its_name() {
        assert!(declined_words("consent_required", "AADSTS65004: no").contains("AADSTS65004"));
        assert!(declined_words("permission_denied", "The admin canceled the request").contains("declined"));
        assert!(declined_words("access_denied", "AADSTS90094: needs admin").contains("administrator of the customer"));
        assert!(declined_words("invalid_scope", "").contains("(invalid_scope)"));
    }

    #[test]
    fn a_sign_in_is_cancelled_by_a_person_and_not_by_a_rule_of_microsofts() {
        assert!(is_cancelled("access_denied", ""));
        assert!(is_cancelled("consent_required", "AADSTS65004: User declined"));
        assert!(!is_cancelled("access_denied", "AADSTS90094: needs admin"));
        assert!(!is_cancelled("server_error", ""));
    }

    #[test]
    fn what_the_address_calls_an_error_and_is_none_is_not_repeated() {
        let words = declined_words("call 555 0100 at once", "or else");
        assert!(
            words.contains("no reason that we know.") && !words.contains("555"),
            "{words}"
        );
    }
}
