//! What a browser keeps for whoever uses it, in cookies: the time zone, the appearance and whether `/` searches.

use super::embed::Embedded;
use crate::{api::ApiError, model::preferences::Appearance};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use chrono_tz::Tz;
use cookie::{Cookie, SameSite, time::Duration};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// The browser's own zone, told anew by every page; see `app::pages::zone`.
const BROWSER_ZONE: &str = "entrain-zone";
/// The zone that a person chose, which the browser's own must not overwrite.
const CHOSEN_ZONE: &str = "entrain-chosen-zone";
const APPEARANCE: &str = "entrain-appearance";
const SHORTCUTS: &str = "entrain-shortcuts";

/// The preferences of a browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The zone of the browser, once it has told it.
    pub browser_zone: Option<Tz>,
    /// The zone chosen in Settings.
    pub chosen_zone: Option<Tz>,
    /// Light, dark, or as the system is.
    pub appearance: Appearance,
    /// `/` does not go to the search.
    pub no_shortcuts: bool,
}

impl Preferences {
    /// Those that a request carries. What can't be read is as if it were not there.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut preferences = Self::default();
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(Cookie::split_parse_encoded);
        for cookie in cookies.flatten() {
            let value = cookie.value();
            match cookie.name() {
                BROWSER_ZONE => preferences.browser_zone = value.parse().ok(),
                CHOSEN_ZONE => preferences.chosen_zone = value.parse().ok(),
                APPEARANCE => preferences.appearance = Appearance::from_key(value),
                SHORTCUTS => preferences.no_shortcuts = value == "off",
                _ => {}
            }
        }
        preferences
    }

    /// Those of the request under way.
    pub async fn asked() -> Self {
        use_context::<Parts>().map_or_else(Self::default, |parts| Self::of_request(&parts))
    }

    /// Those of this request. In a frame no more than the browser's own zone, which the frame's page tells as any page does:
    /// what an account's person chose is theirs, and on one site its cookies come along.
    pub fn of_request(parts: &Parts) -> Self {
        let all = Self::of(&parts.headers);
        if parts.extensions.get::<Embedded>().is_none() {
            return all;
        }
        Self {
            browser_zone: all.browser_zone,
            ..Self::default()
        }
    }

    /// The zone in which times are shown; UTC until one is known.
    pub fn zone(&self) -> Tz {
        self.chosen_zone.or(self.browser_zone).unwrap_or(Tz::UTC)
    }

    /// Keeps them for a year; what is as at first is forgotten.
    pub fn keep(&self, https: bool) -> Result<(), ApiError> {
        let response = use_context::<ResponseOptions>().ok_or(ApiError::Internal)?;
        let appearance = self.appearance.key();
        for (name, value) in [
            (CHOSEN_ZONE, self.chosen_zone.map_or("", |zone| zone.name())),
            (APPEARANCE, appearance),
            (SHORTCUTS, if self.no_shortcuts { "off" } else { "" }),
        ] {
            let age = if value.is_empty() {
                Duration::ZERO
            } else {
                Duration::days(365)
            };
            let cookie = Cookie::build((name, value))
                .path("/")
                .http_only(true)
                .secure(https)
                .same_site(SameSite::Lax)
                .max_age(age)
                .build();
            // Zones hold nothing that a cookie would need escaped: `app::pages::zone` writes them as they are, too.
            let value = HeaderValue::from_str(&cookie.to_string()).map_err(|_| ApiError::Internal)?;
            response.append_header(header::SET_COOKIE, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        ids::{PortalId, TenantId},
        portal::Scope,
    };
    use axum::http::Request;

    fn of(cookie: &'static str) -> Preferences {
        Preferences::of(&HeaderMap::from_iter([(
            header::COOKIE,
            HeaderValue::from_static(cookie),
        )]))
    }

    #[test]
    fn the_zone_is_the_cookies_and_utc_where_there_is_none_or_a_wrong_one() {
        assert_eq!(of("a=b; entrain-zone=Europe%2FZurich").zone(), Tz::Europe__Zurich);
        assert_eq!(of("entrain-zone=America/New_York").zone(), Tz::America__New_York);
        assert_eq!(of("entrain-zone=Atlantis").zone(), Tz::UTC);
        assert_eq!(Preferences::of(&HeaderMap::new()).zone(), Tz::UTC);
    }

    #[test]
    fn a_chosen_zone_wins_over_the_browsers_own_in_any_order() {
        for cookies in [
            "entrain-zone=Europe/Zurich; entrain-chosen-zone=Asia/Tokyo",
            "entrain-chosen-zone=Asia/Tokyo; entrain-zone=Europe/Zurich",
        ] {
            assert_eq!(of(cookies).zone(), Tz::Asia__Tokyo, "{cookies}");
        }
        assert_eq!(
            of("entrain-chosen-zone=Atlantis; entrain-zone=Asia/Tokyo").zone(),
            Tz::Asia__Tokyo
        );
    }

    #[test]
    fn a_wrong_appearance_is_the_systems() {
        assert_eq!(of("entrain-appearance=dark").appearance, Appearance::Dark);
        assert_eq!(of("entrain-appearance=pink").appearance, Appearance::System);
        assert!(of("entrain-shortcuts=off").no_shortcuts);
    }

    #[test]
    fn a_frame_knows_the_browsers_own_zone_and_nothing_that_the_person_of_an_account_chose() {
        let cookies = "entrain-zone=Europe/Zurich; entrain-chosen-zone=Asia/Tokyo; entrain-appearance=dark; \
                       entrain-shortcuts=off";
        let request = Request::builder().header(header::COOKIE, cookies).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        assert_eq!(Preferences::of_request(&parts).zone(), Tz::Asia__Tokyo);
        parts.extensions.insert(Embedded {
            portal: PortalId::default(),
            origins: vec![],
            origin: String::new(),
            scope: Scope::Tenant(TenantId::default()),
            seconds: 0,
        });
        let framed = Preferences {
            browser_zone: Some(Tz::Europe__Zurich),
            ..Preferences::default()
        };
        assert_eq!(Preferences::of_request(&parts), framed);
    }
}
