//! Several workers on one database, killed and frozen at random.
//!
//! A small crowd in every test; the whole of it with `make chaos`, which sets `ENTRAIN_CHAOS_TENANTS` and
//! `ENTRAIN_CHAOS_SECONDS`. `ENTRAIN_CHAOS_SEED` repeats the choices of who is killed or frozen and for how long; what
//! those meet is the machine's.

use super::{
    history::{self, judge, longest_waits},
    program::Program,
    state::expect_nobody_twice,
};
use crate::{
    engine::{connect, run::RunEnd, run::run_tenant},
    model::{
        filter::Filters,
        ids::{MicrosoftTenantId, OrganizationId, TenantId},
        run::Trigger,
    },
    store::{self, migrate::migrate},
    tests::{
        command::database_url,
        support::{contoso, engine, tester, until},
    },
};
use chrono::Utc;
use microsoft_sim::{Fault, Options, Simulator, TenantSpec};
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const WORKERS: usize = 4;
/// In seconds. Much shorter than it is, so that a worker can be frozen for longer.
const LEASE: u64 = 4;

/// How often in a row the same Microsoft tenant's run may be hit: workers are killed and frozen all the time.
const HITS: u64 = 4;
/// What a machine that does much else may take, in seconds. The small crowd is not at it for much longer; it is `make
/// chaos` that finds who starves.
const SLACK: u64 = 60;

/// The longest time, in seconds, that may pass between two runs of a Microsoft tenant that succeed: its interval, and for
/// each hit the lease of whoever held it and as long again until the queue has seen that they are gone.
fn most(interval: u64) -> f64 {
    let seconds = interval + HITS * 2 * LEASE + SLACK;
    seconds as f64
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Numbers from a seed: splitmix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// So many Microsoft tenants of four people, each with an Organization that is synced.
pub async fn connected(pool: &PgPool, tenants: u64) -> (Simulator, Vec<MicrosoftTenantId>) {
    migrate(pool).await.unwrap();
    let specs = (0..tenants).map(|number| TenantSpec {
        name: format!("customer{number}"),
        users: 4,
    });
    let microsoft = microsoft_sim::start(Options {
        tenants: specs.collect(),
        ..contoso(0)
    })
    .await
    .unwrap();
    let (engine, mut ids) = (engine(pool, &microsoft), vec![]);
    for tenant in microsoft.tenants() {
        let id = connect::connect(&engine, &tester(), &tenant.id.to_string())
            .await
            .unwrap();
        let (organization, ours) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        store::organization::create(pool, &tester(), organization, ours, &tenant.name, "", "")
            .await
            .unwrap();
        store::tenant::map(pool, &tester(), id, ours).await.unwrap();
        store::user_sync::save_confirmed(pool, &tester(), organization, id, &Filters::default(), None, Some(100))
            .await
            .unwrap();
        ids.push(id);
    }
    (microsoft, ids)
}

/// The workers, each a process; a killed one is followed by another one with a name of its own.
struct Crew<'a> {
    database: String,
    microsoft: &'a Simulator,
    interval: String,
    workers: Vec<Program>,
    frozen: Vec<(Instant, usize)>,
    started: usize,
    kills: usize,
    freezes: usize,
}

impl Crew<'_> {
    fn start(&mut self) -> Program {
        self.started += 1;
        let address = history::address_for(&format!("worker{}", self.started), &self.database);
        let lease = format!("{LEASE}s");
        let settings = [
            ("ENTRAIN_LEASE", lease.as_str()),
            ("ENTRAIN_SYNC_INTERVAL", &self.interval),
        ];
        Program::start(
            &["serve", "--role", "worker", "--no-migrate"],
            &address,
            self.microsoft,
            &settings,
        )
    }

    async fn kill(&mut self, which: usize) {
        let fresh = self.start();
        self.frozen.retain(|(_, other)| *other != which);
        std::mem::replace(&mut self.workers[which], fresh).kill().await;
        self.kills += 1;
    }

    fn freeze(&mut self, which: usize, until: Instant) {
        self.workers[which].freeze();
        self.frozen.push((until, which));
        self.freezes += 1;
    }

    fn wake(&mut self, now: Instant) {
        let due: Vec<_> = self.frozen.extract_if(.., |(until, _)| *until <= now).collect();
        for (_, which) in due {
            self.workers[which].wake();
        }
    }

    /// Kills and freezes until then. At least two are awake, or nobody would be there to take over.
    async fn disturb(&mut self, dice: &mut Dice, end: Instant) {
        while Instant::now() < end {
            sleep(Duration::from_millis(300 + dice.below(1_200))).await;
            let which = usize::try_from(dice.below(WORKERS as u64)).unwrap();
            let longer = Duration::from_secs(LEASE) + Duration::from_millis(500 + dice.below(3_000));
            let is_frozen = self.frozen.iter().any(|(_, other)| *other == which);
            if dice.below(3) == 0 {
                self.kill(which).await;
            } else if !is_frozen && self.frozen.len() < WORKERS / 2 {
                self.freeze(which, Instant::now() + longer);
            }
            self.wake(Instant::now());
        }
        while let Some((until, _)) = self.frozen.first().copied() {
            tokio::time::sleep_until(until).await;
            self.wake(until);
        }
    }
}

