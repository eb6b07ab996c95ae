//! The properties of each kind of object, their shapes, and which of them Graph sends unasked (graph.md §2, §3, §4,
//! §7; names and types of the v1.0 CSDL). A value that does not fit its shape never enters a directory, so that an
//! answer cannot be wrong for a reason that lies in the data.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::managed::MANAGED_DEVICE;
use super::partner::{CONTRACT, CUSTOMER, RELATIONSHIP};
use super::properties::{DEVICE, DOMAIN, GROUP, LICENSE_DETAILS, ORGANIZATION, REGISTRATION, SKU, USER};

/// The kinds of object that the stand-in keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `microsoft.graph.user`
    User,
    /// `microsoft.graph.group`
    Group,
    /// `microsoft.graph.device`
    Device,
    /// `microsoft.graph.managedDevice`
    ManagedDevice,
    /// `microsoft.graph.organization`
    Organization,
    /// `microsoft.graph.domain`
    Domain,
    /// `microsoft.graph.subscribedSku`
    Sku,
    /// `microsoft.graph.licenseDetails`, made from a user's licences and the tenant's SKUs when it is asked for.
    License,
    /// `microsoft.graph.userRegistrationDetails`
    Registration,
    /// `microsoft.graph.delegatedAdminCustomer`
    Customer,
    /// `microsoft.graph.delegatedAdminRelationship`
    Relationship,
    /// `microsoft.graph.contract`
    Contract,
}

/// The shape of a property's value.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// A GUID.
    Guid,
    /// True or false.
    Bool,
    /// A whole number of 32 bits.
    Int,
    /// A whole number of 64 bits.
    Long,
    /// A moment, as `2024-01-31T08:00:00Z`.
    Date,
    /// A list; null is not among its values: an empty list is.
    List(&'static Shape),
    /// An object whose properties are closed.
    Object(&'static [Property]),
    /// A real property that lies outside the directory's main store: asked for in a list it gives 501 (graph.md §2).
    Outside,
}

/// A property: its name, its shape, and whether Graph sends it without `$select`.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// The name, as in the CSDL.
    pub name: &'static str,
    /// The shape of its value.
    pub shape: Shape,
    /// Sent when the client selects nothing.
    pub default: bool,
}

/// A value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where, from the object inwards.
    pub property: String,
    /// What would have fitted.
    pub wanted: &'static str,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the property '{}' wants {}", self.property, self.wanted)
    }
}

use Shape::{Bool, Date, Guid, Int, List, Long, Object, Outside, Text};

impl Kind {
    /// All properties of this kind, the default ones first.
    pub fn properties(self) -> &'static [Property] {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
            Self::Device => DEVICE,
            Self::ManagedDevice => MANAGED_DEVICE,
            Self::Organization => ORGANIZATION,
            Self::Domain => DOMAIN,
            Self::Sku => SKU,
            Self::License => LICENSE_DETAILS,
            Self::Registration => REGISTRATION,
            Self::Customer => CUSTOMER,
            Self::Relationship => RELATIONSHIP,
            Self::Contract => CONTRACT,
        }
    }

    /// The property of that name; letter case is forgiven, as Graph forgives it.
    pub fn property(self, name: &str) -> Option<&'static Property> {
        let exact = self.properties().iter().find(|property| property.name == name);
        exact.or_else(|| {
            self.properties()
                .iter()
                .find(|property| property.name.eq_ignore_ascii_case(name))
        })
    }

    /// The value of `@odata.type`, without the `#`.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::User => "microsoft.graph.user",
            Self::Group => "microsoft.graph.group",
            Self::Device => "microsoft.graph.device",
            Self::ManagedDevice => "microsoft.graph.managedDevice",
            Self::Organization => "microsoft.graph.organization",
            Self::Domain => "microsoft.graph.domain",
            Self::Sku => "microsoft.graph.subscribedSku",
            Self::License => "microsoft.graph.licenseDetails",
            Self::Registration => "microsoft.graph.userRegistrationDetails",
            Self::Customer => "microsoft.graph.delegatedAdminCustomer",
            Self::Relationship => "microsoft.graph.delegatedAdminRelationship",
            Self::Contract => "microsoft.graph.contract",
        }
    }

    /// What error messages of the directory call the kind, as in "of resource 'User'".
    pub fn resource_name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Device => "Device",
            Self::ManagedDevice => "ManagedDevice",
            Self::Organization => "Organization",
            Self::Domain => "Domain",
            Self::Sku => "SubscribedSku",
            Self::License => "LicenseDetails",
            Self::Registration => "UserRegistrationDetails",
            Self::Customer => "DelegatedAdminCustomer",
            Self::Relationship => "DelegatedAdminRelationship",
            Self::Contract => "Contract",
        }
    }
}

impl Shape {
    /// What the answer holds where the object has no value.
    pub fn absent(&self) -> Value {
        match self {
            List(_) => Value::Array(Vec::new()),
            _ => Value::Null,
        }
    }

    /// The value as it may stand in an answer, or what is wrong with it. Inside objects, properties that the model
    /// does not know are left out.
    pub fn fit(&self, property: &str, value: &Value) -> Result<Value, Misfit> {
        let misfit = |wanted| Misfit {
            property: property.to_owned(),
            wanted,
        };
        match (self, value) {
            (Outside, _) => Err(misfit("nothing: it lies outside the directory's main store")),
            (Text, Value::String(_)) | (Bool, Value::Bool(_)) => Ok(value.clone()),
            (Text, _) => Err(misfit("text")),
            (Bool, _) => Err(misfit("true or false")),
            (Int, _) => value
                .as_i64()
                .filter(|n| i32::try_from(*n).is_ok())
                .map(Value::from)
                .ok_or_else(|| misfit("a number")),
            (Long, _) => value.as_i64().map(Value::from).ok_or_else(|| misfit("a number")),
            (Guid, _) => value
                .as_str()
                .and_then(|text| Uuid::try_parse(text.trim()).ok())
                .map(|id| Value::from(id.to_string()))
                .ok_or_else(|| misfit("a GUID")),
            (Date, _) => value
                .as_str()
                .and_then(moment)
                .map(Value::from)
                .ok_or_else(|| misfit("a time like 2024-01-31T08:00:00Z")),
            (List(shape), Value::Array(items)) => items
                .iter()
                .filter(|item| !item.is_null())
                .map(|item| shape.fit(property, item))
                .collect(),
            (List(_), _) => Err(misfit("a list")),
            (Object(properties), Value::Object(map)) => object(properties, property, map).map(Value::Object),
            (Object(_), _) => Err(misfit("an object")),
        }
    }
}

fn object(properties: &[Property], at: &str, map: &Map<String, Value>) -> Result<Map<String, Value>, Misfit> {
    let mut fitted = Map::new();
    for property in properties {
        match map.get(property.name) {
            None => {}
            Some(Value::Null) => {
                fitted.insert(property.name.to_owned(), property.shape.absent());
            }
            Some(value) => {
                let value = property.shape.fit(&format!("{at}/{}", property.name), value)?;
                fitted.insert(property.name.to_owned(), value);
            }
        }
    }
    Ok(fitted)
}

/// A moment in the spelling that Graph uses.
fn moment(text: &str) -> Option<String> {
    let parsed = DateTime::parse_from_rfc3339(text.trim()).ok()?;
    Some(parsed.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
