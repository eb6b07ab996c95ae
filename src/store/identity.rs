//! Who an account is elsewhere, and who may become one.

use super::{
    account::{self, Account},
    account_list::Held,
    audit,
    error::Result,
};
use crate::model::{
    access::Role,
    audit::{Action, Actor, AuditChange, NewAuditEvent, Subject},
    sign_in::ProviderKind,
};
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

/// A person at a provider: never by an address, which may be somebody else's tomorrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person<'a> {
    /// Which provider.
    pub provider: ProviderKind,
    /// The tenant at Microsoft, the issuer elsewhere.
    pub authority: &'a str,
    /// The object id at Microsoft, the subject elsewhere.
    pub subject: &'a str,
}

/// An account and whether it may sign in.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Known {
    /// Which.
    #[sqlx(flatten)]
    pub account: Account,
    /// Whether an Administrator has disabled it.
    pub disabled: bool,
    /// Whether it lives by an app role in the token.
    pub by_role: bool,
}

/// The account of a person.
pub async fn find(db: impl PgExecutor<'_>, person: &Person<'_>) -> Result<Option<Known>> {
    Ok(sqlx::query_as(
        "update account_identity i set last_used_at = now() from account a
         where a.id = i.account_id and i.provider = $1 and i.authority = $2 and i.subject = $3
         returning a.id, a.email, a.name, a.role, a.disabled_at is not null as disabled, i.by_role",
    )
    .bind(person.provider.key())
    .bind(person.authority)
    .bind(person.subject)
    .fetch_optional(db)
    .await?)
}

/// How many days an invitation is good.
pub const INVITED_DAYS: i32 = 14;

/// The account that waits for whoever has this address in this realm and is nobody's yet. `only_realm`: people come from
/// nowhere else. An invitation ends after [`INVITED_DAYS`], and so does the wait of an account that has none.
pub async fn invited(db: impl PgExecutor<'_>, address: &str, realm: &str, only_realm: bool) -> Result<Option<Known>> {
    let found: Option<Known> = sqlx::query_as(
        "select a.id, a.email, a.name, a.role, a.disabled_at is not null as disabled, false as by_role
         from account a left join account_invitation v on v.account_id = a.id
         where lower(a.email) = lower($1)
           and not exists (select from account_identity i where i.account_id = a.id)
           and (v.realm = $2 and v.expires_at > now()
                or v.realm is null and a.password_hash is null and $3
                   and a.created_at > now() - make_interval(days => $4))",
    )
    .bind(address.trim())
    .bind(realm)
    .bind(only_realm)
    .bind(INVITED_DAYS)
    .fetch_optional(db)
    .await?;
    // Letters that only look alike can have the same small letter in the database.
    Ok(found.filter(|known| known.account.email.eq_ignore_ascii_case(address.trim())))
}

/// Has the account with this email wait for whoever has its address in this realm, whether it has a password or not, and
/// adds it where there is none.
pub async fn invite(pool: &PgPool, actor: &Actor, new: &Account, realm: &str) -> Result<()> {
    let mut tx = pool.begin().await?;
    let found = account::by_email(&mut *tx, &new.email)
        .await?
        .map(|(account, _)| account);
    let (account, action) = match &found {
        Some(account) => (account, Action::Edit),
        None => {
            account::create(&mut *tx, new, None).await?;
            (new, Action::Create)
        }
    };
    let before: Option<String> = sqlx::query_scalar("select realm from account_invitation where account_id = $1")
        .bind(account.id)
        .fetch_optional(&mut *tx)
        .await?;
    sqlx::query(
        "insert into account_invitation (account_id, realm, expires_at)
         values ($1, $2, now() + make_interval(days => $3))
         on conflict on constraint account_invitation_pkey
         do update set realm = excluded.realm, expires_at = excluded.expires_at, invited_at = now()",
    )
    .bind(account.id)
    .bind(realm)
    .bind(INVITED_DAYS)
    .execute(&mut *tx)
    .await?;
    let change = AuditChange::new("Invited from", &before.unwrap_or_default(), realm);
    record(&mut tx, actor, action, account, change).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes an account this person's. Tells whether it was still nobody's, and its invitation, if it has one, still good.
pub async fn bind(pool: &PgPool, actor: &Actor, account: &Account, person: &Person<'_>) -> Result<bool> {
    let mut tx = pool.begin().await?;
    let bound = insert(&mut tx, account, person, false).await?;
    if bound {
        // By the clock of this moment: the transaction may have waited for one that withdrew the invitation.
        let good: Option<bool> = sqlx::query_scalar(
            "delete from account_invitation where account_id = $1 returning expires_at > clock_timestamp()",
        )
        .bind(account.id)
        .fetch_optional(&mut *tx)
        .await?;
        if good == Some(false) {
            return Ok(false);
        }
        let change = AuditChange::new("Signs in with", "", &words(person));
        record(&mut tx, actor, Action::Edit, account, change).await?;
    }
    tx.commit().await?;
    Ok(bound)
}

/// Adds an account for a person with an app role.
pub async fn create(pool: &PgPool, actor: &Actor, account: &Account, person: &Person<'_>) -> Result<()> {
    let mut tx = pool.begin().await?;
    account::create(&mut *tx, account, None).await?;
    insert(&mut tx, account, person, true).await?;
    let role = AuditChange::new("Role", "", account.role.label());
    let way = AuditChange::new("Signs in with", "", &words(person));
    record(&mut tx, actor, Action::Create, account, role.into_iter().chain(way)).await?;
    tx.commit().await?;
    Ok(())
}

/// Gives an account the app role that its person has now. It takes the last Administrator as little as a change by hand.
pub async fn follow_role(pool: &PgPool, actor: &Actor, account: &Account, role: Role) -> Result<()> {
    let mut tx = pool.begin().await?;
    let held = Held::lock(&mut tx, account.id).await?;
    if role != Role::Administrator {
        held.is_not_the_last(&mut tx, account.id).await?;
    }
    sqlx::query("update account set role = $2 where id = $1")
        .bind(account.id)
        .bind(role.key())
        .execute(&mut *tx)
        .await?;
    let change = AuditChange::new("Role", account.role.label(), role.label());
    record(&mut tx, actor, Action::Edit, account, change).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether it was nobody's: of two who come at once, one is too late.
async fn insert(tx: &mut PgConnection, account: &Account, person: &Person<'_>, by_role: bool) -> Result<bool> {
    let done = sqlx::query(
        "insert into account_identity (provider, authority, subject, account_id, by_role) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
    )
    .bind(person.provider.key())
    .bind(person.authority)
    .bind(person.subject)
    .bind(account.id)
    .bind(by_role)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

async fn record(
    tx: &mut PgConnection,
    actor: &Actor,
    action: Action,
    account: &Account,
    changes: impl IntoIterator<Item = AuditChange>,
) -> Result<()> {
    let event = NewAuditEvent {
        action,
        subject: Subject::Account,
        subject_id: account.id.0,
        subject_name: account.name.clone(),
        organization: None,
        changes: changes.into_iter().collect(),
    };
    audit::record(tx, actor, &event).await
}

fn words(person: &Person<'_>) -> String {
    match person.provider {
        ProviderKind::Microsoft => format!("Microsoft: {} in the tenant {}", person.subject, person.authority),
        ProviderKind::Openid => format!("{} at {}", person.subject, person.authority),
    }
}
