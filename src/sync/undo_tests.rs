use super::*;
use crate::model::end_user::{Mark, MarkKind};
use chrono::DateTime;
use uuid::Uuid;

fn mapping(n: u128, phone: &str) -> Mapping {
    Mapping {
        user: DirectoryUserId(Uuid::from_u128(n)),
        last_synced: fields(phone),
        mark: None,
    }
}

fn fields(phone: &str) -> Fields {
    Fields {
        phone: phone.into(),
        ..Fields::default()
    }
}

/// A run changed the phone from 1 to 2.
fn updated() -> Written {
    Written {
        fields: vec![FieldChange {
            field: Field::Phone,
            old: "1".into(),
            new: "2".into(),
        }],
        footprint: Footprint {
            existed: true,
            exists: true,
            before: Some(mapping(1, "1")),
            after: Some(mapping(1, "2")),
        },
        ..Written::default()
    }
}

fn created() -> Written {
    Written {
        fields: vec![FieldChange {
            field: Field::Phone,
            old: String::new(),
            new: "2".into(),
        }],
        footprint: Footprint {
            existed: false,
            exists: true,
            before: None,
            after: Some(mapping(1, "2")),
        },
        ..Written::default()
    }
}

fn state(phone: &str, mapping: Option<Mapping>) -> EndUserState {
    EndUserState {
        id: EndUserId::default(),
        fields: fields(phone),
        mapping,
    }
}

fn today(end_user: &EndUserState) -> Today<'_> {
    Today {
        end_user: Some(end_user),
        ..Today::default()
    }
}

fn why(undone: &Undone) -> Vec<String> {
    undone.left.iter().map(Kept::words).collect()
}

#[test]
fn a_value_goes_back_only_while_it_is_what_the_run_wrote() {
    let as_written = state("2", Some(mapping(1, "2")));
    let back = undo(&updated(), &today(&as_written)).back.unwrap();
    assert_eq!((back.fields[0].old.as_str(), back.fields[0].new.as_str()), ("2", "1"));
    assert_eq!(back.footprint.after, Some(mapping(1, "1")));

    let touched = state("9", Some(mapping(1, "2")));
    let undone = undo(&updated(), &today(&touched));
    assert_eq!(undone.back, None);
    assert_eq!(why(&undone), ["Phone: it is not what the run wrote any more"]);
}

#[test]
fn a_later_run_that_wrote_the_same_value_counts_as_touched() {
    let as_written = state("2", Some(mapping(1, "2")));
    let mut today = today(&as_written);
    today.later.fields.insert(Field::Phone);
    let undone = undo(&updated(), &today);
    assert_eq!(
        (&undone.back, why(&undone)),
        (&None, vec!["Phone: a later run wrote it".to_owned()])
    );
}

#[test]
fn a_created_end_user_goes_unless_somebody_wrote_it_or_an_asset_was_assigned_by_hand() {
    let as_made = state("2", Some(mapping(1, "2")));
    let back = undo(&created(), &today(&as_made)).back.unwrap();
    assert!(back.footprint.existed && !back.footprint.exists);

    let by_hand = Today {
        written_by: "Ada Admin",
        ..today(&as_made)
    };
    assert_eq!(
        why(&undo(&created(), &by_hand)),
        ["End User: it was written by Ada Admin"]
    );
    let assigned = Today {
        assigned: true,
        ..today(&as_made)
    };
    assert_eq!(
        why(&undo(&created(), &assigned)),
        ["End User: an Asset was assigned to it by hand"]
    );
    let changed = state("3", Some(mapping(1, "2")));
    assert_eq!(
        why(&undo(&created(), &today(&changed))),
        ["End User: it is not what the run wrote any more"]
    );
    assert_eq!(
        why(&undo(&created(), &Today::default())),
        ["End User: the End User was deleted"]
    );
}

#[test]
fn a_link_goes_and_a_taken_over_mapping_returns_unless_its_account_is_taken() {
    let mut linked = updated();
    linked.footprint.before = None;
    let now = state("2", Some(mapping(1, "2")));
    assert_eq!(undo(&linked, &today(&now)).back.unwrap().footprint.after, None);

    let mark = Mark {
        kind: MarkKind::Deleted,
        at: DateTime::UNIX_EPOCH,
    };
    let old = Mapping {
        mark: Some(mark),
        ..mapping(7, "1")
    };
    linked.footprint.before = Some(old.clone());
    assert_eq!(undo(&linked, &today(&now)).back.unwrap().footprint.after, Some(old));
    let taken = Today {
        account_taken: true,
        ..today(&now)
    };
    let undone = undo(&linked, &taken);
    assert_eq!(undone.back.as_ref().unwrap().footprint.after, now.mapping);
    assert_eq!(
        why(&undone),
        ["Microsoft account: the Microsoft account belongs to another End User now"]
    );
}

