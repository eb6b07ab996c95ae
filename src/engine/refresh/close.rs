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
    sync::groups::{DirectMembers, close, with_all_ancestors, with_all_descendants},
};
use sqlx::{PgConnection, PgPool};

/// Of so many users a refresh closes the groups together: what that takes does not grow with the directory.
pub const AT_ONCE: usize = 5_000;

/// Closes what is not closed yet, of so many users at once, at least one. Nothing is written where nothing came or
/// went. Returns of how many users something was.
pub async fn close_groups(tx: &mut PgConnection, tenant: MicrosoftTenantId, at_once: usize) -> Result<usize, RunError> {
    let unclosed = unclosed(&mut *tx, tenant).await?;
    if unclosed.as_ref().is_some_and(Vec::is_empty) {
        return Ok(0);
    }
    let nested = direct_members(membership::nested(&mut *tx, tenant).await?);
    let mut written = 0;
    if let Some(moved) = unclosed {
        // Whoever is in a group that came or went came or went with it.
        let moved_groups: Vec<_> = moved.iter().copied().map(GroupId).collect();
        let below = with_all_descendants(&moved_groups, &nested);
        let mut members = membership::members(&mut *tx, tenant, &below).await?;
        members.extend(moved);
        members.sort_unstable();
        members.dedup();
        for members in members.chunks(at_once) {
            let users: Vec<_> = members.iter().copied().map(DirectoryUserId).collect();
            written += close_some(&mut *tx, tenant, &users, &nested).await?;
        }
    } else {
        let mut after = None;
        loop {
            let users = store::directory::ids_after(&mut *tx, tenant, after, at_once).await?;
            written += close_some(&mut *tx, tenant, &users, &nested).await?;
            after = users.last().copied();
            if users.len() < at_once {
                break;
            }
        }
    }
    closed(tx, tenant).await?;
    Ok(written)
}

/// Closes the groups of these users. Returns of how many something was written.
async fn close_some(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    users: &[DirectoryUserId],
    nested: &DirectMembers,
) -> Result<usize, RunError> {
    let mut direct = direct_members(membership::of_users(&mut *tx, tenant, users).await?);
    direct.groups.clone_from(&nested.groups);
    Ok(store::directory::set_groups(tx, tenant, &close(&direct), users).await?)
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
