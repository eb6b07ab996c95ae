//! What Microsoft holds, as the model has it: accounts, the recycle bin, groups and their direct members. Whatever
//! happens here is told as the requests that have the same happen in the stand-in.

use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The id of an account or a group, as Microsoft spells it.
pub type Id = String;

/// Filters may name so many groups; not all of them have to exist.
pub const GROUPS: u8 = 4;
/// A licence.
pub const SKU: &str = "5a1e0000-0000-4000-8000-00000000000f";
const MOST_ACCOUNTS: u32 = 20;
/// Stands for an address that is the account's alone.
pub const OWN: &str = "own@contoso.example";

/// The id of a group, by its number.
pub fn group(number: u8) -> Id {
    format!("b0000000-0000-4000-8000-{number:012x}")
}

/// A new account. Values that are null are left out.
#[derive(Clone, Debug)]
pub struct Hire {
    pub properties: Vec<(&'static str, Value)>,
    pub guest: bool,
    /// Which day of 2020: accounts of one age are told apart by their ids.
    pub day: u8,
}

/// Something happens at Microsoft. Whom it happens to is a number that is taken modulo how many there are, so that every
/// history that is a part of a history is one too; where there is nobody, nothing happens.
#[derive(Clone, Debug)]
pub enum Event {
    Hire(Hire),
    Set {
        who: u8,
        property: &'static str,
        value: Value,
    },
    Swap {
        one: u8,
        other: u8,
    },
    Delete(u8),
    Purge(u8),
    PurgeFromBin(u8),
    Restore(u8),
    NewGroup(Vec<u8>),
    DropGroup(u8),
    Member {
        group: u8,
        user: u8,
        inside: bool,
    },
    Nest {
        group: u8,
        inner: u8,
        inside: bool,
    },
}

/// A request to the stand-in's control API, below the tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
}

fn call(method: &'static str, path: String, body: Option<Value>) -> Vec<Call> {
    vec![Call { method, path, body }]
}

/// What Microsoft holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Microsoft {
    pub living: BTreeMap<Id, Value>,
    pub bin: BTreeMap<Id, Value>,
    /// Direct members by group. Who is in the recycle bin stays a member, unseen.
    pub members: BTreeMap<Id, BTreeSet<Id>>,
    /// What each account ever was, in that order.
    pub ever: BTreeMap<Id, Vec<Value>>,
    accounts: u32,
    groups: u8,
}

fn nth<'a>(mut keys: impl ExactSizeIterator<Item = &'a Id>, number: u8) -> Option<Id> {
    let length = keys.len();
    keys.nth(usize::from(number) % length.max(1)).cloned()
}

fn set(user: &mut Value, property: &str, value: &Value) -> Option<()> {
    let map = user.as_object_mut()?;
    if value.is_null() {
        map.remove(property);
    } else {
        map.insert(property.to_owned(), value.clone());
    }
    Some(())
}

/// The number of an account, from its id.
fn number(id: &str) -> u32 {
    u32::from_str_radix(&id[id.len() - 8..], 16).unwrap()
}

/// An address that is to be the account's own gets its number.
fn own(id: &str, value: &Value) -> Value {
    let name = format!("p{}", number(id));
    value
        .as_str()
        .map_or_else(|| value.clone(), |text| json!(text.replace("own", &name)))
}

impl Microsoft {
    /// The directory in the form in which the stand-in tells it.
    pub fn dump(&self) -> Value {
        let groups: Vec<_> = self.members.keys().map(|id| json!({ "id": id })).collect();
        json!({
            "users": self.living.values().collect::<Vec<_>>(),
            "groups": groups,
            "members": self.members,
        })
    }

    /// Has something happen. Returns what to ask of the stand-in for the same.
    pub fn happen(&mut self, event: &Event) -> Vec<Call> {
        let calls = self.try_happen(event).unwrap_or_default();
        for (id, user) in &self.living {
            let states = self.ever.entry(id.clone()).or_default();
            if states.last() != Some(user) {
                states.push(user.clone());
            }
        }
        calls
    }

    /// What each group is called.
    pub fn groups_by_name(&self) -> BTreeMap<Id, String> {
        let name = |id: &Id| (id.clone(), format!("Group {}", number(id)));
        self.members.keys().map(name).collect()
    }

