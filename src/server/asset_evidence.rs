//! What the evidence about Assets tells somebody of people and devices. The sync judges by every device of a Microsoft
//! tenant; who has part of the Tenant is told of those of their own Organization.

use super::asker::Asker;
use crate::{
    api::ApiError,
    model::{
        asset::{AssetEvent, AssetRow, DeviceMatch, conceal},
        ids::OrganizationId,
    },
    store::access::seen_people,
};

/// Assets as somebody sees them.
pub async fn seen_assets(asker: &Asker, mut rows: Vec<AssetRow>) -> Result<Vec<AssetRow>, ApiError> {
    let evidence = rows.iter_mut().map(|row| (row.organization, row.contact.devices_mut()));
    keep_seen(asker, evidence.collect()).await?;
    Ok(rows)
}

/// What the sync did to Assets as somebody sees it.
pub async fn seen_events(asker: &Asker, mut events: Vec<AssetEvent>) -> Result<Vec<AssetEvent>, ApiError> {
    let evidence = events
        .iter_mut()
        .map(|event| (event.organization, event.by.as_mut_slice()));
    keep_seen(asker, evidence.collect()).await?;
    Ok(events)
}

/// Each piece of evidence in one Organization.
async fn keep_seen(asker: &Asker, evidence: Vec<(OrganizationId, &mut [DeviceMatch])>) -> Result<(), ApiError> {
    if asker.theirs().is_none() {
        return Ok(());
    }
    let named = evidence
        .iter()
        .flat_map(|(organization, devices)| devices.iter().map(move |found| (*organization, found.user)));
    let named: Vec<_> = named.collect();
    if named.is_empty() {
        return Ok(());
    }
    let pool = &asker.state.engine.pool;
    let seen = seen_people(pool, &named, asker.theirs(), asker.opens_whole()).await?;
    for (organization, devices) in evidence {
        conceal(devices.iter_mut(), |user| seen.contains(&(organization, user)));
    }
    Ok(())
}
