//! What a run wrote of Assets' assignments, and putting it back.

use crate::{
    model::ids::{AssetId, EndUserId, OrganizationId, RunId},
    store::error::Result,
};
use sqlx::{FromRow, PgConnection, PgExecutor};

/// An Asset whose assignment a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct WrittenAssignment {
    /// Which.
    #[sqlx(rename = "asset_id")]
    pub asset: AssetId,
    /// Its name.
    pub name: String,
    /// It still is as the run wrote it, and what it was can be again.
    pub untouched: bool,
}

/// Tells the transaction of a run which run it is: assignments that it writes are kept.
pub async fn tell_run(tx: &mut PgConnection, run: RunId) -> Result<()> {
    sqlx::query("select set_config('entrain.run_id', $1::text, true)")
        .bind(run.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// What a run wrote of an Organization's Assets, by name. `back` are End Users that come back with the same undoing.
pub async fn written_assignments(
    db: impl PgExecutor<'_>,
    run: RunId,
    organization: OrganizationId,
    back: &[EndUserId],
) -> Result<Vec<WrittenAssignment>> {
    Ok(sqlx::query_as(
        "select k.asset_id, a.name,
                s is not distinct from jsonb_populate_record(null::asset_assignment, k.after)
                and (k.before ->> 'end_user_id' is null
                     or (k.before ->> 'end_user_id')::uuid = any ($3)
                     or exists (select 1 from end_user e where e.id = (k.before ->> 'end_user_id')::uuid)) as untouched
         from run_asset_assignment k join asset a on a.id = k.asset_id
         left join asset_assignment s on s.asset_id = k.asset_id
         where k.run_id = $1 and k.organization_id = $2 and k.before is distinct from k.after
         order by lower(a.name), a.id",
    )
    .bind(run)
    .bind(organization)
    .bind(back)
    .fetch_all(db)
    .await?)
}

/// Puts back the assignments of these Assets as they were before a run.
pub async fn write_assignments(tx: &mut PgConnection, run: RunId, assets: &[AssetId]) -> Result<()> {
    if assets.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "delete from asset_assignment s using run_asset_assignment k
         where k.run_id = $1 and k.asset_id = any ($2) and k.before is null and s.asset_id = k.asset_id",
    )
    .bind(run)
    .bind(assets)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into asset_assignment
         select (jsonb_populate_record(null::asset_assignment, k.before)).*
         from run_asset_assignment k where k.run_id = $1 and k.asset_id = any ($2) and k.before is not null
         on conflict (asset_id) do update set
             kind = excluded.kind, end_user_id = excluded.end_user_id, assigned_by = excluded.assigned_by,
             assigned_at = excluded.assigned_at, evidence = excluded.evidence, stale_at = excluded.stale_at",
    )
    .bind(run)
    .bind(assets)
    .execute(tx)
    .await?;
    Ok(())
}
