//! Bodies of answers, written straight from the directory: no copy of a page is made on the way.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::model::entity::Entity;
use crate::model::managed::unless_chosen;
use crate::model::schema::{Kind, Property};
use crate::protocol::query::Query;
use crate::protocol::resource::Resource;

/// The name of the tip.
const TIPS: &str = "@microsoft.graph.tips";

/// One object as the client sees it.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The object.
    pub entity: &'a Entity,
    /// What to send of it; `None` where the application may not read it, and then only id and type are sent.
    pub properties: Option<&'a [&'static Property]>,
    /// Whether it is a single object whose properties were selected: some of Intune's are told only then.
    pub chosen: bool,
    /// Whether `@odata.type` stands in front: in lists whose items may be of several kinds.
    pub typed: bool,
    /// `@odata.context`, for an object that is the whole answer.
    pub context: Option<&'a str>,
    /// `@microsoft.graph.tips`, for an object that is the whole answer.
    pub tips: Option<&'static str>,
}

impl Serialize for Seen<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(context) = self.context {
            map.serialize_entry("@odata.context", context)?;
        }
        if let Some(tips) = self.tips {
            map.serialize_entry(TIPS, tips)?;
        }
        if self.typed {
            map.serialize_entry("@odata.type", &format!("#{}", self.entity.kind().type_name()))?;
        }
        let Some(properties) = self.properties else {
            map.serialize_entry("id", self.entity.id())?;
            return map.end();
        };
        for property in properties {
            let managed = self.entity.kind() == Kind::ManagedDevice && !self.chosen;
            if let Some(nothing) = managed.then(|| unless_chosen(property.name)).flatten() {
                map.serialize_entry(property.name, &nothing)?;
                continue;
            }
            match self.entity.get(property.name) {
                Some(value) => map.serialize_entry(property.name, value)?,
                // Absent for who has never signed in (graph.md §2); every other property comes as null.
                None if property.name == "signInActivity" => {}
                None => map.serialize_entry(property.name, &property.shape.absent())?,
            }
        }
        map.end()
    }
}

/// A page of objects.
#[derive(Debug)]
pub struct Page<'a> {
    /// `@odata.context`
    pub context: String,
    /// `@microsoft.graph.tips`
    pub tips: Option<&'static str>,
    /// `@odata.count`
    pub count: Option<usize>,
    /// `@odata.nextLink`
    pub next: Option<String>,
    /// The objects.
    pub value: Vec<Seen<'a>>,
}

impl Serialize for Page<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Items<'a>(&'a [Seen<'a>]);
        impl Serialize for Items<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut sequence = serializer.serialize_seq(Some(self.0.len()))?;
                for item in self.0 {
                    sequence.serialize_element(item)?;
                }
                sequence.end()
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("@odata.context", &self.context)?;
        if let Some(tips) = self.tips {
            map.serialize_entry(TIPS, tips)?;
        }
        if let Some(count) = self.count {
            map.serialize_entry("@odata.count", &count)?;
        }
        if let Some(next) = &self.next {
            map.serialize_entry("@odata.nextLink", next)?;
        }
        map.serialize_entry("value", &Items(&self.value))?;
        map.end()
    }
}

/// What to send of each kind, worked out once per request.
#[derive(Debug)]
pub struct Choice(Vec<(Kind, Vec<&'static Property>)>);

impl Choice {
    /// The choice that a query makes.
    pub fn of(query: &Query, resource: &Resource) -> Self {
        Self(
            resource
                .kinds()
                .iter()
                .map(|kind| (*kind, query.properties(*kind)))
                .collect(),
        )
    }

    /// The properties for a kind.
    pub fn properties(&self, kind: Kind) -> &[&'static Property] {
        self.0
            .iter()
            .find(|(known, _)| *known == kind)
            .map_or(&[], |(_, properties)| properties)
    }
}

/// `@odata.context`, with the selected names in it as Graph repeats them.
pub fn context(base: &str, version: &str, resource: &Resource, query: &Query) -> String {
    let names = query
        .selected
        .as_ref()
        .map(|names| format!("({})", names.join(",")))
        .unwrap_or_default();
    let entity = if resource.single() { "/$entity" } else { "" };
    format!("{base}/{version}/$metadata#{}{names}{entity}", resource.set())
}

/// The tip that comes where nothing was selected (graph.md §2), for the kinds that have many properties.
pub fn tips(resource: &Resource, query: &Query) -> Option<&'static str> {
    if query.selected.is_some() || resource.mixed() {
        return None;
    }
    match resource.kinds()[0] {
        Kind::User => Some(
            "Use $select to choose only the properties your app needs, as this can lead to performance improvements. \
             For example: GET users?$select=displayName,mail",
        ),
        Kind::Group => Some(
            "Use $select to choose only the properties your app needs, as this can lead to performance improvements. \
             For example: GET groups?$select=displayName,mail",
        ),
        _ => None,
    }
}
