//! The end of a process that was told to end: one deadline for everything that has to end with it. A service manager
//! that waits for ten seconds kills what is left then.

use std::{sync::OnceLock, time::Duration};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How long open connections, runs and work without a browser get. What is left of ten seconds is for the database.
pub const TO_END: Duration = Duration::from_secs(7);
/// By then the process is gone.
const TO_BE_GONE: Duration = Duration::from_secs(9);
/// How long the last things may take of a process that ends by itself.
const UNHURRIED: Duration = Duration::from_secs(30);

/// When the process was told.
static TOLD_AT: OnceLock<Instant> = OnceLock::new();

/// The process was told to end: the time runs from here.
pub(super) fn told() {
    TOLD_AT.get_or_init(Instant::now);
}

/// How much time is left for what is done last.
pub fn left() -> Duration {
    let until = TOLD_AT.get().map(|told| *told + TO_BE_GONE);
    until.map_or(UNHURRIED, |until| until.saturating_duration_since(Instant::now()))
}

/// Comes so long after `stop`: whatever has not ended by then is left as it is.
pub async fn late(stop: &CancellationToken, after: Duration) {
    stop.cancelled().await;
    sleep(after).await;
}
