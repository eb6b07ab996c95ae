//! Assets: their fields, and what the screens show of them. What a person does to one is in [`super::asset_edit`].

use super::{
    Now,
    access::Theirs,
    error::{Result, StoreError},
    search::pattern,
};
use crate::model::{
    asset::{Asset, AssetConflict, AssetRow, Contact, DeviceMatch},
    asset_details::AssignablePerson,
    ids::{AssetId, EndUserId, OrganizationId},
    mac::Mac,
    time::Moment,
};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

/// Rows on a page of the Assets table.
pub const PAGE: i64 = 50;

/// How the Assets table is searched, sorted and paged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetQuery {
    /// Of one Organization, or of all.
    pub organization: Option<OrganizationId>,
    /// The Organizations of whoever asks; `None` is all.
    pub theirs: Option<Vec<OrganizationId>>,
    /// A part of the name, of the serial number, or of a MAC address in any spelling.
    pub search: String,
    /// `name`, `organization`, `serial` or `contact`, with a `-` in front for descending.
    pub sort: String,
    /// From 1.
    pub page: i64,
}

#[derive(FromRow)]
struct Row {
    id: AssetId,
    organization_id: OrganizationId,
    organization_name: String,
    name: String,
    serial_number: String,
    macs: Vec<String>,
    kind: Option<String>,
    end_user_id: Option<EndUserId>,
    end_user_name: Option<String>,
    assigned_by: Option<String>,
    assigned_at: Option<DateTime<Utc>>,
    evidence: Option<Value>,
    stale_at: Option<DateTime<Utc>>,
}

impl Row {
    fn into_model(self, now: &Now) -> Result<AssetRow> {
        let contact = self.contact(now)?;
        Ok(AssetRow {
            id: self.id,
            organization: self.organization_id,
            organization_name: self.organization_name,
            asset: Asset {
                name: self.name,
                serial_number: self.serial_number,
                macs: macs(&self.macs),
            },
            contact,
        })
    }

    fn contact(&self, now: &Now) -> Result<Contact> {
        let end_user = self.end_user_id.zip(self.end_user_name.clone());
        let (Some(kind), Some(at)) = (self.kind.as_deref(), self.assigned_at) else {
            return Ok(Contact::Nobody);
        };
        let at = Moment::new(at, now);
        Ok(match (kind, end_user) {
            ("manual", end_user) => Contact::ByHand {
                end_user,
                by: self.assigned_by.clone().unwrap_or_default(),
                at,
            },
            ("sync", Some(end_user)) => Contact::BySync {
                end_user,
                by: evidence::<DeviceMatch>(self.evidence.clone())?,
                at,
                stale: self.stale_at.map(|stale| Moment::new(stale, now)),
            },
            _ => Contact::Conflict {
                conflict: evidence::<AssetConflict>(self.evidence.clone())?,
                at,
            },
        })
    }
}

/// What the sync went by, as it was kept.
pub(super) fn evidence<T: DeserializeOwned>(kept: Option<Value>) -> Result<T> {
    serde_json::from_value(kept.unwrap_or_default())
        .map_err(|error| StoreError::Query(sqlx::Error::Decode(error.into())))
}

pub(super) fn macs(kept: &[String]) -> Vec<Mac> {
    kept.iter().filter_map(|mac| mac.parse().ok()).collect()
}

macro_rules! rows {
    ($rest:literal) => {
        concat!(
            "select a.id, a.organization_id, o.name as organization_name, a.name, a.serial_number,
                    array(select m.mac from asset_mac m where m.asset_id = a.id order by m.mac) as macs,
                    s.kind, s.end_user_id, e.name as end_user_name, s.assigned_by, s.assigned_at, s.evidence,
                    s.stale_at
             from asset a
             join organization o on o.id = a.organization_id
             left join asset_assignment s on s.asset_id = a.id
             left join end_user e on e.id = s.end_user_id ",
            $rest
        )
    };
}

