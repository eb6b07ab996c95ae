//! Who may ask and what proves it: the application's registration, the assertions that it signs, the codes and tokens
//! that the cloud gives out. Nothing here knows of HTTP.

pub mod assertion;
pub mod claims;
pub mod code;
pub mod forgery;
pub mod registration;
pub mod signing;
