//! Accounts as Administrators see and change them. There is always one Administrator with a password who may sign in: for
//! the day on which a provider is away.

use super::{
    Now, account, audit,
    error::{Result, StoreError},
};
use crate::model::{
    access::{AccountRow, Invitation, Role},
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    ids::{AccountId, OrganizationId},
    sign_in::ProviderKind,
    time::Moment,
};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, types::Json};

#[derive(FromRow)]
struct Row {
    id: AccountId,
    email: String,
    name: String,
    #[sqlx(try_from = "String")]
    role: Role,
    disabled_at: Option<DateTime<Utc>>,
    invited_from: Option<String>,
    invited_domain: Option<String>,
    invited_at: Option<DateTime<Utc>>,
    invited_until: Option<DateTime<Utc>>,
    invitation_is_over: bool,
    organizations: Json<Vec<(OrganizationId, String)>>,
}

/// All accounts by name, each with the Organizations given to it and the invitation that it waits with. One that is over is
/// told only where nobody can sign in with a password instead.
pub async fn all(pool: &PgPool, now: &Now) -> Result<Vec<AccountRow>> {
    let rows: Vec<Row> = sqlx::query_as(
        "select a.id, a.email, a.name, a.role, a.disabled_at,
                v.realm as invited_from, v.invited_at, v.expires_at as invited_until,
                (select m.default_domain from microsoft_tenant m
                 where $1 || ':' || m.entra_tenant_id::text = v.realm and m.default_domain <> '') as invited_domain,
                coalesce(v.expires_at <= now(), false) as invitation_is_over,
                coalesce((select jsonb_agg(jsonb_build_array(o.id, o.name) order by lower(o.name), o.id)
                          from account_organization g join organization o on o.id = g.organization_id
                          where g.account_id = a.id), '[]') as organizations
         from account a
         left join account_invitation v on v.account_id = a.id
              and not exists (select 1 from account_identity i where i.account_id = a.id)
              and (v.expires_at > now() or a.password_hash is null)
         order by lower(a.name), a.id",
    )
    .bind(ProviderKind::Microsoft.key())
    .fetch_all(pool)
    .await?;
    let rows = rows.into_iter().map(|row| AccountRow {
        invited: invitation(&row, now),
        id: row.id,
        email: row.email,
        name: row.name,
        role: row.role,
        organizations: row.organizations.0,
        disabled: row.disabled_at.map(|at| Moment::new(at, now)),
    });
    Ok(rows.collect())
}

fn invitation(row: &Row, now: &Now) -> Option<Invitation> {
    Some(Invitation {
        from: row.invited_from.clone()?,
        domain: row.invited_domain.clone(),
        made: Moment::new(row.invited_at?, now),
        until: Moment::new(row.invited_until?, now),
        is_over: row.invitation_is_over,
    })
}

/// Every Organization by name, to give.
pub async fn to_give(pool: &PgPool) -> Result<Vec<(OrganizationId, String)>> {
    Ok(
        sqlx::query_as("select id, name from organization order by lower(name), id")
            .fetch_all(pool)
            .await?,
    )
}

/// Adds an account with these Organizations; an Administrator has all of them.
pub async fn add(
    pool: &PgPool,
    actor: &Actor,
    new: &account::Account,
    password_hash: &str,
    organizations: &[OrganizationId],
) -> Result<()> {
    let mut tx = pool.begin().await?;
    account::create(&mut *tx, new, Some(password_hash)).await?;
    let names = give(&mut tx, new.id, new.role, organizations).await?;
    let changes = [
        AuditChange::new("Email", "", &new.email),
        AuditChange::new("Role", "", new.role.label()),
        AuditChange::new("Organizations", "", &names),
    ];
    record(&mut tx, actor, Action::Create, new.id, &new.name, changes).await?;
    tx.commit().await?;
    Ok(())
}

/// Adds the first Administrator, unless there is an account already: of servers that start at once one adds it. Tells
/// whether it was added.
pub async fn add_first(pool: &PgPool, actor: &Actor, new: &account::Account, password_hash: &str) -> Result<bool> {
    let mut tx = pool.begin().await?;
    one_at_a_time(&mut tx).await?;
    if !account::is_none(&mut *tx).await? {
        return Ok(false);
    }
    account::create(&mut *tx, new, Some(password_hash)).await?;
    let changes = [
        AuditChange::new("Email", "", &new.email),
        AuditChange::new("Role", "", new.role.label()),
    ];
    record(&mut tx, actor, Action::Create, new.id, &new.name, changes).await?;
    tx.commit().await?;
    Ok(true)
}

