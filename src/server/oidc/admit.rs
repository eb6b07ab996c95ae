//! Whether whoever a provider names may come in, and as which account.
//!
//! A person is known by what the provider never gives to anybody else, never by an address. An address counts once, at
//! the first sign-in, for an account that an Administrator has added for it, and only where the provider vouches for it:
//! the user principal name of a member of a Microsoft tenant, a verified email elsewhere. Where people come from more
//! than one place, the account has to say from which it is meant.

use super::token::Identity;
use crate::{
    model::{
        access::Role,
        audit::{Actor, ActorKind},
        ids::AccountId,
        sign_in::{ProviderKind, SignInProblem},
    },
    server::settings::SignInSettings,
    store::{
        StoreError,
        account::Account,
        identity::{self, Known, Person},
        sign_in,
    },
};
use sqlx::PgPool;
use uuid::Uuid;

/// Why somebody does not come in.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// They may not.
    #[error("{}", .0.title())]
    Problem(SignInProblem),
    /// It can't be told now.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The Microsoft tenant that somebody comes from, as an invitation names it.
pub fn realm_of_tenant(tenant: Uuid) -> String {
    format!("{}:{tenant}", ProviderKind::Microsoft.key())
}

/// The same of another provider: with another one in its place, invitations are for nobody.
pub fn realm_of_issuer(issuer: &str) -> String {
    format!("{}:{issuer}", ProviderKind::Openid.key())
}

impl SignInSettings {
    /// Every place that people may come from.
    pub fn realms(&self) -> Vec<String> {
        let tenants = self.tenants.iter().map(|tenant| realm_of_tenant(*tenant));
        let other = self.provider.iter().map(|other| realm_of_issuer(&other.issuer));
        tenants.chain(other).collect()
    }
}

/// The account of whoever the provider names. `address` is that of the client, for the audit log.
pub async fn admit(
    pool: &PgPool,
    settings: &SignInSettings,
    who: &Identity,
    address: Option<String>,
) -> Result<Account, NotAdmitted> {
    if who.kind == ProviderKind::Microsoft && !who.tenant.is_some_and(|tenant| settings.tenants.contains(&tenant)) {
        return Err(NotAdmitted::Problem(SignInProblem::Tenant));
    }
    let door = Door {
        pool,
        person: Person {
            provider: who.kind,
            authority: &who.authority,
            subject: &who.subject,
        },
        who,
        role: settings.role(who),
        address,
    };
    if let Some(known) = identity::find(pool, &door.person).await? {
        return door.known(known).await;
    }
    let realm = match who.tenant {
        Some(tenant) if who.kind == ProviderKind::Microsoft => realm_of_tenant(tenant),
        _ => realm_of_issuer(&who.authority),
    };
    let alone = settings.realms().len() == 1;
    if let Some(invited) = match &who.address {
        Some(address) => identity::invited(pool, address, &realm, alone).await?,
        None => None,
    } {
        return door.invited(invited).await;
    }
    match door.role {
        Some(role) => door.by_role(role).await,
        None => Err(NotAdmitted::Problem(SignInProblem::Unknown)),
    }
}

impl SignInSettings {
    /// The highest of the roles in the token, if its tenant may give any.
    fn role(&self, who: &Identity) -> Option<Role> {
        let may = who.tenant.is_some_and(|tenant| self.role_tenants.contains(&tenant));
        let named = |value: &String| {
            Role::ALL
                .into_iter()
                .find(|role| role.label().eq_ignore_ascii_case(value))
        };
        who.roles.iter().filter(|_| may).filter_map(named).max()
    }
}

/// Somebody who stands before it.
struct Door<'a> {
    pool: &'a PgPool,
    person: Person<'a>,
    who: &'a Identity,
    role: Option<Role>,
    address: Option<String>,
}

impl Door<'_> {
    /// The account itself does what is done here.
    fn actor(&self, account: &Account) -> Actor {
        Actor {
            kind: ActorKind::Administrator,
            id: Some(account.id),
            name: account.name.clone(),
            address: self.address.clone(),
        }
    }

    async fn known(&self, known: Known) -> Result<Account, NotAdmitted> {
        if known.disabled {
            return self.refused(&known, SignInProblem::Disabled).await;
        }
        match self.role {
            _ if !known.by_role => Ok(known.account),
            None => self.refused(&known, SignInProblem::NoRole).await,
            Some(role) if role == known.account.role => Ok(known.account),
            Some(role) => {
                let actor = self.actor(&known.account);
                match identity::follow_role(self.pool, &actor, &known.account, role).await {
                    Ok(()) => Ok(Account { role, ..known.account }),
                    // It takes the last Administrator as little as a change by hand.
                    Err(StoreError::Conflict(_)) => self.refused(&known, SignInProblem::LastAdministrator).await,
                    Err(error) => Err(error.into()),
                }
            }
        }
    }

    async fn invited(&self, known: Known) -> Result<Account, NotAdmitted> {
        if known.disabled {
            return self.refused(&known, SignInProblem::Disabled).await;
        }
        let actor = self.actor(&known.account);
        if identity::bind(self.pool, &actor, &known.account, &self.person).await? {
            return Ok(known.account);
        }
        // Somebody else was there in the same moment.
        Err(NotAdmitted::Problem(SignInProblem::Unknown))
    }

    /// Somebody whose account there is does not come in, which the audit log tells.
    async fn refused(&self, known: &Known, problem: SignInProblem) -> Result<Account, NotAdmitted> {
        let (email, why) = (&known.account.email, problem.title());
        sign_in::refused(self.pool, email, self.address.as_deref(), why).await?;
        Err(NotAdmitted::Problem(problem))
    }

    async fn by_role(&self, role: Role) -> Result<Account, NotAdmitted> {
        let Some(email) = self.who.address.clone() else {
            return Err(NotAdmitted::Problem(SignInProblem::Unknown));
        };
        let account = Account {
            id: AccountId(Uuid::now_v7()),
            email,
            name: self.who.name.clone(),
            role,
        };
        match identity::create(self.pool, &self.actor(&account), &account, &self.person).await {
            Ok(()) => Ok(account),
            Err(StoreError::Conflict(_)) => Err(NotAdmitted::Problem(SignInProblem::Taken)),
            Err(error) => Err(error.into()),
        }
    }
}
