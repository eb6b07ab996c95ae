//! The real thing: a database, the stand-in for Microsoft and the engine, beside what the model expects of them.

use super::{
    customers::{Customers, place},
    databases,
    microsoft::{Call, Event, Microsoft},
    steps::{Local, Run},
};
use crate::{
    engine::{
        Engine,
        progress::Watch,
        run::{RunEnd, run_tenant},
    },
    model::{
        ids::{DirectoryUserId, OrganizationId, TenantId},
        run::Trigger,
    },
    store::{self, exclusion},
    tests::{
        engine::{expected::text, whole_run::filters},
        support::{Stage, contoso, tester},
    },
};
use chrono::Utc;
use microsoft_sim::{Options, TenantSpec};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The id of the group that shows its members to few.
const HIDDEN: u128 = 0xc000_0000_0000_4000_8000_0000_0000_0001;

/// Everything that a history plays with.
pub struct Real {
    pub database: String,
    pub stage: Stage,
    /// The two Organizations that are synced.
    pub organizations: [OrganizationId; 2],
    /// One of the same Tenant that is not, and one of another Tenant.
    pub others: [OrganizationId; 2],
    /// What is in those from the beginning.
    pub untouched: Vec<String>,
    /// A device of nobody's.
    device: Uuid,
    microsoft: Microsoft,
    /// What the rules expect, as of the runs that were.
    pub customers: Customers,
}

/// The stand-in with a Microsoft tenant that has everything: Entra ID P1, Intune, and every permission.
fn fabrikam() -> Options {
    let fabrikam = TenantSpec {
        name: "fabrikam".into(),
        users: 0,
    };
    Options {
        tenants: vec![fabrikam],
        ..contoso(0)
    }
}

/// Takes the stand-in's own groups away, some of which fill themselves, and puts a group there that shows its members to
/// few, one that is its only member, and a device: so that every run has all of its calls. Returns the device.
async fn furnish(stage: &Stage) -> Uuid {
    for group in stage.directory().await["groups"].as_array().unwrap() {
        stage.delete_group(text(group, "id").parse().unwrap()).await;
    }
    let (hidden, inner) = (Uuid::from_u128(HIDDEN), Uuid::from_u128(HIDDEN + 1));
    let path = format!("tenants/{}/groups", stage.name);
    for (id, visibility) in [(inner, "Public"), (hidden, "HiddenMembership")] {
        let group = json!({ "id": id, "displayName": visibility, "visibility": visibility });
        stage.control("POST", &path, Some(group)).await;
    }
    stage.join(hidden, inner).await;
    let device = json!({
        "deviceName": "LT-1", "serialNumber": "PF-1", "wiFiMacAddress": "041A2B3C4D5E",
        "ethernetMacAddress": "041A2B3C4D5F",
    });
    stage.enrol(device).await
}

/// How a run went.
pub enum End {
    Well,
    Badly(String),
    CutOff,
}

impl Real {
    pub async fn new(microsoft: &Microsoft, calls: &[Call]) -> Self {
        let (database, pool) = databases::create().await;
        let stage = Stage::with(&pool, fabrikam()).await;
        stage.small_pages().await;
        let device = furnish(&stage).await;
        let second = stage.another_organization("Second").await;
        let third = stage.another_organization("Third").await;
        let fourth = OrganizationId(Uuid::now_v7());
        let elsewhere = TenantId(Uuid::now_v7());
        store::organization::create(&pool, &tester(), fourth, elsewhere, "Fourth", "", "")
            .await
            .unwrap();
        for other in [third, fourth] {
            stage.end_user(other, "Ana", "ana@contoso.example").await;
            stage.end_user(other, "Ben", "p1@contoso.example").await;
        }
        let mut real = Self {
            database,
            organizations: [stage.organization, second],
            others: [third, fourth],
            untouched: vec![],
            device,
            microsoft: microsoft.clone(),
            customers: Customers::new(),
            stage,
        };
        real.untouched = real.bystanders().await;
        for call in calls {
            real.call(call).await;
        }
        real.stage.enable(&filters(&Default::default())).await;
        real
    }

    /// Takes the database away.
    pub async fn end(self) {
        let Self { database, stage, .. } = self;
        drop(stage);
        databases::drop(&database).await;
    }