    fn try_happen(&mut self, event: &Event) -> Option<Vec<Call>> {
        Some(match event {
            Event::Hire(hire) => self.hire(hire)?,
            Event::Set { who, property, value } => {
                let id = nth(self.living.keys(), *who)?;
                let value = if *property == "mail" {
                    own(&id, value)
                } else {
                    value.clone()
                };
                self.set(&id, property, &value)?
            }
            Event::Swap { one, other } => {
                let (one, other) = (nth(self.living.keys(), *one)?, nth(self.living.keys(), *other)?);
                let mail = |id: &Id| self.living.get(id).map(|user| user["mail"].clone());
                let (of_one, of_other) = (mail(&one)?, mail(&other)?);
                [self.set(&one, "mail", &of_other)?, self.set(&other, "mail", &of_one)?].concat()
            }
            Event::Delete(who) => {
                let id = nth(self.living.keys(), *who)?;
                let user = self.living.remove(&id)?;
                self.bin.insert(id.clone(), user);
                call("DELETE", format!("users/{id}"), None)
            }
            Event::Purge(who) => {
                let id = nth(self.living.keys(), *who)?;
                self.purge(id)
            }
            Event::PurgeFromBin(who) => {
                let id = nth(self.bin.keys(), *who)?;
                self.purge(id)
            }
            Event::Restore(who) => {
                let id = nth(self.bin.keys(), *who)?;
                let user = self.bin.remove(&id)?;
                self.living.insert(id.clone(), user);
                call("POST", format!("users/{id}/restore"), None)
            }
            Event::NewGroup(members) => self.new_group(members)?,
            Event::DropGroup(which) => {
                let id = nth(self.members.keys(), *which)?;
                self.members.remove(&id);
                self.forget_member(&id);
                call("DELETE", format!("groups/{id}"), None)
            }
            Event::Member { group, user, inside } => {
                let (group, user) = (nth(self.members.keys(), *group)?, nth(self.living.keys(), *user)?);
                self.member(&group, user, *inside)?
            }
            Event::Nest { group, inner, inside } => {
                let (group, inner) = (nth(self.members.keys(), *group)?, nth(self.members.keys(), *inner)?);
                if group == inner {
                    return None;
                }
                self.member(&group, inner, *inside)?
            }
        })
    }

    fn hire(&mut self, hire: &Hire) -> Option<Vec<Call>> {
        if self.accounts >= MOST_ACCOUNTS {
            return None;
        }
        self.accounts += 1;
        let number = self.accounts;
        let id = format!("a0000000-0000-4000-8000-{number:012x}");
        let upn = if hire.guest {
            format!("p{number}_mail.example#EXT#@contoso.example")
        } else {
            format!("p{number}@contoso.example")
        };
        let mut user = json!({
            "id": id, "userPrincipalName": upn, "userType": if hire.guest { "Guest" } else { "Member" },
            "accountEnabled": true, "createdDateTime": format!("2020-01-{:02}T00:00:00Z", hire.day + 1),
        });
        for (property, value) in &hire.properties {
            let value = if *property == "mail" {
                own(&id, value)
            } else {
                value.clone()
            };
            set(&mut user, property, &value)?;
        }
        self.living.insert(id, user.clone());
        Some(call("POST", "users".into(), Some(user)))
    }

    fn set(&mut self, id: &Id, property: &str, value: &Value) -> Option<Vec<Call>> {
        set(self.living.get_mut(id)?, property, value)?;
        let body = Value::Object(Map::from_iter([(property.to_owned(), value.clone())]));
        Some(call("PATCH", format!("users/{id}"), Some(body)))
    }

    fn purge(&mut self, id: Id) -> Vec<Call> {
        self.living.remove(&id);
        self.bin.remove(&id);
        self.forget_member(&id);
        call("DELETE", format!("users/{id}?permanent=true"), None)
    }

    fn forget_member(&mut self, id: &Id) {
        for members in self.members.values_mut() {
            members.remove(id);
        }
    }

    fn new_group(&mut self, members: &[u8]) -> Option<Vec<Call>> {
        if self.groups >= GROUPS {
            return None;
        }
        self.groups += 1;
        let id = group(self.groups);
        let members: BTreeSet<Id> = members.iter().filter_map(|who| nth(self.living.keys(), *who)).collect();
        let body = json!({ "id": id, "displayName": format!("Group {}", self.groups), "members": members });
        self.members.insert(id, members);
        Some(call("POST", "groups".into(), Some(body)))
    }

    fn member(&mut self, group: &Id, member: Id, inside: bool) -> Option<Vec<Call>> {
        let path = format!("groups/{group}/members/{member}");
        let members = self.members.get_mut(group)?;
        if inside {
            members.insert(member);
        } else {
            members.remove(&member);
        }
        Some(call(if inside { "PUT" } else { "DELETE" }, path, None))
    }
}
