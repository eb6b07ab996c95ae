//! One question to one directory: a single object, a page of a list, or how many there are.

use std::ops::Bound;

use uuid::Uuid;

use super::super::Ask;
use super::written;
use crate::model::directory::{Directory, Permission};
use crate::model::entity::Entity;
use crate::model::partner::relationship_key;
use crate::model::schema::Kind;
use crate::protocol::answer::{Choice, Page, Seen, context, tips};
use crate::protocol::paging;
use crate::protocol::query::Query;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::Resource;
use crate::tokens::Access;

/// One question to one directory.
pub struct View<'a> {
    pub directory: &'a Directory,
    pub access: &'a Access,
    pub ask: &'a Ask,
    /// The version in the path, as it was written.
    pub version: &'a str,
    pub resource: &'a Resource,
    pub query: &'a Query,
}

impl<'a> View<'a> {
    /// The body of a single object.
    pub fn single(&self) -> Result<Vec<u8>, Refusal> {
        let directory = self.directory;
        let named = |entity: &&Entity, key: &str| entity.id().eq_ignore_ascii_case(key);
        let id = |key: &str| Uuid::try_parse(key).ok();
        let (found, key) = match self.resource {
            Resource::User(key) => (directory.user(key).map(|(_, user)| user), key),
            Resource::Group(key) => (id(key).and_then(|id| directory.groups.get(&id)), key),
            Resource::Device(key) => (id(key).and_then(|id| directory.devices.get(&id)), key),
            Resource::ManagedDevice(key) => (id(key).and_then(|id| directory.managed_devices.get(&id)), key),
            Resource::Object(key) => (id(key).and_then(|id| directory.object(id)), key),
            Resource::Sku(key) => (directory.skus.iter().find(|sku| named(sku, key)), key),
            Resource::Domain(key) => (directory.domains.iter().find(|domain| named(domain, key)), key),
            Resource::Registration(key) => (id(key).and_then(|id| directory.registrations.get(&id)), key),
            Resource::Customer(key) => (id(key).and_then(|id| directory.partner.customers.get(&id)), key),
            Resource::Contract(key) => (id(key).and_then(|id| directory.partner.contracts.get(&id)), key),
            Resource::Organization(key) => (Some(&directory.organization).filter(|own| named(own, key)), key),
            _ => return Err(Refusal::no_segment(&self.ask.path)),
        };
        let entity = found.ok_or_else(|| Refusal::not_found(key))?;
        let choice = Choice::of(self.query, self.resource);
        let context = context(&self.ask.base, self.version, self.resource, self.query);
        written(&Seen {
            entity,
            properties: Some(choice.properties(entity.kind())),
            chosen: self.query.selected.is_some(),
            typed: self.resource.mixed(),
            context: Some(&context),
            tips: tips(self.resource, self.query),
        })
    }

    /// The body of a page.
    pub fn list(&self) -> Result<Vec<u8>, Refusal> {
        let made = match self.resource {
            Resource::Licenses(user) => self.licenses(user)?,
            _ => Vec::new(),
        };
        let (entities, next) = match self.resource.largest_page() {
            Some(_) => self.page()?,
            None if self.ask.empty() => (Vec::new(), None),
            None if made.is_empty() => (self.entities(self.resource, None, usize::MAX)?, None),
            None => (made.iter().collect(), None),
        };
        let choice = Choice::of(self.query, self.resource);
        let count = match self.query.count && self.query.skip_token.is_none() {
            true => Some(self.count(self.resource)?),
            false => None,
        };
        let seen = |entity: &'_ Entity| self.readable(entity).then(|| choice.properties(entity.kind()));
        let items = entities.into_iter().map(|entity| Seen {
            entity,
            properties: seen(entity),
            chosen: false,
            typed: self.resource.mixed(),
            context: None,
            tips: None,
        });
        let value = items.collect();
        written(&Page {
            context: context(&self.ask.base, self.version, self.resource, self.query),
            tips: tips(self.resource, self.query),
            count,
            next,
            value,
        })
    }

    /// How many objects a list holds that the query takes.
    pub fn count(&self, list: &Resource) -> Result<usize, Refusal> {
        let entities = self.entities(list, None, usize::MAX)?;
        Ok(entities.into_iter().filter(|entity| self.query.takes(entity)).count())
    }

    /// The objects of one page and the link to the next.
    fn page(&self) -> Result<(Vec<&'a Entity>, Option<String>), Refusal> {
        let path = self.ask.path.trim_end_matches('/');
        let after = match &self.query.skip_token {
            Some(token) => paging::read(self.directory.id, path, token)?,
            None => None,
        };
        // One more than the page holds tells whether there is another page.
        let mut entities = self.following(after, self.query.page + 1)?;
        let more = entities.len() > self.query.page;
        entities.truncate(self.query.page);
        // A relationship is kept by the first half of its id; all others have one GUID.
        let last = entities.last().and_then(|entity| relationship_key(entity.id()));
        let link = |after| {
            let token = paging::token(self.directory.id, path, after);
            format!("{}{path}?{}", self.ask.base, self.query.with_token(&token))
        };
        if self.ask.empty() {
            // Nothing was taken, so the next page begins where this one did.
            return Ok((Vec::new(), Some(link(after))));
        }
        Ok((entities, more.then(|| link(last))))
    }

