//! Who may do what, asked of the real router: every registered route and server function as nobody, as each role, and as
//! somebody of another Organization.

mod adding;
pub mod functions;
mod lost_consent;
mod moved;
mod part;
pub mod routes;
pub mod visit;

pub use visit::sign_in;
