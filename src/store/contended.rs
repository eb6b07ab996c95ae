//! Fields that another program writes too: how often the sync restored them, and what was decided.

use super::{
    audit,
    error::{Result, StoreError},
};
use crate::model::{
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    end_user::{Field, Fields},
    held::{Contended, ContendedField, Contest, Part},
    ids::{DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId},
};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, types::Json};

fn field(key: &str) -> Option<Field> {
    match Part::from_key(key)? {
        Part::Field(field) => Some(field),
        _ => None,
    }
}

#[derive(FromRow)]
struct Row {
    directory_user_id: DirectoryUserId,
    end_user_id: EndUserId,
    field: String,
    value: String,
    runs: i32,
    state: String,
    writer: String,
}

/// What is remembered of an Organization's restored fields.
pub async fn of_organization(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Vec<Contended>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select c.directory_user_id, c.end_user_id, c.field, c.value, c.runs, c.state, e.written_by as writer
         from contended_field c join end_user e on e.id = c.end_user_id
         where c.organization_id = $1 and c.microsoft_tenant_id = $2",
    )
    .bind(organization)
    .bind(tenant)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Contended {
                user: row.directory_user_id,
                end_user: row.end_user_id,
                field: field(&row.field)?,
                value: row.value,
                runs: u32::try_from(row.runs).unwrap_or_default(),
                state: Contest::from_key(&row.state),
                writer: row.writer,
            })
        })
        .collect())
}

/// Remembers that a field was restored.
pub async fn remember(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    record: &Contended,
) -> Result<()> {
    sqlx::query(
        "insert into contended_field (organization_id, microsoft_tenant_id, directory_user_id, end_user_id, field, value,
                                      runs, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (organization_id, microsoft_tenant_id, directory_user_id, field) do update
         set end_user_id = excluded.end_user_id, value = excluded.value, runs = excluded.runs, state = excluded.state",
    )
    .bind(organization)
    .bind(tenant)
    .bind(record.user)
    .bind(record.end_user)
    .bind(record.field.key())
    .bind(&record.value)
    .bind(i32::try_from(record.runs).unwrap_or(i32::MAX))
    .bind(record.state.key())
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets a field.
pub async fn forget(
    tx: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    user: DirectoryUserId,
    field: Field,
) -> Result<()> {
    sqlx::query(
        "delete from contended_field where organization_id = $1 and microsoft_tenant_id = $2
            and directory_user_id = $3 and field = $4",
    )
    .bind(organization)
    .bind(tenant)
    .bind(user)
    .bind(field.key())
    .execute(tx)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct FieldRow {
    directory_user_id: DirectoryUserId,
    field: String,
    value: String,
    state: String,
    writer: String,
    held: Json<Fields>,
}

/// The contended fields of an End User, open and decided ones, in the order of the form.
pub async fn of_end_user(db: impl PgExecutor<'_>, end_user: EndUserId) -> Result<Vec<ContendedField>> {
    let rows: Vec<FieldRow> = sqlx::query_as(
        "select c.directory_user_id, c.field, c.value, c.state, e.written_by as writer,
                jsonb_build_object('name', e.name, 'email', e.email, 'phone', e.phone, 'mobile', e.mobile,
                                   'streetAddress', e.street_address, 'city', e.city, 'state', e.state,
                                   'postalCode', e.postal_code, 'jobTitle', e.job_title) as held
         from contended_field c join end_user e on e.id = c.end_user_id
         join organization o on o.id = c.organization_id
         join microsoft_tenant m on m.id = c.microsoft_tenant_id and m.tenant_id = o.tenant_id
         where c.end_user_id = $1 and c.state <> 'counting'",
    )
    .bind(end_user)
    .fetch_all(db)
    .await?;
    let mut fields: Vec<_> = rows
        .into_iter()
        .filter_map(|row| {
            let field = field(&row.field)?;
            Some(ContendedField {
                user: row.directory_user_id,
                end_user,
                field,
                microsoft: row.value,
                held: row.held.get(field).to_owned(),
                state: Contest::from_key(&row.state),
                writer: row.writer,
            })
        })
        .collect();
    fields.sort_unstable_by_key(|field| field.field);
    Ok(fields)
}

/// The End Users of an Organization with a contended field that nobody decided, by name, and how many fields in all.
pub async fn open_of_organization(
    db: impl PgExecutor<'_>,
    organization: OrganizationId,
    limit: i64,
) -> Result<(Vec<(EndUserId, String)>, i64)> {
    let rows: Vec<(EndUserId, String, i64)> = sqlx::query_as(
        "select e.id, e.name, (sum(count(*)) over ())::bigint from contended_field c
         join end_user e on e.id = c.end_user_id
         join user_sync s on s.organization_id = c.organization_id
              and s.microsoft_tenant_id = c.microsoft_tenant_id and s.enabled
         where c.organization_id = $1 and c.state = 'open'
         group by e.id, e.name order by lower(e.name), e.id limit $2",
    )
    .bind(organization)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let total = rows.first().map_or(0, |row| row.2);
    Ok((rows.into_iter().map(|(id, name, _)| (id, name)).collect(), total))
}

/// An administrator decides who writes a contended field, under the Microsoft tenant of today alone: an older contest is
/// not what they see. Returns the Microsoft tenant, whose next run follows it.
pub async fn decide(
    pool: &PgPool,
    end_user: EndUserId,
    contested: Field,
    state: Contest,
    actor: &Actor,
) -> Result<MicrosoftTenantId> {
    let mut tx = pool.begin().await?;
    let row: Option<(OrganizationId, MicrosoftTenantId, String, String, String)> = sqlx::query_as(
        "with before as (
             select c.organization_id, c.microsoft_tenant_id, c.directory_user_id, c.field, c.state, e.name, e.written_by
             from contended_field c
             join end_user e on e.id = c.end_user_id
             join organization o on o.id = c.organization_id
             join microsoft_tenant m on m.id = c.microsoft_tenant_id and m.tenant_id = o.tenant_id
             where c.end_user_id = $1 and c.field = $2 and c.state <> 'counting' for update of c
         )
         update contended_field c set state = $3 from before b
         where c.organization_id = b.organization_id and c.microsoft_tenant_id = b.microsoft_tenant_id
           and c.directory_user_id = b.directory_user_id and c.field = b.field
         returning b.organization_id, b.microsoft_tenant_id, b.name, b.written_by, b.state",
    )
    .bind(end_user)
    .bind(contested.key())
    .bind(state.key())
    .fetch_optional(&mut *tx)
    .await?;
    let Some((organization, tenant, name, writer, before)) = row else {
        return Err(StoreError::NotFound("This contended field"));
    };
    let change = AuditChange::new(
        contested.label(),
        winner(Contest::from_key(&before), &writer),
        winner(state, &writer),
    );
    let event = NewAuditEvent {
        action: Action::DecideContended,
        subject: Subject::EndUser,
        subject_id: end_user.0,
        subject_name: name,
        organization: Some(organization),
        changes: change.into_iter().collect(),
    };
    audit::record(&mut *tx, actor, &event).await?;
    tx.commit().await?;
    Ok(tenant)
}

/// Who writes a field by a decision, in the words of the audit log.
const fn winner(state: Contest, writer: &str) -> &str {
    match state {
        Contest::Counting | Contest::Open => "Nobody decided",
        Contest::Microsoft => "Microsoft",
        Contest::Other if writer.is_empty() => "the other program",
        Contest::Other => writer,
    }
}
