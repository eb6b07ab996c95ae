//! The pass over groups and their direct members: what has changed, or everything, page by page.
//!
//! Like the pass over users. What is said of groups that are known is put together first and stored at the end of the
//! round, as it takes the whole of it to tell who is a member no more.

use super::{
    super::{
        RunError, measure,
        members::{HiddenGroups, group_members, group_name},
        round::{MOST_RESTARTS, Start},
    },
    Refresh, refused,
};
use crate::{
    graph::{self, Change, DeltaLink, GraphErrorKind, GroupVisibility, MemberKind},
    model::{
        directory::Reading,
        ids::GroupId,
        run::{Progress, Stage},
    },
    store::{
        self,
        directory::{GroupMembers, membership},
        directory_pass::{Pass, PassKind, Stands},
        lease,
    },
    sync::delta::{GroupNow, GroupWord, Membership, add},
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Groups with their members, so many together, are stored in one transaction.
const AT_ONCE: usize = 5_000;
/// So many pages are read while those before them are stored. Microsoft puts few members on a page.
const AHEAD: usize = 40;

type Words = BTreeMap<GroupId, GroupWord>;

/// What the pass brought besides the groups.
#[derive(Debug)]
pub(super) struct GroupsRead {
    /// Whether groups could be read.
    pub reading: Reading,
    /// Somebody joined or left a group.
    pub moved: bool,
    /// The groups whose members Microsoft keeps to itself.
    pub hidden: Vec<GroupId>,
    /// A group that shows its members to few has shown them to us.
    pub told_hidden: bool,
}

/// The pass in progress.
pub(super) struct GroupsPass<'a> {
    pub refresh: &'a Refresh<'a>,
    /// Where the next reader would go on now.
    at: Option<String>,
    /// What was said and is not stored yet, of about how many groups and members.
    said: Words,
    size: usize,
    moved: bool,
    /// There may be groups that show their members to few.
    has_hidden: bool,
    /// What is held was read by a program that reads otherwise than this one.
    was_read_otherwise: bool,
}

impl<'a> GroupsPass<'a> {
    pub fn new(refresh: &'a Refresh<'a>, at: Option<String>, has_hidden: bool, was_read_otherwise: bool) -> Self {
        Self {
            refresh,
            at,
            said: Words::new(),
            size: 0,
            moved: false,
            has_hidden,
            was_read_otherwise,
        }
    }

    /// Reads to the end of a round, and then the groups whose members a delta does not tell.
    pub async fn run(mut self, mut start: Start) -> Result<GroupsRead, RunError> {
        // The settings may lead elsewhere than when the link was kept.
        if self.refresh.client.groups_delta(start.link()).is_err() {
            start = Start::Whole;
        }
        let mut restarts = 0;
        loop {
            match self.round(&start).await {
                Ok(()) => break,
                Err(RunError::Graph(error))
                    if error.kind == GraphErrorKind::ExpiredPageToken && restarts < MOST_RESTARTS =>
                {
                    restarts += 1;
                    tracing::info!(%error, restarts, tenant = %self.refresh.lease.tenant, "all groups are read anew");
                    start = Start::Whole;
                }
                Err(RunError::Graph(error)) => return Ok(self.read(refused(error)?, vec![])),
                Err(error) => return Err(error),
            }
        }
        let (hidden, told_hidden) = if self.has_hidden {
            self.hidden().await?
        } else {
            (vec![], false)
        };
        Ok(GroupsRead {
            told_hidden,
            ..self.read(Reading::Read, hidden)
        })
    }

    fn read(self, reading: Reading, hidden: Vec<GroupId>) -> GroupsRead {
        GroupsRead {
            reading,
            moved: self.moved,
            hidden,
            told_hidden: false,
        }
    }

