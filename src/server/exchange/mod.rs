//! Import and export of Organizations, End Users and Assets as files. The commands and the web call the same code.
//!
//! [`cell`], [`text`], [`rows`] and [`columns`] are pure: what a file is, and what its cells mean. [`import`] reads a
//! file in, batch by batch; [`export`] writes one. Neither ever holds a whole file.

pub mod assets;
pub mod cell;
pub mod columns;
pub mod end_users;
pub mod export;
pub mod import;
pub mod organizations;
pub mod place;
pub mod routes;
pub mod rows;
pub mod runs;
pub mod text;
