//! **Sync Now** for one person: reads that one user from Microsoft, plans the Organization, and writes that person's
//! part of the plan and nothing else. The whole plan is made all the same, so that it decides what a full run decides.

use super::{
    Engine, RunError,
    apply::Apply,
    closure, convert,
    decide::{Source, together},
    measure,
    refresh::refused,
    run::{RunEnd, Running},
};
use crate::{
    graph::{self, MemberKind, Step, TenantClient},
    model::{
        directory::{Reading, Readings},
        filter::Choice,
        ids::{DirectoryUserId, GroupId, MicrosoftTenantId, OrganizationId, RunId},
        plan::Outcome,
        run::Trigger,
    },
    store::{
        self,
        directory::{Deleted, one_user},
        lease,
    },
};
use chrono::{DateTime, Utc};
use std::collections::HashSet;

/// How a request to sync one person ended.
#[derive(Debug)]
pub enum PersonEnd {
    /// It ran, and this is what it decided.
    Done(RunId, Decision),
    /// It ran and failed; the failure is on record.
    Failed(RunId, RunError),
    /// A run of the Microsoft tenant is at work: it brings this person too.
    Busy,
}

/// What became of the person's part of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// This, and it was written where it writes.
    Decided(Outcome),
    /// Others have to be written with it: the next full run does it.
    LeftToFullRun,
}

/// Whom in Microsoft.
#[derive(Clone, Debug)]
pub enum Whom {
    /// By object id.
    Id(DirectoryUserId),
    /// By user principal name, as an administrator types it.
    Upn(String),
}

/// Syncs one person of one Organization now.
pub async fn sync_person(
    engine: &Engine,
    tenant: MicrosoftTenantId,
    organization: OrganizationId,
    whom: Whom,
    now: DateTime<Utc>,
) -> Result<PersonEnd, RunError> {
    refuse_before_first_run(engine, tenant, organization).await?;
    let Some(running) = Running::start(engine, engine.new_lease(tenant), Trigger::OnePerson).await? else {
        return Ok(PersonEnd::Busy);
    };
    let mut decision = None;
    let work = read_and_write(engine, &running, organization, whom, now);
    let result = running.carry_out(engine, work).await;
    let result = result.map(|decided| decision = Some(decided));
    Ok(match (running.end(engine, result).await?, decision) {
        (RunEnd::Succeeded(run), Some(decision)) => PersonEnd::Done(run, decision),
        (RunEnd::Succeeded(run), None) => PersonEnd::Done(run, Decision::LeftToFullRun),
        (RunEnd::Failed(run, error), _) => PersonEnd::Failed(run, error),
        (RunEnd::Busy, _) => PersonEnd::Busy,
    })
}

/// The first run shows everybody at once, so nobody is brought before it.
async fn refuse_before_first_run(
    engine: &Engine,
    tenant: MicrosoftTenantId,
    organization: OrganizationId,
) -> Result<(), RunError> {
    match store::user_sync::get(&engine.pool, organization, tenant).await? {
        Some(sync) if sync.enabled && sync.applied => Ok(()),
        Some(sync) if sync.enabled => Err(RunError::Refused(
            "The first sync of this Organization is not done yet; it brings this person too.".into(),
        )),
        _ => Err(RunError::Refused(
            "The user sync of this Organization is not enabled. Set it up first.".into(),
        )),
    }
}

async fn read_and_write(
    engine: &Engine,
    running: &Running,
    organization: OrganizationId,
    whom: Whom,
    now: DateTime<Utc>,
) -> Result<Decision, RunError> {
    let tenant = running.lease.tenant;
    let row = store::microsoft_tenant::get(&engine.pool, tenant).await?;
    let client = engine.client_of(&row)?.interactive();
    let reading = OneReading {
        engine,
        client: &client,
        running,
        readings: &row.readings,
        now,
    };
    let user = reading.read(whom).await?;
    reading.refuse_unknown_licenses(organization, user).await?;
    let users = store::directory::users(&engine.pool, tenant).await?;
    if !users.iter().any(|known| known.id == user) {
        return Err(RunError::Refused(
            "Microsoft does not know this person any more, and the directory never did.".into(),
        ));
    }
    let source = Source {
        tenant,
        whom: closure::Whom::Everybody(&users),
        readings: &row.readings,
    };
    let enabled = store::user_sync::enabled(&engine.pool, tenant).await?;
    let apply = Apply {
        engine,
        lease: running.lease,
        run: running.run,
        source,
        as_of: None,
        together: together(engine, source, &enabled).await?,
        progress: None,
        approval: None,
        only: Some(user),
    };
    let counts = apply
        .organization(organization)
        .await?
        .ok_or_else(|| RunError::Refused("The user sync was disabled meanwhile, so nothing was written.".into()))?;
    let decided = Outcome::ALL.into_iter().find(|outcome| counts.get(*outcome) > 0);
    Ok(decided.map_or(Decision::LeftToFullRun, Decision::Decided))
}

/// What reading one user needs.
struct OneReading<'a> {
    engine: &'a Engine,
    client: &'a TenantClient,
    running: &'a Running,
    readings: &'a Readings,
    now: DateTime<Utc>,
}

