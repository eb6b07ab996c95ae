//! What whoever looks may do, so that nothing is offered to somebody whom the server would refuse. It decides nothing:
//! every request is checked where it is answered.

use crate::model::access::Role;
use leptos::{either::Either, prelude::*};

/// For whom the server draws a page: provided before it does, and written on the document for the browser.
#[derive(Clone, Copy, Debug)]
pub struct DrawnFor(pub Option<Role>);

#[derive(Clone, Copy)]
struct Mine(RwSignal<Option<Role>>);

/// Provides the role of whoever looks: on the server what it knows, in the browser what the document says.
pub fn provide_role() {
    let role = use_context::<DrawnFor>().map_or_else(of_document, |DrawnFor(role)| role);
    provide_context(Mine(RwSignal::new(role)));
}

fn of_document() -> Option<Role> {
    let is_browser = Owner::current_shared_context().is_some_and(|context| context.is_browser());
    let root = is_browser.then(|| document().document_element()).flatten()?;
    root.get_attribute("data-role").as_deref().and_then(Role::from_key)
}

/// Somebody has signed in since the document was drawn, or has another role by now.
pub fn set_role(role: Option<Role>) {
    if let Some(Mine(known)) = use_context::<Mine>()
        && known.get_untracked() != role
    {
        known.set(role);
    }
}

/// Whether whoever looks has at least this role.
pub fn has_role(least: Role) -> Signal<bool> {
    let mine = use_context::<Mine>();
    Signal::derive(move || mine.and_then(|Mine(role)| role.get()).is_some_and(|role| role >= least))
}

/// Something that is there for whoever has at least this role, within an answer that is asked for again. A closure of its
/// own, as below, is drawn anew with each answer, and takes an open menu or the focus with it (tachys 0.2.19).
pub fn offered<V>(least: Role, view: impl FnOnce() -> V) -> Option<V> {
    has_role(least).get().then(view)
}

/// Something that is there for Technicians and Administrators.
pub fn to_technicians<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> impl IntoView {
    let works = has_role(Role::Technician);
    move || works.get().then(&view)
}

/// Something that is there for Administrators.
pub fn to_administrators<V: IntoView + 'static>(view: impl Fn() -> V + Send + 'static) -> impl IntoView {
    let administers = has_role(Role::Administrator);
    move || administers.get().then(&view)
}

/// Something that is there for Technicians who may do it here, and what stands in its place for anybody else, within an
/// answer, as [`offered`].
pub fn instead_of<V, W>(view: Option<impl FnOnce() -> V>, otherwise: impl FnOnce() -> W) -> Either<V, W> {
    match view.filter(|_| has_role(Role::Technician).get()) {
        Some(view) => Either::Left(view()),
        None => Either::Right(otherwise()),
    }
}