/// Gives an account a role, and these Organizations in the place of those it had.
pub async fn change(
    pool: &PgPool,
    actor: &Actor,
    id: AccountId,
    role: Role,
    organizations: &[OrganizationId],
) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    if role != Role::Administrator {
        held.is_not_the_last(&mut tx, id).await?;
    }
    let before = names(&mut tx, id).await?;
    sqlx::query("update account set role = $2 where id = $1")
        .bind(id)
        .bind(role.key())
        .execute(&mut *tx)
        .await?;
    let after = give(&mut tx, id, role, organizations).await?;
    let changes = [
        AuditChange::new("Role", held.role.label(), role.label()),
        AuditChange::new("Organizations", &before, &after),
    ];
    if changes.iter().any(Option::is_some) {
        record(&mut tx, actor, Action::Edit, id, &held.name, changes).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Lets an account sign in no more, ends its sessions, and withdraws its invitation, for good. Nobody does it to themselves.
pub async fn disable(pool: &PgPool, actor: &Actor, id: AccountId) -> Result<()> {
    if actor.id == Some(id) {
        return Err(StoreError::Conflict(
            "This is your own account. Another Administrator can disable it.",
        ));
    }
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    if held.disabled {
        return Ok(());
    }
    held.is_not_the_last(&mut tx, id).await?;
    sqlx::query("update account set disabled_at = now() where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from session where account_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    // The row stays: without one an account would wait for whoever comes from the only place there is.
    sqlx::query("update account_invitation set expires_at = least(expires_at, now()) where account_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let changes = [AuditChange::new("Sign-in", "Enabled", "Disabled")];
    record(&mut tx, actor, Action::DisableAccount, id, &held.name, changes).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets an account sign in again.
pub async fn enable(pool: &PgPool, actor: &Actor, id: AccountId) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, id).await?;
    if !held.disabled {
        return Ok(());
    }
    sqlx::query("update account set disabled_at = null where id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    let changes = [AuditChange::new("Sign-in", "Disabled", "Enabled")];
    record(&mut tx, actor, Action::EnableAccount, id, &held.name, changes).await?;
    tx.commit().await?;
    Ok(())
}

/// An account whose right to sign in changes, alone among all.
#[derive(FromRow)]
pub(super) struct Held {
    pub(super) name: String,
    #[sqlx(try_from = "String")]
    role: Role,
    pub(super) disabled: bool,
}

impl Held {
    /// Keeps every other such change out until the transaction ends.
    pub(super) async fn lock(tx: &mut PgConnection, id: AccountId) -> Result<Self> {
        one_at_a_time(tx).await?;
        sqlx::query_as("select name, role, disabled_at is not null as disabled from account where id = $1 for update")
            .bind(id)
            .fetch_optional(tx)
            .await?
            .ok_or(StoreError::NotFound("This account"))
    }

    /// Refuses to take the last Administrator who may sign in with a password: one who comes from a provider only does not
    /// count.
    pub(super) async fn is_not_the_last(&self, tx: &mut PgConnection, id: AccountId) -> Result<()> {
        if self.role != Role::Administrator || self.disabled {
            return Ok(());
        }
        let others: bool = sqlx::query_scalar(
            "select exists (select 1 from account
                            where role = 'administrator' and disabled_at is null and password_hash is not null
                              and id <> $1)",
        )
        .bind(id)
        .fetch_one(tx)
        .await?;
        if others {
            return Ok(());
        }
        Err(StoreError::Conflict(
            "No other Administrator has a password, with which to sign in when a provider is away. Add one with a password \
             first: Settings, Accounts, or entrain admin create.",
        ))
    }
}

/// One change at a time until the transaction ends: two Administrators who take each other's role at once would leave
/// none.
async fn one_at_a_time(tx: &mut PgConnection) -> Result<()> {
    sqlx::query("select pg_advisory_xact_lock(hashtext('account'))")
        .execute(tx)
        .await?;
    Ok(())
}

/// The names of the Organizations of an account, as the audit log keeps them.
async fn names(tx: &mut PgConnection, id: AccountId) -> Result<String> {
    let names: Option<String> = sqlx::query_scalar(
        "select case when a.role = 'administrator' then 'All' else
                    (select string_agg(o.name, ', ' order by lower(o.name), o.id)
                     from account_organization g join organization o on o.id = g.organization_id
                     where g.account_id = a.id) end
         from account a where a.id = $1",
    )
    .bind(id)
    .fetch_one(tx)
    .await?;
    Ok(names.unwrap_or_default())
}

/// Gives these Organizations and no others. What they are called.
async fn give(tx: &mut PgConnection, id: AccountId, role: Role, organizations: &[OrganizationId]) -> Result<String> {
    let organizations = if role == Role::Administrator {
        &[]
    } else {
        organizations
    };
    sqlx::query("delete from account_organization where account_id = $1 and organization_id <> all ($2)")
        .bind(id)
        .bind(organizations)
        .execute(&mut *tx)
        .await?;
    // One that was deleted meanwhile is passed over.
    sqlx::query(
        "insert into account_organization (account_id, organization_id)
         select $1, o.id from organization o where o.id = any ($2)
         on conflict (account_id, organization_id) do nothing",
    )
    .bind(id)
    .bind(organizations)
    .execute(&mut *tx)
    .await?;
    names(tx, id).await
}

/// Writes down what was done to an account.
pub(super) async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    id: AccountId,
    name: &str,
    changes: impl IntoIterator<Item = Option<AuditChange>>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Account,
        subject_id: id.0,
        subject_name: name.to_owned(),
        organization: None,
        changes: changes.into_iter().flatten().collect(),
    };
    audit::record(tx, actor, &event).await
}
