//! `entrain` itself, in a process of its own.

use crate::{Outcome, microsoft::Microsoft, replay::Proxy, scratch};
use entrain::{
    model::{audit::Actor, sign_in::Way},
    server::session::{cookie_name, create_administrator, random_text},
    store::{
        account,
        session::{self, NewSession},
    },
};
use leptos::server_fn::ServerFn;
use reqwest::{Client, StatusCode, header};
use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::{
    net::{SocketAddr, TcpListener},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

/// The program that Cargo built beside this one.
pub const PATH: &str = env!("CARGO_BIN_EXE_entrain");

const EMAIL: &str = "bench@localhost.example";

/// `entrain serve`, killed with this.
pub struct Program {
    process: Child,
    address: SocketAddr,
}

impl Program {
    /// Runs and nothing else. The interval is so long that no schedule disturbs what is asked for.
    pub async fn worker(database: &str, microsoft: &Microsoft, proxy: Option<&Proxy>) -> Outcome<Self> {
        Self::start("worker", database, microsoft, proxy).await
    }

    /// Pages and nothing else.
    pub async fn web(database: &str, microsoft: &Microsoft) -> Outcome<Self> {
        let program = Self::start("web", database, microsoft, None).await?;
        let until = Instant::now() + Duration::from_secs(60);
        while program.client()?.get(program.url("/readyz")).send().await.is_err() {
            if Instant::now() > until {
                return Err("`entrain serve --role web` did not start".into());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(program)
    }

    async fn start(role: &str, database: &str, microsoft: &Microsoft, proxy: Option<&Proxy>) -> Outcome<Self> {
        let sample = microsoft_sim::Options::default();
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let folder = scratch()?;
        // Pages name the bundle's files and never look into them.
        let names = r#"{ "js": "bench.js", "wasm": "bench.wasm", "css": "bench.css" }"#;
        tokio::fs::write(folder.join("assets.json"), names).await?;
        let mut program = Command::new(PATH);
        program
            .args(["serve", "--role", role])
            .current_dir(&folder)
            .env("DATABASE_URL", database)
            // 32 times zero: nothing worth keeping is stored here.
            .env("ENTRAIN_MASTER_KEY", format!("{}=", "A".repeat(43)))
            .env("ENTRAIN_LISTEN", address.to_string())
            .env("ENTRAIN_SITE_DIR", &folder)
            .env("ENTRAIN_MICROSOFT_LOGIN_URL", &microsoft.address)
            .env("ENTRAIN_MICROSOFT_GRAPH_URL", &microsoft.address)
            .env("ENTRAIN_MICROSOFT_CLIENT_ID", sample.client_id)
            .env("ENTRAIN_MICROSOFT_CLIENT_SECRET", sample.client_secret)
            .env("ENTRAIN_PRODUCT_NAMES_URL", "off")
            .env("ENTRAIN_SYNC_INTERVAL", "7d")
            .env("ENTRAIN_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        if let Some(proxy) = proxy {
            proxy.before(&mut program);
        }
        Ok(Self {
            process: program.spawn()?,
            address,
        })
    }

    /// Its process id.
    pub fn id(&self) -> Outcome<u32> {
        self.process.id().ok_or_else(|| "the program has ended".into())
    }

    /// Stops it as an operator would.
    pub async fn stop(mut self) -> Outcome<()> {
        let id = Pid::from_raw(i32::try_from(self.id()?)?).ok_or("the program has no process id")?;
        kill_process(id, Signal::TERM)?;
        self.process.wait().await?;
        Ok(())
    }

    /// An address of its pages.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// A client that knows where that is, and asks for no compression: what is measured is the page.
    pub fn client(&self) -> Outcome<Client> {
        Ok(Client::builder()
            .no_gzip()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .resolve("localhost", self.address)
            .build()?)
    }

    /// The same with a session.
    pub async fn signed_in(&self, pool: &PgPool) -> Outcome<Session<'_>> {
        let token = random_text(32)?;
        if account::by_email(pool, EMAIL).await?.is_none() {
            let password = random_text(15)?;
            create_administrator(pool, &Actor::command("entrain bench"), EMAIL, "Bench", &password).await?;
        }
        let (who, _) = account::by_email(pool, EMAIL).await?.ok_or("nobody can sign in")?;
        let new = NewSession {
            account: who.id,
            token_hash: &Sha256::digest(token.as_bytes()),
            way: Way::Password,
            address: None,
            agent: "",
        };
        let mut connection = pool.acquire().await?;
        session::open(&mut connection, &new).await?;
        Ok(Session {
            program: self,
            client: self.client()?,
            cookie: format!("{}={token}", cookie_name(false)),
        })
    }
}

/// Somebody who is signed in, over a connection of their own.
pub struct Session<'a> {
    program: &'a Program,
    client: Client,
    cookie: String,
}

impl Session<'_> {
    /// Somebody else with the same session.
    pub fn another(&self) -> Outcome<Self> {
        Ok(Self {
            program: self.program,
            client: self.program.client()?,
            cookie: self.cookie.clone(),
        })
    }

    /// A page, whole.
    pub async fn page(&self, path: &str) -> Outcome<String> {
        let request = self.client.get(self.program.url(path));
        let answer = request.header(header::COOKIE, &self.cookie).send().await?;
        told(path, answer).await
    }

    /// A server function, as the browser's part of the program calls it.
    pub async fn call<F: ServerFn>(&self, form: &[(&str, &str)]) -> Outcome<String> {
        let request = self.client.post(self.program.url(F::PATH)).form(form);
        let request = request.header(header::COOKIE, &self.cookie);
        let request = request
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "application/json");
        told(F::PATH, request.send().await?).await
    }
}

async fn told(path: &str, answer: reqwest::Response) -> Outcome<String> {
    let status = answer.status();
    let text = answer.text().await?;
    if status == StatusCode::OK {
        return Ok(text);
    }
    let beginning: String = text.chars().take(300).collect();
    Err(format!("{path} answers {status}: {beginning}").into())
}
