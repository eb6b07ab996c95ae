//! Brings the database to the version of this program: our tables, and those of the job queue.

use super::error::{Result, StoreError};
use sqlx::PgPool;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Runs what is missing. Safe to call from several processes at once.
pub async fn migrate(pool: &PgPool) -> Result<()> {
    MIGRATOR
        .run(pool)
        .await
        .map_err(|error| StoreError::Migrate(error.to_string()))?;
    graphile_worker::WorkerUtils::new(pool.clone(), super::queue::SCHEMA)
        .migrate()
        .await
        .map_err(|error| StoreError::Migrate(error.to_string()))?;
    super::search::create_indexes(pool).await
}

/// Whether every migration of this program has run, those of the job queue included. A database that was never migrated
/// is no error.
pub async fn is_current(pool: &PgPool) -> Result<bool> {
    let begun: bool = sqlx::query_scalar(
        "select to_regclass('_sqlx_migrations') is not null and to_regclass('graphile_worker.jobs') is not null",
    )
    .fetch_one(pool)
    .await?;
    if !begun {
        return Ok(false);
    }
    let done: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
        .fetch_all(pool)
        .await?;
    Ok(MIGRATOR.iter().all(|migration| done.contains(&migration.version)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    type Groups = Vec<(Uuid, Vec<Uuid>, i64)>;

    #[sqlx::test(migrations = false)]
    async fn the_groups_of_users_come_along_into_their_own_table_with_the_version_that_changed_them(pool: PgPool) {
        MIGRATOR.run_to(30, &pool).await.unwrap();
        sqlx::raw_sql(
            "insert into microsoft_tenant (id, entra_tenant_id, display_name)
             values ('00000000-0000-0000-0000-00000000000a', gen_random_uuid(), 'Contoso');
             insert into directory_user (microsoft_tenant_id, id, row_hash, upn, display_name, given_name, surname, mail,
                                         other_mails, business_phone, mobile_phone, street_address, city, state,
                                         postal_code, job_title, department, office_location, user_type, licenses,
                                         groups, changed_version)
             select '00000000-0000-0000-0000-00000000000a', md5('user ' || n)::uuid, md5('hash ' || n)::uuid, '', '', '',
                    '', '', '{}', '', '', '', '', '', '', '', '', '', 'member', '{}',
                    array(select md5('group ' || g)::uuid from generate_series(1, n % 3) g), n
             from generate_series(1, 9) n",
        )
        .execute(&pool)
        .await
        .unwrap();
        let before: Groups =
            sqlx::query_as("select id, groups, changed_version from directory_user where groups <> '{}' order by id")
                .fetch_all(&pool)
                .await
                .unwrap();
        assert_eq!(before.len(), 6, "three of nine are in no group");
        migrate(&pool).await.unwrap();
        let after: Groups = sqlx::query_as(
            "select directory_user_id, groups, changed_version from directory_user_groups order by directory_user_id",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        assert_eq!(after, before);
        let (users, counted): (i64, i64) = sqlx::query_as(
            "select (select count(*) from directory_user),
                    (select reltuples::bigint from pg_class where oid = 'directory_user_groups'::regclass)",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!((users, counted), (9, 6));
    }
}
