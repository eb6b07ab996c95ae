//! Groups and their direct members, as Graph tells them: for the refresh and for a look at Microsoft that stores nothing.

use super::refresh::is_refusal;
use crate::{
    graph::{self, GraphError, GroupVisibility, MemberKind, TenantClient},
    model::ids::{DirectoryUserId, GroupId},
    store::directory::GroupMembers,
    sync::{groups::DirectMembers, normalise::clean},
};
use std::collections::HashSet;
use uuid::Uuid;

/// Groups whose members Graph may keep from us. Without Member.Read.Hidden it refuses them or, as it does for a user's
/// memberships, leaves them out without a word; then a group with hidden members looks empty.
#[derive(Default)]
pub(super) struct HiddenGroups {
    refused: Vec<GroupId>,
    /// With hidden membership, and nobody in them.
    silent: Vec<GroupMembers>,
    /// Another group with hidden membership did tell its members, so that we may read them all.
    told: bool,
}

impl HiddenGroups {
    /// Takes a group's answer: its members, where they can be believed at once.
    pub fn sort(
        &mut self,
        group: &graph::Group,
        answer: Result<GroupMembers, GraphError>,
    ) -> Result<Option<GroupMembers>, GraphError> {
        let is_hidden = group.visibility == Some(GroupVisibility::HiddenMembership);
        match answer {
            Ok(group) if is_hidden && group.members.is_empty() => self.silent.push(group),
            Ok(members) => {
                self.told |= is_hidden;
                return Ok(Some(members));
            }
            Err(error) if is_refusal(&error) => {
                tracing::info!(%error, group = %group.id, "Microsoft does not tell the members of a group");
                self.refused.push(GroupId(group.id));
            }
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    /// Whether one of them told its members.
    pub const fn has_told(&self) -> bool {
        self.told
    }

    /// Once all have answered: the groups whose members can't be read, and those that are truly empty.
    pub fn settle(self) -> (Vec<GroupId>, Vec<GroupMembers>) {
        if self.told {
            return (self.refused, self.silent);
        }
        let silent = self.silent.into_iter().map(|group| group.id);
        (self.refused.into_iter().chain(silent).collect(), vec![])
    }
}

pub(super) async fn list_groups(client: &TenantClient) -> Result<Vec<graph::Group>, GraphError> {
    let mut groups = client.groups().all().await?;
    let mut seen = HashSet::new();
    groups.retain(|group| seen.insert(group.id));
    Ok(groups)
}

/// The direct members of a group. A group that was deleted since it was listed has none; a 404 that is not Graph's is
/// an error, or a proxy could empty every group. `known` are the groups and the users that there are; without them, what
/// a member is of which Graph does not say it is left to whoever closes the groups.
pub(super) async fn group_members(
    client: &TenantClient,
    group: &graph::Group,
    known: Option<(&HashSet<GroupId>, &HashSet<DirectoryUserId>)>,
) -> Result<GroupMembers, GraphError> {
    let id = GroupId(group.id);
    let listed = match client.group_members(id).all().await {
        Ok(listed) => listed,
        Err(error) if error.is_gone() => vec![],
        Err(error) => return Err(error),
    };
    let members = listed.into_iter().filter_map(|member| match member.kind {
        MemberKind::User => Some((member.id, false)),
        MemberKind::Group => Some((member.id, true)),
        MemberKind::Other(_) => None,
        // Where Graph does not say what a member is, its id does.
        MemberKind::Unknown => match known {
            None => Some((member.id, false)),
            Some((groups, _)) if groups.contains(&GroupId(member.id)) => Some((member.id, true)),
            Some((_, users)) => users
                .contains(&DirectoryUserId(member.id))
                .then_some((member.id, false)),
        },
    });
    Ok(GroupMembers {
        id,
        name: group_name(group),
        is_hidden: group.visibility == Some(GroupVisibility::HiddenMembership),
        members: members.collect(),
    })
}

/// What a group is called; its id where it has no name.
pub(super) fn group_name(group: &graph::Group) -> String {
    let name = group.display_name.as_deref().map(|name| clean(name, 256));
    name.filter(|name| !name.is_empty())
        .unwrap_or_else(|| group.id.to_string())
}

pub(super) fn direct_members(rows: impl IntoIterator<Item = (GroupId, Uuid, bool)>) -> DirectMembers {
    let mut direct = DirectMembers::default();
    for (group, member, is_group) in rows {
        if is_group {
            direct.groups.entry(group).or_default().push(GroupId(member));
        } else {
            direct.users.entry(group).or_default().push(DirectoryUserId(member));
        }
    }
    direct
}
