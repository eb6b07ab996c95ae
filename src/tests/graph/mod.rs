//! The Graph client against small servers that answer what a test tells them.

mod examples;
pub mod microsoft;
mod paging;
mod reading;
mod tokens;
mod waiting;
