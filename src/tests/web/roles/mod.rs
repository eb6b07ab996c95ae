//! Who may do what, asked of the real router: every registered route and server function as nobody, as each role, and as
//! somebody of another Organization.

mod functions;
mod lost_consent;
mod part;
mod routes;
mod visit;
