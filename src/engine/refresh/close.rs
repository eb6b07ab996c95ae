//! Membership through groups of groups, for those of whom it may have changed: a delta tells direct members alone.

use super::super::{RunError, members::direct_members};
use crate::{
    model::{
        directory::Readings,
        ids::{DirectoryUserId, GroupId, MicrosoftTenantId},
    },
    store::{
        self,
        directory::membership,
        directory_pass::{closed, unclosed},
    },
    sync::groups::{close, with_all_ancestors, with_all_descendants},
};
use sqlx::{PgConnection, PgPool};

/// Closes what is not closed yet. Nothing is written where nothing came or went. Returns of how many users something was.
pub(super) async fn close_groups(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<usize, RunError> {
    let written = match unclosed(&mut *tx, tenant).await? {
        Some(moved) if moved.is_empty() => return Ok(0),
        Some(moved) => {
            // Whoever is in a group that came or went came or went with it.
            let nested = direct_members(membership::nested(&mut *tx, tenant).await?);
            let moved_groups: Vec<_> = moved.iter().copied().map(GroupId).collect();
            let below = with_all_descendants(&moved_groups, &nested);
            let mut members = membership::members(&mut *tx, tenant, &below).await?;
            members.extend(moved);
            members.sort_unstable();
            members.dedup();
            let users: Vec<_> = members.into_iter().map(DirectoryUserId).collect();
            let mut direct = direct_members(membership::of_users(&mut *tx, tenant, &users).await?);
            direct.groups = nested.groups;
            store::directory::set_groups(&mut *tx, tenant, &close(&direct), Some(&users)).await?
        }
        None => {
            let direct = direct_members(membership::direct(&mut *tx, tenant).await?);
            store::directory::set_groups(&mut *tx, tenant, &close(&direct), None).await?
        }
    };
    closed(tx, tenant).await?;
    Ok(written)
}

/// A group with hidden members in it is as unknown as they are.
pub(super) async fn hide_ancestors(
    pool: &PgPool,
    tenant: MicrosoftTenantId,
    readings: &mut Readings,
) -> Result<(), RunError> {
    if !readings.hidden_groups.is_empty() {
        let nested = direct_members(membership::nested(pool, tenant).await?);
        readings.hidden_groups = with_all_ancestors(&readings.hidden_groups, &nested);
    }
    Ok(())
}
