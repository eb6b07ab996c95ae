//! Query options: read with `$` or `%24`, checked against what the resource takes, and written again into page links
//! (graph.md §2, §13). What the stand-in does not do is refused, never ignored: a filter that did nothing would make
//! a client's test pass for the wrong reason.

use std::fmt::Write;

use crate::model::entity::Entity;
use crate::model::schema::{Kind, Property, Shape};
use crate::protocol::filter::Filter;
use crate::protocol::order::Order;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::Resource;
use crate::protocol::search::Search;

/// How many alternatives a filter may hold where no advanced query is asked for, and how long the query may be where
/// one is (the note on `in` in "Use the $filter query parameter"; `or` falls under the same limit of the directory).
const MOST_ALTERNATIVES: usize = 15;
const LONGEST_ADVANCED: usize = 2048;

/// What a query is read with besides its own text.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Whether the request came with `ConsistencyLevel: eventual`.
    pub eventual: bool,
    /// The greatest page when sign-in activity is asked for: 500, or 120 as in 2023 (graph.md §14).
    pub largest_with_activity: usize,
}

/// The options of a request, checked.
#[derive(Debug, Clone)]
pub struct Query {
    /// The names in `$select` as the client wrote them.
    pub selected: Option<Vec<String>>,
    /// Objects per page.
    pub page: usize,
    /// `$top`, if it was given.
    pub top: Option<usize>,
    /// The page token.
    pub skip_token: Option<String>,
    /// Whether the first page carries `@odata.count`.
    pub count: bool,
    /// Whether sign-in activity is among what was selected or filtered by.
    pub activity: bool,
    /// `$filter`
    pub filter: Option<Filter>,
    /// `$search`
    pub search: Option<Search>,
    /// `$orderby`
    pub order: Option<Order>,
    /// Everything but the page token, for the link to the next page.
    kept: Vec<(String, String)>,
}

/// The options that Graph knows by these names, with a dollar sign and without.
const KNOWN: [&str; 11] = [
    "$select",
    "$top",
    "$skiptoken",
    "$deltatoken",
    "$count",
    "$filter",
    "$orderby",
    "$search",
    "$expand",
    "$skip",
    "$format",
];

/// The known option that a name stands for.
pub fn option(name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix('$').unwrap_or(name);
    KNOWN.into_iter().find(|known| known[1..].eq_ignore_ascii_case(bare))
}

impl Query {
    /// The options in a query string, for a resource.
    pub fn parse(raw: &str, resource: &Resource, manner: Manner) -> Result<Self, Refusal> {
        let mut query = Self {
            selected: None,
            page: resource.usual_page(),
            top: None,
            skip_token: None,
            count: false,
            activity: false,
            filter: None,
            search: None,
            order: None,
            kept: Vec::new(),
        };
        let mut top = None;
        let mut seen = Vec::new();
        for (name, value) in pairs(raw) {
            let Some(option) = option(&name) else {
                // OData leaves names without a dollar sign to the service, which ignores what it does not know.
                if name.starts_with('$') {
                    return Err(Refusal::unsupported(&name));
                }
                query.kept.push((name, value));
                continue;
            };
            if seen.contains(&option) {
                return Err(Refusal::twice(&name));
            }
            seen.push(option);
            query.take(option, &value, resource, &mut top)?;
            if option != "$skiptoken" {
                query.kept.push((name, value));
            }
        }
        query.measure(top.as_deref(), resource, manner.largest_with_activity)?;
        query.advanced(resource, manner.eventual)?;
        query.limit(raw.len(), manner.eventual)?;
        // Without the header the option is passed over in silence, and no count is sent.
        query.count &= manner.eventual;
        Ok(query)
    }

