//! Pages in the frame of a portal: the same components as the full pages, without what leads out of the frame. Where a
//! page is, the server knows and the document says; like the role of whoever looks it decides nothing.

use leptos::prelude::*;
use std::sync::Arc;

/// In which frame the server draws a page: what the addresses of its server functions begin with; nothing outside.
/// Provided before it draws, and written on the document for the browser.
#[derive(Clone, Debug)]
pub struct DrawnIn(pub Option<String>);

#[derive(Clone)]
struct Frame(Option<Arc<str>>);

/// Provides the frame: on the server what it knows, in the browser what the document says. A document is of one frame as
/// long as it stands.
pub fn provide_frame() {
    let base = use_context::<DrawnIn>().map_or_else(of_document, |DrawnIn(base)| base);
    provide_context(Frame(base.map(Arc::from)));
}

fn of_document() -> Option<String> {
    let is_browser = Owner::current_shared_context().is_some_and(|context| context.is_browser());
    let root = is_browser.then(|| document().document_element()).flatten()?;
    root.get_attribute("data-embed")
}

fn base() -> Option<Arc<str>> {
    use_context::<Frame>().and_then(|Frame(base)| base)
}

/// Whether the page stands in a frame.
pub fn in_frame() -> bool {
    base().is_some()
}

/// Whether the frame is about a whole Tenant: its page of Tenant Details is there.
pub fn of_tenant() -> bool {
    base().is_some_and(|base| base.contains("/tenants/"))
}

/// The address of a page where this one stands: under the portal's addresses in a frame, as it is outside.
pub fn here(path: String) -> String {
    match base() {
        Some(base) => within(&base, &path),
        None => path,
    }
}

/// `/embed/PORTAL/tenants/ID` and `/organizations/ID/end-users` make `/embed/PORTAL/organizations/ID/end-users`.
fn within(base: &str, path: &str) -> String {
    let portal: Vec<_> = base.split('/').take(3).collect();
    format!("{}{path}", portal.join("/"))
}

/// Something that leads out of a frame, and so is not in one.
pub fn outside<V>(view: impl FnOnce() -> V) -> Option<V> {
    (!in_frame()).then(view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_frame_lies_under_the_addresses_of_its_portal() {
        assert_eq!(
            within("/embed/p/tenants/t", "/organizations/o/end-users?search=a"),
            "/embed/p/organizations/o/end-users?search=a"
        );
    }
}
