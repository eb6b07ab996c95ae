//! What an address under `/embed/` means.

use crate::model::{
    ids::{OrganizationId, PortalId, TenantId},
    portal::Scope,
};

/// What all of them begin with.
const PREFIX: &str = "/embed/";

/// An address under `/embed/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Whose frames.
    pub portal: PortalId,
    /// What is there; nothing for an address that nothing answers.
    pub kind: Option<Kind<'a>>,
}

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// Where a token is exchanged for a session.
    Session,
    /// The page about a scope.
    Page(Scope),
    /// A server function as `/api/...`, called from a frame of a scope.
    Function(Scope, &'a str),
}

/// Whether a path belongs to a frame.
pub fn is_embedded(path: &str) -> bool {
    path == "/embed" || path.starts_with(PREFIX)
}

/// Whether a token is exchanged there.
pub fn is_session(path: &str) -> bool {
    read(path).is_some_and(|place| place.kind == Some(Kind::Session))
}

/// Whether it is the address of a server function in a frame.
pub fn is_function(path: &str) -> bool {
    read(path).is_some_and(|place| matches!(place.kind, Some(Kind::Function(..))))
}

/// What a path means; nothing where it does not even name a portal.
pub fn read(path: &str) -> Option<Place<'_>> {
    let (portal, rest) = path.strip_prefix(PREFIX)?.split_once('/')?;
    let portal: PortalId = portal.parse().ok()?;
    Some(Place {
        portal,
        kind: kind(rest),
    })
}

fn kind(rest: &str) -> Option<Kind<'_>> {
    if rest == "session" {
        return Some(Kind::Session);
    }
    let (of, rest) = rest.split_once('/')?;
    let (id, rest) = rest.split_once('/').map_or((rest, ""), |(id, rest)| (id, rest));
    let scope = match of {
        "tenants" => Scope::Tenant(TenantId(id.parse().ok()?)),
        "organizations" => Scope::Organization(OrganizationId(id.parse().ok()?)),
        _ => return None,
    };
    match (scope, rest) {
        (Scope::Tenant(_), "") | (Scope::Organization(_), "end-users") => Some(Kind::Page(scope)),
        (_, function) if function.starts_with("api/") => Some(Kind::Function(scope, function)),
        _ => None,
    }
}

/// What the addresses of a frame begin with.
pub fn portal_path(portal: PortalId) -> String {
    format!("{PREFIX}{portal}")
}

/// Where tokens are exchanged.
pub fn session_path(portal: PortalId) -> String {
    format!("{PREFIX}{portal}/session")
}

/// What the addresses of the server functions of a frame begin with.
pub fn base_path(portal: PortalId, scope: Scope) -> String {
    match scope {
        Scope::Tenant(id) => format!("{PREFIX}{portal}/tenants/{id}"),
        Scope::Organization(id) => format!("{PREFIX}{portal}/organizations/{id}"),
    }
}

/// The page of a scope.
pub fn page_path(portal: PortalId, scope: Scope) -> String {
    let base = base_path(portal, scope);
    match scope {
        Scope::Tenant(_) => base,
        Scope::Organization(_) => format!("{base}/end-users"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_address_of_a_frame_is_read_back_as_what_it_was_written_for() {
        let portal = PortalId(Uuid::from_u128(1));
        for scope in [
            Scope::Tenant(TenantId(Uuid::from_u128(2))),
            Scope::Organization(OrganizationId(Uuid::from_u128(3))),
        ] {
            let page = page_path(portal, scope);
            let read_page = read(&page).unwrap();
            assert_eq!((read_page.portal, read_page.kind), (portal, Some(Kind::Page(scope))));
            let function = format!("{}/api/tenant1", base_path(portal, scope));
            let found = read(&function).unwrap().kind;
            assert_eq!(found, Some(Kind::Function(scope, "api/tenant1")));
            assert!(is_function(&function) && !is_function(&page));
        }
        assert!(is_session(&session_path(portal)));
    }

    #[test]
    fn what_nothing_answers_belongs_to_frames_all_the_same() {
        let portal = Uuid::from_u128(1);
        for rest in [
            "",
            "settings",
            "tenants",
            "tenants/x",
            "organizations/x/end-users",
            "session/",
            "api/account1",
        ] {
            let path = format!("/embed/{portal}/{rest}");
            assert!(is_embedded(&path), "{path}");
            assert_eq!(read(&path).and_then(|place| place.kind), None, "{path}");
        }
        for path in ["/embed", "/embed/", "/embed/x/session"] {
            assert!(is_embedded(path) && read(path).is_none(), "{path}");
        }
        assert!(!is_embedded("/embed.js") && !is_embedded("/embed-frame.js"));
    }
}
