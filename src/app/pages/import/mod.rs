//! Import: the page that takes a file, and an import's own page.

mod new;
mod report;

pub use new::NewImportPage;
pub use report::ImportPage;

use crate::{
    app::paths,
    model::{exchange::Kind, ids::OrganizationId},
    ui::page::Crumb,
};

/// The list that an import is about, and the way there.
fn way(kind: Kind, organization: Option<&(OrganizationId, String)>) -> Vec<Crumb> {
    let organizations = Crumb::new("Organizations", paths::ORGANIZATIONS);
    match (kind, organization) {
        (Kind::EndUsers, Some((id, name))) => vec![
            organizations,
            Crumb::new(name.clone(), paths::organization(*id)),
            Crumb::new("End Users", paths::end_users(*id)),
        ],
        (Kind::Assets, Some((id, name))) => vec![
            organizations,
            Crumb::new(name.clone(), paths::organization(*id)),
            Crumb::new("Assets", paths::organization_assets(*id)),
        ],
        (Kind::Assets, None) => vec![Crumb::new("Assets", paths::ASSETS)],
        _ => vec![organizations],
    }
}
