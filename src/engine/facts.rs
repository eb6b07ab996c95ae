//! Facts: what Microsoft keeps apart from its users (sign-in activity, MFA registration) and the Microsoft tenant's own
//! name. Read after the people are written, as nobody's plan rests on them. Each pass fails alone: what it does not
//! bring stays, and ages.

use super::{
    Engine, RunError, convert,
    error::LONGEST_WORDS,
    measure,
    run::Reporter,
    schedule::{organization_is_due, pass_is_due, pass_length},
};
use crate::{
    graph::{ACTIVITY_PAGE, GraphError, GraphErrorKind, SMALL_ACTIVITY_PAGE, Step, TenantClient},
    model::{
        directory::{FactReading, Readings, Refusal, RefusalCause},
        ids::DirectoryUserId,
        run::{Progress, Stage},
    },
    store::{
        self,
        directory_fact::{MfaRegistration, SignIn},
        lease::{self, Lease},
    },
    sync::normalise::clean,
};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use tokio::sync::OnceCell;

/// What a page of MFA registrations is thought to hold until one has been seen.
const REGISTRATION_PAGE: usize = 1_000;

/// The passes over the facts, in progress.
pub struct Facts<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The Microsoft tenant.
    pub client: &'a TenantClient,
    /// Who may write.
    pub lease: Lease,
    /// Whom to tell.
    pub reporter: &'a Reporter<'a>,
    /// The time at which what is seen counts as seen.
    pub now: DateTime<Utc>,
    /// How many users the directory holds, once it has been asked.
    pub users: OnceCell<usize>,
}

/// A complete pass.
struct Pass {
    brought: Vec<DirectoryUserId>,
    pages: u32,
}