#[test]
fn a_mark_that_microsoft_changed_since_is_left() {
    let mark = |seconds| {
        Some(Mark {
            kind: MarkKind::Disabled,
            at: DateTime::from_timestamp(seconds, 0).unwrap(),
        })
    };
    let marked = |seconds| Mapping {
        mark: mark(seconds),
        ..mapping(1, "2")
    };
    let mut written = updated();
    written.fields.clear();
    written.footprint.before = Some(mapping(1, "2"));
    written.footprint.after = Some(marked(1));
    let same = state("2", Some(marked(1)));
    assert_eq!(
        undo(&written, &today(&same)).back.unwrap().footprint.after,
        Some(mapping(1, "2"))
    );
    let other = state("2", Some(marked(2)));
    let undone = undo(&written, &today(&other));
    assert_eq!(undone.back, None);
    assert_eq!(
        why(&undone),
        ["Disabled in Microsoft: it is not what the run wrote any more"]
    );
}

/// Somebody with an address that a run changed from `old` to what it is now.
fn renamed(n: u128, old: &str, now: &str) -> (Written, EndUserState) {
    let with = |email: &str| Fields {
        email: email.into(),
        ..Fields::default()
    };
    let mapped = |email| Mapping {
        last_synced: with(email),
        ..mapping(n, "")
    };
    let id = EndUserId(Uuid::from_u128(0xE000 + n));
    let written = Written {
        end_user: id,
        fields: vec![FieldChange {
            field: Field::Email,
            old: old.into(),
            new: now.into(),
        }],
        footprint: Footprint {
            existed: true,
            exists: true,
            before: Some(mapped(old)),
            after: Some(mapped(now)),
        },
        ..Written::default()
    };
    let state = EndUserState {
        id,
        fields: with(now),
        mapping: Some(mapped(now)),
    };
    (written, state)
}

/// Undoes what was written of these, with others beside them. The addresses that go back, and why others do not.
fn addresses_back(renamed: &[(Written, EndUserState)], others: &[EndUserState]) -> Vec<Result<String, Vec<String>>> {
    let people: Vec<_> = renamed.iter().map(|(written, state)| (written, today(state))).collect();
    let mut all: Vec<_> = renamed.iter().map(|(_, state)| state.clone()).collect();
    all.extend_from_slice(others);
    undo_together(&people, &all)
        .iter()
        .map(|undone| match &undone.back {
            Some(back) => Ok(back.fields[0].new.clone()),
            None => Err(why(undone)),
        })
        .collect()
}

#[test]
fn an_address_that_somebody_else_has_by_now_does_not_go_back() {
    let ana = renamed(1, "a@x.example", "b@x.example");
    let bob = renamed(9, "", "A@x.example").1;
    let taken = || Err(vec!["Email: the address belongs to another End User now".to_owned()]);
    assert_eq!(
        addresses_back(std::slice::from_ref(&ana), &[]),
        [Ok("a@x.example".into())]
    );
    assert_eq!(
        addresses_back(std::slice::from_ref(&ana), std::slice::from_ref(&bob)),
        [taken()]
    );
    // Ana keeps b, so that whoever had b before her can't have it back.
    let cleo = renamed(2, "b@x.example", "c@x.example");
    assert_eq!(addresses_back(&[cleo, ana], &[bob]), [taken(), taken()]);
}

#[test]
fn a_swap_of_addresses_goes_back_whole() {
    let swap = [
        renamed(1, "a@x.example", "b@x.example"),
        renamed(2, "b@x.example", "a@x.example"),
    ];
    assert_eq!(
        addresses_back(&swap, &[]),
        [Ok("a@x.example".into()), Ok("b@x.example".into())]
    );
}

#[test]
fn an_end_user_whose_address_somebody_else_has_by_now_does_not_come_back() {
    let (mut gone, _) = renamed(1, "a@x.example", "");
    gone.footprint.exists = false;
    let bob = renamed(9, "", "a@x.example").1;
    let people = [(&gone, Today::default())];
    assert_eq!(
        why(&undo_together(&people, &[bob])[0]),
        ["End User: the address belongs to another End User now"]
    );
    assert!(undo_together(&people, &[])[0].back.is_some());
}
