//! Each connected Microsoft tenant, asked in its own cloud: the same report as **Check Permissions** draws.

use super::report::{Area, Check, Permission};
use crate::{
    command::progress::Teller,
    engine::{Engine, probe},
    model::{permission::Probe, permission_report::PermissionReport, tenant::MicrosoftTenantRow},
    store,
};
use chrono::Utc;
use futures::{StreamExt as _, stream};

/// How many Microsoft tenants are asked at a time.
const AT_A_TIME: usize = 8;

/// A new token and a small read for each permission of every connected Microsoft tenant. No database, no engine.
pub async fn microsoft_tenants(engine: Option<&Engine>, teller: &Teller) -> Vec<Check> {
    let all = |why: &str| vec![Check::not_tried(Area::MicrosoftTenants, "all", why)];
    let Some(engine) = engine else {
        return all("without a database nobody knows which are connected");
    };
    let missing = "the database has no list of them yet: its migrations are missing";
    if !store::migrate::is_current(&engine.pool).await.unwrap_or(false) {
        return all(missing);
    }
    let Ok(rows) = store::microsoft_tenant::rows(&engine.pool, None, &store::in_utc(Utc::now())).await else {
        return all(missing);
    };
    if rows.is_empty() {
        return vec![Check::works(Area::MicrosoftTenants, "all", "none is connected")];
    }
    let total = rows.len();
    let mut asked: Vec<(usize, Check)> = stream::iter(rows.into_iter().enumerate())
        .map(|(place, row)| async move { (place, microsoft_tenant(engine, row).await) })
        .buffer_unordered(AT_A_TIME)
        .enumerate()
        .inspect(|(done, _)| teller.say(&format!("Microsoft tenants, {} of {total}", done + 1)))
        .map(|(_, check)| check)
        .collect()
        .await;
    asked.sort_by_key(|(place, _)| *place);
    asked.into_iter().map(|(_, check)| check).collect()
}

async fn microsoft_tenant(engine: &Engine, row: MicrosoftTenantRow) -> Check {
    let subject = format!("{} ({})", row.display_name, row.default_domain);
    let cloud = match store::microsoft_tenant::get(&engine.pool, row.id).await {
        Ok(stored) => engine.microsoft(stored.cloud).map(drop),
        Err(error) => Err(error.into()),
    };
    if cloud.is_err() {
        return Check::not_tried(Area::MicrosoftTenants, subject, "Microsoft can't be asked, see above");
    }
    match probe::report(engine, row, &store::in_utc(Utc::now())).await {
        Ok(report) => told(subject, &report),
        Err(error) => Check::failed(
            Area::MicrosoftTenants,
            subject,
            error.to_string(),
            "Mend what is said here, and run `entrain doctor` again.",
        ),
    }
}

/// The report as one check with a line for each permission. A licence that is missing is no failure: nobody has to buy
/// one.
fn told(subject: String, report: &PermissionReport) -> Check {
    let area = Area::MicrosoftTenants;
    let check = match report.worst() {
        None => Check::works(area, subject, report.summary()),
        Some((row, trouble)) => {
            let detail = match row.probe {
                Probe::SignIn => format!("no token: {}", trouble.answer),
                _ => report.summary(),
            };
            Check::failed(area, subject, detail, trouble.remedy.as_str())
        }
    };
    Check {
        permissions: report.rows.iter().map(Permission::from).collect(),
        ..check
    }
}
