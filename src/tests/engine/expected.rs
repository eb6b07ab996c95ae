//! Who ought to be an End User of an Organization that starts empty: computed from the stand-in's raw directory and the
//! rules as they are written, and from none of our own code, whose mistakes it would repeat.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use unicode_normalization::UnicodeNormalization;

/// What is ticked in each section: `None` is All, and a ticked `None` is `(none)`.
#[derive(Clone, Debug, Default)]
pub struct Ticks {
    pub user_type: Option<Vec<&'static str>>,
    pub domain: Option<Vec<String>>,
    pub office: Option<Vec<Option<String>>>,
    pub department: Option<Vec<Option<String>>>,
    pub group: Option<Vec<Option<String>>>,
    pub licensed: Option<bool>,
}

/// By account: name, email, phone, mobile, street, city, state, postal code, job title.
pub type People = BTreeMap<String, [String; 9]>;

/// A property that holds text; empty when it has no value.
pub fn text(user: &Value, name: &str) -> String {
    user[name].as_str().unwrap_or_default().to_owned()
}

/// A text as it is kept, in so many characters at most.
pub fn kept(value: &str, length: usize) -> String {
    let blanks = value.replace(['\n', '\r', '\t'], " ");
    let printable: String = blanks.chars().filter(|c| !c.is_control()).collect();
    let cut: String = printable
        .nfc()
        .collect::<String>()
        .trim()
        .chars()
        .take(length)
        .collect();
    cut.trim().to_owned()
}

/// The form in which addresses and values of filters compare.
pub fn folded(value: &str) -> String {
    value.trim().to_lowercase().nfc().collect()
}

fn is_guest(user: &Value) -> bool {
    text(user, "userType").eq_ignore_ascii_case("guest")
}

/// The address of an account, as Microsoft spells it.
pub fn address(user: &Value) -> Option<String> {
    let (mail, upn) = (text(user, "mail"), text(user, "userPrincipalName"));
    let others = user["otherMails"].as_array().cloned().unwrap_or_default();
    let external = upn.to_uppercase().contains("#EXT#");
    let choices = [
        mail,
        if external { String::new() } else { upn },
        others
            .first()
            .filter(|_| is_guest(user))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
    ];
    choices.iter().map(|a| kept(a, 320)).find(|a| !a.is_empty())
}

/// Every group that reaches the user, by walking down from each group.
pub fn groups_of(directory: &Value) -> HashMap<String, BTreeSet<String>> {
    let members = directory["members"].as_object().unwrap();
    let direct = |group: &str| -> Vec<String> {
        let list = members
            .get(group)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        list.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    };
    let mut of: HashMap<String, BTreeSet<String>> = HashMap::new();
    for group in directory["groups"].as_array().unwrap() {
        let group = text(group, "id");
        let (mut reached, mut open) = (BTreeSet::from([group.clone()]), vec![group.clone()]);
        while let Some(next) = open.pop() {
            for member in direct(&next) {
                if reached.insert(member.clone()) {
                    open.push(member);
                }
            }
        }
        for member in reached {
            of.entry(member).or_default().insert(group.clone());
        }
    }
    of
}

fn ticked(section: &Option<Vec<Option<String>>>, values: &[String]) -> bool {
    let Some(ticks) = section else { return true };
    if values.is_empty() {
        return ticks.contains(&None);
    }
    let ticks: BTreeSet<String> = ticks.iter().flatten().map(|tick| folded(tick)).collect();
    values.iter().any(|value| ticks.contains(&folded(value)))
}

/// Whether every section accepts a user who is in these groups.
pub fn in_scope(user: &Value, in_groups: Option<&BTreeSet<String>>, ticks: &Ticks) -> bool {
    let some = |value: String| if value.trim().is_empty() { vec![] } else { vec![value] };
    let address = address(user).unwrap_or_default();
    let domain = address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let in_groups: Vec<_> = in_groups.into_iter().flatten().cloned().collect();
    let licensed = user["assignedLicenses"].as_array().is_some_and(|list| !list.is_empty());
    let kind = if is_guest(user) { "guest" } else { "member" };
    let domains = ticks
        .domain
        .as_ref()
        .map(|list| list.iter().cloned().map(Some).collect());
    ticks.user_type.as_ref().is_none_or(|kinds| kinds.contains(&kind))
        && ticked(&domains, &domain.into_iter().collect::<Vec<_>>())
        && ticked(&ticks.office, &some(text(user, "officeLocation")))
        && ticked(&ticks.department, &some(text(user, "department")))
        && ticked(&ticks.group, &in_groups)
        && ticks.licensed.is_none_or(|wanted| wanted == licensed)
}

/// Of two accounts the smaller one is the older. ISO dates of one form compare as text; who has none comes last.
pub fn age(user: &Value) -> (bool, String, String) {
    let created = text(user, "createdDateTime");
    (created.is_empty(), created, text(user, "id"))
}

/// Everybody who ought to be an End User.
pub fn people(directory: &Value, ticks: &Ticks) -> People {
    let groups = groups_of(directory);
    let mut by_address: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for user in directory["users"].as_array().unwrap() {
        let Some(address) = address(user) else { continue };
        let is_in_scope = in_scope(user, groups.get(&text(user, "id")), ticks);
        if is_in_scope && user["accountEnabled"] != Value::Bool(false) {
            by_address.entry(folded(&address)).or_default().push(user);
        }
    }
    let mut people = People::new();
    for mut same in by_address.into_values() {
        same.sort_by_key(|user| age(user));
        people.insert(text(same[0], "id"), fields(same[0]));
    }
    people
}

/// The synced fields of an account, in the order of [`People`]. An empty text is no value.
pub fn fields(user: &Value) -> [String; 9] {
    let names = [
        text(user, "displayName"),
        format!("{} {}", text(user, "givenName"), text(user, "surname")),
        text(user, "userPrincipalName"),
    ];
    let name = names
        .into_iter()
        .find(|name| !name.trim().is_empty())
        .unwrap_or_default();
    [
        kept(&name, 320),
        address(user).unwrap_or_default(),
        kept(user["businessPhones"][0].as_str().unwrap_or_default(), 64),
        kept(&text(user, "mobilePhone"), 64),
        kept(&text(user, "streetAddress"), 320),
        kept(&text(user, "city"), 128),
        kept(&text(user, "state"), 128),
        kept(&text(user, "postalCode"), 64),
        kept(&text(user, "jobTitle"), 128),
    ]
}

/// By account the products assigned to it.
pub fn licences(directory: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let products = |user: &Value| {
        let list = user["assignedLicenses"].as_array().cloned().unwrap_or_default();
        list.iter().map(|licence| text(licence, "skuId")).collect()
    };
    let users = directory["users"].as_array().unwrap();
    users.iter().map(|user| (text(user, "id"), products(user))).collect()
}
