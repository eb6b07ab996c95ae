//! `POST /directoryObjects/getByIds`: the objects of a list of ids, whatever kind they are of.

use serde::Deserialize;
use uuid::Uuid;

use super::view::View;
use super::written;
use crate::model::entity::Entity;
use crate::protocol::answer::{Choice, Page, Seen, context};
use crate::protocol::refusal::Refusal;

/// The greatest number of ids in one request (API page "directoryObject: getByIds").
const MOST: usize = 1000;

#[derive(Deserialize)]
struct Wanted {
    ids: Vec<String>,
    #[serde(default)]
    types: Vec<String>,
}

/// The body; ids that name nothing are passed over.
pub fn by_ids(view: &View<'_>) -> Result<Vec<u8>, Refusal> {
    let wanted: Wanted = serde_json::from_slice(&view.ask.form)
        .map_err(|_| Refusal::new(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."))?;
    if wanted.ids.len() > MOST {
        return Err(Refusal::bad_request(format!(
            "Too many ids were given; at most {MOST} may be."
        )));
    }
    let of_type = |entity: &&Entity| {
        let name = entity.kind().type_name().trim_start_matches("microsoft.graph.");
        wanted.types.is_empty()
            || wanted
                .types
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(name) || wanted.eq_ignore_ascii_case("directoryObject"))
    };
    let ids = wanted.ids.iter().filter_map(|id| Uuid::try_parse(id).ok());
    let found = ids.filter_map(|id| view.directory.object(id)).filter(of_type);
    let choice = Choice::of(view.query, view.resource);
    let value = found.map(|entity| Seen {
        entity,
        properties: Some(choice.properties(entity.kind())),
        chosen: false,
        typed: true,
        context: None,
        tips: None,
    });
    written(&Page {
        context: context(&view.ask.base, view.version, view.resource, view.query),
        tips: None,
        count: None,
        next: None,
        value: value.collect(),
    })
}
