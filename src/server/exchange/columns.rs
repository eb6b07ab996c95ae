//! Which column of a file means what: by the words of the screen or the names of the API, in any spelling.

use super::{cell::restored, import::ImportError};
use crate::{
    model::{asset::Asset, end_user::Field},
    sync::normalise::clean,
};

/// What may be done with a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No row can be understood without it.
    Required,
    /// Left alone where it is missing.
    Optional,
    /// Written by an export, left alone by an import.
    ReadOnly,
}

/// A column that is known.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in JSON: `jobTitle`.
    pub key: &'static str,
    /// The words on screen: `Job Title`.
    pub label: &'static str,
    /// Other names that files give it.
    pub aliases: &'static [&'static str],
    /// What may be done with it.
    pub role: Role,
    /// How many characters are kept.
    pub max: usize,
}

impl Column {
    const fn read_only(key: &'static str, label: &'static str) -> Self {
        Self {
            key,
            label,
            aliases: &[],
            role: Role::ReadOnly,
            max: 0,
        }
    }
}

const ORGANIZATION: Column = Column {
    key: "organization",
    label: "Organization",
    aliases: &["organizationName", "customer", "company"],
    role: Role::Required,
    max: 320,
};

/// Columns of a file of Organizations.
pub const ORGANIZATIONS: &[Column] = &[
    Column {
        aliases: &["organizationName", "name", "customer", "company"],
        ..ORGANIZATION
    },
    Column {
        key: "email",
        label: "Email",
        aliases: &["emailAddress"],
        role: Role::Optional,
        max: 320,
    },
    Column {
        key: "phone",
        label: "Phone",
        aliases: &["phoneNumber"],
        role: Role::Optional,
        max: 64,
    },
    Column::read_only("tenant", "Tenant"),
    Column::read_only("endUsers", "End Users"),
    Column::read_only("microsoftUserSync", "Microsoft User Sync"),
];

const fn field(field: Field, aliases: &'static [&'static str]) -> Column {
    Column {
        key: field.key(),
        label: field.label(),
        aliases,
        role: Role::Optional,
        max: field.max_chars(),
    }
}

/// Columns of a file of End Users: the Organization, then the fields in the order of [`Field::ALL`].
pub const END_USERS: &[Column] = &[
    ORGANIZATION,
    field(Field::Name, &["fullName", "displayName"]),
    field(Field::Email, &["emailAddress"]),
    field(Field::Phone, &["phoneNumber"]),
    field(Field::Mobile, &["mobilePhone"]),
    field(Field::StreetAddress, &["street"]),
    field(Field::City, &[]),
    field(Field::State, &["province"]),
    field(Field::PostalCode, &["zip", "zipCode"]),
    field(Field::JobTitle, &["title"]),
    Column::read_only("microsoftStatus", "Microsoft Status"),
    Column::read_only("userPrincipalName", "User Principal Name"),
    Column::read_only("department", "Department"),
    Column::read_only("officeLocation", "Office Location"),
    Column::read_only("microsoftLicense", "Microsoft License"),
    Column::read_only("lastMicrosoftActivity", "Last Microsoft Activity"),
    Column::read_only("mfa", "MFA"),
];

/// Columns of a file of Assets.
pub const ASSETS: &[Column] = &[
    ORGANIZATION,
    Column {
        key: "name",
        label: "Asset",
        aliases: &["assetName", "deviceName", "hostname"],
        role: Role::Optional,
        max: Asset::MOST_NAME,
    },
    Column {
        key: "serialNumber",
        label: "Serial Number",
        aliases: &["serial"],
        role: Role::Optional,
        max: Asset::MOST_SERIAL,
    },
    Column {
        key: "macAddresses",
        label: "MAC Addresses",
        aliases: &["macAddress", "mac", "macs"],
        role: Role::Optional,
        max: 4_096,
    },
    Column::read_only("assignedContact", "Assigned Contact"),
    Column::read_only("assignedContactEmail", "Assigned Contact Email"),
    Column::read_only("assigned", "Assigned"),
];

