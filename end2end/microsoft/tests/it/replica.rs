//! A copy of a directory that is kept by delta queries alone, as a client would keep it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// What a client knows of users, or of groups with their members.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Replica {
    pub objects: BTreeMap<String, Copied>,
}

/// One object: the properties that have a value, and the members.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Copied {
    pub properties: Map<String, Value>,
    pub members: BTreeSet<String>,
}

impl Replica {
    /// Takes the items of a page over. A whole object replaces what was known; with `minimal` a known one is merged.
    pub fn take(&mut self, items: &[Value], minimal: bool) {
        for item in items {
            let id = item["id"].as_str().unwrap();
            if item.get("@removed").is_some() {
                assert_eq!(item.as_object().unwrap().len(), 2, "nothing else is said of it: {item}");
                self.objects.remove(id);
                continue;
            }
            let known = self.objects.entry(id.to_owned()).or_default();
            if !minimal {
                known.properties.clear();
            }
            for (name, value) in item.as_object().unwrap() {
                match name.as_str() {
                    "id" => {}
                    "members@delta" => known.take_members(value),
                    _ if nothing(value) => drop(known.properties.remove(name)),
                    _ => drop(known.properties.insert(name.clone(), value.clone())),
                }
            }
        }
    }
}

impl Copied {
    /// An object as it is, of which a client asked for these properties.
    pub fn of(object: &Value, select: &[&str]) -> Self {
        let wanted = |(name, value): &(&String, &Value)| select.contains(&name.as_str()) && !nothing(value);
        let properties = object.as_object().unwrap().iter().filter(wanted);
        Self {
            properties: properties.map(|(name, value)| (name.clone(), value.clone())).collect(),
            members: BTreeSet::new(),
        }
    }

    fn take_members(&mut self, members: &Value) {
        for member in members.as_array().unwrap() {
            let id = member["id"].as_str().unwrap().to_owned();
            assert!(member["@odata.type"].as_str().unwrap().starts_with("#microsoft.graph."));
            match member.get("@removed") {
                Some(removed) => {
                    assert_eq!(removed["reason"], "deleted");
                    self.members.remove(&id);
                }
                None => drop(self.members.insert(id)),
            }
        }
    }
}

/// Whether a value stands for none.
fn nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}
