//! A stage for tests of the engine: a database, the stand-in for Microsoft, and one Organization whose Tenant is
//! mapped to the first Microsoft tenant of the stand-in.

pub use super::alone::ran_alone;
use super::said;
use crate::{
    engine::{
        Engine, RunError, connect,
        run::{RunEnd, run_tenant},
    },
    graph::{Credential, GraphClient, GraphSettings},
    model::{
        audit::Actor,
        end_user::Fields,
        filter::{Choice, Filters},
        ids::{AccountId, DirectoryUserId, EndUserId, MicrosoftTenantId, OrganizationId, RunId, TenantId},
        plan::Counts,
        run::{RunPerson, RunRow, RunState, Trigger},
        sign_in::Way,
    },
    store::{
        self,
        migrate::migrate,
        session::{self, NewSession},
    },
};
use chrono::{DateTime, Utc};
use microsoft_sim::{Limit, Options, Simulator, TenantSpec, Throttle};
use sqlx::{FromRow, PgPool};
use std::time::Duration;
use uuid::Uuid;

/// What a run writes that has nothing to write: its own record and lease, when the pass was and where the next one goes
/// on, and what Microsoft said of a credential. And the record of the migrations, which is not ours.
const WRITTEN_BY_EVERY_RUN: &[&str] = &[
    "run",
    "run_organization",
    "run_lease",
    "microsoft_tenant",
    "directory_pass",
    "app_credential_health",
    "_sqlx_migrations",
];

/// Options of the stand-in for one tenant `contoso` with so many invented people.
pub fn contoso(users: usize) -> Options {
    Options {
        tenants: vec![TenantSpec {
            name: "contoso".into(),
            users,
        }],
        // Many runs follow one another here; how Microsoft throttles reports is tested where it is written.
        throttle: Throttle {
            reports: Limit {
                amount: 1_000,
                seconds: 10,
            },
            ..Throttle::default()
        },
        ..Options::default()
    }
}

/// Who does what a test does.
pub fn tester() -> Actor {
    Actor::command("entrain test")
}

/// A session of somebody, begun with a password in a browser without a name.
pub async fn open_session(pool: &PgPool, account: AccountId, token_hash: &[u8]) {
    let new = NewSession {
        account,
        token_hash,
        way: Way::Password,
        address: None,
        agent: "",
    };
    session::open(&mut pool.acquire().await.unwrap(), &new).await.unwrap();
}

/// One section of the filters.
pub fn only(values: &[&str]) -> Choice {
    Choice::Values(values.iter().map(|value| Some((*value).to_owned())).collect())
}

/// An End User with its mapping, as the tables hold them.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Person {
    pub id: EndUserId,
    pub organization_id: OrganizationId,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub mobile: String,
    pub street_address: String,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub job_title: String,
    pub directory_user_id: Option<DirectoryUserId>,
    pub mark_kind: Option<String>,
    pub mark_at: Option<DateTime<Utc>>,
}

/// Everything that a test of the engine plays with.
pub struct Stage {
    pub pool: PgPool,
    pub engine: Engine,
    pub microsoft: Simulator,
    pub tenant: MicrosoftTenantId,
    pub our_tenant: TenantId,
    pub organization: OrganizationId,
    /// The stand-in's short name of the tenant.
    pub name: String,
    pub(super) http: reqwest::Client,
}

/// An engine over a database and the stand-in.
pub fn engine(pool: &PgPool, microsoft: &Simulator) -> Engine {
    said::listen();
    let options = Options::default();
    let address = format!("http://{}", microsoft.address());
    let graph = GraphClient::new(GraphSettings {
        reports_in_ten_seconds: 1_000,
        login_url: address.parse().unwrap(),
        graph_url: address.parse().unwrap(),
        client_id: options.client_id,
        credential: Credential::Secret(options.client_secret.into()).into(),
    });
    Engine::new(pool.clone(), Some(graph.unwrap()))
}

impl Stage {
    /// A stage whose Microsoft tenant has so many invented people.
    pub async fn new(pool: &PgPool, users: usize) -> Self {
        Self::with(pool, contoso(users)).await
    }

