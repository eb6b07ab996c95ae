//! The viewer's time zone, kept in a cookie, so that the server puts times in words of that zone.

use super::framed::in_frame;
use js_sys::{Array, Intl, Object, Reflect};
use leptos::prelude::*;

/// Tells the server the browser's zone, from the next answer on. Nothing happens without script: times stay in UTC
/// and say so.
pub fn tell_zone() {
    // A cookie of a frame is that of another site to the browser: see `server::embed::cookie`.
    let same_site = if in_frame() {
        "SameSite=None; Secure; Partitioned"
    } else {
        "SameSite=Lax"
    };
    Effect::new(move |_| {
        let format = Intl::DateTimeFormat::new(&Array::new(), &Object::new());
        let zone = Reflect::get(&format.resolved_options(), &"timeZone".into()).ok();
        let Some(zone) = zone.and_then(|zone| zone.as_string()) else {
            return;
        };
        // Names of zones are letters, digits, `/`, `_`, `+` and `-`: nothing that a cookie would need escaped.
        let known = zone.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c));
        if known {
            let cookie = format!("entrain-zone={zone}; Path=/; Max-Age=31536000; {same_site}");
            // A browser that keeps no cookies shows UTC.
            let _ = Reflect::set(&document(), &"cookie".into(), &cookie.into());
        }
    });
}
