//! The plain client that many start with: it reads the listing page by page and upserts the users alone, one row at a
//! time, over one connection. Reported beside our first run.

use crate::{
    Outcome,
    replay::{self, Asked},
    stage,
};
use chrono::{DateTime, Utc};
use entrain::{graph::User, model::ids::MicrosoftTenantId};
use serde::Deserialize;
use std::time::{Duration, Instant};
use uuid::Uuid;

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    value: Vec<User>,
}

/// Reads what was asked for once more and stores the users. Returns how long it took and how many there were.
pub async fn upsert(asked: &[Asked], url: &str, tenant: MicrosoftTenantId) -> Outcome<(Duration, usize)> {
    let pool = stage::pool(url).await?;
    let mut connection = pool.acquire().await?;
    let began = Instant::now();
    let mut users = 0;
    let pages: Vec<_> = asked.iter().filter(|asked| asked.is_for_users()).cloned().collect();
    for (_, body) in replay::replay(&pages).await?.answers {
        for user in serde_json::from_slice::<Page>(&body)?.value {
            store(&mut connection, tenant, &user).await?;
            users += 1;
        }
    }
    let took = began.elapsed();
    drop(connection);
    pool.close().await;
    Ok((took, users))
}

async fn store(db: &mut sqlx::PgConnection, tenant: MicrosoftTenantId, user: &User) -> Outcome<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let licenses = user
        .assigned_licenses
        .items()
        .unwrap_or_default()
        .iter()
        .map(|license| license.sku_id);
    let guest = user.user_type.as_deref() == Some("Guest");
    let disabled: Option<DateTime<Utc>> = (user.account_enabled == Some(false)).then(Utc::now);
    sqlx::query(
        "insert into directory_user (microsoft_tenant_id, id, row_hash, upn, display_name, given_name, surname, mail,
             other_mails, business_phone, mobile_phone, street_address, city, state, postal_code, job_title,
             department, office_location, user_type, created_at, disabled_at, licenses)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
         on conflict (microsoft_tenant_id, id) do update set
             row_hash = excluded.row_hash, upn = excluded.upn, display_name = excluded.display_name,
             given_name = excluded.given_name, surname = excluded.surname, mail = excluded.mail,
             other_mails = excluded.other_mails, business_phone = excluded.business_phone,
             mobile_phone = excluded.mobile_phone, street_address = excluded.street_address, city = excluded.city,
             state = excluded.state, postal_code = excluded.postal_code, job_title = excluded.job_title,
             department = excluded.department, office_location = excluded.office_location,
             user_type = excluded.user_type, created_at = excluded.created_at, disabled_at = excluded.disabled_at,
             licenses = excluded.licenses",
    )
    .bind(tenant)
    .bind(user.id)
    .bind(user.id)
    .bind(text(&user.user_principal_name))
    .bind(text(&user.display_name))
    .bind(text(&user.given_name))
    .bind(text(&user.surname))
    .bind(text(&user.mail))
    .bind(&user.other_mails)
    .bind(user.business_phones.first().cloned().unwrap_or_default())
    .bind(text(&user.mobile_phone))
    .bind(text(&user.street_address))
    .bind(text(&user.city))
    .bind(text(&user.state))
    .bind(text(&user.postal_code))
    .bind(text(&user.job_title))
    .bind(text(&user.department))
    .bind(text(&user.office_location))
    .bind(if guest { "guest" } else { "member" })
    .bind(user.created_date_time)
    .bind(disabled)
    .bind(licenses.collect::<Vec<Uuid>>())
    .execute(db)
    .await?;
    Ok(())
}