impl Facts<'_> {
    /// Reads what is due and keeps how each pass went.
    pub async fn read(&self, readings: &mut Readings) -> Result<(), RunError> {
        let mut kept = readings.clone();
        if organization_is_due(readings.organization.tried_at, self.now) {
            let read = self.organization().await;
            self.settle(&mut readings.organization, read)?;
        }
        let page = readings.sign_in_page.unwrap_or(ACTIVITY_PAGE);
        if self.is_due(&readings.sign_ins, page.into()).await? {
            let before = readings.sign_ins.read_at;
            let read = self.sign_ins(&mut readings.sign_in_page, before).await;
            self.settle(&mut readings.sign_ins, read)?;
            // It took its time, and the next pass may be cut off. A refusal took none, and has time until the end.
            if readings.sign_ins.refusal.is_none() {
                self.keep(readings).await?;
                kept.clone_from(readings);
            }
        }
        if self.is_due(&readings.mfa, REGISTRATION_PAGE).await? {
            let before = readings.mfa.read_at;
            let read = self.mfa(before).await;
            self.settle(&mut readings.mfa, read)?;
        }
        if *readings != kept {
            self.keep(readings).await?;
        }
        Ok(())
    }

    async fn keep(&self, readings: &Readings) -> Result<(), RunError> {
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory_fact::set_readings(&mut *tx, self.lease.tenant, readings).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Where a pass was never complete, its length is guessed.
    async fn is_due(&self, reading: &FactReading, page: usize) -> Result<bool, RunError> {
        let pages = match reading.pages {
            Some(pages) => pages,
            None => u32::try_from(self.users().await?.div_ceil(page)).unwrap_or(u32::MAX),
        };
        let length = pass_length(pages, self.client.reports_in_ten_seconds());
        Ok(pass_is_due(length, reading.tried_at, self.now))
    }

    async fn users(&self) -> Result<usize, RunError> {
        let count = || store::directory::count(&self.engine.pool, self.lease.tenant);
        Ok(*self.users.get_or_try_init(count).await?)
    }

    /// Keeps how a pass went. Only a database that is away ends the run: whatever Microsoft says takes away no more
    /// than this pass.
    fn settle(&self, reading: &mut FactReading, read: Result<u32, RunError>) -> Result<(), RunError> {
        // A long pass rests after it was tried. One that passing trouble cut off is tried by the next run.
        if !matches!(&read, Err(RunError::Graph(error)) if error.is_transient()) {
            reading.tried_at = Some(self.now);
        }
        match read {
            Ok(pages) => {
                reading.read_at = Some(self.now);
                reading.pages = Some(pages);
                reading.refusal = None;
            }
            Err(RunError::Graph(error)) => {
                tracing::info!(%error, tenant = %self.lease.tenant, "one kind of facts could not be read");
                reading.refusal = Some(refusal(&error));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn sign_ins(&self, page: &mut Option<u16>, before: Option<DateTime<Utc>>) -> Result<u32, RunError> {
        let mut report = self.client.sign_in_activity(page.unwrap_or(ACTIVITY_PAGE));
        let (mut pass, users) = (Pass::new(), self.users().await?);
        loop {
            let listed = match report.step().await? {
                Step::Page(listed) => listed,
                Step::Restarted => {
                    pass = Pass::new();
                    continue;
                }
                Step::End => break,
            };
            if report.is_small() {
                *page = Some(SMALL_ACTIVITY_PAGE);
            }
            let rows: HashMap<_, _> = listed
                .iter()
                .map(convert::sign_in)
                .map(|row: SignIn| (row.id, row))
                .collect();
            pass.add(rows.keys());
            let rows: Vec<_> = rows.into_values().collect();
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            let written = store::directory_fact::store_sign_ins(&mut tx, self.lease.tenant, &rows, None).await?;
            tx.commit().await?;
            measure::wrote("directory_sign_in", "upsert", written);
            self.report(Stage::SignIns, &pass, users).await;
        }
        if let Some(before) = before {
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            store::directory_fact::age_sign_ins(&mut tx, self.lease.tenant, &pass.brought, before).await?;
            tx.commit().await?;
        }
        Ok(pass.pages)
    }

    async fn mfa(&self, before: Option<DateTime<Utc>>) -> Result<u32, RunError> {
        let mut report = self.client.user_registration_details();
        let (mut pass, users) = (Pass::new(), self.users().await?);
        loop {
            let listed = match report.step().await? {
                Step::Page(listed) => listed,
                Step::Restarted => {
                    pass = Pass::new();
                    continue;
                }
                Step::End => break,
            };
            let rows: HashMap<_, _> = listed
                .iter()
                .filter_map(convert::mfa)
                .map(|row: MfaRegistration| (row.id, row))
                .collect();
            pass.add(rows.keys());
            let rows: Vec<_> = rows.into_values().collect();
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            let run = Some(self.reporter.run());
            let written = store::directory_fact::store_mfa(&mut tx, self.lease.tenant, run, &rows, None).await?;
            tx.commit().await?;
            measure::wrote("directory_mfa", "upsert", written);
            self.report(Stage::Mfa, &pass, users).await;
        }
        if let Some(before) = before {
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            store::directory_fact::age_mfa(&mut tx, self.lease.tenant, &pass.brought, before).await?;
            tx.commit().await?;
        }
        Ok(pass.pages)
    }

    /// The name, and the default domain: from the domains, or where those are refused from the organization itself.
    async fn organization(&self) -> Result<u32, RunError> {
        let organization = self.client.organization().await?;
        let domains = match self.client.domains().await {
            Ok(domains) => domains
                .into_iter()
                .map(|domain| (domain.id, domain.is_default))
                .collect(),
            Err(error) => {
                tracing::info!(%error, "the organization's own list of domains is taken");
                let own = organization.verified_domains.iter();
                own.map(|domain| (domain.name.clone(), domain.is_default))
                    .collect::<Vec<_>>()
            }
        };
        let default = domains.iter().find(|(_, is_default)| *is_default == Some(true));
        let name = organization.display_name.map(|name| clean(&name, 256));
        // What Microsoft leaves out is no reason to forget what is known.
        let (Some(name), Some((default, _))) = (name.filter(|name| !name.is_empty()), default) else {
            return Ok(1);
        };
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::directory_fact::set_organization(&mut *tx, self.lease.tenant, &name, &clean(default, 256)).await?;
        tx.commit().await?;
        Ok(1)
    }

    async fn report(&self, stage: Stage, pass: &Pass, users: usize) {
        let done = pass.brought.len();
        let whole = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        self.reporter
            .report(Progress {
                stage,
                done: whole(done),
                total: Some(whole(users.max(done))),
            })
            .await;
    }
}

impl Pass {
    const fn new() -> Self {
        Self {
            brought: vec![],
            pages: 0,
        }
    }

    fn add<'a>(&mut self, ids: impl Iterator<Item = &'a DirectoryUserId>) {
        self.brought.extend(ids);
        self.pages += 1;
    }
}

fn refusal(error: &GraphError) -> Refusal {
    let cause = match error.kind {
        GraphErrorKind::PremiumRequired => RefusalCause::NoPremium,
        GraphErrorKind::PermissionMissing | GraphErrorKind::Forbidden => RefusalCause::NoPermission,
        _ => RefusalCause::Failed,
    };
    Refusal {
        cause,
        words: clean(&format!("{} Microsoft's side: {error}", error.remedy()), LONGEST_WORDS),
    }
}
