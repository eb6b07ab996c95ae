//! One object: its kind and the properties that have a value. Names are those of the model, shared, because a
//! hundred thousand users would otherwise hold three million copies of them.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::schema::{Kind, Misfit, Property};

/// An object of the directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    kind: Kind,
    values: Vec<(&'static Property, Value)>,
}

impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Entity {
    /// An object without properties.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            values: Vec::new(),
        }
    }

    /// The object that a map describes; names that the model lacks and values that do not fit are told to `dropped`.
    pub fn lenient(kind: Kind, map: &Map<String, Value>, mut dropped: impl FnMut(&str)) -> Self {
        let mut entity = Self::new(kind);
        for (name, value) in map {
            if let Err(misfit) = entity.set(name, value) {
                dropped(&misfit.property);
            }
        }
        entity
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The value of a property, null counted as none.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(property, _)| property.name == name)
            .map(|(_, value)| value)
    }

    /// The value of a property that holds text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// The items of a property that holds a list.
    pub fn list(&self, name: &str) -> &[Value] {
        self.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The names of the properties that have a value.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.values.iter().map(|(property, _)| property.name)
    }

    /// How many properties have a value.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The object's id as text.
    pub fn id(&self) -> &str {
        self.text("id").unwrap_or_default()
    }

    /// Sets a property, null taking its value away.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), Misfit> {
        let unknown = || Misfit {
            property: name.to_owned(),
            wanted: "to be one that the model knows",
        };
        let property = self.kind.property(name).ok_or_else(unknown)?;
        if value.is_null() {
            self.values.retain(|(known, _)| known.name != property.name);
            return Ok(());
        }
        let value = property.shape.fit(property.name, value)?;
        self.put(property, value);
        Ok(())
    }

    /// Sets a property from our own code, which names only properties that exist: anything else is left out.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let outcome = self.set(name, &value.into());
        debug_assert!(outcome.is_ok(), "{outcome:?}");
        self
    }

    fn put(&mut self, property: &'static Property, value: Value) {
        match self.values.iter_mut().find(|(known, _)| known.name == property.name) {
            Some((_, slot)) => *slot = value,
            None => self.values.push((property, value)),
        }
    }

    /// Takes over every property that `other` has.
    pub fn merge(&mut self, other: Self) {
        for (property, value) in other.values {
            self.put(property, value);
        }
    }
}

/// Every property that has a value, in the order in which they were set.
impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (property, value) in &self.values {
            map.serialize_entry(property.name, value)?;
        }
        map.end()
    }
}
