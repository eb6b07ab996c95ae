//! Asking for pages: one after another, and from sixteen connections. And a page of string HTML from the query of the
//! End Users page, in a process of its own, which pages a second are reported beside.

use crate::{Outcome, http, program, stage};
use axum::{Router, extract::State, http::StatusCode, response, routing::get};
use chrono::{DateTime, Utc};
use entrain::{
    model::{
        directory::Readings,
        end_user::EndUserRow,
        ids::{MicrosoftTenantId, OrganizationId, SkuId},
        microsoft_user::Told,
    },
    server::products,
    store::{
        self,
        end_user_page::{EndUserPage, EndUserQuery, Words},
    },
};
use sqlx::PgPool;
use std::{
    collections::HashMap,
    fmt::Write,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::{Child, Command},
    task::JoinSet,
};

/// As many connections as the issue asks for.
const CONNECTIONS: usize = 16;

/// The query of the End Users page, over one Organization.
pub struct Query {
    pool: PgPool,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    names: HashMap<SkuId, String>,
    readings: Readings,
    last_pass_at: Option<DateTime<Utc>>,
}

impl Query {
    /// Reads what the page reads besides.
    pub async fn new(pool: &PgPool, organization: OrganizationId, tenant: MicrosoftTenantId) -> Outcome<Self> {
        let row = store::microsoft_tenant::get(pool, tenant).await?;
        Ok(Self {
            organization,
            tenant,
            names: products::names(pool, Some(tenant)).await?,
            readings: row.readings,
            last_pass_at: row.last_pass_at,
            pool: pool.clone(),
        })
    }

    /// One page.
    pub async fn page(&self, query: &EndUserQuery) -> Outcome<EndUserPage> {
        let words = Words {
            name_of: &self.names,
            readings: &self.readings,
            last_pass_at: self.last_pass_at,
            now: &store::in_utc(Utc::now()),
        };
        let (pool, tenant) = (&self.pool, Some(self.tenant));
        Ok(store::end_user_page::page(pool, self.organization, tenant, query, words).await?)
    }
}

/// What serves string HTML.
#[derive(Clone, Debug, clap::Args)]
pub struct Html {
    #[arg(long)]
    database: String,
    #[arg(long)]
    organization: OrganizationId,
    #[arg(long)]
    tenant: MicrosoftTenantId,
}

impl Html {
    /// Starts it in a process of its own. Returns where it listens.
    pub async fn start(database: String, stage: &stage::Stage) -> Outcome<(Child, String)> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["html", "--database", &database])
            .args(["--organization", &stage.organization.to_string()])
            .args(["--tenant", &stage.tenant.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = process.stdout.take().ok_or("the server of string HTML has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).await?;
        Ok((process, line.trim().to_owned()))
    }

    /// Serves in this process until it is killed.
    pub async fn run(self) -> Outcome<()> {
        let pool = stage::pool(&self.database).await?;
        let query = Query::new(&pool, self.organization, self.tenant).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}/", listener.local_addr()?);
        let router = Router::new().route("/", get(html)).with_state(Arc::new(query));
        Ok(axum::serve(listener, router).await?)
    }
}

async fn html(State(query): State<Arc<Query>>) -> Result<response::Html<String>, StatusCode> {
    let wrong = |_| StatusCode::INTERNAL_SERVER_ERROR;
    let page = query.page(&EndUserQuery::default()).await.map_err(wrong)?;
    Ok(response::Html(written(&page)))
}

/// The rows as a template would write them, and nothing else of the page.
fn written(page: &EndUserPage) -> String {
    let mut html = String::from("<!doctype html><title>End Users</title><table><tbody>");
    for row in &page.rows {
        let EndUserRow {
            name,
            email,
            phone,
            job_title,
            ..
        } = row;
        let licenses = match &row.licenses {
            Some(Told::Known { value, .. }) => value.join(", "),
            _ => String::new(),
        };
        html.push_str("<tr>");
        for text in [name, email, phone, job_title, &licenses] {
            // Writing to a String can't fail.
            let _ = write!(html, "<td>{}</td>", html_escape::encode_text(text));
        }
        let _ = write!(html, "<td>{:?}</td><td>{:?}</td></tr>", row.activity, row.mfa);
    }
    let _ = write!(html, "</tbody></table><p>{} in all</p>", page.total);
    html
}

/// Pages a second of string HTML, from sixteen connections.
pub async fn string_pages_a_second(url: &str, seconds: u64) -> Outcome<f64> {
    let clients: Vec<_> = (0..CONNECTIONS).map(|_| http()).collect::<Result<_, _>>()?;
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut tasks = JoinSet::new();
    for client in clients {
        let url = url.to_owned();
        tasks.spawn(async move {
            let mut pages = 0_u32;
            while Instant::now() < until {
                client.get(&url).send().await?.error_for_status()?.bytes().await?;
                pages += 1;
            }
            Outcome::Ok(pages)
        });
    }
    let mut pages = 0;
    while let Some(done) = tasks.join_next().await {
        pages += done??;
    }
    Ok(a_second(pages, seconds))
}

/// Pages a second of the program, from sixteen connections, and how many were asked for in vain.
pub async fn pages_a_second(session: &program::Session<'_>, path: &str, seconds: u64) -> Outcome<(f64, u32)> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let asking = (0..CONNECTIONS).map(|_| async {
        let own = session.another()?;
        let (mut pages, mut failed) = (0_u32, 0_u32);
        while Instant::now() < until {
            match own.page(path).await {
                Ok(_) => pages += 1,
                Err(error) => {
                    eprintln!("    {error}");
                    failed += 1;
                }
            }
        }
        Outcome::Ok((pages, failed))
    });
    let done = futures::future::try_join_all(asking).await?;
    let pages = done.iter().map(|(pages, _)| pages).sum();
    Ok((a_second(pages, seconds), done.iter().map(|(_, failed)| failed).sum()))
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
fn a_second(pages: u32, seconds: u64) -> f64 {
    f64::from(pages) / seconds.max(1) as f64
}