    async fn round(&mut self, start: &Start) -> Result<(), RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        let is_whole = !matches!(start, Start::Changes(_));
        let is_known = *start == Start::Whole && membership::is_known(pool, tenant).await?;
        (self.said, self.size) = (Words::new(), 0);
        let (mut done, mut to) = (0, None);
        let mut delta = self.refresh.client.groups_delta(start.link())?.ahead(AHEAD);
        loop {
            let page = match delta.next_page().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(()),
                Err(error) => {
                    // What came before it is stored all the same, so that the next reader goes on here.
                    if let (Some(to), false) = (&to, is_known) {
                        self.store_pages(to).await?;
                    }
                    return Err(error.into());
                }
            };
            done += page.changes.len();
            for change in page.changes {
                let (group, word) = word(change);
                self.size += 1 + word.members.len();
                add(&mut self.said, group, word);
            }
            let (link, stands) = match page.link {
                DeltaLink::Next(link) if is_whole => (link, Stands::FirstRound),
                DeltaLink::Next(link) => (link, Stands::LaterRound),
                DeltaLink::Delta(link) => (link, Stands::Done),
            };
            let to = to.insert(self.refresh.pass(link, stands, start));
            match to.stands {
                Stands::Done if is_known => self.store_all(to).await?,
                Stands::Done => self.store_pages(to).await?,
                _ if !is_known && self.size >= AT_ONCE => self.store_pages(to).await?,
                _ => {}
            }
            self.report(done).await;
        }
    }

    /// Stores the pages that were read together with the link of the last one.
    async fn store_pages(&mut self, to: &Pass) -> Result<(), RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        let said = std::mem::take(&mut self.said);
        self.size = 0;
        let at = self.at.replace(to.link.clone());
        if let (true, Some(at)) = (said.is_empty(), &at) {
            return Ok(store::directory_pass::move_on_alone(pool, self.refresh.lease, PassKind::Groups, at, to).await?);
        }
        let mut tx = pool.begin().await?;
        lease::check(&mut tx, self.refresh.lease).await?;
        let (mut moved, mut renamed) = (vec![], 0);
        if !said.is_empty() {
            self.has_hidden = true;
            (moved, renamed) = self.store_words(&mut tx, &said).await?;
            store::directory_pass::remember_unclosed(&mut tx, tenant, &moved).await?;
            self.moved |= !moved.is_empty();
        }
        store::directory_pass::move_on(&mut tx, tenant, PassKind::Groups, at.as_deref(), to).await?;
        tx.commit().await?;
        measured(renamed, moved.len());
        Ok(())
    }

    /// Returns the members, users and groups, who came or went, and how many groups are told otherwise than before.
    async fn store_words(&self, tx: &mut PgConnection, said: &Words) -> Result<(Vec<Uuid>, u64), RunError> {
        let tenant = self.refresh.lease.tenant;
        let (mut here, mut gone, mut emptied, mut joined, mut left) = (vec![], vec![], vec![], vec![], vec![]);
        for (group, word) in said {
            let Some(now) = &word.now else {
                gone.push(*group);
                continue;
            };
            here.push((*group, now.name.as_str(), now.is_hidden));
            // Whatever a delta says of hidden members, it need not be all: they are read apart.
            if now.is_hidden {
                continue;
            }
            if word.is_emptied {
                emptied.push(*group);
            }
            for (member, membership) in &word.members {
                match membership {
                    Membership::In { is_group } => joined.push((*group, *member, *is_group)),
                    Membership::Out => left.push((*group, *member)),
                }
            }
        }
        let (mut moved, mut renamed) = (vec![], 0);
        if !here.is_empty() {
            renamed += store::directory::name_groups(&mut *tx, tenant, here).await?;
        }
        if !gone.is_empty() {
            renamed += membership::mark_gone(&mut *tx, tenant, &gone).await?;
            emptied.extend(gone);
        }
        if !emptied.is_empty() {
            moved.extend(membership::empty(&mut *tx, tenant, &emptied).await?);
        }
        if !left.is_empty() {
            moved.extend(membership::leave(&mut *tx, tenant, &left).await?);
        }
        if !joined.is_empty() {
            moved.extend(membership::join(&mut *tx, tenant, &joined).await?);
        }
        Ok((moved, renamed))
    }

    /// Stores everything that a round said of groups that are known: whoever it did not name as a member is none.
    async fn store_all(&mut self, to: &Pass) -> Result<(), RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        let said = std::mem::take(&mut self.said);
        self.has_hidden = true;
        let (mut listed, mut batch, mut hidden, mut size) = (vec![], vec![], vec![], 0);
        for (id, word) in said {
            let Some(now) = word.now else { continue };
            listed.push(id);
            if now.is_hidden {
                hidden.push((id, now.name));
                continue;
            }
            let members = word
                .members
                .into_iter()
                .filter_map(|(member, membership)| match membership {
                    Membership::In { is_group } => Some((member, is_group)),
                    Membership::Out => None,
                });
            let group = GroupMembers {
                id,
                name: now.name,
                is_hidden: false,
                members: members.collect(),
            };
            size += group.members.len() + 1;
            batch.push(group);
            if size >= AT_ONCE {
                self.replace(&batch).await?;
                batch.clear();
                size = 0;
            }
        }
        self.replace(&batch).await?;
        let mut tx = pool.begin().await?;
        lease::check(&mut tx, self.refresh.lease).await?;
        let hidden = hidden.iter().map(|(id, name)| (*id, name.as_str(), true));
        let renamed = store::directory::name_groups(&mut tx, tenant, hidden).await?;
        let moved = store::directory::mark_groups_gone(&mut tx, tenant, &listed).await?;
        store::directory_pass::move_on(&mut tx, tenant, PassKind::Groups, self.at.as_deref(), to).await?;
        store::directory_pass::remember_unclosed(&mut tx, tenant, &moved).await?;
        if self.was_read_otherwise {
            // That program may have closed them otherwise too, which no member who comes or goes would tell.
            store::directory_pass::remember_everybody(&mut tx, tenant).await?;
        }
        tx.commit().await?;
        measured(renamed, moved.len());
        self.moved |= !moved.is_empty() || self.was_read_otherwise;
        self.at = Some(to.link.clone());
        Ok(())
    }

    async fn replace(&mut self, batch: &[GroupMembers]) -> Result<(), RunError> {
        if batch.is_empty() {
            return Ok(());
        }
        let tenant = self.refresh.lease.tenant;
        let mut tx = self.refresh.engine.pool.begin().await?;
        lease::check(&mut tx, self.refresh.lease).await?;
        let (renamed, moved) = store::directory::replace_groups(&mut tx, tenant, batch).await?;
        // With it, and not at the end alone: if the round is cut off, what follows may tell of changes only, and of none.
        store::directory_pass::remember_unclosed(&mut tx, tenant, &moved).await?;
        tx.commit().await?;
        measured(renamed, moved.len());
        self.moved |= !moved.is_empty();
        Ok(())
    }

    /// Reads the members of the groups that show them to few, each by a listing of its own: it says where they are
    /// refused, and a delta would not say when they are no more. Returns the groups whose members stay unknown,
    /// and whether any told its members.
    async fn hidden(&mut self) -> Result<(Vec<GroupId>, bool), RunError> {
        let (pool, tenant) = (&self.refresh.engine.pool, self.refresh.lease.tenant);
        let held = membership::hidden(pool, tenant).await?;
        if held.is_empty() {
            return Ok((vec![], false));
        }
        let (mut told, mut hidden) = (vec![], HiddenGroups::default());
        for (id, name, _) in &held {
            let group = graph::Group {
                id: id.0,
                display_name: Some(name.clone()),
                visibility: Some(GroupVisibility::HiddenMembership),
                ..graph::Group::default()
            };
            let answer = group_members(self.refresh.client, &group, None).await;
            told.extend(hidden.sort(&group, answer)?);
        }
        let has_told = hidden.has_told();
        let (unknown, empty) = hidden.settle();
        told.extend(empty);
        let before: BTreeMap<_, BTreeSet<_>> = held
            .into_iter()
            .map(|(id, _, members)| (id, members.into_iter().collect()))
            .collect();
        let differing = told.into_iter().filter(|group| {
            let now: BTreeSet<_> = group.members.iter().map(|(member, _)| *member).collect();
            before[&group.id] != now
        });
        self.replace(&differing.collect::<Vec<_>>()).await?;
        Ok((unknown, has_told))
    }

    async fn report(&self, done: usize) {
        if done == 0 {
            return;
        }
        let progress = Progress {
            stage: Stage::Groups,
            done: i32::try_from(done).unwrap_or(i32::MAX),
            total: None,
        };
        self.refresh.reporter.report(progress).await;
    }
}

/// So many rows of groups and of their members were written and committed.
fn measured(groups: u64, members: impl TryInto<u64>) {
    measure::wrote("directory_group", "upsert", groups);
    measure::wrote("directory_group_member", "change", members);
}

/// What a delta says of a group. Devices and whatever else may be a member is nobody's business here; what they are is
/// not told of members that left.
fn word(change: Change<graph::Group>) -> (GroupId, GroupWord) {
    let group = match change {
        Change::Here(group) => group,
        Change::Gone { id, .. } => return (GroupId(id), GroupWord::gone()),
    };
    let members = group.members.iter().filter_map(|member| {
        let membership = match (&member.removed, &member.kind) {
            (Some(_), _) => Membership::Out,
            (None, MemberKind::Other(_)) => return None,
            (None, kind) => Membership::In {
                is_group: *kind == MemberKind::Group,
            },
        };
        Some((member.id, membership))
    });
    let now = GroupNow {
        name: group_name(&group),
        is_hidden: group.visibility == Some(GroupVisibility::HiddenMembership),
    };
    (GroupId(group.id), GroupWord::here(now, members.collect()))
}
