//! Reports: sign-in activity and MFA registration. Both need a licence that many tenants lack, and both are read page
//! by page at the pace of reports.

use super::{
    client::TenantClient,
    error::{GraphError, GraphErrorKind},
    listing::{Listing, Step},
    wire_report::{UserActivity, UserRegistrationDetails},
};
use serde::de::{DeserializeOwned, IgnoredAny};

/// The largest page of users with `signInActivity` (learn.microsoft.com/graph/api/user-list).
pub const ACTIVITY_PAGE: u16 = 500;
/// What was the largest before, and still is in some places.
pub const SMALL_ACTIVITY_PAGE: u16 = 120;
/// "No premium licence" has come back now and then from tenants that have one: it is asked once more before it is
/// believed.
const DOUBTS: u32 = 1;

/// A listing of a report, which asks again where the first answer is not to be believed.
#[derive(Debug)]
pub struct Report<T> {
    listing: Listing<T>,
    /// The same with smaller pages, for who refuses the usual ones.
    smaller: Option<Listing<T>>,
    begun: bool,
    doubts: u32,
    is_small: bool,
}

impl<T: DeserializeOwned> Report<T> {
    fn new(listing: Listing<T>, smaller: Option<Listing<T>>) -> Self {
        Self {
            listing,
            smaller,
            begun: false,
            doubts: 0,
            is_small: false,
        }
    }

    /// The next page.
    pub async fn step(&mut self) -> Result<Step<T>, GraphError> {
        loop {
            let error = match self.listing.step().await {
                Ok(step) => {
                    self.begun = true;
                    return Ok(step);
                }
                Err(error) => error,
            };
            if error.kind == GraphErrorKind::PremiumRequired && self.doubts < DOUBTS {
                self.doubts += 1;
                tracing::debug!(%error, "asked once more, as this is not always true");
                continue;
            }
            match self.smaller.take() {
                // The first page says no more than that the request is wrong, and its size is what may be.
                Some(smaller) if error.status == Some(400) && !self.begun => {
                    tracing::info!(%error, "the page was too large; smaller ones are asked for");
                    self.listing = smaller;
                    self.is_small = true;
                }
                _ => return Err(error.with(|failure| failure.operation = named(&failure.operation))),
            }
        }
    }

    /// Whether only smaller pages were given.
    pub const fn is_small(&self) -> bool {
        self.is_small
    }
}

/// What was asked for stands in the query, which operations leave out, and it decides which permission is missing.
fn named(operation: &str) -> String {
    match operation.strip_suffix("/users") {
        Some(_) => format!("{operation}?$select=signInActivity"),
        None => operation.to_owned(),
    }
}

impl TenantClient {
    /// learn.microsoft.com/graph/api/user-list with `signInActivity`, in pages of that size, smaller where Microsoft
    /// insists. It can't be read with anything else, nor by delta: a tenant without Entra ID P1 refuses the whole
    /// request.
    pub fn sign_in_activity(&self, page: u16) -> Report<UserActivity> {
        let of = |page: u16| self.listing(&["users"], &format!("$select=id,signInActivity&$top={page}"));
        let smaller = (page > SMALL_ACTIVITY_PAGE).then(|| of(SMALL_ACTIVITY_PAGE));
        Report::new(of(page), smaller)
    }

    /// learn.microsoft.com/graph/api/authenticationmethodsroot-list-userregistrationdetails. Microsoft documents neither
    /// `$top` nor `$select` for it.
    pub fn user_registration_details(&self) -> Report<UserRegistrationDetails> {
        let path = ["reports", "authenticationMethods", "userRegistrationDetails"];
        Report::new(self.listing(&path, ""), None)
    }

    /// Whether a list can be read: its first page, looked at for no more than whether it holds anything. `path` stands
    /// behind the version and is ours, `query` behind the question mark. That a licence is missing is asked once more
    /// before it is believed, as of every report.
    pub async fn look(&self, path: &str, query: &str) -> Result<bool, GraphError> {
        let segments: Vec<_> = path.split('/').collect();
        let mut listing = self.listing::<IgnoredAny>(&segments, query);
        let mut doubts = 0;
        loop {
            match listing.next_page().await {
                Ok(page) => return Ok(page.is_some_and(|page| !page.is_empty())),
                Err(error) if error.kind == GraphErrorKind::PremiumRequired && doubts < DOUBTS => doubts += 1,
                Err(error) if query.contains("signInActivity") => {
                    return Err(error.with(|failure| failure.operation = named(&failure.operation)));
                }
                Err(error) => return Err(error),
            }
        }
    }
}