    async fn call(&self, call: &Call) {
        let path = format!("tenants/{}/{}", self.stage.name, call.path);
        self.stage.control(call.method, &path, call.body.clone()).await;
    }

    /// Something happens at Microsoft.
    pub async fn happen(&mut self, event: &Event) {
        for call in self.microsoft.happen(event) {
            self.call(&call).await;
        }
    }

    /// Something happens here.
    pub async fn do_here(&mut self, local: &Local) {
        if !self.customers.may(local) {
            return;
        }
        let (pool, tenant) = (&self.stage.pool, self.stage.tenant);
        match local {
            Local::Filters { of, ticks } => self.stage.enable_for(self.organizations[*of], &filters(ticks)).await,
            Local::Disable { of } => store::user_sync::disable(pool, &tester(), self.organizations[*of], tenant)
                .await
                .unwrap(),
            Local::Map(true) => store::tenant::map(pool, &tester(), tenant, self.stage.our_tenant)
                .await
                .unwrap(),
            Local::Map(false) => store::tenant::unmap(pool, &tester(), tenant).await.unwrap(),
            Local::Add { of, name, email } => {
                self.stage.end_user(self.organizations[*of], name, email).await;
            }
            Local::Edit { of, whom, field, value } => self.edit(*of, *whom, *field, value).await,
            Local::Delete { of, whom, keep_out } => self.delete(*of, *whom, *keep_out).await,
            Local::LetIn { of, whom } => self.let_in(*of, *whom).await,
        }
        self.customers.happen(local);
    }

    async fn edit(&self, of: usize, whom: u8, field: usize, value: &str) {
        let people = self.people(self.organizations[of]).await;
        let Some(place) = place(whom, people.len()) else { return };
        let (mut person, id) = people[place].clone();
        person.fields[field] = value.to_owned();
        sqlx::query(
            "update end_user set name = $2[1], email = $2[2], phone = $2[3], mobile = $2[4], street_address = $2[5],
                    city = $2[6], state = $2[7], postal_code = $2[8], job_title = $2[9] where id = $1",
        )
        .bind(id)
        .bind(&person.fields[..])
        .execute(&self.stage.pool)
        .await
        .unwrap();
    }

    async fn delete(&self, of: usize, whom: u8, keep_out: bool) {
        let organization = self.organizations[of];
        let people = self.people(organization).await;
        let Some(place) = place(whom, people.len()) else { return };
        let ids = [people[place].1];
        exclusion::delete(&self.stage.pool, organization, &ids, keep_out, &tester())
            .await
            .unwrap();
    }

    async fn let_in(&self, of: usize, whom: u8) {
        let organization = self.organizations[of];
        let excluded = self.excluded(organization).await;
        let Some(place) = place(whom, excluded.len()) else {
            return;
        };
        let id = excluded.keys().nth(place).unwrap().parse().unwrap();
        exclusion::let_in(
            &self.stage.pool,
            organization,
            self.stage.tenant,
            DirectoryUserId(id),
            &tester(),
        )
        .await
        .unwrap();
    }

    /// A run, and what the rules expect of it.
    pub async fn run(&mut self, how: &Run) {
        let before = self.runs().await;
        let end = match how {
            Run::Well => self.run_to_its_end(&self.stage.engine, None).await,
            Run::Hindered(fault) | Run::Failing(fault) => {
                self.have_asked(fault).await;
                self.stage.fault(fault.clone()).await;
                self.run_to_its_end(&self.stage.engine, None).await
            }
            Run::CutAtRequest(number) => self.cut_at_request(*number).await,
            Run::CutAtStatement { number, arrives } => self.cut_at_statement(*number, *arrives).await,
            Run::CutIn(stage) => self.cut_in(*stage).await,
        };
        self.stage.lift_faults().await;
        let (planned, left_alone) = self.applied_since(&before).await;
        let synced = self.customers.synced();
        match &end {
            End::Badly(words) if matches!(how, Run::Well | Run::Hindered(_)) => panic!("{how:?} failed: {words}"),
            End::Well => {
                let all: BTreeSet<_> = planned.union(&left_alone).copied().collect();
                assert_eq!(all, synced, "a run came to others than it should");
                // Whoever was not planned has to be as if they had been.
                self.customers.run(&self.microsoft, &synced);
            }
            End::Badly(_) | End::CutOff if planned.is_empty() => {}
            End::Badly(_) | End::CutOff => self.customers.run(&self.microsoft, &planned),
        }
        self.compare(&format!("after {how:?}")).await;
        if matches!(end, End::Well) {
            self.compare_directory(&self.microsoft).await;
        }
    }

