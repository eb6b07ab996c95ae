//! Access tokens: bound to a tenant, mortal, and good for what was granted when they were issued. They are kept as
//! text: a token that differs in one character, whether in its claims or its signature, is none of ours.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::model::directory::Permission;
use crate::protocol::refusal::Refusal;

/// Above this many tokens, dead ones are thrown away.
const CROWDED: usize = 10_000;

/// What a token opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The tenant that it was issued for, the only one that it reads.
    pub tenant: Uuid,
    /// What may be read, by the roles that the token carries.
    pub permissions: BTreeSet<Permission>,
    /// Whether a person signed in for it: such a token opens nothing here, whatever the application may.
    pub delegated: bool,
    /// The person, of a token for Partner Center and not for Graph.
    pub partner_center: Option<Uuid>,
}

impl Access {
    /// Whether the token opens what needs this permission.
    pub fn permits(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

#[derive(Debug)]
struct Grant {
    access: Access,
    dies: Instant,
}

/// The tokens that were issued.
#[derive(Debug, Default)]
pub struct Tokens {
    grants: HashMap<String, Grant>,
}

impl Tokens {
    /// Remembers a token that is being issued.
    pub fn remember(&mut self, token: &str, access: Access, lifetime: Duration, now: Instant) {
        if self.grants.len() > CROWDED {
            self.grants.retain(|_, grant| grant.dies > now);
        }
        let dies = now + lifetime;
        self.grants.insert(token.to_owned(), Grant { access, dies });
    }

    /// What a request may read, by its `Authorization` header (graph.md §10).
    pub fn check(&self, authorization: Option<&str>, now: Instant) -> Result<Access, Refusal> {
        let token = authorization.and_then(|header| header.split_once(' '));
        let token = token
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map_or("", |(_, token)| token.trim());
        if token.is_empty() {
            return Err(Refusal::token("Access token is empty."));
        }
        match self.grants.get(token) {
            Some(grant) if grant.dies > now => Ok(grant.access.clone()),
            Some(_) => Err(Refusal::token("Lifetime validation failed, the token is expired.")),
            None if token.split('.').count() == 3 => {
                Err(Refusal::token("Access token validation failure. Invalid signature."))
            }
            None => Err(Refusal::token("CompactToken parsing failed with error code: 80049217")),
        }
    }

    /// Lets the live app-only tokens of a tenant open this from now on, whatever their `roles` say.
    pub fn strike(&mut self, tenant: Uuid, permissions: &BTreeSet<Permission>) {
        let meant = |access: &Access| access.tenant == tenant && !access.delegated;
        for grant in self.grants.values_mut().filter(|grant| meant(&grant.access)) {
            grant.access.permissions.clone_from(permissions);
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

    fn access() -> Access {
        Access {
            tenant: id_of("tenant"),
            permissions: BTreeSet::from([Permission::Users]),
            delegated: false,
            partner_center: None,
        }
    }

    #[test]
    fn a_token_dies_at_its_time_or_when_all_do() {
        let (mut tokens, now) = (Tokens::default(), Instant::now());
        tokens.remember("a.b.c", access(), Duration::from_secs(10), now);
        let check = |tokens: &Tokens, now| tokens.check(Some("Bearer a.b.c"), now);
        assert_eq!(check(&tokens, now), Ok(access()));
        assert_eq!(check(&tokens, now + Duration::from_secs(10)).unwrap_err().status, 401);
        tokens.expire(now);
        assert!(check(&tokens, now).unwrap_err().message.contains("expired"));
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

    #[test]
    fn live_tokens_of_one_tenant_can_be_struck() {
        let (mut tokens, now) = (Tokens::default(), Instant::now());
        let other = Access {
            tenant: id_of("other"),
            ..access()
        };
        tokens.remember("a.b.c", access(), Duration::from_secs(10), now);
        tokens.remember("d.e.f", other, Duration::from_secs(10), now);
        tokens.strike(id_of("tenant"), &BTreeSet::new());
        let permits = |token: &str| tokens.check(Some(token), now).unwrap().permits(Permission::Users);
        assert!(!permits("Bearer a.b.c"));
        assert!(permits("Bearer d.e.f"));
    }
}