impl OneReading<'_> {
    /// Reads the user and stores what Microsoft says, a 404 included.
    async fn read(&self, whom: Whom) -> Result<DirectoryUserId, RunError> {
        let pool = &self.engine.pool;
        let id = match whom {
            Whom::Id(id) => id,
            // A name that leads nowhere may have been given up; an id that leads nowhere is Graph's word.
            Whom::Upn(upn) => match self.client.user(&upn).await? {
                Some(user) => DirectoryUserId(user.id),
                None => known(self.engine, self.running.lease.tenant, &upn).await?,
            },
        };
        match self.client.user(&id.to_string()).await? {
            Some(user) => self.store(&user).await?,
            None => {
                let gone = deleted(self.client, id, self.now).await?;
                let lease = self.running.lease;
                let mut tx = pool.begin().await?;
                lease::check(&mut tx, lease).await?;
                store::directory::mark_deleted(&mut tx, lease.tenant, &[gone]).await?;
                tx.commit().await?;
            }
        }
        Ok(id)
    }

    async fn store(&self, user: &graph::User) -> Result<(), RunError> {
        let lease = self.running.lease;
        let hashed = convert::user(user, self.now);
        let id = hashed.user.id;
        let held = one_user::hash(&self.engine.pool, lease.tenant, id).await?;
        let groups = match self.readings.groups {
            Reading::Read => self.groups_of(id, held.is_some()).await?,
            _ => None,
        };
        let hashed = hashed.marked(held);
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, lease).await?;
        let (mut stored, mut licensed, mut closed) = (0_usize, 0, 0);
        if hashed.row_hash.is_nil() || held != Some(hashed.row_hash) {
            let (differing, run) = ([hashed], Some(self.running.run));
            licensed = store::directory_change::record_licenses(&mut tx, lease.tenant, run, &differing).await?;
            store::directory::upsert_users(&mut tx, lease.tenant, &differing).await?;
            if held.is_none() {
                store::directory::disabled_since_their_marks(&mut tx, lease.tenant, &[id]).await?;
            }
            stored = differing.len();
        }
        if let Some(groups) = groups {
            closed = one_user::set_groups(&mut tx, lease.tenant, id, &groups).await?;
            // No membership goes with it. What Microsoft takes back before it tells of it leaves no trace in a delta, so
            // that the next full run closes this one anew.
            store::directory_pass::remember_unclosed(&mut tx, lease.tenant, &[id.0]).await?;
        }
        tx.commit().await?;
        measure::wrote("directory_user", "upsert", stored);
        measure::wrote("directory_user_groups", "upsert", closed);
        measure::wrote("directory_user_change", "licenses", licensed);
        Ok(())
    }

    /// Every group that a user is in, directly or through others; `None` where Microsoft refuses to tell, and then what
    /// was read last stays. Of whom the directory does not hold nothing was, and that is not "in no group".
    async fn groups_of(&self, user: DirectoryUserId, is_held: bool) -> Result<Option<Vec<GroupId>>, RunError> {
        let listed = match self.client.groups_of_user(user).all().await {
            Ok(listed) => listed,
            Err(error) if is_held => {
                refused(error)?;
                return Ok(None);
            }
            Err(error) => {
                refused(error)?;
                return Err(RunError::Refused(
                    "Microsoft does not tell which groups this new account is in. The next full run brings it.".into(),
                ));
            }
        };
        // Where Graph does not say what it is, its id does.
        let known: HashSet<GroupId> = if listed.iter().any(|member| member.kind == MemberKind::Unknown) {
            let groups = store::directory::groups(&self.engine.pool, self.running.lease.tenant).await?;
            groups.into_iter().map(|group| group.id).collect()
        } else {
            HashSet::new()
        };
        let mut groups: Vec<_> = listed
            .into_iter()
            .filter(|member| match member.kind {
                MemberKind::Group => true,
                MemberKind::Unknown => known.contains(&GroupId(member.id)),
                MemberKind::User | MemberKind::Other(_) => false,
            })
            .map(|member| GroupId(member.id))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        Ok(Some(groups))
    }

    /// Nobody is written by a filter on licences of which nothing is known.
    async fn refuse_unknown_licenses(
        &self,
        organization: OrganizationId,
        user: DirectoryUserId,
    ) -> Result<(), RunError> {
        let (pool, tenant) = (&self.engine.pool, self.running.lease.tenant);
        let Some(sync) = store::user_sync::get(pool, organization, tenant).await? else {
            return Ok(());
        };
        let living = one_user::get(pool, tenant, user)
            .await?
            .is_some_and(|user| user.is_living());
        let unknown = one_user::hash(pool, tenant, user)
            .await?
            .is_some_and(|hash| hash.is_nil());
        if sync.filters.license_status == Choice::All || !living || !unknown {
            return Ok(());
        }
        Err(RunError::Refused(
            "Microsoft does not tell the licenses of this account, and the filters rest on them.".into(),
        ))
    }
}

async fn known(engine: &Engine, tenant: MicrosoftTenantId, upn: &str) -> Result<DirectoryUserId, RunError> {
    let found = one_user::find(&engine.pool, tenant, upn).await?;
    match found.as_slice() {
        [id] => Ok(*id),
        [] => Err(RunError::Refused(format!(
            "Neither Microsoft nor the last complete reading knows a user \"{upn}\". Check the user principal name."
        ))),
        _ => Err(RunError::Refused(format!(
            "Several accounts have had the name \"{upn}\". Name one by its object id."
        ))),
    }
}

/// An account that is gone, since when the recycle bin says, if Microsoft lets us look there; else now.
async fn deleted(client: &TenantClient, id: DirectoryUserId, now: DateTime<Utc>) -> Result<Deleted, RunError> {
    let mut bin = client.deleted_users();
    let gone = |at: Option<DateTime<Utc>>, undated| Deleted {
        id,
        at: at.unwrap_or(now),
        undated,
    };
    loop {
        let page = match bin.step().await {
            Ok(Step::Page(page)) => page,
            Ok(Step::Restarted) => continue,
            Ok(Step::End) => return Ok(gone(None, false)),
            Err(error) => {
                refused(error)?;
                return Ok(gone(None, true));
            }
        };
        if let Some(found) = page.into_iter().find(|found| found.id == id.0) {
            return Ok(gone(found.deleted_date_time, false));
        }
    }
}