    /// A stage over the first tenant of the stand-in. Its user sync is not set up.
    pub async fn with(pool: &PgPool, options: Options) -> Self {
        migrate(pool).await.unwrap();
        let microsoft = microsoft_sim::start(options).await.unwrap();
        let engine = engine(pool, &microsoft);
        let first = microsoft.tenants().remove(0);
        let tenant = connect::connect(&engine, &tester(), &first.id.to_string())
            .await
            .unwrap();
        let (organization, our_tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        store::organization::create(pool, &tester(), organization, our_tenant, "Contoso", "", "")
            .await
            .unwrap();
        store::tenant::map(pool, &tester(), tenant, our_tenant).await.unwrap();
        Self {
            pool: pool.clone(),
            engine,
            microsoft,
            tenant,
            our_tenant,
            organization,
            name: first.name,
            http: reqwest::Client::new(),
        }
    }

    /// Another Organization of the same Tenant.
    pub async fn another_organization(&self, name: &str) -> OrganizationId {
        let id = OrganizationId(Uuid::now_v7());
        store::organization::create(&self.pool, &tester(), id, self.our_tenant, name, "", "")
            .await
            .unwrap();
        id
    }

    pub async fn enable(&self, filters: &Filters) {
        self.enable_for(self.organization, filters).await;
    }

    pub async fn enable_for(&self, organization: OrganizationId, filters: &Filters) {
        store::user_sync::save_confirmed(
            &self.pool,
            &tester(),
            organization,
            self.tenant,
            filters,
            None,
            Some(u32::MAX),
        )
        .await
        .unwrap();
    }

    pub async fn run(&self) -> RunEnd {
        run_tenant(&self.engine, self.tenant, Trigger::Manual, Utc::now(), None)
            .await
            .unwrap()
    }

    /// A run that has to succeed.
    pub async fn run_well(&self) -> RunId {
        match self.run().await {
            RunEnd::Succeeded(run) => run,
            other => panic!("{other:?}"),
        }
    }

    /// A run that has to fail and to be on record as failed, with the words of the error.
    pub async fn run_badly(&self) -> RunError {
        let RunEnd::Failed(run, error) = self.run().await else {
            panic!("the run succeeded");
        };
        let row = self.run_row(run).await;
        assert_eq!(row.state, RunState::Failed);
        assert_eq!(row.error.as_deref(), Some(error.words().as_str()));
        error
    }

    pub async fn run_row(&self, run: RunId) -> RunRow {
        store::run::get(&self.pool, run, &store::in_utc(Utc::now()))
            .await
            .unwrap()
            .0
    }

    /// What a run did to the first Organization.
    pub async fn counts(&self, run: RunId) -> Counts {
        let organizations = store::run::organizations(&self.pool, run).await.unwrap();
        organizations
            .iter()
            .find(|row| row.id == self.organization)
            .unwrap()
            .counts
    }

    /// The people of every Organization, by email.
    pub async fn people(&self) -> Vec<Person> {
        sqlx::query_as(
            "select e.id, e.organization_id, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state,
                    e.postal_code, e.job_title, m.directory_user_id, m.mark_kind, m.mark_at
             from end_user e left join end_user_mapping m on m.end_user_id = e.id
             order by lower(e.email), e.organization_id, e.id",
        )
        .fetch_all(&self.pool)
        .await
        .unwrap()
    }

    pub async fn people_of(&self, organization: OrganizationId) -> Vec<Person> {
        let mut people = self.people().await;
        people.retain(|person| person.organization_id == organization);
        people
    }

    /// The one End User that is mapped to this account.
    pub async fn person(&self, user: Uuid) -> Person {
        let mut found = self.people_of(self.organization).await;
        found.retain(|person| person.directory_user_id == Some(DirectoryUserId(user)));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// An End User added by hand.
    pub async fn end_user(&self, organization: OrganizationId, name: &str, email: &str) -> EndUserId {
        let id = EndUserId(Uuid::now_v7());
        let fields = Fields {
            name: name.into(),
            email: email.into(),
            ..Fields::default()
        };
        store::end_user::insert(&self.pool, organization, &[(id, fields)])
            .await
            .unwrap();
        id
    }

    /// Why the user sync of an Organization needs a person.
    pub async fn attention(&self, organization: OrganizationId) -> Option<String> {
        sqlx::query_scalar("select attention from user_sync where organization_id = $1 and microsoft_tenant_id = $2")
            .bind(organization)
            .bind(self.tenant)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Status and reason of the Microsoft tenant.
    pub async fn status(&self) -> (String, String) {
        sqlx::query_as("select status, status_reason from microsoft_tenant where id = $1")
            .bind(self.tenant)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Where each row lies and who wrote it: the same twice means that nothing was written in between. All tables of
    /// ours but those of [`WRITTEN_BY_EVERY_RUN`], so that a new table is among them by itself.
    pub async fn rows_as_written(&self) -> Vec<(String, String, String)> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select tablename::text from pg_tables where schemaname = 'public' and tablename <> all ($1) order by 1",
        )
        .bind(WRITTEN_BY_EVERY_RUN)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        assert!(tables.len() > 20, "{tables:?}");
        let rows = |table: &String| {
            // Whom to look at when an Organization is planned again is noted anew by every plan.
            let which = match table.as_str() {
                "organization_touch" => "where concerns <> 'later'",
                _ => "",
            };
            format!("select '{table}', ctid::text, xmin::text from \"{table}\" {which}")
        };
        let all: Vec<_> = tables.iter().map(rows).collect();
        let sql = format!("{} order by 1, 2, 3", all.join(" union all "));
        sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// Sees that a run writes nothing but its own record.
    pub async fn run_quietly(&self) -> RunId {
        let before = self.rows_as_written().await;
        let run = self.run_well().await;
        let after = self.rows_as_written().await;
        // A run takes what others noted for it, and counts what the dialog offers where somebody changed that: the note
        // may go and the count may come, but not the other way round.
        let may_go = |row: &&(String, String, String)| row.0 == "organization_touch";
        let may_come = |row: &&(String, String, String)| row.0 == "directory_facets";
        let new = after.iter().filter(|row| !before.contains(row) && !may_come(row));
        let gone = before.iter().filter(|row| !after.contains(row) && !may_go(row));
        let (new, gone): (Vec<_>, Vec<_>) = (new.collect(), gone.collect());
        assert!(
            new.is_empty() && gone.is_empty(),
            "a quiet run wrote {new:?} in place of {gone:?}"
        );
        assert_eq!(self.people_of_run(run).await, [], "a quiet run told of people");
        run
    }

    /// Whom a run tells of.
    pub async fn people_of_run(&self, run: RunId) -> Vec<RunPerson> {
        store::run::people(&self.pool, run, None, "", 1, 1_000).await.unwrap().0
    }

    /// How many End Users there are in all.
    pub async fn count(&self) -> i64 {
        sqlx::query_scalar("select count(*) from end_user")
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }
}

/// Waits until something is so, for at most `seconds`.
pub async fn until<F: Future<Output = bool>>(what: &str, seconds: u64, mut is_so: impl FnMut() -> F) {
    let limit = tokio::time::Instant::now() + Duration::from_secs(seconds);
    while !is_so().await {
        assert!(
            tokio::time::Instant::now() < limit,
            "waited {seconds} s in vain: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
