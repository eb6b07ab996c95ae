//! A door in front of Postgres that counts statements, and is shut for good at one of them: what a worker leaves that was
//! killed there.

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    task::JoinSet,
};
use tokio_util::task::AbortOnDropHandle;

/// The name by which Postgres tells these connections from others.
const NAME: &str = "behind the door";

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// How these statements begin: they come by the clock and not from what a run does, and count for nothing, so that a
/// number is the same statement each time. They tell how far a run is, and renew its lease.
const TIMED: [&str; 2] = [
    "update run set stage",
    "update run_lease set expires_at = clock_timestamp() +",
];
/// So much of a message is looked at.
const SEEN: usize = 256;

/// Counts what a client says to Postgres (postgresql.org/docs/current/protocol-message-formats.html).
#[derive(Default)]
struct Counter {
    /// The beginning of the message under way.
    message: Vec<u8>,
    /// So many bytes of it have come.
    come: usize,
    started: bool,
    /// The prepared statements that count for nothing.
    timed: HashSet<Vec<u8>>,
    /// What is bound is one of them.
    is_timed: bool,
}

impl Counter {
    /// How many statements end in these bytes: simple queries, and executions of prepared ones.
    fn statements(&mut self, mut bytes: &[u8]) -> u32 {
        let mut found = 0;
        while !bytes.is_empty() {
            let wanted = self.length().unwrap_or(self.come + 1) - self.come;
            let (now, later) = bytes.split_at(wanted.min(bytes.len()));
            let room = SEEN - self.message.len();
            self.message.extend_from_slice(&now[..room.min(now.len())]);
            self.come += now.len();
            bytes = later;
            if self.length() == Some(self.come) {
                found += u32::from(self.started && self.counts());
                self.started = true;
                self.message.clear();
                self.come = 0;
            }
        }
        found
    }

    /// How long the message is, with its letter, once that is known. The first message has no letter.
    fn length(&self) -> Option<usize> {
        let letters = usize::from(self.started);
        let length: [u8; 4] = self.message.get(letters..letters + 4)?.try_into().ok()?;
        Some(usize::try_from(u32::from_be_bytes(length)).ok()? + letters)
    }

    /// Whether the message that has come is a statement that counts.
    fn counts(&mut self) -> bool {
        let is_timed = |text: &[u8]| TIMED.iter().any(|timed| text.starts_with(timed.as_bytes()));
        let mut texts = self.message[5..].split(|byte| *byte == 0);
        let (first, second) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        match self.message[0] {
            b'P' if is_timed(second) => {
                self.timed.insert(first.to_vec());
                false
            }
            b'P' => {
                self.timed.remove(first);
                false
            }
            b'B' => {
                self.is_timed = self.timed.contains(second);
                false
            }
            b'E' => !self.is_timed,
            b'Q' => !is_timed(first),
            _ => false,
        }
    }
}

/// When the door is shut.
#[derive(Clone, Copy)]
pub struct Last {
    /// At this statement, counted over all connections.
    pub statement: u32,
    /// It still arrives, without an answer.
    pub arrives: bool,
}

pub struct Door {
    port: u16,
    said: Arc<AtomicU32>,
    shut: watch::Receiver<bool>,
    _listening: AbortOnDropHandle<()>,
}

impl Door {
    /// A door that is shut some time.
    pub async fn before(pool: &PgPool, last: Last) -> Self {
        let options = pool.connect_options();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (shutting, shut) = watch::channel(false);
        let shutting = Arc::new(shutting);
        let said = Arc::new(AtomicU32::new(0));
        let counted = said.clone();
        let listening = tokio::spawn(async move {
            let mut guests = JoinSet::new();
            while let Ok((outside, _)) = listener.accept().await {
                let inside = connect(&options).await;
                guests.spawn(pass(outside, inside, counted.clone(), last, shutting.clone()));
            }
        });
        Self {
            port,
            said,
            shut,
            _listening: AbortOnDropHandle::new(listening),
        }
    }

