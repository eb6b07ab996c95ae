//! The design system: what every screen is built of. It knows nothing of organizations, tenants or syncs.
//!
//! Each part renders complete on the server, works before script (native elements first, ARIA second, script last)
//! and writes the same markup in the browser. It must never import `model`, `api`, `app` or a server room, never ask
//! for the time, a locale or chance, and never write a `style` attribute, which the content security policy refuses.
//! A component ends in `into_any()`: what it is made of must not become a part of its page's type, see
//! `docs/decisions.md`.
//! Tokens by role and the few parts that utilities cannot say live in `style/main.css`.

pub mod answered;
pub mod badge;
pub mod button;
pub mod checkbox;
pub mod checkbox_group;
pub mod choice;
pub mod combo_option;
pub mod combobox;
pub mod copy;
pub mod dialog;
pub mod empty_state;
pub mod field;
pub mod focus;
pub mod form_dialog;
pub mod gallery;
pub mod hydration;
pub mod icon;
pub mod menu;
pub mod notice;
pub mod number;
pub mod page;
pub mod pagination;
pub mod search_field;
pub mod section;
pub mod selection;
pub mod shell;
pub mod status;
pub mod table;
pub mod tabs;
pub mod text_area;
pub mod time_ago;
pub mod toast;
pub mod unreadable;
