//! **Undo Run**: what a run wrote, turned round, as far as nobody touched it since. What comes out is of the same form
//! as what went in, so that undoing can itself be undone.

use super::normalise::key;
use crate::model::{
    end_user::{EndUserState, Field, Fields, Mapping},
    held::Part,
    ids::{DirectoryUserId, EndUserId},
    plan::FieldChange,
    undo::{Footprint, Kept, Touched, Written},
};
use std::collections::{HashMap, HashSet};

/// What later runs wrote of the same End User.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Later {
    /// These fields.
    pub fields: HashSet<Field>,
    /// The mark.
    pub mark: bool,
    /// Which account it belongs to, or whether it is there at all.
    pub mapping: bool,
}

/// How an End User is today.
#[derive(Clone, Debug, Default)]
pub struct Today<'a> {
    /// The End User, if it is there.
    pub end_user: Option<&'a EndUserState>,
    /// Who wrote it besides the sync; empty for nobody.
    pub written_by: &'a str,
    /// An Asset was assigned to it by hand.
    pub assigned: bool,
    /// What later runs wrote.
    pub later: Later,
    /// Another End User of the Organization holds the account that a mapping would go back to.
    pub account_taken: bool,
    /// Another End User of the Organization keeps the address that this one would go back to.
    pub address_taken: bool,
}

/// What undoing does to one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// What goes back; none when everything was touched.
    pub back: Option<Written>,
    /// What is left.
    pub left: Vec<Kept>,
}

impl Undone {
    fn left(part: Part, why: Touched) -> Self {
        Self {
            back: None,
            left: vec![Kept { part, why }],
        }
    }
}

