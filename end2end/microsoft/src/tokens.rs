//! Access tokens: bound to a tenant, mortal, and without meaning. They look like JWTs because clients expect that
//! look; what is inside is chance, so that nobody comes to depend on it (graph.md §1: the client must not parse them).

use std::collections::HashMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::protocol::refusal::Refusal;

/// Above this many tokens, dead ones are thrown away.
const CROWDED: usize = 10_000;

#[derive(Debug)]
struct Grant {
    tenant: Uuid,
    dies: Instant,
}

/// The tokens that were issued.
#[derive(Debug, Default)]
pub struct Tokens {
    grants: HashMap<String, Grant>,
}

impl Tokens {
    /// Issues a token.
    pub fn issue(&mut self, tenant: Uuid, lifetime: Duration, now: Instant) -> String {
        if self.grants.len() > CROWDED {
            self.grants.retain(|_, grant| grant.dies > now);
        }
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"simulated"}"#);
        let random = |ids: usize| {
            let bytes: Vec<u8> = (0..ids).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
            URL_SAFE_NO_PAD.encode(bytes)
        };
        let token = format!("{header}.{}.{}", random(20), random(16));
        self.grants.insert(
            token.clone(),
            Grant {
                tenant,
                dies: now + lifetime,
            },
        );
        token
    }

    /// The tenant of a request, by its `Authorization` header (graph.md §10).
    pub fn check(&self, authorization: Option<&str>, now: Instant) -> Result<Uuid, Refusal> {
        let token = authorization.and_then(|header| header.split_once(' '));
        let token = token
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token.trim());
        if token.is_empty() {
            return Err(Refusal::token("Access token is empty."));
        }
        match self.grants.get(token) {
            Some(grant) if grant.dies > now => Ok(grant.tenant),
            Some(_) => Err(Refusal::token("Lifetime validation failed, the token is expired.")),
            None if token.split('.').count() == 3 => {
                Err(Refusal::token("Access token validation failure. Invalid signature."))
            }
            None => Err(Refusal::token("CompactToken parsing failed with error code: 80049217")),
        }
    }

    /// Lets every token die at once.
    pub fn expire(&mut self, now: Instant) {
        for grant in self.grants.values_mut() {
            grant.dies = grant.dies.min(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::id_of;

    #[test]
    fn a_token_dies_at_its_time_or_when_all_do() {
        let (mut tokens, now, tenant) = (Tokens::default(), Instant::now(), id_of("tenant"));
        let header = format!("Bearer {}", tokens.issue(tenant, Duration::from_secs(10), now));
        assert_eq!(tokens.check(Some(&header), now), Ok(tenant));
        assert_eq!(
            tokens
                .check(Some(&header), now + Duration::from_secs(10))
                .unwrap_err()
                .status,
            401
        );
        tokens.expire(now);
        assert!(
            tokens
                .check(Some(&header), now)
                .unwrap_err()
                .message
                .contains("expired")
        );
    }

    #[test]
    fn a_missing_and_a_foreign_token_are_told_apart() {
        let (tokens, now) = (Tokens::default(), Instant::now());
        let message = |header| tokens.check(header, now).unwrap_err().message;
        assert!(message(None).contains("empty"));
        assert!(message(Some("Basic abc")).contains("empty"));
        assert!(message(Some("Bearer abc")).contains("parsing failed"));
        assert!(message(Some("Bearer a.b.c")).contains("signature"));
    }
}