/// Every Microsoft tenant has had a run that began after this moment and succeeded.
async fn all_ran_since(pool: &PgPool, moment: chrono::DateTime<Utc>) -> bool {
    sqlx::query_scalar(
        "select not exists (select 1 from microsoft_tenant m where not exists (
             select 1 from run where microsoft_tenant_id = m.id and state = 'succeeded' and started_at > $1))",
    )
    .bind(moment)
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = false)]
async fn workers_killed_and_frozen_at_random_overlap_in_no_tenant_and_leave_none_out(pool: PgPool) {
    let tenants = number("ENTRAIN_CHAOS_TENANTS", 12);
    let seconds = number("ENTRAIN_CHAOS_SECONDS", 15);
    let clock = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    let seed = number("ENTRAIN_CHAOS_SEED", clock);
    // Every tenant's turn takes a second or so of one of the workers' places.
    let interval = 10.max(tenants / 3);
    println!(
        "{tenants} Microsoft tenants, {WORKERS} workers, {seconds} s, every {interval} s, ENTRAIN_CHAOS_SEED={seed}"
    );
    let (microsoft, ids) = connected(&pool, tenants).await;
    let slow = json!({ "path": "/v1.0/groups/delta?*", "kind": "delay", "delayMs": 300 });
    microsoft
        .add_fault(serde_json::from_value::<Fault>(slow).unwrap())
        .unwrap();
    history::begin(&pool).await;
    let mut crew = Crew {
        database: database_url(&pool),
        microsoft: &microsoft,
        interval: format!("{interval}s"),
        workers: vec![],
        frozen: vec![],
        started: 0,
        kills: 0,
        freezes: 0,
    };
    for _ in 0..WORKERS {
        let worker = crew.start();
        crew.workers.push(worker);
    }
    crew.disturb(&mut Dice(seed), Instant::now() + Duration::from_secs(seconds))
        .await;
    let calm: chrono::DateTime<Utc> = sqlx::query_scalar("select clock_timestamp()")
        .fetch_one(&pool)
        .await
        .unwrap();
    until("every tenant runs again", 60 + 4 * interval, || {
        all_ran_since(&pool, calm)
    })
    .await;
    let (kills, freezes) = (crew.kills, crew.freezes);
    for worker in crew.workers {
        worker.kill().await;
    }

    let entries = history::entries(&pool).await;
    let findings = judge(&entries);
    let tenants: Vec<_> = ids.iter().map(|id| id.0).collect();
    let waits = longest_waits(&entries, &tenants);
    let longest = waits.iter().map(|(_, wait)| *wait).fold(0.0, f64::max);
    println!(
        "{kills} kills, {freezes} freezes; {} runs succeeded, {} were cut off; at most {longest:.1} s from one that \
         succeeded to the next",
        findings.succeeded, findings.cut_off
    );
    let starved: Vec<_> = waits.iter().filter(|(_, wait)| *wait > most(interval)).collect();
    assert!(
        starved.is_empty(),
        "longer than {} s without a run: {starved:?}",
        most(interval)
    );
    assert!(findings.overlaps.is_empty(), "{:#?}", findings.overlaps);
    assert!(findings.strangers.is_empty(), "{:#?}", findings.strangers);
    assert!(kills + freezes > 0 && findings.succeeded >= ids.len());
    expect_nobody_twice(&pool).await;
    nothing_is_left_to_do(&pool, &microsoft, &ids).await;
}

/// One more run of each Microsoft tenant writes nobody.
async fn nothing_is_left_to_do(pool: &PgPool, microsoft: &Simulator, ids: &[MicrosoftTenantId]) {
    // The killed workers' leases and theirs alone: nobody else is there.
    sqlx::query("update run_lease set expires_at = now()")
        .execute(pool)
        .await
        .unwrap();
    let engine = engine(pool, microsoft);
    for id in ids {
        let end = run_tenant(&engine, *id, Trigger::Manual, Utc::now(), None)
            .await
            .unwrap();
        let RunEnd::Succeeded(run) = end else { panic!("{end:?}") };
        let people: i64 = sqlx::query_scalar("select count(*) from run_person where run_id = $1")
            .bind(run)
            .fetch_one(pool)
            .await
            .unwrap();
        assert_eq!(people, 0, "{id}");
    }
    let empty: i64 = sqlx::query_scalar(
        "select count(*) from organization o where not exists (select 1 from end_user e where e.organization_id = o.id)",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(empty, 0, "an Organization has nobody");
}
