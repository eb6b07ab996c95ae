//! What pages of changes say of users: of several words about one, the last.

use super::super::convert;
use crate::{
    graph::{self, Change, Removal},
    model::ids::DirectoryUserId,
    store::directory::HashedUser,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// The last word of a page, or of a few, about each user.
#[derive(Default)]
pub(super) struct Words {
    /// Who is there.
    pub here: HashMap<DirectoryUserId, HashedUser>,
    /// Who is not, any more.
    pub gone: HashMap<DirectoryUserId, Removal>,
}

impl Words {
    /// How many users they are about.
    pub fn len(&self) -> usize {
        self.here.len() + self.gone.len()
    }

    /// Takes a further word, which counts for more than an earlier one about the same user.
    pub fn add(&mut self, change: Change<graph::User>, now: DateTime<Utc>) {
        match change {
            Change::Here(user) => {
                let user = convert::user(&user, now);
                self.gone.remove(&user.user.id);
                self.here.insert(user.user.id, user);
            }
            Change::Gone { id, reason } => {
                self.here.remove(&DirectoryUserId(id));
                self.gone.insert(DirectoryUserId(id), reason);
            }
        }
    }
}
