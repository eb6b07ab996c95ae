//! Folders of JSON as Graph answers it, read into one tenant each: Microsoft's documentation examples among them, with
//! their placeholders, missing ids and foreign bodies. What cannot stand in a valid answer is left out or replaced,
//! always in the same way.

mod assemble;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::error::SimError;
use crate::model::directory::Directory;
use crate::model::schema::Kind;

/// What an item of an answer is, and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An object of its own.
    Object(Kind),
    /// A deleted user.
    Deleted,
    /// A member of a group.
    Member(Kind),
}

/// The directory of a folder.
pub fn folder(seed: u64, path: &Path) -> Result<Directory, SimError> {
    let fail = |path: &Path, why: String| SimError::Load {
        path: path.to_owned(),
        why,
    };
    let entries = fs::read_dir(path).map_err(|error| fail(path, error.to_string()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut assembly = assemble::Assembly::default();
    for file in &files {
        let text = fs::read_to_string(file).map_err(|error| fail(file, error.to_string()))?;
        let body = serde_json::from_str(&text).map_err(|error| fail(file, error.to_string()))?;
        let stem = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        read(&mut assembly, &stem, &body);
    }
    if assembly.is_empty() {
        return Err(fail(path, "no file in it looks like an answer of Graph".to_owned()));
    }
    let name = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = name
        .file_name()
        .map_or_else(|| "loaded".to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(assembly.directory(seed, &name))
}

/// Takes over what an answer holds.
fn read(assembly: &mut assemble::Assembly, stem: &str, body: &Value) {
    let Some(object) = body.as_object() else { return };
    // Errors, tokens, batches and notifications are answers too, but not of things that a directory keeps.
    let foreign = [
        "error",
        "access_token",
        "requests",
        "responses",
        "validationTokens",
        "keys",
    ];
    if foreign.iter().any(|key| object.contains_key(*key)) {
        return;
    }
    let context = object.get("@odata.context").and_then(Value::as_str);
    let items: Vec<&Map<String, Value>> = match object.get("value") {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(item)) => vec![item],
        _ => vec![object],
    };
    let members_file = stem.starts_with("group-members") || stem.starts_with("group-transitivemembers");
    if members_file {
        assembly.next_members_file();
    }
    for item in items.into_iter().filter(|item| !item.contains_key("@removed")) {
        if let Some(role) = role(stem, context, item) {
            assembly.take(role, item);
        }
    }
}

/// What an item is: by its own type, else by the answer's context, else by the file's name.
fn role(stem: &str, context: Option<&str>, item: &Map<String, Value>) -> Option<Role> {
    let typed = item.get("@odata.type").and_then(Value::as_str).and_then(kind_of_type);
    let set = context
        .and_then(|context| context.split_once("$metadata#"))
        .map(|(_, set)| set);
    let set = set.map(|set| set.split(['(', '/']).next().unwrap_or(set));
    let generic = set == Some("directoryObjects");
    let by_context = set.filter(|_| !generic).map(kind_of_set);
    let member = stem.starts_with("group-members") || stem.starts_with("group-transitivemembers");
    let kind = match (typed, by_context) {
        (Some(kind), _) => Some(kind),
        (None, Some(by_context)) => by_context,
        (None, None) if member => Some(Kind::User),
        (None, None) => kind_of_name(stem),
    }?;
    let deleted = stem.starts_with("deleteditems") || context.is_some_and(|context| context.contains("deletedItems"));
    match (deleted, member, kind) {
        (true, _, Kind::User) => Some(Role::Deleted),
        // Deleted groups are not kept: no path that the stand-in serves would show them.
        (true, ..) => None,
        (false, true, kind) => Some(Role::Member(kind)),
        (false, false, kind) => Some(Role::Object(kind)),
    }
}

fn kind_of_type(name: &str) -> Option<Kind> {
    let name = name.trim_start_matches('#');
    let kinds = [
        Kind::User,
        Kind::Group,
        Kind::Device,
        Kind::Organization,
        Kind::Domain,
        Kind::Sku,
    ];
    kinds
        .into_iter()
        .find(|kind| kind.type_name().eq_ignore_ascii_case(name))
}

fn kind_of_set(set: &str) -> Option<Kind> {
    match set {
        "users" => Some(Kind::User),
        "groups" => Some(Kind::Group),
        "devices" => Some(Kind::Device),
        "organization" => Some(Kind::Organization),
        "domains" => Some(Kind::Domain),
        "subscribedSkus" => Some(Kind::Sku),
        _ => None,
    }
}

fn kind_of_name(stem: &str) -> Option<Kind> {
    let mut words = stem.split(['-', '_', '.']);
    let second = |words: &mut std::str::Split<'_, [char; 3]>| words.next().unwrap_or_default().to_owned();
    match words.next()? {
        "users" => Some(Kind::User),
        "groups" => Some(Kind::Group),
        "devices" => Some(Kind::Device),
        "organization" | "organizations" => Some(Kind::Organization),
        "domain" | "domains" => Some(Kind::Domain),
        "subscribedsku" | "subscribedskus" => Some(Kind::Sku),
        // "user-memberof" and "user-licensedetails" are about a user, not one.
        "user" => matches!(second(&mut words).as_str(), "" | "get" | "post" | "list").then_some(Kind::User),
        "group" => matches!(second(&mut words).as_str(), "" | "get" | "post" | "list").then_some(Kind::Group),
        "device" => matches!(second(&mut words).as_str(), "" | "get" | "post" | "list").then_some(Kind::Device),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(stem: &str, context: Option<&str>, item: Value) -> Option<Role> {
        role(stem, context, item.as_object().unwrap())
    }

    #[test]
    fn an_item_is_known_by_its_type_then_by_the_context_then_by_the_name_of_the_file() {
        let users = Some("https://graph.microsoft.com/v1.0/$metadata#users(displayName)/$entity");
        assert_eq!(told("x", users, json!({"id": "1"})), Some(Role::Object(Kind::User)));
        let typed = json!({"@odata.type": "#microsoft.graph.group"});
        assert_eq!(told("user-memberof-1", None, typed), Some(Role::Object(Kind::Group)));
        assert_eq!(told("domain-get-1", None, json!({})), Some(Role::Object(Kind::Domain)));
        assert_eq!(told("user-licensedetails-1", None, json!({})), None);
        let contracts = Some("https://graph.microsoft.com/v1.0/$metadata#contracts");
        assert_eq!(told("users-of-a-kind", contracts, json!({})), None);
    }
}
