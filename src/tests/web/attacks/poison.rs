//! Hostile texts in every column that holds somebody's words.

use crate::tests::{
    support::Stage,
    web::roles::visit::{Scene, new_asset},
};
use serde_json::json;
use sqlx::PgPool;

/// Columns of the program's own words, which no name reaches: the program reads them back as one of a few.
const OWN_WORDS: [&str; 17] = [
    "account.password_hash",
    "account_identity.authority",
    "account_invitation.realm",
    "audit_event.action",
    "audit_event.subject_kind",
    "contended_field.field",
    "directory_pass.form",
    "directory_pass.link",
    "directory_user.address_key",
    "dropped_row.part",
    "held_row.part",
    "held_row.rule",
    "partner.cloud",
    "run.stage",
    "run.trigger",
    "run_person.outcome",
    "standing_outcome.outcome",
];

/// A customer of whom everything is on record, the people of each list among them, and hostile from the beginning:
/// what the program copies from one place to another is hostile there too.
pub async fn scene(pool: &PgPool, text: &str) -> Scene {
    let scene = Scene::new(pool).await;
    let stage = &scene.stage;
    let mallory = json!({
        "displayName": text, "mail": "mallory@contoso.example", "department": text, "officeLocation": text,
        "jobTitle": text, "city": text,
    });
    let mallory = stage.add(mallory).await;
    stage.group(text, &[mallory]).await;
    stage
        .enrol(json!({
            "deviceName": text, "serialNumber": text, "wiFiMacAddress": "04-1A-2B-3C-4D-5E", "userId": mallory,
        }))
        .await;
    new_asset(pool, stage.organization).await;
    stage.run_well().await;
    rows(stage, &scene, text).await;
    columns(pool, "{column} || $1", text).await;
    scene
}

/// A row in each list that a run alone does not fill.
async fn rows(stage: &Stage, scene: &Scene, text: &str) {
    for (sql, id) in [
        (
            "insert into exclusion (organization_id, microsoft_tenant_id, directory_user_id, address, created_at, name)
             select organization_id, microsoft_tenant_id, $2, $1, now(), $1 from user_sync",
            uuid::Uuid::now_v7(),
        ),
        (
            "insert into pending_microsoft_tenant
                 (entra_tenant_id, cloud, display_name, default_domain, domains, how, created_at)
             values ($2, 'global', $1, $1, array[$1], $1, now())",
            uuid::Uuid::now_v7(),
        ),
        (
            "insert into consent_request
                 (id, state_hash, purpose, cloud, account_name, expected_name, outcome, expires_at)
             values ($2, sha256('known'), 'link', 'global', $1, $1, $1, now() + interval '1 day')",
            uuid::Uuid::now_v7(),
        ),
        (
            "insert into partner (entra_tenant_id, cloud, display_name, default_domain, problem)
             values ($2, 'global', $1, $1, $1)",
            uuid::Uuid::now_v7(),
        ),
        (
            "insert into partner_customer
                 (entra_tenant_id, display_name, default_domain, relationship, consent, chosen_by_name, outcome,
                  outcome_failed)
             values ($2, $1, $1, 'active', 'chosen', $1, $1, true)",
            uuid::Uuid::now_v7(),
        ),
        (
            "insert into import_reject (import_id, line, reason, cells) values ($2, 2, $1, jsonb_build_array($1, $1))",
            scene.import,
        ),
        (
            "update import set columns = jsonb_build_array($1, $1 || '2'), unknown_columns = jsonb_build_array($1),
                 read_only_columns = jsonb_build_array($1), rejected_rows = 1, state = 'failed', error = $1,
                 finished_at = now()
             where id = $2",
            scene.import,
        ),
        (
            "insert into contended_field
                 (organization_id, microsoft_tenant_id, directory_user_id, field, end_user_id, value, runs, state)
             select s.organization_id, s.microsoft_tenant_id, m.directory_user_id, 'phone', $2, $1, 3, 'open'
             from user_sync s join end_user_mapping m on m.end_user_id = $2",
            scene.end_user.0,
        ),
        (
            "insert into held_row
                 (id, organization_id, microsoft_tenant_id, directory_user_id, part, end_user_id, name, address, change,
                  rule, run_id, held_at)
             select gen_random_uuid(), s.organization_id, s.microsoft_tenant_id, m.directory_user_id, 'jobTitle',
                 m.end_user_id, $1, $1,
                 jsonb_build_object('kind', 'field', 'field', 'jobTitle', 'old', $1, 'new', $1 || '2'), 'clear', $2,
                 now()
             from user_sync s join end_user_mapping m on true limit 1",
            scene.run.0,
        ),
        (
            "insert into dropped_row
                 (id, organization_id, microsoft_tenant_id, directory_user_id, part, value, end_user_id, name, address,
                  change, dropped_at)
             select $2, s.organization_id, s.microsoft_tenant_id, m.directory_user_id, 'jobTitle', $1, m.end_user_id,
                 $1, $1,
                 jsonb_build_object('kind', 'field', 'field', 'jobTitle', 'old', $1, 'new', $1 || '2'), now()
             from user_sync s join end_user_mapping m on true limit 1",
            uuid::Uuid::now_v7(),
        ),
    ] {
        let done = sqlx::query(sql).bind(text).bind(id).execute(&stage.pool).await;
        assert_eq!(done.unwrap().rows_affected(), 1, "{sql}");
    }
}

/// Sets every column of somebody's words to an expression of itself and a text. A column that is new is among them, or
/// this fails until it stands in [`OWN_WORDS`].
pub async fn columns(pool: &PgPool, expression: &str, text: &str) {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text
         from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type = 'text'
           and t.table_name <> '_sqlx_migrations' and c.is_generated = 'NEVER'
           and not exists (
               select 1 from pg_constraint k
               where k.conrelid = format('%I.%I', c.table_schema, c.table_name)::regclass and k.contype = 'c'
                 and pg_get_constraintdef(k.oid) ~ ('\\m' || c.column_name || '\\M')
                 and pg_get_constraintdef(k.oid) !~ '\\\\S')
         order by 1, 2",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(columns.len() > 60, "{columns:?}");
    let mut connection = pool.acquire().await.unwrap();
    // The audit log can't be changed otherwise.
    sqlx::query("set session_replication_role = replica")
        .execute(&mut *connection)
        .await
        .unwrap();
    for (table, column) in columns {
        if OWN_WORDS.contains(&format!("{table}.{column}").as_str()) {
            continue;
        }
        let expression = expression.replace("{column}", &format!("\"{column}\""));
        let sql = format!("update \"{table}\" set \"{column}\" = {expression} where \"{column}\" is not null");
        let done = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(text)
            .execute(&mut *connection)
            .await;
        done.unwrap_or_else(|error| panic!("{table}.{column}: {error}"));
    }
    sqlx::query("reset session_replication_role")
        .execute(&mut *connection)
        .await
        .unwrap();
}
