//! One family of icons: 16 px grid, 1.5 px round stroke, one path each. Decoration only: the words beside it speak.

use leptos::prelude::*;

/// An icon of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say what is drawn")]
pub enum Icon {
    Activity,
    AlertTriangle,
    ArrowDown,
    ArrowUp,
    Building,
    Check,
    CheckCircle,
    ChevronDown,
    ChevronLeft,
    ChevronRight,
    Clock,
    Download,
    EllipsisVertical,
    ExternalLink,
    Filter,
    Info,
    Laptop,
    Lock,
    LogOut,
    Menu,
    MinusCircle,
    Moon,
    Plug,
    Plus,
    Refresh,
    Search,
    Settings,
    Sun,
    Upload,
    User,
    Users,
    X,
}

impl Icon {
    /// Every icon, for the gallery.
    pub const ALL: [Self; 32] = [
        Self::Activity,
        Self::AlertTriangle,
        Self::ArrowDown,
        Self::ArrowUp,
        Self::Building,
        Self::Check,
        Self::CheckCircle,
        Self::ChevronDown,
        Self::ChevronLeft,
        Self::ChevronRight,
        Self::Clock,
        Self::Download,
        Self::EllipsisVertical,
        Self::ExternalLink,
        Self::Filter,
        Self::Info,
        Self::Laptop,
        Self::Lock,
        Self::LogOut,
        Self::Menu,
        Self::MinusCircle,
        Self::Moon,
        Self::Plug,
        Self::Plus,
        Self::Refresh,
        Self::Search,
        Self::Settings,
        Self::Sun,
        Self::Upload,
        Self::User,
        Self::Users,
        Self::X,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Activity => "M1.5 8h3l2-5 3.5 10 2-5h2.5",
            Self::AlertTriangle => "M8 2.25 14.25 13H1.75zM8 6.5v3M8 11.25h.01",
            Self::ArrowDown => "M8 3v10M4 9l4 4 4-4",
            Self::ArrowUp => "M8 13V3M4 7l4-4 4 4",
            Self::Building => {
                "M3 14V3.25a1 1 0 0 1 1-1h5a1 1 0 0 1 1 1V14M10 6.5h2a1 1 0 0 1 1 1V14M1.75 14h12.5M5.5 5.25h2\
                 M5.5 8h2M5.5 10.75h2"
            }
            Self::Check => "M3 8.5 6.25 11.75 13 5",
            Self::CheckCircle => "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M5.25 8.25l2 2 3.5-4",
            Self::ChevronDown => "M4 6l4 4 4-4",
            Self::ChevronLeft => "M10 4 6 8l4 4",
            Self::ChevronRight => "M6 4l4 4-4 4",
            Self::Clock => "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 4.5V8l2.5 1.5",
            Self::Download => "M8 2.5v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11",
            Self::EllipsisVertical => {
                "M7.6 3.5a.4.4 0 1 0 .8 0 .4.4 0 1 0-.8 0M7.6 8a.4.4 0 1 0 .8 0 .4.4 0 1 0-.8 0\
                 M7.6 12.5a.4.4 0 1 0 .8 0 .4.4 0 1 0-.8 0"
            }
            Self::ExternalLink => {
                "M9.5 2.5h4v4M13.5 2.5l-6 6M11.5 9.5v3a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1h3"
            }
            Self::Filter => "M2 4h12M4.5 8h7M7 12h2",
            Self::Info => "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 7.5V11M8 5h.01",
            Self::Laptop => "M2.75 10V4a1 1 0 0 1 1-1h8.5a1 1 0 0 1 1 1v6zM1.5 12.75h13",
            Self::Lock => {
                "M4.5 7.25h7a1 1 0 0 1 1 1v4.5a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-4.5a1 1 0 0 1 1-1\
                 M5.25 7.25V5a2.75 2.75 0 0 1 5.5 0v2.25"
            }
            Self::LogOut => "M6 13.5H3.5a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1H6M10.5 11l3-3-3-3M13.5 8H6",
            Self::Menu => "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
            Self::MinusCircle => "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M5.25 8h5.5",
            Self::Moon => "M13.5 9.5a5.75 5.75 0 1 1-7-7 4.75 4.75 0 0 0 7 7z",
            Self::Plug => "M5.5 1.75v3M10.5 1.75v3M3.5 4.75h9v2.5a4.5 4.5 0 0 1-9 0zM8 11.75v2.5",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Refresh => {
                "M13.5 8a5.5 5.5 0 0 1-9.9 3.3M2.5 8a5.5 5.5 0 0 1 9.9-3.3M12.5 1.75v3h-3\
                 M3.5 14.25v-3h3"
            }
            Self::Search => "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.25 10.25l3.25 3.25",
            Self::Settings => {
                "M2 5h5.5M11.5 5H14M2 11h2.5M8.5 11H14M9.5 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4\
                 M6.5 9a2 2 0 1 0 0 4 2 2 0 0 0 0-4"
            }
            Self::Sun => {
                "M8 5.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5M8 1.25V2.5M8 13.5v1.25M1.25 8H2.5\
                 M13.5 8h1.25M3.25 3.25l.9.9M11.85 11.85l.9.9M3.25 12.75l.9-.9M11.85 4.15l.9-.9"
            }
            Self::Upload => "M8 10.5v-8M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
            Self::User => "M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8M2.75 14c0-2.5 2.25-4 5.25-4s5.25 1.5 5.25 4",
            Self::Users => {
                "M6 7.25a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M1.5 13.25c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4\
                 M10.75 2.6a2.5 2.5 0 0 1 0 4.3M12 9.6c1.5.5 2.5 1.8 2.5 3.65"
            }
            Self::X => "M4 4l8 8M12 4l-8 8",
        }
    }
}

/// Draws an icon at text size, hidden from screen readers.
#[component]
pub fn Glyph(
    /// What to draw.
    icon: Icon,
) -> impl IntoView {
    view! {
        <svg class="icon size-4" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=icon.path()></path>
        </svg>
    }
    .into_any()
}
