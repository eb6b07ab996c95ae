//! What the dialog of filters offers, as it is kept, and the counting that it comes from.
//!
//! A kept row is exact for as long as it is there: see `directory_facets` in the migrations.

use super::error::Result;
use crate::model::{
    facet_counts::{Counted, CountedGroup, RawValue},
    filter::{Facets, Section},
    ids::{DirectoryUserId, GroupId, MicrosoftTenantId},
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor, types::Json};
use std::collections::HashMap;

/// The kept facets of a Microsoft tenant; none while something changed that was not counted since.
pub async fn kept(db: impl PgExecutor<'_>, tenant: MicrosoftTenantId) -> Result<Option<Facets>> {
    let row: Option<Json<Facets>> =
        sqlx::query_scalar("select facets from directory_facets where microsoft_tenant_id = $1")
            .bind(tenant)
            .fetch_optional(db)
            .await?;
    Ok(row.map(|Json(facets)| facets))
}

/// Keeps what was counted in this transaction.
pub async fn keep(tx: &mut PgConnection, tenant: MicrosoftTenantId, facets: &Facets) -> Result<()> {
    sqlx::query(
        "insert into directory_facets (microsoft_tenant_id, facets) values ($1, $2)
         on conflict (microsoft_tenant_id) do update set facets = excluded.facets",
    )
    .bind(tenant)
    .bind(Json(facets))
    .execute(&mut *tx)
    .await?;
    // What changes after this in the same transaction is forgotten again.
    sqlx::query("select set_config('entrain.facets_forgotten', '', true)")
        .execute(tx)
        .await?;
    Ok(())
}

/// The living users with their addresses: `sync::address` in SQL. Values in the directory are cleaned, so one that is not
/// empty is an address, cut where the column of an End User ends.
macro_rules! living {
    () => {
        "(select u.id, u.created_at, u.office_location, u.department, u.user_type, u.licenses,
                 coalesce(g.groups, '{}') as groups,
                 left(case
                     when u.mail <> '' then u.mail
                     when u.upn <> '' and u.upn not ilike '%#ext#%' then u.upn
                     when u.user_type = 'guest' then coalesce((
                         select o.mail from unnest(u.other_mails) with ordinality as o (mail, place)
                         where o.mail <> '' order by o.place limit 1
                     ), '')
                     else '' end, 320) as address
          from directory_user u
          left join directory_user_groups g
              on g.microsoft_tenant_id = u.microsoft_tenant_id and g.directory_user_id = u.id
          where u.microsoft_tenant_id = $1 and u.deleted_at is null) living"
    };
}

/// What follows the last `@` of the address.
macro_rules! domain {
    () => {
        "case when strpos(address, '@') > 0 then split_part(address, '@', -1) else '' end"
    };
}

/// The longest-standing user of each of some values.
macro_rules! oldest {
    ($value:expr) => {
        concat!(
            "select distinct on (v.raw) v.raw, v.created_at, v.id from (select ",
            $value,
            " as raw, created_at, id from ",
            living!(),
            ") v where v.raw = any ($2) order by v.raw, v.created_at nulls last, v.id"
        )
    };
}

#[derive(FromRow)]
struct CountRow {
    what: i32,
    domain: Option<String>,
    office_location: Option<String>,
    department: Option<String>,
    is_guest: Option<bool>,
    is_licensed: Option<bool>,
    is_in_no_group: Option<bool>,
    users: i64,
}

/// Counts the values of a directory, as they are written there.
pub async fn count(tx: &mut PgConnection, tenant: MicrosoftTenantId) -> Result<Counted> {
    // One look at every user, whatever the number of sections. What a row is about is the one bit that is not set.
    let rows: Vec<CountRow> = sqlx::query_as(concat!(
        "select grouping(domain, office_location, department, is_guest, is_licensed, is_in_no_group) as what,
                domain, office_location, department, is_guest, is_licensed, is_in_no_group, count(*) as users
         from (select ",
        domain!(),
        " as domain, office_location, department, user_type = 'guest' as is_guest,
                      licenses <> '{}' as is_licensed, groups = '{}' as is_in_no_group
               from ",
        living!(),
        ") told
         group by grouping sets (
             (domain), (office_location), (department), (is_guest), (is_licensed), (is_in_no_group))"
    ))
    .bind(tenant)
    .fetch_all(&mut *tx)
    .await?;
    let mut counted = Counted::default();
    for row in rows {
        add(&mut counted, row);
    }
    let groups: Vec<(GroupId, String, bool, i64)> = sqlx::query_as(
        "select g.id, g.name, g.gone_at is not null, coalesce(c.users, 0)
         from directory_group g
         left join (select m.id, count(*) as users
                    from directory_user u
                    join directory_user_groups i
                        on i.microsoft_tenant_id = u.microsoft_tenant_id and i.directory_user_id = u.id,
                    unnest(i.groups) as m (id)
                    where u.microsoft_tenant_id = $1 and u.deleted_at is null group by m.id) c on c.id = g.id
         where g.microsoft_tenant_id = $1",
    )
    .bind(tenant)
    .fetch_all(tx)
    .await?;
    counted.groups = groups
        .into_iter()
        .map(|(id, name, gone, users)| CountedGroup {
            id,
            name,
            gone,
            users: number(users),
        })
        .collect();
    Ok(counted)
}

fn add(counted: &mut Counted, row: CountRow) {
    let users = number(row.users);
    let (section, raw) = match row.what {
        0b01_1111 => (Section::Domain, row.domain),
        0b10_1111 => (Section::OfficeLocation, row.office_location),
        0b11_0111 => (Section::Department, row.department),
        0b11_1011 => {
            counted.users += users;
            counted.guests += if row.is_guest == Some(true) { users } else { 0 };
            return;
        }
        0b11_1101 => {
            counted.licensed += if row.is_licensed == Some(true) { users } else { 0 };
            return;
        }
        _ => {
            counted.in_no_group += if row.is_in_no_group == Some(true) { users } else { 0 };
            return;
        }
    };
    counted.values.push(RawValue {
        section,
        raw: raw.unwrap_or_default(),
        users,
        oldest: None,
    });
}

fn number(n: i64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

type OldestRow = (String, Option<DateTime<Utc>>, DirectoryUserId);

/// The longest-standing user of these values, written into what was counted.
pub async fn tell_oldest(
    tx: &mut PgConnection,
    tenant: MicrosoftTenantId,
    asked: &[(Section, String)],
    counted: &mut Counted,
) -> Result<()> {
    for section in [Section::Domain, Section::OfficeLocation, Section::Department] {
        let raw: Vec<_> = asked
            .iter()
            .filter(|(of, _)| *of == section)
            .map(|(_, raw)| raw)
            .collect();
        if raw.is_empty() {
            continue;
        }
        let rows: Vec<OldestRow> = sqlx::query_as(match section {
            Section::Domain => oldest!(domain!()),
            Section::OfficeLocation => oldest!("office_location"),
            _ => oldest!("department"),
        })
        .bind(tenant)
        .bind(raw)
        .fetch_all(&mut *tx)
        .await?;
        let mut oldest: HashMap<_, _> = rows
            .into_iter()
            .map(|(raw, created_at, id)| (raw, (created_at.is_none(), created_at, id)))
            .collect();
        for value in counted.values.iter_mut().filter(|value| value.section == section) {
            value.oldest = oldest.remove(&value.raw).or(value.oldest);
        }
    }
    Ok(())
}
