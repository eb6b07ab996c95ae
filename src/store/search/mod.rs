//! What a person searches for: words as patterns, and the search across all customers.
//!
//! Every kind of thing is searched in steps, exact words before beginnings before words anywhere, each step ended
//! early: the best are found among a hundred thousand without putting all of them in order.

mod devices;
mod people;
mod places;
mod words;

pub use devices::{assets, devices};
pub use people::{directory_people, end_users};
pub use places::{microsoft_tenants, organizations, tenants};
pub use words::Words;
pub(super) use words::pattern;

use super::error::Result;
use crate::model::search::Found;
use sqlx::PgPool;

/// How many of a kind are shown; who wants more narrows the search.
const SHOWN: usize = 24;
/// How many candidates a step may bring. More than are shown, as one thing can be found in several ways.
const CANDIDATES: i64 = 200;
/// Rows to ask for: one more than shown tells that there are more.
const ROWS: i64 = 25;

/// Makes the indexes that need the extension `pg_trgm`, where they are missing. Without it a search still works, and
/// says here why it is slow.
pub async fn create_indexes(pool: &PgPool) -> Result<()> {
    let problem: Option<String> = sqlx::query_scalar("select create_search_indexes()")
        .fetch_one(pool)
        .await?;
    if let Some(problem) = problem {
        tracing::warn!(
            %problem,
            "search reads whole tables, as the Postgres extension pg_trgm can't be used; install your server's \
             \"contrib\" package, or have an administrator run `create extension pg_trgm` in this database, and start \
             Entrain again"
        );
    }
    Ok(())
}

fn found<Row, Model: From<Row>>(mut rows: Vec<Row>) -> Found<Model> {
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    Found {
        rows: rows.into_iter().map(Model::from).collect(),
        more,
    }
}