    /// Settles the size of a page, which is smaller where sign-in activity is asked for.
    fn measure(&mut self, top: Option<&str>, resource: &Resource, largest_with_activity: usize) -> Result<(), Refusal> {
        let mut names = self.selected.iter().flatten();
        self.activity = names.any(|name| name.eq_ignore_ascii_case("signInActivity"))
            || self.filter.as_ref().is_some_and(|filter| filter.activity);
        let limit = |largest: usize| match self.activity {
            true => largest.min(largest_with_activity),
            false => largest,
        };
        self.page = limit(resource.usual_page());
        if let (Some(top), Some(largest)) = (top, resource.largest_page()) {
            self.page = size(top, limit(largest), self.activity)?;
            self.top = Some(self.page);
        }
        Ok(())
    }

    fn take(
        &mut self,
        option: &'static str,
        value: &str,
        resource: &Resource,
        top: &mut Option<String>,
    ) -> Result<(), Refusal> {
        let (counting, list) = match resource {
            Resource::Count(list) => (true, list.as_ref()),
            other => (false, other),
        };
        let paged = list.largest_page().is_some() && !counting;
        let narrowed = list.largest_page().is_some();
        let sorted = paged && !matches!(list, Resource::DeletedUsers);
        match option {
            "$select" if !counting => self.selected = Some(select(value, resource)?),
            "$top" if paged => *top = Some(value.to_owned()),
            "$skiptoken" if paged => self.skip_token = Some(value.to_owned()),
            "$count" if paged && !list.intune() => self.count = count(value)?,
            "$filter" if narrowed => self.filter = Some(Filter::read(value, list.kinds())?),
            "$search"
                if narrowed
                    && !matches!(
                        list,
                        Resource::DeletedUsers | Resource::ManagedDevices | Resource::Registrations
                    ) =>
            {
                self.search = Some(Search::read(value, list.kinds())?);
            }
            "$orderby" if sorted => self.order = Some(Order::read(value, list.kinds())?),
            "$expand" => {
                let message = format!("The option '$expand={value}' is not supported here.");
                return Err(Refusal::unsupported_query(message));
            }
            "$format" => return format(value),
            _ => return Err(Refusal::unsupported(option)),
        }
        Ok(())
    }

