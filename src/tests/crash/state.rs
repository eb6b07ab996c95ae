//! What a database says, without what differs from one history to another that ends the same: ids that the program
//! invents, times, links of Microsoft's.

use crate::model::ids::OrganizationId;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};

/// Tables that tell what a run knows and has written, the people and assets of its record included: over all runs, so
/// that what one run has told no later one tells again. Of each, the columns that are no part of the comparison.
const TABLES: [(&str, &[&str]); 20] = [
    ("directory_user", &[]),
    ("directory_user_groups", &[]),
    ("directory_group", &[]),
    ("directory_group_member", &[]),
    ("directory_device", &[]),
    ("subscribed_sku", &[]),
    ("directory_sign_in", &[]),
    ("directory_mfa", &[]),
    ("directory_user_change", &["id"]),
    ("directory_pass", &["link"]),
    ("end_user", &[]),
    ("end_user_mapping", &[]),
    ("standing_outcome", &[]),
    ("held_row", &["id"]),
    ("contended_field", &[]),
    ("asset_assignment", &[]),
    ("asset_event", &["id"]),
    // As of which version depends on how many transactions there were.
    ("user_sync", &["applied_version"]),
    ("run_person", &["footprint"]),
    ("microsoft_tenant", &["readings"]),
];

/// What a database says: each row as text, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State(BTreeMap<&'static str, Vec<String>>);

impl State {
    /// Reads it.
    pub async fn read(pool: &PgPool) -> Self {
        let names = names(pool).await;
        let mut tables = BTreeMap::new();
        for (table, left_out) in TABLES {
            // Of a time only whether there is one.
            let sql = format!(
                "select (select jsonb_object_agg(key, case when key ~ '(^|_)at$' then to_jsonb(value <> 'null') else value end)
                         from jsonb_each(to_jsonb(t)) where key <> all ($1))::text from {table} t"
            );
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .bind(left_out)
                .fetch_all(pool)
                .await
                .unwrap();
            let mut rows: Vec<_> = rows.into_iter().map(|row| renamed(row, &names)).collect();
            rows.sort();
            tables.insert(table, rows);
        }
        Self(tables)
    }

    /// What it says of one Organization's people and Assets: what one transaction of a run writes, all or nothing.
    pub fn of(&self, organization: OrganizationId) -> Self {
        let id = organization.to_string();
        let written = ["end_user", "end_user_mapping", "standing_outcome", "run_person"];
        let rows = |rows: &[String]| rows.iter().filter(|row| row.contains(&id)).cloned().collect();
        Self(written.into_iter().map(|table| (table, rows(&self.0[table]))).collect())
    }

    /// Fails with the rows that differ.
    pub fn expect(&self, expected: &Self, when: &str) {
        for (table, rows) in &self.0 {
            let [has, wants] = [rows, &expected.0[table]].map(|rows| rows.iter().collect::<BTreeSet<_>>());
            let more: Vec<_> = has.difference(&wants).collect();
            let less: Vec<_> = wants.difference(&has).collect();
            assert!(
                rows == &expected.0[table],
                "{when}: {table} has {} rows in place of {}: {more:#?} is too much, {less:#?} is missing",
                rows.len(),
                expected.0[table].len()
            );
        }
    }
}

/// The ids that the program invents, each with a name that says the same in every history.
async fn names(pool: &PgPool) -> Vec<(String, String)> {
    sqlx::query_as(
        "select id::text, 'end user ' || name || ' ' || email from end_user union all select id::text, 'run' from run",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

fn renamed(row: String, names: &[(String, String)]) -> String {
    names.iter().fold(
        row,
        |row, (id, name)| if row.contains(id) { row.replace(id, name) } else { row },
    )
}

/// What must never be, whenever one looks: two End Users of an Organization with one address, or two that are mapped to
/// one account.
pub async fn expect_nobody_twice(pool: &PgPool) {
    let twice: Vec<String> = sqlx::query_scalar(
        "select email from end_user where email <> '' group by organization_id, lower(email), email having count(*) > 1
         union all
         select directory_user_id::text from end_user_mapping
         group by organization_id, microsoft_tenant_id, directory_user_id having count(*) > 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(twice.is_empty(), "{twice:?}");
}
