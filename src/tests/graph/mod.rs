//! The Graph client against small servers that answer what a test tells them.

mod examples;
mod microsoft;
mod paging;
mod reading;
mod tokens;
mod waiting;