macro_rules! found {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " where ($1::uuid is null or a.organization_id = $1)
                and ($2 = '%%' or a.name ilike $2 or a.serial_number ilike $2
                     or exists (select 1 from asset_mac m where m.asset_id = a.id and m.mac like $3))
                and ($4::uuid[] is null or a.organization_id = any ($4)) ",
            $after
        )
    };
}

macro_rules! page_by {
    ($joins:literal, $order:literal) => {
        // The rows of the page are found first: what they show is then read for them and not for all before them.
        concat!(
            rows!("where a.id = any (array("),
            "select a.id from asset a ",
            found!($joins, "order by "),
            $order,
            " limit $5 offset $6)) order by ",
            $order
        )
    };
}

/// A statement for each order, so that Postgres can take the order from an index.
fn page_sql(sort: &str) -> &'static str {
    match sort {
        "-name" => page_by!("", "lower(a.name) desc, a.id desc"),
        "organization" => page_by!(
            "join organization o on o.id = a.organization_id",
            "lower(o.name), o.id, lower(a.name), a.id"
        ),
        "-organization" => page_by!(
            "join organization o on o.id = a.organization_id",
            "lower(o.name) desc, o.id desc, lower(a.name), a.id"
        ),
        "serial" => page_by!("", "a.serial_number = '', lower(a.serial_number), a.id"),
        "-serial" => page_by!("", "a.serial_number = '', lower(a.serial_number) desc, a.id"),
        "contact" => page_by!(
            "left join asset_assignment s on s.asset_id = a.id left join end_user e on e.id = s.end_user_id",
            "lower(e.name) nulls last, a.id"
        ),
        "-contact" => page_by!(
            "left join asset_assignment s on s.asset_id = a.id left join end_user e on e.id = s.end_user_id",
            "lower(e.name) desc nulls last, a.id"
        ),
        _ => page_by!("", "lower(a.name), a.id"),
    }
}

/// A page of Assets, and how many there are in all.
pub async fn page(pool: &PgPool, query: &AssetQuery, now: &Now) -> Result<(Vec<AssetRow>, i64)> {
    let words = pattern(&query.search);
    // No address holds a dash, so that words which are part of none find none.
    let mac = Mac::part(&query.search).map_or_else(|| "-".to_owned(), |part| format!("%{part}%"));
    let total: i64 = sqlx::query_scalar(found!("select count(*) from asset a", ""))
        .bind(query.organization)
        .bind(&words)
        .bind(&mac)
        .bind(query.theirs.as_deref())
        .fetch_one(pool)
        .await?;
    let rows: Vec<Row> = sqlx::query_as(page_sql(&query.sort))
        .bind(query.organization)
        .bind(&words)
        .bind(&mac)
        .bind(query.theirs.as_deref())
        .bind(PAGE)
        .bind((query.page.max(1) - 1).saturating_mul(PAGE))
        .fetch_all(pool)
        .await?;
    let rows = rows.into_iter().map(|row| row.into_model(now)).collect::<Result<_>>()?;
    Ok((rows, total))
}

/// One Asset.
pub async fn get(db: impl PgExecutor<'_>, id: AssetId, now: &Now) -> Result<AssetRow> {
    let row: Option<Row> = sqlx::query_as(rows!("where a.id = $1"))
        .bind(id)
        .fetch_optional(db)
        .await?;
    row.ok_or(StoreError::NotFound("This Asset"))?.into_model(now)
}

/// The Assets that are assigned to an End User, by name; of these what is theirs.
pub async fn of_end_user(
    db: impl PgExecutor<'_>,
    end_user: EndUserId,
    theirs: Theirs<'_>,
    now: &Now,
) -> Result<Vec<AssetRow>> {
    let rows: Vec<Row> = sqlx::query_as(rows!(
        "where s.end_user_id = $1 and ($2::uuid[] is null or a.organization_id = any ($2))
         order by lower(a.name), a.id"
    ))
    .bind(end_user)
    .bind(theirs)
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| row.into_model(now)).collect()
}

