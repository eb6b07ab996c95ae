//! What a person decides about held rows, a run to be undone, and contended fields.

use super::{asker::Asker, session::with_notice, state::AppState};
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
    store::{self, Now, StoreError, access::SeenRun},
};
use std::time::Duration;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How long a browser waits for an approval or an undoing; that goes on after it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Rows of each kind on a page.
pub const PAGE: i64 = 50;

/// What a run's page shows of decisions: the held and the dropped rows, and how it hangs together with others.
pub async fn decisions(
    state: &AppState,
    run: SeenRun<'_>,
    page: i64,
    now: &Now,
) -> Result<(HeldRows, Undoing), StoreError> {
    Ok((rows(state, run, page, now).await?, undoing(state, run.id, now).await?))
}

async fn rows(state: &AppState, run: SeenRun<'_>, page: i64, now: &Now) -> Result<HeldRows, StoreError> {
    let pool = &state.engine.pool;
    let seen = store::held::seen(pool, run).await?;
    let (held, held_total) = store::held::page(pool, run, PAGE, page, now).await?;
    let (dropped, dropped_total) = store::held::dropped_page(pool, run, PAGE, now).await?;
    Ok(HeldRows {
        held,
        held_total,
        seen,
        dropped,
        dropped_total,
    })
}

/// Which rows a form is about: the ticked ones, or all that its page showed.
pub fn chosen(rows: Vec<Uuid>, decision: &str, seen: Uuid) -> Result<Chosen, ApiError> {
    match (decision, rows.is_empty()) {
        ("approve-all" | "drop-all", _) => Ok(Chosen::All { seen }),
        (_, false) => Ok(Chosen::Rows(rows)),
        (_, true) => Err(ApiError::Refused(
            "No row is ticked. Tick the rows that are meant, or choose all of them.".into(),
        )),
    }
}

/// **Approve** or **Drop** of what somebody sees of a run. Returns where to go.
pub async fn decide(asker: Asker, run: RunId, chosen: Chosen, decision: &str) -> Result<String, ApiError> {
    let theirs = asker.organizations();
    let (state, actor) = asker.parts();
    if decision.starts_with("approve") {
        let engine = state.engine.clone();
        let work = on_its_own(&state.tasks, async move {
            let theirs = theirs.as_deref();
            approve(&engine, SeenRun { id: run, theirs }, &chosen, &actor).await
        });
        return run_of(work.await?, run, "held-approved");
    }
    let theirs = theirs.as_deref();
    drop_rows(&state.engine, SeenRun { id: run, theirs }, &chosen, &actor).await?;
    Ok(with_notice(&paths::run(run), "held-dropped"))
}

/// Runs a run that a person waits for so that a browser that leaves, or a proxy that gives up, does not cut it off.
/// `None` when it takes longer than a browser waits; it goes on then.
async fn on_its_own<F>(tasks: &TaskTracker, work: F) -> Result<Option<RunEnd>, ApiError>
where
    F: Future<Output = Result<RunEnd, RunError>> + Send + 'static,
{
    match tokio::time::timeout(PATIENCE, tasks.spawn(work)).await {
        Err(_) => Ok(None),
        Ok(Ok(end)) => Ok(Some(end?)),
        Ok(Err(error)) => {
            tracing::error!(%error, "a run that a person asked for stopped");
            Err(ApiError::Internal)
        }
    }
}

fn run_of(end: Option<RunEnd>, asked_on: RunId, notice: &str) -> Result<String, ApiError> {
    let Some(end) = end else {
        return Ok(with_notice(&paths::run(asked_on), "decision-goes-on"));
    };
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
pub async fn let_in(asker: &Asker, run: RunId, row: Uuid) -> Result<String, ApiError> {
    let pool = &asker.state.engine.pool;
    let tenant = store::held::let_in(pool, row, asker.run(run), &asker.who.actor()).await?;
    store::queue::request_run(pool, tenant, Trigger::Manual).await?;
    Ok(with_notice(&paths::run(run), "dropped-let-in"))
}

/// **Undo Run**. Returns where to go.
pub async fn undo(state: &AppState, actor: &Actor, run: RunId, disable: bool) -> Result<String, ApiError> {
    let (engine, actor) = (state.engine.clone(), actor.clone());
    let work = on_its_own(
        &state.tasks,
        async move { undo::undo(&engine, run, disable, &actor).await },
    );
    run_of(work.await?, run, "run-undone")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_run_goes_on_when_the_browser_that_asked_for_it_leaves() {
        let (begun, begins) = tokio::sync::oneshot::channel();
        let (go_on, goes_on) = tokio::sync::oneshot::channel::<()>();
        let (done, is_done) = tokio::sync::oneshot::channel();
        let tasks = TaskTracker::new();
        let mut request = Box::pin(on_its_own(&tasks, async move {
            begun.send(()).unwrap();
            goes_on.await.unwrap();
            done.send(()).unwrap();
            Ok(RunEnd::Busy)
        }));
        tokio::select! {
            ended = &mut request => panic!("{ended:?}"),
            begins = begins => begins.unwrap(),
        }
        drop(request);
        go_on.send(()).unwrap();
        is_done.await.unwrap();
    }

    #[tokio::test]
    async fn a_refusal_of_a_run_reaches_the_form() {
        let refused = on_its_own(&TaskTracker::new(), async { Err(RunError::Refused("Not now.".into())) }).await;
        assert_eq!(refused.unwrap_err(), ApiError::Refused("Not now.".into()));
    }
}
