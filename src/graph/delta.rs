//! Delta queries: what is there, and from then on what has changed (learn.microsoft.com/graph/delta-query-overview).
//!
//! A round is a row of pages. Each has exactly one link, to the next page or, on the last, to the round after; both are
//! opaque, and either may be kept and followed later. Objects come in any order and may come again: the last word wins.

use super::{
    answer::Answer,
    client::TenantClient,
    error::{GraphError, GraphErrorKind},
    link,
    open_enum::open_enum,
    trail::{Trail, operation},
    wire::{Group, MemberKind, User},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use url::Url;
use uuid::Uuid;

open_enum!(
    /// Why an object is there no more.
    Removal {
        /// Put into the recycle bin, from where it can be restored for 30 days.
        Changed = "changed",
        /// Gone for good.
        Deleted = "deleted",
    }
);

/// `@removed`: what a delta says of an object or a member that is there no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Why.
    pub reason: Removal,
}

/// A change of a group's direct members: learn.microsoft.com/graph/api/group-delta
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberChange {
    /// The object id of a user, a group, a device or anything else.
    pub id: Uuid,
    /// What the id belongs to.
    #[serde(default, rename = "@odata.type")]
    pub kind: MemberKind,
    /// It left the group.
    #[serde(default, rename = "@removed")]
    pub removed: Option<Removed>,
}

/// What a delta says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// It is there, and like this.
    Here(T),
    /// It is there no more.
    Gone {
        /// Which.
        id: Uuid,
        /// Why.
        reason: Removal,
    },
}

/// Where a page leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaLink {
    /// On, in the same round.
    Next(String),
    /// To what will have changed: the round is done.
    Delta(String),
}

/// One page of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaPage<T> {
    /// What it says, in this order; nothing is no end.
    pub changes: Vec<Change<T>>,
    /// Where it leads.
    pub link: DeltaLink,
}

/// What deltas tell of.
pub trait Tracked: DeserializeOwned {
    /// What was sent, as it is meant in a delta.
    fn change(self) -> Change<Self>;
}

impl Tracked for User {
    fn change(self) -> Change<Self> {
        match self.removed {
            Some(Removed { reason }) => Change::Gone { id: self.id, reason },
            None => Change::Here(Self {
                assigned_licenses: self.assigned_licenses.in_delta(),
                ..self
            }),
        }
    }
}

impl Tracked for Group {
    fn change(self) -> Change<Self> {
        match self.removed {
            Some(Removed { reason }) => Change::Gone { id: self.id, reason },
            None => Change::Here(self),
        }
    }
}

/// One page as it is sent. One object that can not be read spoils it: to leave it out would say that it did not change.
#[derive(Deserialize)]
struct Sent<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    delta_link: Option<String>,
}

/// A round under way. A failure keeps the place: asking again asks for the same page.
#[derive(Debug)]
pub struct Delta<T> {
    tenant: TenantClient,
    /// The page to ask for, until there is none.
    at: Option<Url>,
    trail: Trail,
    items: PhantomData<fn() -> T>,
}

impl<T: Tracked> Delta<T> {
    /// A round from the beginning, or from a link that was kept; one that leads elsewhere is refused.
    pub(super) fn new(tenant: TenantClient, first: Url, kept: Option<&str>) -> Result<Self, GraphError> {
        let operation = operation(&first);
        let at = match kept {
            Some(kept) => link::follow(kept, tenant.graph_url(), &operation)?,
            None => first,
        };
        Ok(Self {
            tenant,
            trail: Trail::new("round", &at),
            at: Some(at),
            items: PhantomData,
        })
    }

    /// The next page, which may be empty, or `None` after the one that ends the round.
    ///
    /// [`GraphErrorKind::ExpiredPageToken`] says that Microsoft gave the link up, and that only a round from the
    /// beginning tells how things stand.
    pub async fn next_page(&mut self) -> Result<Option<DeltaPage<T>>, GraphError> {
        let Some(url) = &self.at else { return Ok(None) };
        let operation = operation(url);
        let answer = self.tenant.get_answer(url).await?;
        let page = decode_page(&answer)?;
        match &page.link {
            DeltaLink::Next(next) => {
                let followed = self.trail.follow(url, next, self.tenant.graph_url());
                self.at = Some(followed.map_err(|error| answer.naming(error))?);
            }
            DeltaLink::Delta(delta) => {
                link::follow(delta, self.tenant.graph_url(), &operation).map_err(|error| answer.naming(error))?;
                self.at = None;
            }
        }
        Ok(Some(page))
    }

    /// The same round with another limit, as no test can wait for the real one.
    #[cfg(test)]
    pub(crate) fn at_most(mut self, pages: usize) -> Self {
        self.trail.set_most_pages(pages);
        self
    }
}

/// What an answer says, as a page of a round. Whether its link may be followed is for whoever follows it to see.
pub(super) fn decode_page<T: Tracked>(answer: &Answer) -> Result<DeltaPage<T>, GraphError> {
    let sent: Sent<T> = answer.decode()?;
    let link = match (sent.next_link, sent.delta_link) {
        (Some(next), None) => DeltaLink::Next(next),
        (None, Some(delta)) => DeltaLink::Delta(delta),
        (next, _) => {
            let message = match next {
                Some(_) => "the page has both a nextLink and a deltaLink",
                None => "the page has neither a nextLink nor a deltaLink",
            };
            let error = GraphError::new(GraphErrorKind::Decode, answer.operation.clone(), message);
            return Err(answer.naming(error));
        }
    };
    let changes = sent.value.into_iter().map(Tracked::change).collect();
    Ok(DeltaPage { changes, link })
}
