//! Somebody who asks for something, held against what they may before anything is done for them.

use super::{
    caller::{Caller, SignedIn},
    state::AppState,
};
use crate::{
    api::ApiError,
    model::{
        access::{Access, Denied, Given, Role},
        audit::Actor,
        ids::{OrganizationId, RunId},
    },
    store::{
        StoreError,
        access::{One, SeenRun, Theirs, Whole, organization_of, organizations_of, sees_run},
    },
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

/// Somebody who asks, at the state they ask of. Whatever is about one thing passes one of the functions here first; a
/// list is narrowed in its query by [`Asker::theirs`].
#[derive(Clone, Debug)]
pub struct Asker {
    /// The state.
    pub state: AppState,
    /// Who, and what they may.
    pub who: SignedIn,
    organizations: Option<Vec<OrganizationId>>,
}

impl Asker {
    /// Somebody who is signed in.
    pub fn new(state: AppState, who: SignedIn) -> Self {
        Self {
            organizations: who.access.organizations(),
            state,
            who,
        }
    }

    /// The state, and who they are as the audit log names them.
    pub fn parts(self) -> (AppState, Actor) {
        let actor = self.actor();
        (self.state, actor)
    }

    /// Who they are, as the audit log names them.
    pub fn actor(&self) -> Actor {
        self.who.actor()
    }

    /// Their Organizations, for a query; `None` is all.
    pub fn theirs(&self) -> Theirs<'_> {
        self.organizations.as_deref()
    }

    /// The same, to keep.
    pub fn organizations(&self) -> Option<Vec<OrganizationId>> {
        self.organizations.clone()
    }

    /// A run, as they see it.
    pub fn run(&self, id: RunId) -> SeenRun<'_> {
        SeenRun {
            id,
            theirs: self.theirs(),
        }
    }

    /// For Administrators: what belongs to no Organization.
    pub fn administrator(self) -> Result<Self, ApiError> {
        let may = self.access().administrator();
        self.unless(may, "")
    }

    /// For Technicians of whatever Organization: what comes before any is named.
    pub fn technician(self) -> Result<Self, ApiError> {
        let may = self.access().role(Role::Technician);
        self.unless(may, "")
    }

    /// For those who see a thing: Viewers of its Organization.
    pub async fn reads(self, one: impl Into<One>) -> Result<Self, ApiError> {
        self.may(Role::Viewer, one.into()).await
    }

    /// For those who change a thing: Technicians of its Organization.
    pub async fn works_on(self, one: impl Into<One>) -> Result<Self, ApiError> {
        self.may(Role::Technician, one.into()).await
    }

    /// For those who see a whole directory: Viewers of every Organization of the Tenant.
    pub async fn reads_whole(self, whole: impl Into<Whole>) -> Result<Self, ApiError> {
        self.may_whole(Role::Viewer, whole.into()).await
    }

    /// For those who work with a whole directory: Technicians of every Organization of the Tenant.
    pub async fn works_on_whole(self, whole: impl Into<Whole>) -> Result<Self, ApiError> {
        self.may_whole(Role::Technician, whole.into()).await
    }

    /// For those who see a run: it applied an Organization of theirs, or its Tenant is theirs whole.
    pub async fn reads_run(self, run: RunId) -> Result<Self, ApiError> {
        let theirs = self.theirs();
        if theirs.is_some() && !sees_run(&self.state.engine.pool, run, theirs).await? {
            return Err(denied(Denied::NotTheirs, "This run"));
        }
        Ok(self)
    }

    /// For Technicians who see a run: what they decide is about what they see of it.
    pub async fn works_on_run(self, run: RunId) -> Result<Self, ApiError> {
        self.reads_run(run).await?.technician()
    }

    /// Whether a Tenant is theirs whole, for what a page shows besides.
    pub async fn has_whole(&self, whole: impl Into<Whole>) -> Result<bool, ApiError> {
        let organizations = organizations_of(&self.state.engine.pool, whole.into()).await?;
        Ok(self.access().whole_tenant(Role::Viewer, &organizations).is_ok())
    }

    /// Whether to have every Organization of a Tenant opens its directory to them.
    pub const fn opens_whole(&self) -> bool {
        !matches!(self.who.access.given, Given::One(_))
    }

    const fn access(&self) -> &Access {
        &self.who.access
    }

    async fn may(self, least: Role, one: One) -> Result<Self, ApiError> {
        let organization = organization_of(&self.state.engine.pool, one).await?;
        let may = match organization {
            Some(organization) => self.access().may(least, organization),
            // It does not exist, which its own query says, or it was done for all Organizations.
            None => self.access().administrator().map_err(|_| Denied::NotTheirs),
        };
        self.unless(may, one.name())
    }

    async fn may_whole(self, least: Role, whole: Whole) -> Result<Self, ApiError> {
        let asker = match whole {
            Whole::Directory(organization) => self.may(least, One::Organization(organization)).await?,
            Whole::Run(run) => self.reads_run(run).await?,
            Whole::Tenant(_) | Whole::MicrosoftTenant(_) => self,
        };
        let organizations = organizations_of(&asker.state.engine.pool, whole).await?;
        let may = asker.access().whole_tenant(least, &organizations);
        asker.unless(may, whole.name())
    }

    fn unless(self, may: Result<(), Denied>, what: &'static str) -> Result<Self, ApiError> {
        match may {
            Ok(()) => Ok(self),
            Err(why) => Err(denied(why, what)),
        }
    }
}

/// What a screen is told. What is not theirs has the words of what does not exist.
pub fn denied(why: Denied, what: &'static str) -> ApiError {
    match why {
        Denied::NotTheirs => StoreError::NotFound(what).into(),
        Denied::Role(_) | Denied::PartOfTenant(_) | Denied::OneOnly => ApiError::Forbidden(why.to_string()),
    }
}

/// For the addresses of files: the guard lets nobody there who is not signed in.
impl FromRequestParts<AppState> for Asker {
    type Rejection = (StatusCode, String);

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let caller = parts.extensions.get::<Caller>().and_then(|Caller(who)| who.clone());
        let signed_out = || (StatusCode::UNAUTHORIZED, ApiError::SignedOut.to_string());
        Ok(Self::new(state.clone(), caller.ok_or_else(signed_out)?))
    }
}
