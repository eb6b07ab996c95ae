//! Graph's answers: who asks, whether they may, what they ask for, and the page that follows (graph.md §2, §3, §4, §7,
//! §10).

use std::ops::Bound;
use std::time::Instant;

use uuid::Uuid;

use super::{Ask, GRAPH_JSON, Reply};
use crate::cloud::Cloud;
use crate::model::directory::{Directory, Permission};
use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::protocol::answer::{Choice, Page, Seen, context};
use crate::protocol::paging;
use crate::protocol::query::Query;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::Resource;
use crate::tokens::Access;

/// The answer to a request for Graph.
pub fn answer(cloud: &Cloud, ask: &Ask) -> Reply {
    match body(cloud, ask) {
        Ok(body) => Reply {
            status: 200,
            content_type: GRAPH_JSON,
            body,
            headers: Vec::new(),
            cut: false,
        },
        Err(refusal) => Reply::refusal(ask, &refusal),
    }
}

fn body(cloud: &Cloud, ask: &Ask) -> Result<Vec<u8>, Refusal> {
    let access = cloud.tokens().check(ask.authorization.as_deref(), Instant::now())?;
    let directories = cloud.directories();
    let directory = directories
        .iter()
        .find(|directory| directory.id == access.tenant && directory.consent);
    let directory = directory.ok_or_else(|| {
        Refusal::new(
            401,
            "Authorization_IdentityNotFound",
            "The identity of the calling application could not be established.",
        )
    })?;
    let resource = Resource::parse(&ask.path)?;
    // The application holds permissions to read and none to write.
    if ask.method != "GET" || !access.permits(resource.permission()) {
        return Err(Refusal::denied());
    }
    let query = Query::parse(&ask.query, &resource, ask.eventual)?;
    if query.activity {
        if !access.permits(Permission::AuditLogs) {
            return Err(Refusal::denied());
        }
        if !directory.premium() {
            return Err(Refusal::not_premium());
        }
    }
    let view = View {
        directory,
        access: &access,
        ask,
        resource: &resource,
        query: &query,
    };
    let written = if resource.single() { view.single() } else { view.list() }?;
    written.map_err(|error| Refusal::new(500, "generalException", error.to_string()))
}

type Written = Result<Result<Vec<u8>, serde_json::Error>, Refusal>;

/// One question to one directory.
struct View<'a> {
    directory: &'a Directory,
    access: &'a Access,
    ask: &'a Ask,
    resource: &'a Resource,
    query: &'a Query,
}

impl View<'_> {
    fn single(&self) -> Written {
        let directory = self.directory;
        let named = |entity: &&Entity, key: &str| entity.id().eq_ignore_ascii_case(key);
        let (found, key) = match self.resource {
            Resource::User(key) => (directory.user(key).map(|(_, user)| user), key),
            Resource::Group(key) => (Uuid::try_parse(key).ok().and_then(|id| directory.groups.get(&id)), key),
            Resource::Sku(key) => (directory.skus.iter().find(|sku| named(sku, key)), key),
            Resource::Domain(key) => (directory.domains.iter().find(|domain| named(domain, key)), key),
            Resource::Organization(key) => (Some(&directory.organization).filter(|own| named(own, key)), key),
            _ => return Err(Refusal::no_segment(&self.ask.path)),
        };
        let entity = found.ok_or_else(|| Refusal::not_found(key))?;
        let choice = Choice::of(self.query, self.resource);
        let context = context(&self.ask.base, self.resource, self.query);
        let properties = Some(choice.properties(entity.kind()));
        Ok(serde_json::to_vec(&Seen {
            entity,
            properties,
            typed: false,
            context: Some(&context),
        }))
    }

    fn list(&self) -> Written {
        let path = self.ask.path.trim_end_matches('/');
        let after = match &self.query.skip_token {
            Some(token) => paging::read(self.directory.id, path, token)?,
            None => None,
        };
        // One more than the page holds tells whether there is another page.
        let mut entities = self.entities(after, self.query.page + 1)?;
        let more = self.resource.largest_page().is_some() && entities.len() > self.query.page;
        if self.resource.largest_page().is_some() {
            entities.truncate(self.query.page);
        }
        let last = entities.last().and_then(|entity| Uuid::try_parse(entity.id()).ok());
        let link = |after| {
            let token = paging::token(self.directory.id, path, after);
            format!("{}{path}?{}", self.ask.base, self.query.with_token(&token))
        };
        let next = match self.ask.empty && self.resource.largest_page().is_some() {
            // Nothing was taken, so the next page begins where this one did.
            true => Some(link(after)),
            false if more => Some(link(last)),
            false => None,
        };
        if self.ask.empty {
            entities.clear();
        }
        let choice = Choice::of(self.query, self.resource);
        let typed = self.resource.kinds().len() > 1;
        let count = match self.query.count && self.query.skip_token.is_none() {
            true => Some(self.entities(None, usize::MAX)?.len()),
            false => None,
        };
        let seen = |entity| {
            let properties = self.readable(entity).then(|| choice.properties(entity.kind()));
            Seen {
                entity,
                properties,
                typed,
                context: None,
            }
        };
        let value = entities.into_iter().map(seen).collect();
        Ok(serde_json::to_vec(&Page {
            context: context(&self.ask.base, self.resource, self.query),
            count,
            next,
            value,
        }))
    }

    /// Members that the application may not read are not left out: their id and type come all the same (graph.md §3).
    fn readable(&self, entity: &Entity) -> bool {
        entity.kind() != Kind::User
            || !matches!(self.resource, Resource::Members { .. })
            || self.access.permits(Permission::Users)
    }

    fn entities(&self, after: Option<Uuid>, count: usize) -> Result<Vec<&Entity>, Refusal> {
        let directory = self.directory;
        let from = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        Ok(match self.resource {
            Resource::Users => directory.users.range(from).map(|(_, user)| user).take(count).collect(),
            Resource::DeletedUsers => directory
                .deleted
                .range(from)
                .map(|(_, user)| user)
                .take(count)
                .collect(),
            Resource::Groups => directory
                .groups
                .range(from)
                .map(|(_, group)| group)
                .take(count)
                .collect(),
            Resource::Members {
                group,
                transitive,
                cast,
            } => {
                let id = self.group(group)?;
                let ids = match transitive {
                    true => directory.closure_after(id, after, *cast, count),
                    false => directory.members_after(id, after, *cast, count),
                };
                ids.into_iter().filter_map(|id| directory.object(id)).collect()
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
}
