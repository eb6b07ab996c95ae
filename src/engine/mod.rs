//! The engine: refresh (Graph to directory, once for a Microsoft tenant) and apply (plan to one transaction, per
//! Organization). Knows nothing of HTTP or screens; decides nothing that `sync` decides.

pub mod apply;
pub mod connect;
pub mod convert;
pub mod error;
pub mod preview;
pub mod refresh;
pub mod run;
pub mod schedule;
pub mod worker;

pub use error::RunError;

use crate::graph::GraphClient;
use sqlx::PgPool;

/// What every part of the engine needs.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Our database.
    pub pool: PgPool,
    /// Microsoft.
    pub graph: GraphClient,
}
