//! **Activity**: the list of runs and the audit log.

use super::ApiError;
use crate::model::{audit::AuditEvent, ids::OrganizationId, run::RunListRow};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How the list of runs is filtered, searched and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunsQuery {
    /// Id of an Organization; empty for all.
    pub organization: String,
    /// `running`, `succeeded`, `failed`, `put_off`, `attention`; empty for all.
    pub result: String,
    /// Key of a trigger; empty for all.
    pub trigger: String,
    /// Words.
    pub search: String,
    /// From 1.
    pub page: i64,
}

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunList {
    /// A row for each run and Organization.
    pub rows: Vec<RunListRow>,
    /// How many there are in all; with `most` counting stopped.
    pub total: i64,
    /// Where counting stops.
    pub most: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// One page of runs, the latest first.
#[server]
pub async fn runs_page(#[server(default)] query: RunsQuery) -> Result<RunList, ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::activity::runs(&asker, query, &crate::server::caller::now().await).await
}

/// How the audit log is filtered, searched and paged: what stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// A name; empty for anybody.
    pub who: String,
    /// Key of an action; empty for all.
    pub action: String,
    /// Key of a kind of thing; empty for all.
    pub subject: String,
    /// Id of an Organization; empty for all.
    pub organization: String,
    /// Words.
    pub search: String,
    /// From 1.
    pub page: i64,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditList {
    /// The events of this page.
    pub rows: Vec<AuditEvent>,
    /// How many there are in all; with `most` counting stopped.
    pub total: i64,
    /// Where counting stops.
    pub most: i64,
    /// Rows on a page.
    pub page_size: i64,
}

/// One page of the audit log, the latest first.
#[server]
pub async fn audit_page(#[server(default)] query: AuditQuery) -> Result<AuditList, ApiError> {
    let asker = crate::server::caller::asker().await?;
    crate::server::activity::audit(&asker, query, &crate::server::caller::now().await).await
}

/// What the lists can be filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Organizations by name, the first thousand.
    pub organizations: Vec<(OrganizationId, String)>,
    /// Who is in the audit log.
    pub actors: Vec<String>,
}

/// What the lists can be filtered by now.
#[server]
pub async fn activity_choices() -> Result<Choices, ApiError> {
    let asker = crate::server::caller::asker().await?;
    let (pool, theirs) = (&asker.state.engine.pool, asker.theirs());
    Ok(Choices {
        organizations: crate::store::activity::organization_names(pool, theirs).await?,
        actors: crate::store::audit_list::actors(pool, theirs).await?,
    })
}
