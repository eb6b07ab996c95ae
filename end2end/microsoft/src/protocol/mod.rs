//! What Graph's requests and answers mean, without HTTP: paths, query options, page tokens, bodies and refusals.

pub mod answer;
pub mod paging;
pub mod query;
pub mod refusal;
pub mod resource;
