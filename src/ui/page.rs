//! The head of a page: where it is, what it is called, what can be done.

use leptos::{children::ViewFnOnce, prelude::*};
use leptos_meta::Title;

use super::icon::{Glyph, Icon};

/// One step of the way to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// What the page is called.
    pub label: String,
    /// Where it is.
    pub href: String,
}

impl Crumb {
    /// A page and its address.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            href: href.into(),
        }
    }
}

/// The title of the document, as the tab of the browser shows it.
#[component]
pub fn DocumentTitle(
    /// What the page is called.
    #[prop(into)]
    title: Signal<String>,
) -> impl IntoView {
    view! { <Title text=title_text(title) /> }
}

/// The text of a title. On the server it is asked for when the page has been drawn, by when the page's own signals may
/// be gone: it keeps what this one stands for.
fn title_text(title: Signal<String>) -> impl Fn() -> String + Send + Sync + 'static {
    let title: ArcSignal<String> = title.into();
    move || document_title(&title.get())
}

/// On the server `leptos_meta` writes the title between its tags as it stands, so that a name could close it and go on
/// with markup of its own. In the browser it is set as text.
fn document_title(title: &str) -> String {
    let title = format!("{title} · Entrain");
    if cfg!(feature = "ssr") { escaped(&title) } else { title }
}

/// What has to be escaped in an element of text alone.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Title, the way there, and the page's buttons; the one primary button last.
#[component]
pub fn PageHeader(
    /// What the page is called.
    #[prop(into)]
    title: String,
    /// The pages above this one, outermost first.
    #[prop(optional)]
    breadcrumbs: Vec<Crumb>,
    /// Beside the title: a badge, or the total of a list.
    #[prop(optional, into)]
    aside: Option<ViewFnOnce>,
    /// A line under the title.
    #[prop(optional, into)]
    text: Option<String>,
    /// The page's buttons.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
) -> impl IntoView {
    view! {
        <header class="mb-6 grid gap-1">
            {(!breadcrumbs.is_empty()).then(|| view! { <Breadcrumbs crumbs=breadcrumbs here=title.clone() /> })}
            <div class="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
                <div class="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                    <h1 class="min-w-0 text-xl font-semibold tracking-tight wrap-anywhere" tabindex="-1">
                        <bdi>{title}</bdi>
                    </h1>
                    {aside.map(ViewFnOnce::run)}
                </div>
                {actions.map(|actions| view! { <div class="flex flex-wrap items-center gap-2">{actions.run()}</div> })}
            </div>
            {text.map(|text| view! { <p class="max-w-prose text-text-muted">{text}</p> })}
        </header>
    }
    .into_any()
}

/// The way to a page; its last step, the page itself, is not a link.
#[component]
pub fn Breadcrumbs(
    /// The pages above, outermost first.
    crumbs: Vec<Crumb>,
    /// The page in sight.
    #[prop(into)]
    here: String,
) -> impl IntoView {
    view! {
        <nav aria-label="Breadcrumbs">
            <ol class="flex flex-wrap items-center gap-x-1 text-text-muted">
                {crumbs
                    .into_iter()
                    .map(|crumb| {
                        view! {
                            <li class="flex min-h-6 min-w-0 items-center gap-1">
                                <a class="rounded-sm py-0.5 wrap-anywhere hover:text-text hover:underline" href=crumb.href>
                                    <bdi>{crumb.label}</bdi>
                                </a>
                                <Glyph icon=Icon::ChevronRight />
                            </li>
                        }
                    })
                    .collect_view()}
                <li class="min-w-0 wrap-anywhere" aria-current="page">
                    <bdi>{here}</bdi>
                </li>
            </ol>
        </nav>
    }.into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_page_can_be_asked_for_after_its_signals_are_gone() {
        let page = Owner::new();
        let text = page.with(|| {
            let title = RwSignal::new("End Users".to_owned());
            let text = title_text(title.into());
            title.set("Northwind".to_owned());
            text
        });
        page.cleanup();
        assert_eq!(text(), "Northwind · Entrain");
    }

    #[test]
    fn a_name_does_not_close_the_title_of_the_document() {
        assert_eq!(
            document_title("</title><meta http-equiv=refresh> & Sons &lt;"),
            "&lt;/title>&lt;meta http-equiv=refresh> &amp; Sons &amp;lt; · Entrain"
        );
        assert_eq!(document_title("Zürich"), "Zürich · Entrain");
    }
}
