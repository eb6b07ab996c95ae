//! The address of a directory user: what matches people, and what the filter on Domain reads.

use super::normalise::{clean, key};
use crate::model::{
    directory::{DirectoryUser, UserType},
    end_user::Field,
    explanation::AddressSource,
};

/// An address in its spelling and in the form that compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As Microsoft spells it, cleaned.
    pub spelling: String,
    /// Trimmed, lower-cased, NFC.
    pub key: String,
}

impl Address {
    /// An address from its spelling; `None` when nothing is left after cleaning.
    pub fn new(spelling: &str) -> Option<Self> {
        let spelling = clean(spelling, Field::Email.max_chars());
        let key = key(&spelling);
        (!key.is_empty()).then_some(Self { spelling, key })
    }

    /// The part after the last `@`, in the form that compares.
    pub fn domain(&self) -> Option<&str> {
        self.key
            .rsplit_once('@')
            .map(|(_, domain)| domain)
            .filter(|domain| !domain.is_empty())
    }
}

/// The address of a user: `mail`; else the UPN, unless it is a guest's `#EXT#` form; for a guest, else the first of
/// `otherMails`.
pub fn address_of(user: &DirectoryUser) -> Option<Address> {
    address_and_source(user).map(|(address, _)| address)
}

/// Where the address of a user comes from.
pub fn source_of(user: &DirectoryUser) -> Option<AddressSource> {
    address_and_source(user).map(|(_, source)| source)
}

fn address_and_source(user: &DirectoryUser) -> Option<(Address, AddressSource)> {
    let from = |source| move |address| (address, source);
    Address::new(&user.mail)
        .map(from(AddressSource::Mail))
        .or_else(|| {
            if is_external_form(&user.upn) {
                None
            } else {
                Address::new(&user.upn).map(from(AddressSource::UserPrincipalName))
            }
        })
        .or_else(|| match user.user_type {
            UserType::Guest => user
                .other_mails
                .iter()
                .find_map(|mail| Address::new(mail))
                .map(from(AddressSource::OtherMails)),
            UserType::Member => None,
        })
}

fn is_external_form(upn: &str) -> bool {
    upn.to_ascii_uppercase().contains("#EXT#")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(mail: &str, upn: &str) -> DirectoryUser {
        DirectoryUser {
            mail: mail.into(),
            upn: upn.into(),
            ..DirectoryUser::default()
        }
    }

    fn spelling(user: &DirectoryUser) -> Option<String> {
        address_of(user).map(|address| address.spelling)
    }

    #[test]
    fn mail_comes_first_then_the_upn() {
        assert_eq!(
            spelling(&user("Ana@Contoso.example", "ana@x")).unwrap(),
            "Ana@Contoso.example"
        );
        assert_eq!(spelling(&user("  ", "ana@x.example")).unwrap(), "ana@x.example");
    }

    #[test]
    fn the_external_form_of_a_guest_is_no_address_and_other_mails_are() {
        let mut guest = user("", "ana_mail.example#EXT#@contoso.example");
        assert_eq!(spelling(&guest), None);
        guest.other_mails = vec![String::new(), "ana@mail.example".into()];
        assert_eq!(spelling(&guest), None, "other mails count for guests only");
        guest.user_type = UserType::Guest;
        assert_eq!(spelling(&guest).unwrap(), "ana@mail.example");
    }

    #[test]
    fn the_domain_compares_in_lower_case() {
        assert_eq!(
            Address::new("A@B@Contoso.EXAMPLE ").unwrap().domain(),
            Some("contoso.example")
        );
        assert_eq!(Address::new("nobody").unwrap().domain(), None);
    }
}
