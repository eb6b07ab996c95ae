//! The secrets that tests make up: all of them in one place, so that the search of what tests say knows each by its
//! value. They are long enough to be recognised, and have the form of nobody's real ones.

use super::command::master_key;
use microsoft_sim::Options;

/// A client secret that the stand-in does not know.
pub const CLIENT_SECRET: &str = "client-secret-2f6c1d";
/// That of another provider.
pub const OIDC_SECRET: &str = "oidc-secret-8a3b90";
/// One that is added in Settings.
pub const ADDED_SECRET: &str = "second~secret~value~0123456789";
/// One that is refused.
pub const WRONG_SECRET: &str = "wrong~secret~value~9876543210";
/// One whose time is over.
pub const EXPIRED_SECRET: &str = "expired~secret~value~4567";
/// What a client of scripted answers sends.
pub const SCRIPTED_SECRET: &str = "s3cret~value~of~a~script";
/// The password of whoever has one.
pub const PASSWORD: &str = "correct horse battery 51e7";
/// What it is changed to.
pub const OTHER_PASSWORD: &str = "battery staple horse 09d4";
/// A guess.
pub const WRONG_PASSWORD: &str = "wrong horse battery 77aa";
/// An access token of a provider whose tokens say nothing.
pub const ACCESS_TOKEN: &str = "opaque-access-token-63bf";

/// Each with what it is.
pub fn all() -> Vec<(&'static str, String)> {
    let written = [
        ("a client secret of the settings", CLIENT_SECRET),
        ("the client secret of a provider", OIDC_SECRET),
        ("a client secret added in Settings", ADDED_SECRET),
        ("a client secret that is refused", WRONG_SECRET),
        ("a client secret that has ended", EXPIRED_SECRET),
        ("the client secret of scripted tests", SCRIPTED_SECRET),
        ("a password", PASSWORD),
        ("a changed password", OTHER_PASSWORD),
        ("a wrong password", WRONG_PASSWORD),
        ("an opaque access token", ACCESS_TOKEN),
    ];
    let written = written.map(|(what, secret)| (what, secret.to_owned()));
    let made = [
        ("the client secret of the stand-in", Options::default().client_secret),
        ("the master key", master_key()),
    ];
    written.into_iter().chain(made).collect()
}
