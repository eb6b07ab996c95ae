//! What the page of a run shows.

use super::{asker::Asker, held};
use crate::{
    api::{
        ApiError,
        runs::{AS_OF_NOW, PAGE},
    },
    model::{ids::RunId, plan::Outcome, run::RunDetails},
    store::{self, Now},
};

/// What somebody sees of a run; of its people those of an outcome with some words, on a page.
pub async fn details(
    asker: &Asker,
    id: RunId,
    (outcome, search, page): (&str, &str, i64),
    held: i64,
    now: &Now,
) -> Result<RunDetails, ApiError> {
    let (pool, seen) = (&asker.state.engine.pool, asker.run(id));
    let (run, progress) = store::run::get(pool, seen, now).await?;
    let (people, people_total) = if outcome == AS_OF_NOW {
        store::run_people::page_as_of_now(pool, seen, search, page, PAGE).await?
    } else {
        store::run::people(pool, seen, Outcome::from_key(outcome), search, page, PAGE).await?
    };
    let (held, undoing) = held::decisions(&asker.state, seen, held, now).await?;
    let whole = asker.has_whole(id).await?;
    Ok(RunDetails {
        run,
        progress: progress.map(|progress| progress.seen(whole)),
        organizations: store::run::organizations(pool, seen).await?,
        people,
        people_total,
        held,
        undoing,
        whole,
    })
}
