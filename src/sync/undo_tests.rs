use super::*;
use crate::model::{
    end_user::{Mark, MarkKind},
    ids::EndUserId,
};
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
