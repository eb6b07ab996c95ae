//! The filters of one Organization's user sync: six sections, each `All` or a list of ticked values.
//!
//! The same object everywhere: in the database, in the API and behind the form.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData};

/// One of the six sections of the filter dialog, in the order in which it shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Section {
    /// Member or Guest.
    UserType,
    /// The domain of the user's address.
    Domain,
    /// `officeLocation` in Microsoft.
    OfficeLocation,
    /// `department` in Microsoft.
    Department,
    /// Transitive membership of a group.
    Group,
    /// Whether at least one licence is assigned.
    LicenseStatus,
}

impl Section {
    /// All sections, in the order of the dialog.
    pub const ALL: [Self; 6] = [
        Self::UserType,
        Self::Domain,
        Self::OfficeLocation,
        Self::Department,
        Self::Group,
        Self::LicenseStatus,
    ];

    /// The heading of the section in the dialog.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UserType => "User Type",
            Self::Domain => "Domain",
            Self::OfficeLocation => "Office Location",
            Self::Department => "Department",
            Self::Group => "Group",
            Self::LicenseStatus => "Microsoft 365 License Status",
        }
    }

    /// The name of the section in JSON and in form fields.
    pub const fn key(self) -> &'static str {
        match self {
            Self::UserType => "userType",
            Self::Domain => "domain",
            Self::OfficeLocation => "officeLocation",
            Self::Department => "department",
            Self::Group => "group",
            Self::LicenseStatus => "licenseStatus",
        }
    }
}

/// Why a choice was not saved: another one was, since the page that it was made on.
pub const STALE: &str = "Somebody else changed this user sync while the dialog was open. Save once more to put this \
                         choice in the place of theirs, or close the dialog to keep theirs.";

/// What is ticked in one section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// Everything, values that appear later and users without a value included.
    #[default]
    All,
    /// Exactly these; `None` is `(none)`, the users without a value.
    Values(Vec<Option<String>>),
}

/// How many values are named before the rest is counted.
const NAMED: usize = 50;

impl Choice {
    /// The choice in words: `All`, or `Sales, Finance, (none)`. `group` gives the name of a group's id.
    pub fn words(&self, section: Section, group: impl Fn(&str) -> Option<String>) -> String {
        let Self::Values(values) = self else {
            return "All".to_owned();
        };
        let word = |value: &Option<String>| match (section, value.as_deref()) {
            (_, None) => "(none)".to_owned(),
            (Section::UserType, Some("member")) => "Member".to_owned(),
            (Section::UserType, Some("guest")) => "Guest".to_owned(),
            (Section::LicenseStatus, Some("licensed")) => "Licensed".to_owned(),
            (Section::LicenseStatus, Some("unlicensed")) => "Unlicensed".to_owned(),
            (Section::Group, Some(id)) => group(id).unwrap_or_else(|| format!("a group that is gone ({id})")),
            (_, Some(value)) => value.to_owned(),
        };
        let mut words: Vec<_> = values.iter().take(NAMED).map(word).collect();
        if values.len() > NAMED {
            words.push(format!("and {} more", values.len() - NAMED));
        }
        words.join(", ")
    }
}

/// Reads a struct from an object and from nothing else: by itself serde takes a list too, as the fields in their order.
struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Option<String>>>,
}

impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = match self {
            Self::All => ChoiceJson {
                all: Some(true),
                values: None,
            },
            Self::Values(values) => ChoiceJson {
                all: None,
                values: Some(values.clone()),
            },
        };
        json.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_map(Object::<ChoiceJson>(PhantomData))? {
            ChoiceJson {
                all: Some(true),
                values: None,
            } => Ok(Self::All),
            ChoiceJson {
                all: None,
                values: Some(values),
            } if !values.is_empty() => Ok(Self::Values(values)),
            ChoiceJson {
                values: Some(values), ..
            } if values.is_empty() => Err(D::Error::custom(
                "\"values\" is empty: tick at least one value, or say {\"all\": true}",
            )),
            _ => Err(D::Error::custom(
                "a section is either {\"all\": true} or {\"values\": [...]}",
            )),
        }
    }
}

/// The filters of one Organization's user sync. A user is in scope when every section accepts it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default, remote = "Self")]
pub struct Filters {
    /// `member`, `guest`.
    pub user_type: Choice,
    /// Domain names.
    pub domain: Choice,
    /// Office names.
    pub office_location: Choice,
    /// Department names.
    pub department: Choice,
    /// Group ids (GUIDs), and `None` for users in no group.
    pub group: Choice,
    /// `licensed`, `unlicensed`.
    pub license_status: Choice,
}

impl Serialize for Filters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Filters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Known(Filters);
        impl<'de> Deserialize<'de> for Known {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Filters::deserialize(deserializer).map(Self)
            }
        }
        let Known(filters) = deserializer.deserialize_map(Object::<Known>(PhantomData))?;
        Ok(filters)
    }
}

impl Filters {
    /// What is ticked in a section.
    pub const fn section(&self, section: Section) -> &Choice {
        match section {
            Section::UserType => &self.user_type,
            Section::Domain => &self.domain,
            Section::OfficeLocation => &self.office_location,
            Section::Department => &self.department,
            Section::Group => &self.group,
            Section::LicenseStatus => &self.license_status,
        }
    }

    /// The same, to be changed.
    pub const fn section_mut(&mut self, section: Section) -> &mut Choice {
        match section {
            Section::UserType => &mut self.user_type,
            Section::Domain => &mut self.domain,
            Section::OfficeLocation => &mut self.office_location,
            Section::Department => &mut self.department,
            Section::Group => &mut self.group,
            Section::LicenseStatus => &mut self.license_status,
        }
    }