/// The fields of an Asset.
pub async fn fields(db: impl PgExecutor<'_>, id: AssetId) -> Result<Asset> {
    let row: Option<(String, String, Vec<String>)> = sqlx::query_as(
        "select a.name, a.serial_number,
                array(select m.mac from asset_mac m where m.asset_id = a.id order by m.mac)
         from asset a where a.id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    let (name, serial_number, kept) = row.ok_or(StoreError::NotFound("This Asset"))?;
    Ok(Asset {
        name,
        serial_number,
        macs: macs(&kept),
    })
}

/// Whoever wrote the fields of an Asset last, and when.
pub async fn written(db: impl PgExecutor<'_>, id: AssetId) -> Result<(String, DateTime<Utc>)> {
    sqlx::query_as("select written_by, written_at from asset where id = $1")
        .bind(id)
        .fetch_optional(db)
        .await?
        .ok_or(StoreError::NotFound("This Asset"))
}

/// How many End Users a choice offers; a search finds the others.
const OFFERED: i64 = 50;

/// End Users of an Organization by a part of their name or address: the first of them, by name.
pub async fn assignable(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    search: &str,
) -> Result<Vec<AssignablePerson>> {
    let people: Vec<(EndUserId, String, String)> = sqlx::query_as(
        "select id, name, email from end_user
         where organization_id = $1 and ($2 = '%%' or name ilike $2 or email ilike $2)
         order by lower(name), id limit $3",
    )
    .bind(organization)
    .bind(pattern(search))
    .bind(OFFERED)
    .fetch_all(db)
    .await?;
    let people = people.into_iter();
    Ok(people
        .map(|(id, name, email)| AssignablePerson { id, name, email })
        .collect())
}

/// Adds an Asset to an Organization. `written_by` is whoever does it, as the screen names them. Nothing is written, and
/// `false` returned, where there is one with this id.
pub async fn insert(
    tx: &mut PgConnection,
    id: AssetId,
    organization: OrganizationId,
    asset: &Asset,
    written_by: &str,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into asset (id, organization_id, name, serial_number, written_by) values ($1, $2, $3, $4, $5)
         on conflict (id) do nothing",
    )
    .bind(id)
    .bind(organization)
    .bind(&asset.name)
    .bind(&asset.serial_number)
    .bind(written_by)
    .execute(&mut *tx)
    .await
    .map_err(refused)?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    insert_macs(tx, id, &asset.macs).await?;
    Ok(true)
}

/// Writes the fields of an Asset, whatever they were.
pub async fn write(tx: &mut PgConnection, id: AssetId, asset: &Asset, written_by: &str) -> Result<()> {
    sqlx::query(
        "update asset set name = $2, serial_number = $3, written_by = $4, written_at = now(), updated_at = now()
         where id = $1",
    )
    .bind(id)
    .bind(&asset.name)
    .bind(&asset.serial_number)
    .bind(written_by)
    .execute(&mut *tx)
    .await
    .map_err(refused)?;
    let kept: Vec<_> = asset.macs.iter().map(|mac| mac.hex()).collect();
    sqlx::query("delete from asset_mac where asset_id = $1 and mac <> all ($2)")
        .bind(id)
        .bind(kept)
        .execute(&mut *tx)
        .await?;
    insert_macs(tx, id, &asset.macs).await
}

fn refused(error: sqlx::Error) -> StoreError {
    match error.as_database_error().and_then(|error| error.constraint()) {
        Some("asset_name_not_blank") => StoreError::Conflict("An Asset needs a name."),
        Some("asset_organization_id_fkey") => StoreError::NotFound("This Organization"),
        _ => error.into(),
    }
}

async fn insert_macs(tx: &mut PgConnection, id: AssetId, macs: &[Mac]) -> Result<()> {
    let macs: Vec<_> = macs.iter().map(|mac| mac.hex()).collect();
    sqlx::query(
        "insert into asset_mac (asset_id, mac) select $1, mac from unnest($2::text[]) as n (mac)
         on conflict (asset_id, mac) do nothing",
    )
    .bind(id)
    .bind(macs)
    .execute(tx)
    .await?;
    Ok(())
}