    /// Up to `count` objects that the query takes, after one of them, in the query's order.
    fn following(&self, after: Option<Uuid>, count: usize) -> Result<Vec<&'a Entity>, Refusal> {
        let Some(order) = &self.query.order else {
            let enough = if self.query.narrows() { usize::MAX } else { count };
            let all = self.entities(self.resource, after, enough)?.into_iter();
            return Ok(all.filter(|entity| self.query.takes(entity)).take(count).collect());
        };
        let mut all = self.entities(self.resource, None, usize::MAX)?;
        all.retain(|entity| self.query.takes(entity));
        all.sort_by(|left, right| order.compare(left, right));
        let start = match after.map(|after| after.to_string()) {
            None => 0,
            // The object may have left the list meanwhile, and nothing else says where it stood.
            Some(after) => match all.iter().position(|entity| entity.id() == after) {
                Some(at) => at + 1,
                None => return Err(Refusal::expired_page()),
            },
        };
        Ok(all.into_iter().skip(start).take(count).collect())
    }

    /// Members that the application may not read are not left out: their id and type come all the same (graph.md §3).
    fn readable(&self, entity: &Entity) -> bool {
        let permission = match entity.kind() {
            Kind::User => Permission::Users,
            Kind::Device => Permission::Devices,
            _ => return true,
        };
        !matches!(self.resource, Resource::Members { .. }) || self.access.permits(permission)
    }

    /// Up to `count` objects of a list after one of them, in the order of their ids.
    fn entities(&self, list: &Resource, after: Option<Uuid>, count: usize) -> Result<Vec<&'a Entity>, Refusal> {
        let directory = self.directory;
        let from = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let map = match list {
            Resource::Users => &directory.users,
            Resource::DeletedUsers => &directory.deleted,
            Resource::Groups => &directory.groups,
            Resource::Devices => &directory.devices,
            Resource::ManagedDevices => &directory.managed_devices,
            Resource::Registrations => &directory.registrations,
            Resource::Customers => &directory.partner.customers,
            Resource::Relationships => &directory.partner.relationships,
            Resource::Contracts => &directory.partner.contracts,
            _ => return self.related(list, after, count),
        };
        Ok(map.range(from).map(|(_, entity)| entity).take(count).collect())
    }

    fn related(&self, list: &Resource, after: Option<Uuid>, count: usize) -> Result<Vec<&'a Entity>, Refusal> {
        let directory = self.directory;
        let objects = |ids: Vec<Uuid>| ids.into_iter().filter_map(|id| directory.object(id)).collect();
        Ok(match list {
            Resource::Members {
                group,
                transitive,
                cast,
            } => {
                let id = self.group(group)?;
                objects(match transitive {
                    true => directory.closure_after(id, after, *cast, count),
                    false => directory.members_after(id, after, *cast, count),
                })
            }
            Resource::MemberOf { user, transitive, .. } => {
                let (id, _) = directory.user(user).ok_or_else(|| Refusal::not_found(user))?;
                let groups = directory.groups_of(id, *transitive).into_iter();
                objects(groups.filter(|id| Some(*id) > after).take(count).collect())
            }
            Resource::Skus => directory.skus.iter().collect(),
            Resource::Domains => directory.domains.iter().collect(),
            Resource::Organizations => vec![&directory.organization],
            _ => Vec::new(),
        })
    }

    /// A group whose members may be read.
    fn group(&self, key: &str) -> Result<Uuid, Refusal> {
        let found = Uuid::try_parse(key)
            .ok()
            .and_then(|id| Some((id, self.directory.groups.get(&id)?)));
        let (id, group) = found.ok_or_else(|| Refusal::not_found(key))?;
        let hidden = group.text("visibility") == Some("HiddenMembership");
        let refused =
            !self.access.permits(Permission::Members) || (hidden && !self.access.permits(Permission::HiddenMembers));
        if refused { Err(Refusal::denied()) } else { Ok(id) }
    }

    /// What a user's licences are, out of the tenant's SKUs; a licence whose SKU has gone is left out.
    fn licenses(&self, key: &str) -> Result<Vec<Entity>, Refusal> {
        let (_, user) = self.directory.user(key).ok_or_else(|| Refusal::not_found(key))?;
        let licences = user.list("assignedLicenses").iter();
        let skus = licences.filter_map(|licence| {
            let mut skus = self.directory.skus.iter();
            skus.find(|sku| sku.get("skuId") == licence.get("skuId"))
        });
        Ok(skus.map(license).collect())
    }
}

fn license(sku: &Entity) -> Entity {
    let mut license = Entity::new(Kind::License);
    for name in ["id", "skuId", "skuPartNumber", "servicePlans"] {
        if let Some(value) = sku.get(name) {
            let fitted = license.set(name, value);
            debug_assert!(fitted.is_ok());
        }
    }
    license
}
