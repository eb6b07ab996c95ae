//! What a delta says of groups, put together: objects come in parts, in any order and again, and the last word wins.

use crate::model::ids::GroupId;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is said of a group itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNow {
    /// Its name.
    pub name: String,
    /// Its members are shown to few.
    pub is_hidden: bool,
}

/// How a member stands to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// In it, directly.
    In {
        /// The member is a group itself.
        is_group: bool,
    },
    /// In it no more.
    Out,
}

/// What is said of a group and of some of its direct members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupWord {
    /// The group; nothing when it is gone.
    pub now: Option<GroupNow>,
    /// Whoever was in it before is in it no more, unless they are among the members.
    pub is_emptied: bool,
    /// Whose membership is told.
    pub members: BTreeMap<Uuid, Membership>,
}

impl GroupWord {
    /// The group is there no more.
    pub const fn gone() -> Self {
        Self {
            now: None,
            is_emptied: true,
            members: BTreeMap::new(),
        }
    }

    /// The group is there, and this is told of members.
    pub const fn here(now: GroupNow, members: BTreeMap<Uuid, Membership>) -> Self {
        Self {
            now: Some(now),
            is_emptied: false,
            members,
        }
    }

    /// This, and then that.
    #[must_use]
    pub fn then(mut self, later: Self) -> Self {
        if later.is_emptied {
            return later;
        }
        self.now = later.now;
        self.members.extend(later.members);
        self
    }
}

/// Adds what is said to what was said before.
pub fn add(said: &mut BTreeMap<GroupId, GroupWord>, group: GroupId, word: GroupWord) {
    let word = match said.remove(&group) {
        Some(earlier) => earlier.then(word),
        None => word,
    };
    said.insert(group, word);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Groups = BTreeMap<GroupId, (GroupNow, BTreeMap<Uuid, bool>)>;
    type Words = Vec<(GroupId, GroupWord)>;

    fn put_together(words: &[(GroupId, GroupWord)]) -> BTreeMap<GroupId, GroupWord> {
        let mut said = BTreeMap::new();
        for (group, word) in words.iter().cloned() {
            add(&mut said, group, word);
        }
        said
    }

    /// What the store does with it.
    fn apply(groups: &mut Groups, said: BTreeMap<GroupId, GroupWord>) {
        for (group, word) in said {
            let Some(now) = word.now else {
                groups.remove(&group);
                continue;
            };
            let held = groups.entry(group).or_insert_with(|| (now.clone(), BTreeMap::new()));
            held.0 = now;
            if word.is_emptied {
                held.1.clear();
            }
            for (member, membership) in word.members {
                match membership {
                    Membership::In { is_group } => held.1.insert(member, is_group),
                    Membership::Out => held.1.remove(&member),
                };
            }
        }
    }

    fn after(groups: &Groups, pages: &[&[(GroupId, GroupWord)]]) -> Groups {
        let mut groups = groups.clone();
        for page in pages {
            apply(&mut groups, put_together(page));
        }
        groups
    }

    fn word() -> impl Strategy<Value = (GroupId, GroupWord)> {
        let membership = prop_oneof![
            3 => Just(Membership::In { is_group: false }),
            1 => Just(Membership::In { is_group: true }),
            2 => Just(Membership::Out),
        ];
        let members = prop::collection::btree_map((10u128..16).prop_map(Uuid::from_u128), membership, 0..4);
        let here = (0..3u8, members).prop_map(|(name, members)| {
            let now = GroupNow {
                name: format!("name {name}"),
                is_hidden: name == 2,
            };
            GroupWord::here(now, members)
        });
        let word = prop_oneof![6 => here, 1 => Just(GroupWord::gone())];
        ((0u128..4).prop_map(|id| GroupId(Uuid::from_u128(id))), word)
    }

    fn words() -> impl Strategy<Value = Words> {
        prop::collection::vec(word(), 0..24)
    }

    proptest! {
        /// However a round is cut into pages, whatever part of it comes again right after itself, the end is the same:
        /// that of one word after the other.
        #[test]
        fn pages_and_replays_end_as_one_word_after_the_other_does(
            before in words(), round in words(), cut in any::<prop::sample::Index>(), from in any::<prop::sample::Index>(),
        ) {
            let before = after(&Groups::new(), &[&before]);
            let one_by_one: Vec<_> = round.chunks(1).collect();
            let right = after(&before, &one_by_one);
            let cut = cut.index(round.len() + 1);
            let from = from.index(cut + 1);
            prop_assert_eq!(&after(&before, &[&round[..cut], &round[cut..]]), &right);
            prop_assert_eq!(&after(&before, &[&round[..cut], &round[from..cut], &round[cut..]]), &right, "a replay");
            prop_assert_eq!(&after(&before, &[&round, &round]), &right, "the whole round again");
        }

        /// Each group's words in their order, whatever stands between them.
        #[test]
        fn the_order_of_groups_among_each_other_does_not_matter(
            before in words(), round in words(), order in Just((0u128..4).collect::<Vec<_>>()).prop_shuffle(),
        ) {
            let before = after(&Groups::new(), &[&before]);
            let mut sorted = round.clone();
            sorted.sort_by_key(|(group, _)| order.iter().position(|id| *id == group.0.as_u128()));
            prop_assert_eq!(after(&before, &[&sorted]), after(&before, &[&round]));
        }

        /// A page that holds every object twice, first as it was, ends as the page does.
        #[test]
        fn an_older_word_before_the_right_one_changes_nothing(before in words(), round in words()) {
            let older = round.iter().map(|(group, word)| {
                let mut word = word.clone();
                if let Some(now) = &mut word.now {
                    now.name.push_str(" (before)");
                }
                (*group, word)
            });
            let doubled: Words = older.chain(round.iter().cloned()).collect();
            let before = after(&Groups::new(), &[&before]);
            prop_assert_eq!(after(&before, &[&doubled]), after(&before, &[&round]));
        }
    }
}
