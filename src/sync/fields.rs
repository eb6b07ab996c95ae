//! Which fields of a mapped End User a directory user changes.

use super::{
    address::address_of,
    normalise::{clean, same},
};
use crate::model::{
    directory::DirectoryUser,
    end_user::{Field, Fields},
    plan::FieldChange,
};

/// What Microsoft says about each synced field, cleaned and cut to the columns. Empty is "no value".
pub fn of_user(user: &DirectoryUser) -> Fields {
    let mut fields = Fields::default();
    for field in Field::ALL {
        fields.set(field, clean(raw(field, user).as_ref(), field.max_chars()));
    }
    fields
}

fn raw(field: Field, user: &DirectoryUser) -> std::borrow::Cow<'_, str> {
    match field {
        Field::Name => name(user),
        Field::Email => address_of(user)
            .map(|address| address.spelling)
            .unwrap_or_default()
            .into(),
        Field::Phone => user.business_phone.as_str().into(),
        Field::Mobile => user.mobile_phone.as_str().into(),
        Field::StreetAddress => user.street_address.as_str().into(),
        Field::City => user.city.as_str().into(),
        Field::State => user.state.as_str().into(),
        Field::PostalCode => user.postal_code.as_str().into(),
        Field::JobTitle => user.job_title.as_str().into(),
    }
}

/// A person needs a name to be found: `displayName`, else given name and surname, else the UPN.
fn name(user: &DirectoryUser) -> std::borrow::Cow<'_, str> {
    if !user.display_name.trim().is_empty() {
        return user.display_name.as_str().into();
    }
    let parts = format!("{} {}", user.given_name.trim(), user.surname.trim());
    if parts.trim().is_empty() {
        user.upn.as_str().into()
    } else {
        parts.into()
    }
}

/// The changes that Microsoft's values make to an End User's.
///
/// Microsoft wins where it has a value. An empty value clears a field only while the field still holds what the sync
/// wrote there: it never wipes a value that Microsoft did not put there. `keep_email` leaves the address alone.
pub fn diff(microsoft: &Fields, held: &Fields, last_synced: &Fields, keep_email: bool) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    for field in Field::ALL {
        if field == Field::Email && keep_email {
            continue;
        }
        let (new, old, last) = (microsoft.get(field), held.get(field), last_synced.get(field));
        let differs = if new.is_empty() {
            !old.is_empty() && !last.is_empty() && same(field, old, last)
        } else {
            !same(field, new, old)
        };
        // A mapped user who lost the address keeps the last one: it is how people are found.
        if differs && !(field == Field::Email && new.is_empty()) {
            changes.push(FieldChange {
                field,
                old: old.to_owned(),
                new: new.to_owned(),
            });
        }
    }
    // A plan of everybody keeps them: room for seven more is more than all the rest of a person's part.
    changes.shrink_to_fit();
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(phone: &str) -> Fields {
        Fields {
            phone: phone.into(),
            ..Fields::default()
        }
    }

    #[test]
    fn microsoft_wins_where_it_has_a_value() {
        let changes = diff(&fields("2"), &fields("1"), &fields(""), false);
        assert_eq!(
            changes,
            [FieldChange {
                field: Field::Phone,
                old: "1".into(),
                new: "2".into()
            }]
        );
    }

    #[test]
    fn an_empty_value_clears_only_what_the_sync_wrote() {
        assert_eq!(diff(&fields(""), &fields("1"), &fields("1"), false).len(), 1);
        assert_eq!(diff(&fields(""), &fields("1"), &fields(""), false), []);
        assert_eq!(diff(&fields(""), &fields("9"), &fields("1"), false), []);
    }

    #[test]
    fn a_difference_in_spelling_is_none() {
        assert_eq!(
            diff(&fields("+1 555 0100"), &fields("+1 (555) 0100"), &fields(""), false),
            []
        );
    }

    #[test]
    fn a_lost_address_stays() {
        let held = Fields {
            email: "ana@contoso.example".into(),
            ..Fields::default()
        };
        assert_eq!(diff(&Fields::default(), &held, &held, false), []);
    }

    #[test]
    fn the_name_falls_back_on_given_name_and_surname_and_then_on_the_upn() {
        let mut user = DirectoryUser {
            display_name: " ".into(),
            given_name: "Ana".into(),
            surname: "López".into(),
            upn: "ana@x".into(),
            ..DirectoryUser::default()
        };
        assert_eq!(of_user(&user).name, "Ana López");
        user.given_name.clear();
        user.surname.clear();
        assert_eq!(of_user(&user).name, "ana@x");
    }
}
