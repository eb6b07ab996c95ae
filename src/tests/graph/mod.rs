//! The Graph client against small servers that answer what a test tells them.

mod attacks;
mod batches;
mod certificates;
mod credentials;
mod deltas;
mod examples;
mod hostile;
pub mod microsoft;
mod paging;
mod reading;
mod reports;
mod stand_in;
mod tokens;
mod waiting;
mod words;
