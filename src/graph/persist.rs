//! Asking until there is an answer: the part of [`super::retry`] that waits.

use super::{
    error::{GraphError, GraphErrorKind},
    measure,
    retry::{self, Attempt, Decision},
    transport::Connection,
};
use tokio::time::{Instant, sleep};

/// Calls `ask` until it succeeds or [`retry::decide`] gives up, and waits in between; longer where Microsoft throttles
/// whoever is `patient`.
pub(super) async fn persist<T, F>(patient: bool, mut ask: impl FnMut(Connection) -> F) -> Result<T, GraphError>
where
    F: Future<Output = Result<T, GraphError>>,
{
    let started = Instant::now();
    let mut connection = Connection::Pooled;
    let mut number = 1;
    loop {
        let error = match ask(connection).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let decision = retry::decide(Attempt {
            number,
            transient: error.is_transient(),
            retry_after: error.retry_after,
            patient: patient && error.kind == GraphErrorKind::Throttled,
            elapsed: started.elapsed(),
            jitter: jitter(),
        });
        let Decision::Wait(wait) = decision else {
            return Err(error);
        };
        tracing::info!(%error, number, ?wait, "asking Microsoft again");
        measure::waits_for_microsoft(error.kind, wait);
        sleep(wait).await;
        // learn.microsoft.com/graph/errors: after a 503 a new connection may reach a server that works.
        connection = if error.kind == GraphErrorKind::Unavailable {
            Connection::Fresh
        } else {
            Connection::Pooled
        };
        number += 1;
    }
}

/// Random in 0..=1. Without randomness the wait is merely not spread.
pub(super) fn jitter() -> f64 {
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_spread_between_nothing_and_one() {
        let drawn: Vec<f64> = (0..64).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|drawn| (0.0..=1.0).contains(drawn)), "{drawn:?}");
        // Sixty-four draws on one side of the middle: one in 2^63.
        assert!(
            drawn.iter().any(|drawn| *drawn < 0.5) && drawn.iter().any(|drawn| *drawn > 0.5),
            "{drawn:?}"
        );
    }
}
