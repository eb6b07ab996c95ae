//! Pages that are bent: their items, and where their links lead. What is no page stays as it is.

use serde_json::{Value, json};

use super::super::{Ask, Reply};
use super::ELSEWHERE;
use crate::faults::{FaultKind, Standing};

/// Bends a page as the fault wants it.
pub fn bend(standing: &Standing, ask: &Ask, reply: &mut Reply) {
    let elsewhere = standing.fault.to.as_deref().unwrap_or(ELSEWHERE);
    match standing.fault.kind {
        // The last page of the circle leads to the first; the others lead on as they do.
        FaultKind::Loop if standing.struck.is_multiple_of(standing.pages()) => {
            lead(reply, &format!("{}{}", ask.base, standing.loop_start));
        }
        FaultKind::Endless => lead(reply, &anew(standing, ask)),
        FaultKind::ForeignLink => lead(reply, &format!("{elsewhere}{}?$skiptoken=elsewhere", ask.path)),
        FaultKind::Surrogate => halve(reply),
        FaultKind::Duplicate => items(reply, |items| {
            let older: Vec<_> = items.iter().map(older).collect();
            items.splice(0..0, older);
        }),
        FaultKind::Reorder => items(reply, |items| items.reverse()),
        FaultKind::OtherId => items(reply, |items| {
            if let Some(id) = items.first_mut().and_then(|item| item.get_mut("id")) {
                *id = json!(elsewhere);
            }
        }),
        _ => {}
    }
}

/// The request's own address under a new number, so that it leads to the same page and is another address.
fn anew(standing: &Standing, ask: &Ask) -> String {
    let options = ask
        .query
        .split('&')
        .filter(|option| !option.is_empty() && !option.starts_with("endless="));
    let number = format!("endless={}", standing.struck);
    let options: Vec<&str> = options.chain([number.as_str()]).collect();
    format!("{}{}?{}", ask.base, ask.path, options.join("&"))
}

/// Changes the items of a page; what is no page stays as it is.
fn items(reply: &mut Reply, change: impl FnOnce(&mut Vec<Value>)) {
    if let Ok(mut page) = serde_json::from_slice::<Value>(&reply.body)
        && let Some(items) = page.get_mut("value").and_then(Value::as_array_mut)
    {
        change(items);
        reply.body = page.to_string().into_bytes();
    }
}

/// An item as it could have been before it was changed to what it is.
fn older(item: &Value) -> Value {
    let mut older = item.clone();
    if let Some(Value::String(name)) = older.get_mut("displayName") {
        name.push_str(" (before)");
    }
    older
}

/// Gives a page this next link; what is no page stays as it is. A page has one link, so that a delta link gives way.
fn lead(reply: &mut Reply, link: &str) {
    if let Ok(Value::Object(mut page)) = serde_json::from_slice(&reply.body)
        && page.contains_key("value")
    {
        page.remove("@odata.deltaLink");
        page.insert("@odata.nextLink".to_owned(), json!(link));
        reply.body = Value::Object(page).to_string().into_bytes();
    }
}

/// Puts half of a surrogate pair into the first name of a page.
fn halve(reply: &mut Reply) {
    const PLACE: &str = "half a character belongs here";
    if let Ok(mut page) = serde_json::from_slice::<Value>(&reply.body)
        && let Some(name) = page.pointer_mut("/value/0/displayName")
    {
        *name = json!(PLACE);
        reply.body = page.to_string().replace(PLACE, "half \\ud800 name").into_bytes();
    }
}
