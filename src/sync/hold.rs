//! Who has the last word on the synced fields of an End User: the question behind a locked form, answered with the
//! filter that a run uses.

use super::{
    fields,
    filter::{Scope, unreadable},
};
use crate::model::{
    directory::{DirectoryUser, Readings},
    end_user::{Field, Fields},
    end_user_details::Hold,
    filter::Filters,
};

/// For an End User that is mapped to `user`; `filters` are those of an enabled user sync.
pub fn hold(user: &DirectoryUser, filters: Option<&Filters>, readings: &Readings) -> Hold {
    let Some(filters) = filters else { return Hold::SyncOff };
    if !user.is_living() {
        return Hold::Deleted;
    }
    let unreadable = unreadable(filters, readings);
    let mut sections = Scope::new(filters).refusals(user);
    sections.retain(|section| !unreadable.contains(section));
    if !sections.is_empty() {
        Hold::OutOfScope { sections }
    } else if unreadable.is_empty() {
        Hold::Synced
    } else {
        Hold::Undecided
    }
}

/// The fields that a form locks: those for which Microsoft has a value, and those that the sync has filled. What
/// Microsoft leaves empty and the sync did not put there, no run writes.
pub fn locked(hold: &Hold, user: &DirectoryUser, last_synced: &Fields) -> Vec<Field> {
    if !hold.is_locked() {
        return vec![];
    }
    let microsoft = fields::of_user(user);
    let is_theirs = |field: &Field| !microsoft.get(*field).is_empty() || !last_synced.get(*field).is_empty();
    Field::ALL.into_iter().filter(is_theirs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        directory::Reading,
        filter::{Choice, Section},
        ids::GroupId,
    };

    fn ana() -> DirectoryUser {
        DirectoryUser {
            mail: "ana@contoso.example".into(),
            department: "Sales".into(),
            ..DirectoryUser::default()
        }
    }

    fn only(value: &str) -> Choice {
        Choice::Values([Some(value.to_owned())].into())
    }

    fn read() -> Readings {
        Readings {
            groups: Reading::Read,
            ..Readings::default()
        }
    }

    #[test]
    fn fields_are_microsofts_while_the_sync_is_enabled_and_the_person_in_scope() {
        let sales = Filters {
            department: only("sales"),
            ..Filters::default()
        };
        assert_eq!(hold(&ana(), Some(&sales), &read()), Hold::Synced);
        assert_eq!(hold(&ana(), None, &read()), Hold::SyncOff);
        let legal = Filters {
            department: only("Legal"),
            ..Filters::default()
        };
        let sections = vec![Section::Department];
        assert_eq!(hold(&ana(), Some(&legal), &read()), Hold::OutOfScope { sections });
    }

    #[test]
    fn what_microsoft_leaves_empty_and_the_sync_did_not_fill_is_not_locked() {
        let (mut user, mut last) = (ana(), Fields::default());
        (user.display_name, user.city) = ("Ana".into(), "Bern".into());
        last.job_title = "Clerk".into();
        let kept = [Field::Name, Field::Email, Field::City, Field::JobTitle];
        for hold in [Hold::Synced, Hold::Undecided] {
            assert_eq!(locked(&hold, &user, &last), kept);
        }
        assert_eq!(locked(&Hold::SyncOff, &user, &last), []);
    }

    #[test]
    fn a_disabled_account_is_still_written_and_a_deleted_one_is_not() {
        let now = chrono::DateTime::UNIX_EPOCH;
        let disabled = DirectoryUser {
            disabled_at: Some(now),
            ..ana()
        };
        assert_eq!(hold(&disabled, Some(&Filters::default()), &read()), Hold::Synced);
        let deleted = DirectoryUser {
            deleted_at: Some(now),
            ..ana()
        };
        assert_eq!(hold(&deleted, Some(&Filters::default()), &read()), Hold::Deleted);
    }

    #[test]
    fn a_group_that_could_not_be_read_is_no_reason_to_unlock() {
        let mut filters = Filters {
            group: only(&GroupId::default().to_string()),
            ..Filters::default()
        };
        assert_eq!(hold(&ana(), Some(&filters), &Readings::default()), Hold::Undecided);
        filters.department = only("Legal");
        let sections = vec![Section::Department];
        assert_eq!(
            hold(&ana(), Some(&filters), &Readings::default()),
            Hold::OutOfScope { sections }
        );
    }
}
