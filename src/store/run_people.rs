//! Every person of a run: those it tells of, and the unchanged and the long-standing, who have no row of their own and
//! are read from today's directory (what a run keeps: see "Runs" in the docs).

use super::{access::SeenRun, error::Result, run::PersonOut, search::pattern};
use crate::model::{
    plan::{Outcome, Reason},
    run::RunPerson,
};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use sqlx::{FromRow, PgPool, types::Json};

/// Those whom the run tells of, by name.
pub fn told<'a>(
    pool: &'a PgPool,
    run: SeenRun<'a>,
    outcome: Option<Outcome>,
    search: &str,
) -> BoxStream<'a, Result<RunPerson>> {
    sqlx::query_as::<_, PersonOut>(
        "select o.name as organization, o.id as organization_id, p.directory_user_id, p.end_user_id, p.name,
                p.address, p.outcome, p.reason, p.changes
         from run_person p join organization o on o.id = p.organization_id join run r on r.id = p.run_id
         where p.run_id = $1 and ($2 is null or p.outcome = $2)
           and ($3 = '%%' or p.name ilike $3 or p.address ilike $3)
           and ($4::uuid[] is null or sees_person(p.organization_id, r.microsoft_tenant_id, p.directory_user_id, $4))
         order by lower(p.name), p.directory_user_id, o.id",
    )
    .bind(run.id)
    .bind(outcome.map(Outcome::key))
    .bind(pattern(search))
    .bind(run.theirs)
    .fetch(pool)
    .map_ok(PersonOut::into_model)
    .err_into()
    .boxed()
}

macro_rules! as_of_now_sql {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from run r
              join run_organization ro on ro.run_id = r.id
              join organization o on o.id = ro.organization_id
              join directory_user u on u.microsoft_tenant_id = r.microsoft_tenant_id
              left join standing_outcome s on s.organization_id = o.id
                   and s.microsoft_tenant_id = r.microsoft_tenant_id and s.directory_user_id = u.id
              left join end_user_mapping m on m.organization_id = o.id
                   and m.microsoft_tenant_id = r.microsoft_tenant_id and m.directory_user_id = u.id
              where r.id = $1 and (s.directory_user_id is not null or m.end_user_id is not null)
                and not exists (select 1 from run_person p where p.run_id = r.id and p.organization_id = o.id
                                                             and p.directory_user_id = u.id)
                and ($2 is null or coalesce(s.outcome, 'unchanged') = $2)
                and ($3 = '%%' or u.display_name ilike $3 or u.mail ilike $3 or u.upn ilike $3)
                and ($4::uuid[] is null or sees_person(o.id, r.microsoft_tenant_id, u.id, $4)) ",
            $rest
        )
    };
}

macro_rules! now_columns {
    ($rest:literal) => {
        as_of_now_sql!(
            "o.name as organization, o.id as organization_id, u.id as directory_user_id, m.end_user_id,
             coalesce(nullif(u.display_name, ''), u.upn) as name, coalesce(nullif(u.mail, ''), u.upn) as address,
             coalesce(s.outcome, 'unchanged') as outcome, s.reason as standing",
            $rest
        )
    };
}

#[derive(FromRow)]
struct NowRow {
    organization: String,
    organization_id: crate::model::ids::OrganizationId,
    directory_user_id: crate::model::ids::DirectoryUserId,
    end_user_id: Option<crate::model::ids::EndUserId>,
    name: String,
    address: String,
    outcome: String,
    standing: Option<Json<Reason>>,
}

impl NowRow {
    fn into_model(self) -> RunPerson {
        RunPerson {
            organization: self.organization,
            organization_id: self.organization_id,
            user: self.directory_user_id,
            end_user: self.end_user_id,
            name: self.name,
            address: self.address,
            outcome: Outcome::from_key(&self.outcome).unwrap_or(Outcome::Unchanged),
            reason: self.standing.map_or(Reason::UpToDate, |Json(reason)| reason),
            changes: vec![],
        }
    }
}

/// The unchanged and the long-standing of a run's Organizations, as they are now, by name.
pub fn as_of_now<'a>(
    pool: &'a PgPool,
    run: SeenRun<'a>,
    outcome: Option<Outcome>,
    search: &str,
) -> BoxStream<'a, Result<RunPerson>> {
    sqlx::query_as::<_, NowRow>(now_columns!("order by lower(u.display_name), u.id, o.id"))
        .bind(run.id)
        .bind(outcome.map(Outcome::key))
        .bind(pattern(search))
        .bind(run.theirs)
        .fetch(pool)
        .map_ok(NowRow::into_model)
        .err_into()
        .boxed()
}

/// A page of them, and how many there are in all.
pub async fn page_as_of_now(
    pool: &PgPool,
    run: impl Into<SeenRun<'_>>,
    search: &str,
    page: i64,
    page_size: i64,
) -> Result<(Vec<RunPerson>, i64)> {
    let run = run.into();
    let rows: Vec<NowRow> = sqlx::query_as(now_columns!(
        "order by lower(u.display_name), u.id, o.id limit $5 offset $6"
    ))
    .bind(run.id)
    .bind(None::<&str>)
    .bind(pattern(search))
    .bind(run.theirs)
    .bind(page_size)
    .bind((page.max(1) - 1).saturating_mul(page_size))
    .fetch_all(pool)
    .await?;
    let total = sqlx::query_scalar(as_of_now_sql!("count(*)", ""))
        .bind(run.id)
        .bind(None::<&str>)
        .bind(pattern(search))
        .bind(run.theirs)
        .fetch_one(pool)
        .await?;
    Ok((rows.into_iter().map(NowRow::into_model).collect(), total))
}
