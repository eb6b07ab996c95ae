//! What Graph's requests and answers mean, without HTTP: paths, query options, filters, tokens in links, bodies and
//! refusals.

pub mod answer;
pub mod batch;
pub mod capability;
pub mod delta;
pub mod filter;
pub mod order;
pub mod paging;
pub mod query;
pub mod refusal;
pub mod resource;
pub mod search;
pub mod units;