    /// How many statements went through it.
    pub fn said(&self) -> u32 {
        self.said.load(Ordering::Relaxed)
    }

    /// A pool that goes through the door.
    pub async fn pool(&self, behind: &PgPool) -> PgPool {
        let there = behind.connect_options();
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(there.get_username())
            .database(there.get_database().unwrap())
            .application_name(NAME)
            .ssl_mode(PgSslMode::Disable);
        PgPoolOptions::new()
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(options)
    }

    /// Waits until it is shut.
    pub async fn is_shut(&self) {
        let _ = self.shut.clone().wait_for(|shut| *shut).await;
    }

    /// Ends all connections, and waits until Postgres has seen that.
    pub async fn break_down(self, behind: &PgPool) {
        drop(self);
        super::until("nobody is behind the door", 60, || async {
            let left: i64 = sqlx::query_scalar(
                "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1",
            )
            .bind(NAME)
            .fetch_one(behind)
            .await
            .unwrap();
            left == 0
        })
        .await;
    }
}

async fn connect(options: &PgConnectOptions) -> Box<dyn Stream> {
    let (host, port) = (options.get_host(), options.get_port());
    match options.get_socket() {
        Some(folder) => Box::new(
            UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))
                .await
                .unwrap(),
        ),
        None => Box::new(TcpStream::connect((host, port)).await.unwrap()),
    }
}

/// Hands on what both sides say, until the door is shut. Then nobody says anything any more.
async fn pass(
    outside: TcpStream,
    inside: Box<dyn Stream>,
    said: Arc<AtomicU32>,
    last: Last,
    shutting: Arc<watch::Sender<bool>>,
) {
    let mut shut = shutting.subscribe();
    let (mut from_client, mut to_client) = outside.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(inside);
    let asking = async {
        let (mut counter, mut bytes) = (Counter::default(), vec![0; 64 * 1_024]);
        while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
            let begun = counter.statements(&bytes[..length]);
            let before = said.fetch_add(begun, Ordering::Relaxed);
            let is_last = begun > 0 && before + begun >= last.statement;
            if (!is_last || last.arrives) && to_server.write_all(&bytes[..length]).await.is_err() {
                return;
            }
            if is_last {
                shutting.send_replace(true);
                std::future::pending::<()>().await;
            }
        }
    };
    let talk = async {
        tokio::select! {
            () = asking => {}
            _ = copy(&mut from_server, &mut to_client) => {}
        }
    };
    let silence = async {
        let _ = shut.wait_for(|shut| *shut).await;
        std::future::pending::<()>().await;
    };
    // Shut, both ends stay open until the door breaks down.
    tokio::select! {
        biased;
        () = silence => {}
        () = talk => {}
    }
}

#[test]
fn statements_are_counted_wherever_messages_are_cut() {
    let mut said = vec![];
    let mut say = |letter: Option<u8>, body: &[u8]| {
        said.extend(letter);
        said.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
        said.extend(body);
    };
    say(None, b"\0\x03\0\0user\0QEQE\0\0");
    let three = format!("three\0select 1 {}\0\0\0", "E".repeat(2 * SEEN));
    for (letter, body) in [
        (b'P', "one\0select 'QQ'\0\0\0"),
        (b'B', "\0one\0EE"),
        (b'E', "\0\0\0\0\0"),
        (b'S', ""),
        (b'P', "two\0update run set stage = $2\0\0\0"),
        (b'P', three.as_str()),
        (b'B', "\0two\0"),
        (b'E', "\0\0\0\0\0"),
        (b'B', "\0three\0"),
        (b'E', "\0\0\0\0\0"),
        (b'Q', "commit\0"),
        (b'X', ""),
    ] {
        say(Some(letter), body.as_bytes());
    }
    for size in 1..said.len() {
        let mut counter = Counter::default();
        let found: u32 = said.chunks(size).map(|bytes| counter.statements(bytes)).sum();
        assert_eq!(found, 3, "in pieces of {size}");
    }
}
