//! What a person decides about held rows, a run to be undone, and contended fields.

use super::{session::with_notice, state::AppState};
use crate::{
    api::ApiError,
    app::paths,
    engine::{
        RunError,
        approve::{Chosen, approve, drop_rows},
        run::RunEnd,
        undo,
    },
    model::{
        audit::Actor,
        held::{Contest, HeldRows, Part},
        ids::{EndUserId, RunId},
        run::Trigger,
        time::Moment,
        undo::Undoing,
    },
    store::{self, Now, StoreError},
};
use uuid::Uuid;

/// Rows of each kind on a page.
pub const PAGE: i64 = 50;

/// What a run's page shows of decisions: the held and the dropped rows, and how it hangs together with others.
pub async fn decisions(state: &AppState, run: RunId, page: i64, now: &Now) -> Result<(HeldRows, Undoing), StoreError> {
    Ok((rows(state, run, page, now).await?, undoing(state, run, now).await?))
}

async fn rows(state: &AppState, run: RunId, page: i64, now: &Now) -> Result<HeldRows, StoreError> {
    let pool = &state.engine.pool;
    let (held, held_total) = store::held::page(pool, run, PAGE, page, now).await?;
    let (dropped, dropped_total) = store::held::dropped_page(pool, run, PAGE, now).await?;
    Ok(HeldRows {
        held,
        held_total,
        dropped,
        dropped_total,
    })
}

/// **Approve** or **Drop**, of the ticked rows or of all. Returns where to go.
pub async fn decide(
    state: &AppState,
    actor: &Actor,
    run: RunId,
    rows: Vec<Uuid>,
    decision: &str,
) -> Result<String, ApiError> {
    let chosen = match (decision, rows.is_empty()) {
        ("approve-all" | "drop-all", _) => Chosen::All,
        (_, false) => Chosen::Rows(rows),
        (_, true) => {
            return Err(ApiError::Refused(
                "No row is ticked. Tick the rows that are meant, or choose all of them.".into(),
            ));
        }
    };
    if decision.starts_with("approve") {
        let end = approve(&state.engine, run, &chosen, actor).await?;
        return run_of(end, "held-approved");
    }
    drop_rows(&state.engine, run, &chosen, actor).await?;
    Ok(with_notice(&paths::run(run), "held-dropped"))
}

fn run_of(end: RunEnd, notice: &str) -> Result<String, ApiError> {
    match end {
        RunEnd::Succeeded(run) => Ok(with_notice(&paths::run(run), notice)),
        RunEnd::Failed(_, RunError::Refused(words)) => Err(ApiError::Refused(words)),
        RunEnd::Failed(run, _) => Ok(paths::run(run)),
        RunEnd::Busy => Err(ApiError::Refused(
            "A run of this Microsoft tenant is at work. Wait until it is done, then try again.".into(),
        )),
    }
}

/// **Let in again**: a run follows, so that it shows.
pub async fn let_in(state: &AppState, actor: &Actor, run: RunId, row: Uuid) -> Result<String, ApiError> {
    let pool = &state.engine.pool;
    let tenant = store::held::let_in(pool, row, run, actor).await?;
    store::queue::request_run(pool, tenant, Trigger::Manual).await?;
    Ok(with_notice(&paths::run(run), "dropped-let-in"))
}

/// **Undo Run**. Returns where to go.
pub async fn undo(state: &AppState, actor: &Actor, run: RunId, disable: bool) -> Result<String, ApiError> {
    let end = undo::undo(&state.engine, run, disable, actor).await?;
    run_of(end, "run-undone")
}

/// Decides who writes a contended field; the run that follows obeys.
pub async fn decide_contended(
    state: &AppState,
    actor: &Actor,
    end_user: EndUserId,
    field: &str,
    winner: &str,
) -> Result<(), ApiError> {
    let Some(Part::Field(field)) = Part::from_key(field) else {
        return Err(ApiError::NotFound("There is no such field. Reload the page.".into()));
    };
    let contest = match winner {
        "microsoft" => Contest::Microsoft,
        _ => Contest::Other,
    };
    let pool = &state.engine.pool;
    let tenant = store::contended::decide(pool, end_user, field, contest, actor).await?;
    Ok(store::queue::request_run(pool, tenant, Trigger::Manual).await?)
}

/// Whether a run can be undone, and how it hangs together with others.
async fn undoing(state: &AppState, run: RunId, now: &Now) -> Result<Undoing, StoreError> {
    let pool = &state.engine.pool;
    let (undoes, undone_by) = store::undo::links(pool, run).await?;
    let named = async |run: Option<RunId>| -> Result<Option<(RunId, Moment)>, StoreError> {
        let Some(run) = run else { return Ok(None) };
        Ok(Some((run, store::run::get(pool, run, now).await?.0.started)))
    };
    Ok(Undoing {
        undoes: named(undoes).await?,
        undone_by: named(undone_by).await?,
        wrote: store::undo::wrote(pool, run).await?,
    })
}
