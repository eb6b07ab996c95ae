//! Who may do what, asked of the real router: every registered route and server function as nobody, as each role, and as
//! somebody of another Organization.

mod functions;
mod part;
mod routes;
mod visit;

pub use visit::sign_in;
