//! Transitive membership, closed locally: deltas and lists give direct members only.

use crate::model::ids::{DirectoryUserId, GroupId};
use std::collections::{HashMap, HashSet};

/// Direct members of each group, users and groups apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectMembers {
    /// User members by group.
    pub users: HashMap<GroupId, Vec<DirectoryUserId>>,
    /// Group members by group.
    pub groups: HashMap<GroupId, Vec<GroupId>>,
}

/// The groups that each user is in, directly or through other groups, each once and by id. Cycles of groups are
/// followed once.
pub fn close(direct: &DirectMembers) -> HashMap<DirectoryUserId, Vec<GroupId>> {
    let parents = parents(direct);
    let mut ancestors: HashMap<GroupId, Vec<GroupId>> = HashMap::new();
    let mut of_user: HashMap<DirectoryUserId, HashSet<GroupId>> = HashMap::new();
    for (group, users) in &direct.users {
        let all = ancestors
            .entry(*group)
            .or_insert_with(|| with_ancestors(*group, &parents));
        for user in users {
            of_user.entry(*user).or_default().extend(all.iter().copied());
        }
    }
    of_user
        .into_iter()
        .map(|(user, groups)| {
            let mut groups: Vec<_> = groups.into_iter().collect();
            groups.sort_unstable();
            (user, groups)
        })
        .collect()
}

/// These groups and every group that they are in, by id.
pub fn with_all_ancestors(groups: &[GroupId], direct: &DirectMembers) -> Vec<GroupId> {
    let parents = parents(direct);
    let mut all: Vec<_> = groups
        .iter()
        .flat_map(|group| with_ancestors(*group, &parents))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// These groups and every group that is in them, by id.
pub fn with_all_descendants(groups: &[GroupId], direct: &DirectMembers) -> Vec<GroupId> {
    let mut seen: HashSet<_> = groups.iter().copied().collect();
    let mut stack = groups.to_vec();
    while let Some(next) = stack.pop() {
        for child in direct.groups.get(&next).into_iter().flatten() {
            if seen.insert(*child) {
                stack.push(*child);
            }
        }
    }
    let mut all: Vec<_> = seen.into_iter().collect();
    all.sort_unstable();
    all
}

fn parents(direct: &DirectMembers) -> HashMap<GroupId, Vec<GroupId>> {
    let mut parents: HashMap<GroupId, Vec<GroupId>> = HashMap::new();
    for (parent, children) in &direct.groups {
        for child in children {
            parents.entry(*child).or_default().push(*parent);
        }
    }
    parents
}

fn with_ancestors(group: GroupId, parents: &HashMap<GroupId, Vec<GroupId>>) -> Vec<GroupId> {
    let mut seen = HashSet::from([group]);
    let mut stack = vec![group];
    while let Some(next) = stack.pop() {
        for parent in parents.get(&next).into_iter().flatten() {
            if seen.insert(*parent) {
                stack.push(*parent);
            }
        }
    }
    seen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn group(n: u128) -> GroupId {
        GroupId(Uuid::from_u128(n))
    }

    fn user(n: u128) -> DirectoryUserId {
        DirectoryUserId(Uuid::from_u128(n))
    }

    #[test]
    fn membership_goes_through_nested_groups_and_survives_cycles() {
        let direct = DirectMembers {
            users: HashMap::from([(group(3), vec![user(1)]), (group(9), vec![user(2)])]),
            groups: HashMap::from([
                (group(1), vec![group(2)]),
                (group(2), vec![group(3)]),
                (group(3), vec![group(1)]),
            ]),
        };
        let closed = close(&direct);
        assert_eq!(closed[&user(1)], [group(1), group(2), group(3)]);
        assert_eq!(closed[&user(2)], [group(9)]);
    }

    proptest! {
        /// After a membership came or went, closing those who are in what moved, or are it, closes everybody.
        #[test]
        fn closing_those_below_what_moved_equals_closing_all(
            edges in prop::collection::vec((0u128..8, 0u128..8), 0..16),
            members in prop::collection::vec((0u128..8, 10u128..16), 0..16),
            edge in (0u128..8, 0u128..8), member in (0u128..8, 10u128..16), is_nested in any::<bool>(),
        ) {
            let build = |edges: &[(u128, u128)], members: &[(u128, u128)]| {
                let mut direct = DirectMembers::default();
                for (parent, child) in edges {
                    direct.groups.entry(group(*parent)).or_default().push(group(*child));
                }
                for (g, u) in members {
                    direct.users.entry(group(*g)).or_default().push(user(*u));
                }
                direct
            };
            let before = build(&edges, &members);
            let (mut edges, mut members) = (edges, members);
            if is_nested { edges.push(edge) } else { members.push(member) }
            let after = build(&edges, &members);
            let moved = if is_nested { edge.1 } else { member.1 };
            for (old, new) in [(&before, &after), (&after, &before)] {
                let below = with_all_descendants(&[group(moved)], new);
                let mut due: HashSet<_> =
                    below.iter().flat_map(|g| new.users.get(g).into_iter().flatten()).copied().collect();
                due.insert(user(moved));
                let of_due = new.users.iter().map(|(g, users)| {
                    (*g, users.iter().filter(|user| due.contains(user)).copied().collect())
                });
                let fresh = close(&DirectMembers { users: of_due.collect(), groups: new.groups.clone() });
                let mut closed = close(old);
                closed.retain(|user, _| !due.contains(user));
                closed.extend(fresh);
                prop_assert_eq!(closed, close(new));
            }
        }

        /// Against the obvious slow way: walk down from every group.
        #[test]
        fn the_closure_equals_a_walk_from_every_group(
            edges in prop::collection::vec((0u128..8, 0u128..8), 0..20),
            members in prop::collection::vec((0u128..8, 0u128..6), 0..20),
        ) {
            let mut direct = DirectMembers::default();
            for (parent, child) in &edges {
                direct.groups.entry(group(*parent)).or_default().push(group(*child));
            }
            for (g, u) in &members {
                direct.users.entry(group(*g)).or_default().push(user(*u));
            }
            let mut expected: HashMap<DirectoryUserId, HashSet<GroupId>> = HashMap::new();
            for g in 0..8 {
                let mut reached = HashSet::from([g]);
                loop {
                    let more: HashSet<_> = edges.iter().filter(|(p, _)| reached.contains(p)).map(|(_, c)| *c).collect();
                    let before = reached.len();
                    reached.extend(more);
                    if reached.len() == before { break; }
                }
                for (m, u) in &members {
                    if reached.contains(m) {
                        expected.entry(user(*u)).or_default().insert(group(g));
                    }
                }
            }
            let closed: HashMap<_, HashSet<_>> =
                close(&direct).into_iter().map(|(u, gs)| (u, gs.into_iter().collect())).collect();
            prop_assert_eq!(closed, expected);
        }
    }
}