    /// The sections with nothing ticked: they would accept nobody, so they can't be saved.
    pub fn empty_sections(&self) -> Vec<Section> {
        Section::ALL
            .into_iter()
            .filter(|section| matches!(self.section(*section), Choice::Values(values) if values.is_empty()))
            .collect()
    }

    /// Why these filters can't be saved, in a sentence that names the section.
    pub fn refusal(&self) -> Option<String> {
        self.empty_sections().first().map(|section| {
            format!(
                "{}: nothing is ticked, so nobody would match. Tick at least one value, or All.",
                section.label()
            )
        })
    }
}

/// One value that a section offers, with the number of users that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// What is stored when it is ticked; `None` is `(none)`.
    pub value: Option<String>,
    /// What is shown: the spelling of the longest-standing user, or the group's name.
    pub label: String,
    /// How many living users have it.
    pub count: u32,
    /// A group that was deleted in Microsoft: it accepts nobody.
    pub gone: bool,
}

/// What the filter dialog offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// One list per section, in the order of [`Section::ALL`].
    pub sections: Vec<Vec<Facet>>,
    /// How many living users there are.
    pub users: u32,
}

impl Facets {
    /// The values of a section.
    pub fn section(&self, section: Section) -> &[Facet] {
        self.sections.get(section as usize).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn filters_read_and_write_the_object_of_the_api() {
        let json = r#"{"userType":{"all":true},"domain":{"values":["contoso.com"]},"officeLocation":{"all":true},"department":{"values":["Sales",null]},"group":{"all":true},"licenseStatus":{"values":["licensed"]}}"#;
        let filters: Filters = serde_json::from_str(json).unwrap();
        assert_eq!(filters.department, Choice::Values(vec![Some("Sales".into()), None]));
        assert_eq!(serde_json::to_string(&filters).unwrap(), json);
    }

    #[test]
    fn a_section_left_out_accepts_all() {
        assert_eq!(serde_json::from_str::<Filters>("{}").unwrap(), Filters::default());
    }

    #[test]
    fn unknown_keys_empty_values_and_all_beside_values_are_refused() {
        for json in [
            r#"{"colour":{"all":true}}"#,
            r#"{"domain":{"values":[]}}"#,
            r#"{"domain":{"all":true,"values":["a"]}}"#,
            r#"{"domain":{"all":false}}"#,
            r#"{"domain":{}}"#,
            r#"{"domain":[true]}"#,
            r#"{"domain":[null,["a"]]}"#,
            "[]",
            r#"[{"all":true}]"#,
        ] {
            assert!(serde_json::from_str::<Filters>(json).is_err(), "{json} was accepted");
        }
    }

    fn choice() -> impl Strategy<Value = Choice> {
        let values = prop::collection::vec(prop::option::of(".{0,8}"), 1..4);
        prop_oneof![Just(Choice::All), values.prop_map(Choice::Values)]
    }

    /// JSON of the kind that a program would send that got the object nearly right.
    fn nearly() -> impl Strategy<Value = Value> {
        let values = prop_oneof![
            prop::collection::vec(prop::option::of(".{0,4}"), 0..3).prop_map(|values| json!(values)),
            Just(json!([1])),
            Just(json!("Sales")),
            Just(Value::Null),
        ];
        let all = prop_oneof![
            Just(json!(true)),
            Just(json!(false)),
            Just(Value::Null),
            Just(json!("true"))
        ];
        let part = prop_oneof![
            (all.clone(), values.clone()).prop_map(|(all, values)| json!({ "all": all, "values": values })),
            all.prop_map(|all| json!({ "all": all })),
            values.prop_map(|values| json!({ "values": values })),
            Just(json!({})),
            Just(json!({ "any": true })),
            Just(json!([true])),
            Just(Value::Null),
        ];
        let key = prop_oneof![
            Just("userType"),
            Just("domain"),
            Just("officeLocation"),
            Just("department"),
            Just("group"),
            Just("licenseStatus"),
            Just("user_type"),
            Just("colour"),
        ];
        prop::collection::vec((key, part), 0..4)
            .prop_map(|pairs| pairs.into_iter().map(|(key, part)| (key.to_owned(), part)).collect())
    }

    proptest! {
        #[test]
        fn any_filters_come_back_as_they_were(choices in prop::array::uniform6(choice())) {
            let mut filters = Filters::default();
            for (section, choice) in Section::ALL.into_iter().zip(choices) {
                *filters.section_mut(section) = choice;
            }
            prop_assert_eq!(filters.refusal(), None);
            let json = serde_json::to_string(&filters).unwrap();
            prop_assert_eq!(serde_json::from_str::<Filters>(&json).unwrap(), filters);
        }

        #[test]
        fn any_json_is_filters_only_with_known_sections_that_say_all_or_values(json in nearly(), text in any::<String>()) {
            let is_object = text.trim_start().starts_with('{');
            prop_assert!(is_object || serde_json::from_str::<Filters>(&text).is_err());
            let Ok(filters) = serde_json::from_value::<Filters>(json.clone()) else { return Ok(()) };
            prop_assert_eq!(filters.empty_sections(), vec![], "a section with nothing ticked was read");
            for (key, said) in json.as_object().unwrap() {
                let section = Section::ALL.into_iter().find(|section| section.key() == key);
                let section = section.expect("an unknown section was read");
                match filters.section(section) {
                    Choice::All => prop_assert!(said["all"] == true && said["values"].is_null(), "{said}"),
                    Choice::Values(values) => prop_assert_eq!(&said["values"], &json!(values)),
                }
            }
        }
    }
}