    /// Has the next run ask what a fault strikes, where it would not by itself: for a name once a day, for the address of
    /// a device's cable when it has spoken, and for whom nobody told of when everything is read anew.
    async fn have_asked(&self, fault: &Value) {
        let path = fault["path"].as_str().unwrap_or_default();
        if path.contains("organization") || path.contains("domains") {
            sqlx::query("update microsoft_tenant set readings = readings - 'organization'")
                .execute(&self.stage.pool)
                .await
                .unwrap();
        } else if path.contains("$batch") {
            let name = json!({ "deviceName": "LT-1" });
            self.stage.change_device(self.device, name).await;
        } else if path.contains("deletedItems") || path.contains("users/a0000000") {
            self.stage.forget_links().await;
        }
    }

    /// Whether the facts of everybody were ever read to the end. What the first whole pass finds of people who are gone,
    /// left there by one that was cut off, it has no time for: the next one dates it.
    async fn knows_facts(&self) -> bool {
        let sql = "select readings->'signIns'->>'readAt' is not null and readings->'mfa'->>'readAt' is not null
                   from microsoft_tenant where id = $1";
        sqlx::query_scalar(sql)
            .bind(self.stage.tenant)
            .fetch_one(&self.stage.pool)
            .await
            .unwrap()
    }

    /// A run with nothing in the way, after which everything has to be so: further ones write nothing, not even where all
    /// is read and planned anew.
    pub async fn settle(&mut self) {
        if !self.knows_facts().await {
            self.run(&Run::Well).await;
        }
        self.run(&Run::Well).await;
        let mut runs = 0;
        while self.customers.is_unsettled(&self.microsoft) {
            let expected = self.customers.all.iter().any(|customer| {
                !customer.held.is_empty() || customer.contests.values().any(|contest| !contest.is_open())
            });
            assert!(expected, "by the rules a second run writes what the first one left");
            runs += 1;
            assert!(runs < 5, "by the rules there is no end to it");
            self.run(&Run::Well).await;
        }
        self.stage.run_quietly().await;
        self.plan_anew().await;
        self.compare_conflicts().await;
        self.stage.forget_links().await;
        self.touch().await;
        self.stage.run_quietly().await;
        self.compare("after a full refresh").await;
        self.compare_directory(&self.microsoft).await;
    }

    /// Has the next run plan every Organization.
    async fn touch(&self) {
        let mut db = self.stage.pool.acquire().await.unwrap();
        for organization in self.organizations {
            store::due::touch(&mut db, organization).await.unwrap();
        }
    }

    /// Sees that planning everybody anew writes nothing, and tells of nobody.
    async fn plan_anew(&self) {
        self.touch().await;
        self.stage.run_quietly().await;
    }

    pub async fn run_to_its_end(&self, engine: &Engine, watch: Option<Watch<'_>>) -> End {
        match run_tenant(engine, self.stage.tenant, Trigger::Hourly, Utc::now(), watch).await {
            Ok(RunEnd::Succeeded(_)) => End::Well,
            Ok(RunEnd::Failed(_, error)) => End::Badly(error.to_string()),
            Ok(RunEnd::Busy) => panic!("nobody else has the lease"),
            Err(error) => panic!("{error}"),
        }
    }

    async fn runs(&self) -> Vec<Uuid> {
        sqlx::query_scalar("select id from run")
            .fetch_all(&self.stage.pool)
            .await
            .unwrap()
    }

    /// Which Organizations runs that are not among these planned, and which ones they left alone.
    async fn applied_since(&self, runs: &[Uuid]) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let rows: Vec<(OrganizationId, bool)> =
            sqlx::query_as("select organization_id, planned from run_organization where run_id <> all ($1)")
                .bind(runs)
                .fetch_all(&self.stage.pool)
                .await
                .unwrap();
        let of = |wanted: bool| {
            let rows = rows.iter().filter(|(_, planned)| *planned == wanted);
            let known = rows.map(|(id, _)| self.organizations.iter().position(|of| of == id));
            known
                .map(|of| of.expect("an Organization that is not synced"))
                .collect()
        };
        (of(true), of(false))
    }
}
