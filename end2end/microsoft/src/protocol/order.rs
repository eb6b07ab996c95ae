//! `$orderby`: one or more properties, `asc` or `desc` ("Support for sorting" of the page "Advanced query
//! capabilities"). Text sorts without letter case; what has no value comes first.

use std::cmp::Ordering;

use serde_json::Value;
use uuid::Uuid;

use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::protocol::capability::{Support, sorting};
use crate::protocol::refusal::Refusal;

/// An order that was read and held against the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    keys: Vec<(&'static str, bool)>,
    /// Whether one of the properties is sorted by only in advanced queries.
    pub advanced: bool,
}

impl Order {
    /// Reads an order for objects of these kinds.
    pub fn read(text: &str, kinds: &[Kind]) -> Result<Self, Refusal> {
        let mut order = Self {
            keys: Vec::new(),
            advanced: false,
        };
        for part in text.split(',') {
            let (name, descending) = direction(part)?;
            let found = kinds.iter().find_map(|kind| Some((*kind, kind.property(name)?)));
            let (kind, property) = found.ok_or_else(|| {
                let kind = kinds.first().map_or("", |kind| kind.type_name());
                let message = format!("Could not find a property named '{name}' on type '{kind}'.");
                Refusal::new(400, "BadRequest", message)
            })?;
            let support = sorting(kind, property.name).ok_or_else(|| {
                let (name, resource) = (property.name, kind.resource_name());
                let message = format!("Unsupported sort property '{name}' for '{resource}'.");
                Refusal::new(400, "Request_UnsupportedQuery", message)
            })?;
            order.advanced |= support == Support::Advanced;
            order.keys.push((property.name, descending));
        }
        Ok(order)
    }

    /// How two objects stand to one another; the id decides at last, so that pages never overlap.
    pub fn compare(&self, left: &Entity, right: &Entity) -> Ordering {
        let keys = self.keys.iter();
        let by_key = keys.map(|(name, descending)| {
            let order = key(left, name).cmp(&key(right, name));
            if *descending { order.reverse() } else { order }
        });
        by_key
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| id(left).cmp(&id(right)))
    }
}

fn direction(part: &str) -> Result<(&str, bool), Refusal> {
    let mut words = part.split_whitespace();
    let wrong = || {
        Refusal::new(
            400,
            "BadRequest",
            format!("Syntax error in the $orderby clause '{}'.", part.trim()),
        )
    };
    let name = words.next().ok_or_else(wrong)?;
    let descending = match words.next().map(str::to_ascii_lowercase).as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(wrong()),
    };
    match words.next() {
        None => Ok((name, descending)),
        Some(_) => Err(wrong()),
    }
}

fn key(entity: &Entity, name: &str) -> Option<String> {
    entity.get(name).and_then(Value::as_str).map(str::to_lowercase)
}

fn id(entity: &Entity) -> Option<Uuid> {
    Uuid::try_parse(entity.id()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_documentation_sorts_by_is_sorted_by_and_nothing_else() {
        assert!(!Order::read("displayName desc", &[Kind::User]).unwrap().advanced);
        assert!(Order::read("createdDateTime", &[Kind::User]).unwrap().advanced);
        let refusal = Order::read("department", &[Kind::User]).unwrap_err();
        assert_eq!(refusal.message, "Unsupported sort property 'department' for 'User'.");
        for wrong in ["", "displayName down", "displayName asc asc", "colour"] {
            assert_eq!(Order::read(wrong, &[Kind::User]).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn letters_sort_without_their_case_and_equal_names_by_id() {
        let user = |id: &str, name: &str| Entity::new(Kind::User).with("id", id).with("displayName", name);
        let order = Order::read("displayName", &[Kind::User]).unwrap();
        let one = "00000000-0000-4000-8000-000000000001";
        let two = "00000000-0000-4000-8000-000000000002";
        assert_eq!(order.compare(&user(one, "ana"), &user(two, "Berta")), Ordering::Less);
        assert_eq!(order.compare(&user(two, "ANA"), &user(one, "ana")), Ordering::Greater);
        let down = Order::read("displayName desc", &[Kind::User]).unwrap();
        assert_eq!(down.compare(&user(one, "ana"), &user(two, "Berta")), Ordering::Greater);
    }
}
