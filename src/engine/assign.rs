//! The Assets of one Organization, within the transaction that applies it: planned after its mappings are written, so
//! that an Asset finds its End User in the run that creates them.

use super::{RunError, closure::Known};
use crate::{
    model::asset::Assignment,
    store::{
        asset_plan::{self, AssetWriting},
        change_set::Target,
    },
    sync::assets::{AssetInput, plan},
};
use sqlx::PgConnection;

/// Plans and writes who has which Asset, and returns of how many that was written. Writes nothing where everything stands as
/// it should, or while devices were never read.
pub(super) async fn assign(tx: &mut PgConnection, target: Target, known: &Known<'_>) -> Result<usize, RunError> {
    let assets = asset_plan::states(&mut *tx, target.organization).await?;
    if assets.is_empty() {
        return Ok(0);
    }
    let Some(devices) = known.devices(&mut *tx).await? else {
        return Ok(0);
    };
    let mapped = asset_plan::mapped(&mut *tx, target.organization, target.tenant).await?;
    let writes = plan(&AssetInput {
        assets: &assets,
        devices,
        mapped: &mapped,
    });
    let writings: Vec<_> = writes
        .iter()
        .map(|write| AssetWriting {
            asset: write.asset,
            before: match &write.before {
                Assignment::Synced { end_user, .. } => Some(*end_user),
                _ => None,
            },
            after: &write.after,
            change: write.change(),
        })
        .collect();
    asset_plan::write(tx, target, &writings).await?;
    Ok(writings.len())
}
