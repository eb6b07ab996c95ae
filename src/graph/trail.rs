//! The way from page to page, in listings and deltas alike: each page names the next one, which is followed once.

use super::{
    error::{GraphError, GraphErrorKind},
    link,
};
use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
};
use url::Url;

/// A listing of 999 objects a page, or a delta of a hundred, is then beyond the largest directory; a service that goes
/// on is not telling the truth.
const MOST_PAGES: usize = 200_000;

/// Which pages were followed to, so that no link leads in a circle or on for ever.
#[derive(Debug)]
pub(super) struct Trail {
    /// What has the pages, in words: "listing".
    of: &'static str,
    /// Hashes of the links seen, as a link can be as long as a page.
    seen: HashSet<u64>,
    hasher: RandomState,
    most_pages: usize,
}

impl Trail {
    /// The way of a listing or round (`of`, in words) that begins at this page.
    pub(super) fn new(of: &'static str, first: &Url) -> Self {
        let mut trail = Self {
            of,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            most_pages: MOST_PAGES,
        };
        trail.restart(first);
        trail
    }

    /// Back to the first page, as if no other had been seen.
    pub(super) fn restart(&mut self, first: &Url) {
        self.seen = HashSet::from([self.hasher.hash_one(first)]);
    }

    /// The page that the one at `from` names as the next. Refused are a link that leaves the Graph address
    /// ([`GraphErrorKind::LinkRefused`]), one to a page already seen ([`GraphErrorKind::LinkLoop`]), and one page too
    /// many ([`GraphErrorKind::TooLarge`]).
    pub(super) fn follow(&mut self, from: &Url, link: &str, graph_url: &Url) -> Result<Url, GraphError> {
        let operation = operation(from);
        let url = link::follow(link, graph_url, &operation)?;
        let hash = self.hasher.hash_one(&url);
        if self.seen.contains(&hash) {
            let message = "the link to the next page leads back to a page already read";
            return Err(GraphError::new(GraphErrorKind::LinkLoop, operation, message));
        }
        if self.seen.len() >= self.most_pages {
            let message = format!("the {} has more than {} pages", self.of, self.most_pages);
            return Err(GraphError::new(GraphErrorKind::TooLarge, operation, message));
        }
        self.seen.insert(hash);
        Ok(url)
    }

    /// Another limit, as no test can wait for the real one.
    #[cfg(test)]
    pub(super) const fn set_most_pages(&mut self, pages: usize) {
        self.most_pages = pages;
    }
}

/// What is asked at this address, as errors name it.
pub(super) fn operation(url: &Url) -> String {
    format!("GET {}", url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: usize) -> Url {
        format!("https://graph.microsoft.com/v1.0/users?$skiptoken={number}")
            .parse()
            .unwrap()
    }

    fn follow(trail: &mut Trail, to: &Url) -> Result<Url, GraphErrorKind> {
        let graph = "https://graph.microsoft.com".parse().unwrap();
        trail.follow(&page(0), to.as_str(), &graph).map_err(|error| error.kind)
    }

    #[test]
    fn a_trail_follows_each_page_once_and_no_more_than_may_be() {
        let mut trail = Trail::new("listing", &page(0));
        trail.set_most_pages(3);
        assert_eq!(follow(&mut trail, &page(0)), Err(GraphErrorKind::LinkLoop));
        assert_eq!(follow(&mut trail, &page(1)), Ok(page(1)));
        assert_eq!(follow(&mut trail, &page(2)), Ok(page(2)));
        assert_eq!(follow(&mut trail, &page(1)), Err(GraphErrorKind::LinkLoop));
        assert_eq!(follow(&mut trail, &page(3)), Err(GraphErrorKind::TooLarge));
        trail.restart(&page(0));
        assert_eq!(follow(&mut trail, &page(1)), Ok(page(1)));
    }
}
