//! Files read in and written out as the program does it.

use crate::{
    model::{
        audit::Actor,
        exchange::{ImportRow, Kind, Reject},
        ids::{OrganizationId, TenantId},
    },
    server::exchange::{
        export::{self, Format, What},
        import::{self, Import},
    },
    store::{self, in_utc, migrate::migrate},
    tests::said,
};
use chrono::Utc;
use sqlx::PgPool;
use std::io::{Seek, Write};
use uuid::Uuid;

/// A database with Organizations of these names.
pub async fn with(pool: &PgPool, names: &[&str]) -> Vec<OrganizationId> {
    said::listen();
    migrate(pool).await.unwrap();
    let mut ids = vec![];
    for name in names {
        let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        store::organization::create(pool, &Actor::command("entrain test"), id, tenant, name, "", "")
            .await
            .unwrap();
        ids.push(id);
    }
    ids
}

/// Reads these bytes in as a file.
pub async fn read_in(pool: &PgPool, kind: Kind, bytes: impl AsRef<[u8]>) -> ImportRow {
    read_in_for(pool, kind, bytes, None).await
}

/// Reads these bytes in for one Organization.
pub async fn read_in_for(
    pool: &PgPool,
    kind: Kind,
    bytes: impl AsRef<[u8]>,
    organization: Option<(OrganizationId, String)>,
) -> ImportRow {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    file.rewind().unwrap();
    let import = Import {
        kind,
        file_name: "people.csv".into(),
        organization,
        actor: Actor::command("entrain import"),
        writer: "import people.csv".into(),
    };
    let id = import::begin(pool, &import).await.unwrap();
    import::run(pool, id, &import, file, &in_utc(Utc::now()), |_, _| {})
        .await
        .unwrap()
}

/// End Users read in, all of them well.
pub async fn people(pool: &PgPool, text: &str) -> ImportRow {
    let row = read_in(pool, Kind::EndUsers, text).await;
    assert_eq!((row.error.as_deref(), row.numbers.rejected), (None, 0));
    row
}

/// The rows of an import that could not be used, by line.
pub async fn rejects(pool: &PgPool, row: &ImportRow) -> Vec<Reject> {
    let rejects = store::import::rejects(pool, row.id, 0, 10_000).await.unwrap();
    assert_eq!(i64::try_from(rejects.len()).unwrap(), row.numbers.rejected);
    rejects
}

/// What an export writes, as a text.
pub async fn written(pool: &PgPool, what: What, format: Format) -> String {
    let mut pieces = export::start(pool.clone(), what, format);
    let mut bytes = vec![];
    while let Some(piece) = pieces.recv().await {
        bytes.extend(piece.unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

/// As CSV, without a mark.
pub async fn csv(pool: &PgPool, what: What) -> String {
    written(pool, what, Format::Csv { mark: false }).await
}

/// Every End User: `Organization|Name|Email|Phone|City|written by`, in order.
pub async fn everybody(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select concat_ws('|', o.name, e.name, e.email, e.phone, e.city, e.written_by)
         from end_user e join organization o on o.id = e.organization_id order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// The audit log's rows of a kind, the oldest first: who, what, and the changes.
pub async fn audited(pool: &PgPool, kind: &str) -> Vec<(String, String, serde_json::Value)> {
    sqlx::query_as("select actor_name, action, changes from audit_event where subject_kind = $1 order by id")
        .bind(kind)
        .fetch_all(pool)
        .await
        .unwrap()
}