/// Turns round what a run wrote of several people of one Organization, whose End Users these are. Addresses are judged
/// as they will stand then: those who change theirs in the same undoing are in nobody's way, and whoever has to keep
/// one can be in another's.
pub fn undo_together(people: &[(&Written, Today<'_>)], end_users: &[EndUserState]) -> Vec<Undone> {
    let mut undone: Vec<_> = people.iter().map(|(written, today)| undo(written, today)).collect();
    let mut leaves: HashSet<EndUserId> = HashSet::new();
    let mut wanted: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, back) in undone.iter().enumerate() {
        let Some(back) = &back.back else { continue };
        let address = back.fields.iter().find(|change| change.field == Field::Email);
        if address.is_some() || !back.footprint.exists {
            leaves.insert(back.end_user);
        }
        if let Some(address) = address.filter(|address| back.footprint.exists && !address.new.is_empty()) {
            wanted.entry(key(&address.new)).or_default().push(at);
        }
    }
    let keeps = |end_user: &&EndUserState| !leaves.contains(&end_user.id);
    let mut kept: Vec<_> = end_users.iter().filter(keeps).map(|it| key(&it.fields.email)).collect();
    while let Some(address) = kept.pop() {
        for at in wanted.remove(&address).unwrap_or_default() {
            let (written, today) = &people[at];
            let today = Today {
                address_taken: true,
                ..today.clone()
            };
            undone[at] = undo(written, &today);
            kept.extend(today.end_user.map(|end_user| key(&end_user.fields.email)));
        }
    }
    undone
}

/// Turns round what a run wrote of one person.
pub fn undo(written: &Written, today: &Today<'_>) -> Undone {
    let footprint = &written.footprint;
    match (footprint.existed, footprint.exists, today.end_user) {
        (false, true, Some(end_user)) => take_away(written, end_user, today),
        (true, false, None) => bring_back(written, today),
        (true, true, Some(end_user)) => put_back(written, end_user, today),
        (_, true, None) => Undone::left(Part::EndUser, Touched::Gone),
        (_, false, _) => Undone::left(Part::EndUser, Touched::Changed),
    }
}

fn backwards(fields: &[FieldChange]) -> Vec<FieldChange> {
    let turn = |change: &FieldChange| FieldChange {
        field: change.field,
        old: change.new.clone(),
        new: change.old.clone(),
    };
    fields.iter().map(turn).collect()
}

fn account(mapping: Option<&Mapping>) -> Option<DirectoryUserId> {
    mapping.map(|mapping| mapping.user)
}

/// An End User that the run made goes, if it is still as the run made it.
fn take_away(written: &Written, end_user: &EndUserState, today: &Today<'_>) -> Undone {
    let mut as_made = Fields::default();
    for change in &written.fields {
        as_made.set(change.field, change.new.clone());
    }
    let later = &today.later;
    let touched = if !today.written_by.is_empty() {
        Some(Touched::Written {
            by: today.written_by.to_owned(),
        })
    } else if today.assigned {
        Some(Touched::Assigned)
    } else if later.mapping || later.mark || !later.fields.is_empty() {
        Some(Touched::LaterRun)
    } else if end_user.fields != as_made || end_user.mapping != written.footprint.after {
        Some(Touched::Changed)
    } else {
        None
    };
    touched.map_or_else(
        || Undone {
            back: Some(Written {
                fields: backwards(&written.fields),
                footprint: Footprint {
                    existed: true,
                    exists: false,
                    before: end_user.mapping.clone(),
                    after: None,
                },
                ..written.clone()
            }),
            left: vec![],
        },
        |why| Undone::left(Part::EndUser, why),
    )
}

/// An End User that an undoing took away comes back with everything it held.
fn bring_back(written: &Written, today: &Today<'_>) -> Undone {
    if today.account_taken {
        return Undone::left(Part::EndUser, Touched::MappedElsewhere);
    }
    if today.address_taken {
        return Undone::left(Part::EndUser, Touched::AddressTaken);
    }
    Undone {
        back: Some(Written {
            fields: backwards(&written.fields),
            footprint: Footprint {
                existed: false,
                exists: true,
                before: None,
                after: written.footprint.before.clone(),
            },
            ..written.clone()
        }),
        left: vec![],
    }
}

/// Values, mark and mapping go back one by one.
fn put_back(written: &Written, end_user: &EndUserState, today: &Today<'_>) -> Undone {
    let Footprint { before, after, .. } = &written.footprint;
    let (mut fields, mut left) = (vec![], vec![]);
    for change in backwards(&written.fields) {
        let why = if today.later.fields.contains(&change.field) {
            Some(Touched::LaterRun)
        } else if end_user.fields.get(change.field) != change.old {
            Some(Touched::Changed)
        } else if change.field == Field::Email && today.address_taken {
            Some(Touched::AddressTaken)
        } else {
            None
        };
        match why {
            None => fields.push(change),
            Some(why) => left.push(Kept {
                part: Part::Field(change.field),
                why,
            }),
        }
    }
    let mapping = if account(before.as_ref()) == account(after.as_ref()) {
        same_account(written, end_user, today, &fields, &mut left)
    } else {
        other_account(written, end_user, today, &mut left)
    };
    let nothing = fields.is_empty() && mapping == end_user.mapping;
    Undone {
        back: (!nothing).then(|| Written {
            fields,
            footprint: Footprint {
                existed: true,
                exists: true,
                before: end_user.mapping.clone(),
                after: mapping,
            },
            ..written.clone()
        }),
        left,
    }
}

/// The mapping as it will be where the run did not change whom the End User belongs to: the mark goes back if nobody
/// touched it, and the last synced values go back with their fields.
fn same_account(
    written: &Written,
    end_user: &EndUserState,
    today: &Today<'_>,
    fields: &[FieldChange],
    left: &mut Vec<Kept>,
) -> Option<Mapping> {
    let Footprint { before, after, .. } = &written.footprint;
    let (Some(before), Some(after), Some(mut mapping)) = (before, after, end_user.mapping.clone()) else {
        return end_user.mapping.clone();
    };
    if mapping.user != after.user {
        left.push(Kept {
            part: Part::Mapping,
            why: Touched::Changed,
        });
        return Some(mapping);
    }
    for change in fields {
        let value = before.last_synced.get(change.field).to_owned();
        mapping.last_synced.set(change.field, value);
    }
    if before.mark != after.mark {
        if today.later.mark {
            left.push(Kept {
                part: Part::Mark,
                why: Touched::LaterRun,
            });
        } else if mapping.mark != after.mark {
            left.push(Kept {
                part: Part::Mark,
                why: Touched::Changed,
            });
        } else {
            mapping.mark = before.mark;
        }
    }
    Some(mapping)
}

/// The mapping as it will be where the run changed whom the End User belongs to.
fn other_account(
    written: &Written,
    end_user: &EndUserState,
    today: &Today<'_>,
    left: &mut Vec<Kept>,
) -> Option<Mapping> {
    let Footprint { before, after, .. } = &written.footprint;
    let why = if today.later.mapping {
        Touched::LaterRun
    } else if account(end_user.mapping.as_ref()) != account(after.as_ref()) {
        Touched::Changed
    } else if today.account_taken {
        Touched::MappedElsewhere
    } else {
        return before.clone();
    };
    left.push(Kept {
        part: Part::Mapping,
        why,
    });
    end_user.mapping.clone()
}

#[cfg(test)]
#[path = "undo_tests.rs"]
mod tests;
