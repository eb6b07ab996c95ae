//! `/metrics` in Prometheus text, on a listener of its own: whoever may scrape need not be able to sign in. The probes are
//! there too, as a worker has no other listener.

use super::{
    connections::{self, Limits},
    probes,
    serve::{ServeError, listen_at},
};
use crate::{engine, graph, store};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use sqlx::PgPool;
use std::{net::SocketAddr, time::Duration};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

const DEPTH: &str = "entrain_queue_depth";
const AGE: &str = "entrain_queue_age_seconds";
/// How long a scrape waits for the database; Prometheus itself gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often what was measured is put together, though nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(30);
/// prometheus.io/docs/instrumenting/exposition_formats
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A recorder of all that Entrain measures.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for (name, bounds) in [
        (engine::measure::RUN_BUCKETS.0, &engine::measure::RUN_BUCKETS.1[..]),
        (graph::REQUEST_BUCKETS.0, &graph::REQUEST_BUCKETS.1[..]),
        (graph::WAIT_BUCKETS.0, &graph::WAIT_BUCKETS.1[..]),
    ] {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), bounds)?;
    }
    Ok(builder.build_recorder())
}

/// Tells the recorder in place what each name means.
pub fn describe() {
    engine::measure::describe();
    graph::describe_metrics();
    describe_gauge!(
        DEPTH,
        "Runs that are due and wait in the queue, over all processes. NaN while the database is away."
    );
    describe_gauge!(
        AGE,
        "For how many seconds the oldest of them has been due; 0 when none waits. NaN while the database is away."
    );
}

/// What a scrape needs.
#[derive(Clone)]
struct Scraped {
    handle: PrometheusHandle,
    pool: PgPool,
}

/// The metrics and the probes.
pub fn router(handle: PrometheusHandle, pool: PgPool) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(probes::healthz))
        .route("/readyz", get(readyz))
        .with_state(Scraped { handle, pool })
}

async fn readyz(State(state): State<Scraped>) -> (StatusCode, String) {
    probes::readiness(&state.pool).await
}

/// The queue is everybody's, so it is looked at when asked for and by whoever is asked.
async fn scrape(State(state): State<Scraped>) -> Response {
    let (depth, age) = match timeout(PATIENCE, store::queue::waiting(&state.pool)).await {
        Ok(Ok(waiting)) => waiting,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the queue could not be measured");
            (f64::NAN, f64::NAN)
        }
        Err(_) => {
            tracing::warn!("the queue could not be measured: the database did not answer in time");
            (f64::NAN, f64::NAN)
        }
    };
    gauge!(DEPTH).set(depth);
    gauge!(AGE).set(age);
    ([(CONTENT_TYPE, TEXT)], state.handle.render()).into_response()
}

/// Begins to measure, and serves `/metrics` and the probes at `address` until told to stop. The address is taken before this returns,
/// so that one that can't be used stops the start; told is the one that was taken.
pub async fn serve(address: SocketAddr, pool: PgPool, stop: CancellationToken) -> Result<SocketAddr, ServeError> {
    let listener = listen_at(address, "ENTRAIN_METRICS_LISTEN").await?;
    let address = listener.local_addr()?;
    let recorder = recorder().map_err(|error| ServeError::Metrics(error.to_string()))?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| ServeError::Metrics(error.to_string()))?;
    describe();
    let routes = router(handle.clone(), pool);
    tokio::spawn(async move {
        let keep_up = async {
            let mut ticks = interval(UPKEEP);
            loop {
                ticks.tick().await;
                handle.run_upkeep();
            }
        };
        tokio::select! {
            result = connections::serve(listener, routes, Limits::default(), stop.clone()) => {
                if let Err(error) = result {
                    tracing::error!(%error, "the listener of the metrics ended");
                }
            }
            () = keep_up => {}
            () = stop.cancelled() => {}
        }
    });
    Ok(address)
}
