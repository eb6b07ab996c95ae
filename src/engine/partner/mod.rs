//! The partner: its list of customers, and consent for many of them in the name of its administrator.

mod consent;
mod found;
mod read;

pub use consent::{Waits, ask_all, see_through};
pub use read::{choose_at_once, read_customers};
