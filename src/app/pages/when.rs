//! Moments as screens show them.

use crate::{model::time::Moment, ui::time_ago::TimeAgo};
use leptos::prelude::*;

/// "34 minutes ago", exact on hover and for screen readers.
#[component]
pub fn When(
    /// The moment, put in words by the server.
    moment: Moment,
) -> impl IntoView {
    view! { <TimeAgo at=moment.at.to_rfc3339() text=moment.ago exact=moment.exact /> }
}