    /// Refuses a filter that is longer than the directory takes. The link to a later page is the service's own and as
    /// long as it likes.
    fn limit(&self, length: usize, eventual: bool) -> Result<(), Refusal> {
        let Some(filter) = self.filter.as_ref().filter(|_| self.skip_token.is_none()) else {
            return Ok(());
        };
        let found = filter.alternatives();
        match eventual && self.count {
            true if length > LONGEST_ADVANCED => Err(Refusal::unsupported_query(format!(
                "The query is {length} characters long, more than the {LONGEST_ADVANCED} of an advanced query."
            ))),
            false if found > MOST_ALTERNATIVES => Err(Refusal::unsupported_query(format!(
                "Too many child clauses specified in search filter expression containing 'OR' operators: {found}. Max \
                 allowed: {MOST_ALTERNATIVES}."
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses what only advanced queries may, for who did not ask for one (graph.md §2).
    fn advanced(&self, resource: &Resource, eventual: bool) -> Result<(), Refusal> {
        if let Resource::Count(_) = resource {
            // Counting by the path is an advanced query by itself and takes no `$count=true`.
            return match eventual {
                true => Ok(()),
                false => Err(Refusal::bad_request("$count is not currently supported.")),
            };
        }
        if self.search.is_some() && !eventual {
            let message = "Request with $search query parameter only works through MSGraph with a special request \
                           header: 'ConsistencyLevel: eventual'";
            return Err(Refusal::unsupported_query(message));
        }
        if eventual && (self.count || self.search.is_some()) {
            return Ok(());
        }
        let unsupported = |message: &str| Err(Refusal::unsupported_query(message));
        if let Some(refusal) = self.filter.as_ref().and_then(|filter| filter.advanced.clone()) {
            return Err(refusal);
        }
        if let Some(order) = &self.order
            && (order.advanced || self.filter.is_some() || resource.related())
        {
            return unsupported("Sorting not supported for current query.");
        }
        if resource.related() && (self.filter.is_some() || resource.transitive_cast()) {
            return unsupported(
                "The specified query needs the $count=true query parameter and the ConsistencyLevel:eventual header. \
                 Refer to https://aka.ms/graph-docs/advanced-queries for more information",
            );
        }
        Ok(())
    }

    /// Whether an object is among those asked for.
    pub fn takes(&self, entity: &Entity) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.takes(entity))
            && self.search.as_ref().is_none_or(|search| search.takes(entity))
    }

    /// Whether objects have to be looked at one by one.
    pub fn narrows(&self) -> bool {
        self.filter.is_some() || self.search.is_some()
    }

    /// The properties to send of an object of this kind, the id always among them.
    pub fn properties(&self, kind: Kind) -> Vec<&'static Property> {
        let Some(names) = &self.selected else {
            return kind.properties().iter().filter(|property| property.default).collect();
        };
        let mut chosen: Vec<&Property> = kind
            .properties()
            .iter()
            .filter(|property| property.name == "id")
            .collect();
        for property in names.iter().filter_map(|name| kind.property(name)) {
            if !chosen.contains(&property) {
                chosen.push(property);
            }
        }
        chosen
    }

    /// The query string of the link to the next page.
    pub fn with_token(&self, token: &str) -> String {
        let mut text = String::new();
        for (name, value) in &self.kept {
            let _infallible = write!(text, "{}={}&", encode(name), encode(value));
        }
        text + "$skiptoken=" + token
    }
}

fn select(value: &str, resource: &Resource) -> Result<Vec<String>, Refusal> {
    let names: Vec<String> = value
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if names.is_empty() {
        return Err(Refusal::bad_request("The value of $select names no property."));
    }
    for name in &names {
        let found: Vec<_> = resource.kinds().iter().filter_map(|kind| kind.property(name)).collect();
        if found.is_empty() {
            return Err(Refusal::no_property(name, resource.kinds()[0].type_name()));
        }
        if found.iter().all(|property| matches!(property.shape, Shape::Outside)) {
            return Err(Refusal::outside_store());
        }
    }
    Ok(names)
}

fn size(value: &str, largest: usize, activity: bool) -> Result<usize, Refusal> {
    let wrong = |why| Refusal::bad_request(format!("Invalid page size specified: '{value}'. {why}"));
    let page: usize = value
        .trim()
        .parse()
        .map_err(|_| wrong("Must be a number.".to_owned()))?;
    match page {
        0 => Err(wrong("Must be greater than 0.".to_owned())),
        // The wording of 2023, when the limit was lower (graph.md §14).
        page if page > largest && activity => Err(Refusal::bad_request(format!(
            "Cannot query data for more than {largest} users at a time"
        ))),
        page if page > largest => Err(wrong(format!("Must be between 1 and {largest} inclusive."))),
        page => Ok(page),
    }
}

/// The only format is JSON, by its name or its media type ("Customize responses with query parameters").
fn format(value: &str) -> Result<(), Refusal> {
    let name = value.split(';').next().unwrap_or_default().trim();
    match ["json", "application/json"]
        .iter()
        .any(|json| json.eq_ignore_ascii_case(name))
    {
        true => Ok(()),
        false => Err(Refusal::bad_request(format!("The format '{value}' is not served."))),
    }
}

fn count(value: &str) -> Result<bool, Refusal> {
    match value.to_ascii_lowercase().as_str() {
        "false" => Ok(false),
        "true" => Ok(true),
        _ => Err(Refusal::bad_request(format!("Invalid value '{value}' for $count."))),
    }
}

/// The pairs of a query string or a form, decoded.
pub fn pairs(raw: &str) -> impl Iterator<Item = (String, String)> + '_ {
    raw.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name, true), decode(value, true))
    })
}

/// Percent signs decoded; what is no valid escape stays as it is.
pub fn decode(text: &str, plus_is_blank: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
                continue;
            }
            None if bytes[at] == b'+' && plus_is_blank => out.push(b' '),
            None => out.push(bytes[at]),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$,()'/:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests;