/// Where the known columns of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// For each known column, its place in a row.
    places: Vec<Option<usize>>,
    columns: Vec<usize>,
    /// Columns that mean nothing here.
    pub unknown: Vec<String>,
    /// Columns that an import leaves alone.
    pub read_only: Vec<String>,
}

/// A name without case, blanks and punctuation: `Job Title`, `jobTitle` and `job_title` are one.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

impl Head {
    /// Understands the head of a file. `given` names columns that the caller knows already, and a file need not have.
    pub fn read(names: &[String], columns: &'static [Column], given: &[&str]) -> Result<Self, ImportError> {
        let mut head = Self {
            places: vec![None; columns.len()],
            columns: columns.iter().map(|column| column.max).collect(),
            unknown: vec![],
            read_only: vec![],
        };
        for (place, name) in names.iter().enumerate() {
            let word = folded(name);
            let known = columns.iter().position(|column| {
                [column.key, column.label]
                    .iter()
                    .chain(column.aliases)
                    .any(|one| folded(one) == word)
            });
            match known {
                None if word.is_empty() => {}
                None => head.unknown.push(name.trim().to_owned()),
                Some(column) if columns[column].role == Role::ReadOnly => head.read_only.push(name.trim().to_owned()),
                Some(column) if head.places[column].is_some() => {
                    return Err(ImportError::unfit(format!(
                        "Two columns of the file mean {}. Take one of them away.",
                        columns[column].label
                    )));
                }
                Some(column) => head.places[column] = Some(place),
            }
        }
        for (column, place) in columns.iter().zip(&head.places) {
            if column.role == Role::Required && place.is_none() && !given.contains(&column.key) {
                let seen: Vec<_> = names
                    .iter()
                    .take(12)
                    .map(|name| format!("\"{}\"", name.trim()))
                    .collect();
                return Err(ImportError::unfit(format!(
                    "The file has no column {}. Its first row has to name the columns; it says {}.",
                    column.label,
                    seen.join(", ")
                )));
            }
        }
        Ok(head)
    }

    /// Whether the file has the column at this place of the list.
    pub fn has(&self, column: usize) -> bool {
        self.places.get(column).copied().flatten().is_some()
    }

    /// The value of a column, cleaned and cut; `None` where the file does not have it.
    pub fn value(&self, cells: &[String], column: usize) -> Option<String> {
        let place = (*self.places.get(column)?)?;
        Some(clean(restored(cells.get(place)?), self.columns[column]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(names: &str, given: &[&str]) -> Result<Head, String> {
        let names: Vec<_> = names.split(',').map(str::to_owned).collect();
        Head::read(&names, END_USERS, given).map_err(|error| error.to_string())
    }

    #[test]
    fn the_words_of_the_screen_and_the_names_of_the_api_are_the_same_columns() {
        let screen = head("Organization,Name,Job Title,Postal Code", &[]).unwrap();
        for other in [
            "organization,name,jobTitle,postalCode",
            " ORGANIZATION , full_name,job_title,ZIP",
        ] {
            assert_eq!(head(other, &[]).unwrap(), screen);
        }
        let cells = ["Contoso", "Ana", " \u{200f}Chef ", "'+1"].map(str::to_owned);
        assert_eq!(screen.value(&cells, 9).unwrap(), "\u{200f}Chef");
        assert_eq!(screen.value(&cells, 8).unwrap(), "+1");
        assert_eq!(screen.value(&cells, 3), None, "no column, no value");
        assert_eq!(screen.value(&cells[..1], 9), None);
    }

    #[test]
    fn unknown_and_read_only_columns_are_named() {
        let head = head("Organization,Name,Shoe Size,Microsoft Status,", &[]).unwrap();
        assert_eq!(head.unknown, ["Shoe Size"]);
        assert_eq!(head.read_only, ["Microsoft Status"]);
    }

    #[test]
    fn a_missing_or_doubled_column_stops_with_a_sentence() {
        let told = head("Name,Email", &[]).unwrap_err();
        assert!(
            told.contains("no column Organization") && told.contains("\"Email\""),
            "{told}"
        );
        assert!(head("Name,Email", &["organization"]).is_ok());
        assert!(
            head("Organization,Email,E-mail", &[])
                .unwrap_err()
                .contains("mean Email")
        );
    }
}
