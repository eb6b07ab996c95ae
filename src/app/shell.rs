//! The document around every page, and its content security policy.

use super::App;
use crate::model::{access::Role, preferences::Appearance};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// The names of the browser bundle's files.
#[derive(Clone, Copy, Debug)]
pub struct BundleNames<'a> {
    /// The script that loads the program.
    pub js: &'a str,
    /// The program.
    pub wasm: &'a str,
    /// The style sheet.
    pub css: &'a str,
}

/// What the document says of the browser's preferences, and of whoever looks, before any script runs, so that nothing
/// flashes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Light, dark, or as the system is.
    pub appearance: Appearance,
    /// Single keys do nothing.
    pub no_shortcuts: bool,
    /// For whom the page is drawn.
    pub role: Option<Role>,
}

impl Look {
    /// The element's `data-theme`.
    pub fn theme(self) -> Option<&'static str> {
        Some(self.appearance.key()).filter(|key| !key.is_empty())
    }

    /// The element's `data-shortcuts`.
    pub fn shortcuts(self) -> Option<&'static str> {
        self.no_shortcuts.then_some("off")
    }
}

/// What a document tells its script of the frame in which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFrame {
    /// What the addresses of its server functions begin with.
    pub base: String,
    /// Where a new token goes.
    pub session: String,
    /// On which origin the page around the frame is.
    pub origin: String,
    /// So many seconds the session has left.
    pub seconds: i64,
}

/// The policy of a page: our own files, this page's scripts by nonce, and framed by these alone.
pub fn content_security_policy(nonce: &str, ancestors: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
    )
}

/// The document. Leptos's own hydration script would put the nonce into `crossorigin`, so this writes one.
pub fn shell(bundle: BundleNames<'_>, look: Look, frame: Option<InFrame>) -> impl IntoView + use<> {
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    let script = format!(
        "import init, {{ hydrate }} from '/pkg/{}'; init({{ module_or_path: '/pkg/{}' }}).then(hydrate);",
        bundle.js, bundle.wasm
    );
    let js = format!("/pkg/{}", bundle.js);
    let wasm = format!("/pkg/{}", bundle.wasm);
    let css = format!("/pkg/{}", bundle.css);
    let scheme = look.theme().unwrap_or("light dark");
    let base = frame.as_ref().map(|frame| frame.base.clone());
    let in_frame = frame.map(|InFrame { session, origin, seconds, .. }| {
        view! {
            <script src="/embed-frame.js" defer data-session=session data-origins=origin data-ends=seconds.to_string()></script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-theme=look.theme()
            data-shortcuts=look.shortcuts()
            data-role=look.role.map(Role::key)
            data-embed=base
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=scheme />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="stylesheet" href=css />
                // A browser that knows of it shows the page when all of it has arrived, and not growing piece by piece.
                <link rel="expect" href="#arrived" blocking="render" />
                <link rel="modulepreload" href=js />
                <link rel="preload" r#as="fetch" r#type="application/wasm" crossorigin="anonymous" href=wasm />
                // Before the program, which asks the server through what this listens to.
                {in_frame}
                <script type="module" nonce=nonce inner_html=script></script>
                <MetaTags />
            </head>
            <body>
                <App />
                <div id="arrived" hidden></div>
            </body>
        </html>
    }
}
