//! The database that the settings name, or the embedded one.

use super::{
    ending,
    postgres::{EmbeddedPostgres, EmbeddedPostgresError, Found},
    settings::Settings,
};
use secrecy::ExposeSecret;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::time::Duration;

/// How long connections in use are waited for.
const TO_CLOSE: Duration = Duration::from_secs(1);

/// No database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The embedded one did not start.
    #[error(transparent)]
    Embedded(#[from] EmbeddedPostgresError),
    /// The one in `DATABASE_URL` does not answer.
    #[error("DATABASE_URL: {0}; check the address, the account and that Postgres is running")]
    Connect(#[from] sqlx::Error),
    /// Too old a Postgres.
    #[error("DATABASE_URL: this is Postgres {0}; Entrain needs 15 or later")]
    TooOld(String),
}

/// An open database; an embedded one is stopped by [`Database::close`].
#[derive(Debug)]
pub struct Database {
    /// Connections.
    pub pool: PgPool,
    /// Postgres' own version, as `server_version_num` writes it: 150004 is 15.4.
    pub version: i32,
    embedded: Option<EmbeddedPostgres>,
}

impl Database {
    /// Opens the database of the settings.
    pub async fn open(settings: &Settings) -> Result<Self, DatabaseError> {
        let (url, embedded) = match &settings.database_url {
            Some(url) => (url.expose_secret().to_owned(), None),
            None => {
                let embedded = EmbeddedPostgres::start(&settings.data_dir).await?;
                (embedded.url().to_owned(), Some(embedded))
            }
        };
        Self::connect(&url, embedded, settings.lease).await
    }

    /// Opens the database of the settings without making one, and beside a living `entrain` that runs the embedded
    /// one; `None` when there is no embedded one yet. One that nobody runs is started for as long as it is looked at.
    pub async fn look(settings: &Settings) -> Result<Option<Self>, DatabaseError> {
        if settings.database_url.is_some() {
            return Self::open(settings).await.map(Some);
        }
        match EmbeddedPostgres::look(&settings.data_dir)? {
            Found::Nothing => Ok(None),
            Found::Resting => Self::open(settings).await.map(Some),
            Found::Running(url) => Self::connect(&url, None, settings.lease).await.map(Some),
        }
    }

    /// A worker that is frozen, or cut off from the network, in the middle of a transaction holds the row of its lease
    /// for as long as its session lives, and nobody could take the Microsoft tenant over: after the length of a lease
    /// the server ends such a session.
    async fn connect(url: &str, embedded: Option<EmbeddedPostgres>, lease: Duration) -> Result<Self, DatabaseError> {
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(5))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    // The name of the setting can't be bound in `set`.
                    sqlx::query("select set_config('idle_in_transaction_session_timeout', $1, false)")
                        .bind(format!("{}ms", lease.as_millis()))
                        .execute(connection)
                        .await?;
                    Ok(())
                })
            })
            .connect_with(options.application_name("entrain"))
            .await?;
        let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
            .fetch_one(&pool)
            .await?;
        if version < 150_000 {
            return Err(DatabaseError::TooOld(format!("{}", version / 10_000)));
        }
        Ok(Self {
            pool,
            version,
            embedded,
        })
    }

    /// Whether it is the embedded one, and ours to stop.
    pub const fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Closes the connections and stops an embedded Postgres, for as long as there is time.
    pub async fn close(self) {
        // A connection that is still busy with what was cut off does not keep the process from ending.
        let _ = tokio::time::timeout(TO_CLOSE.min(ending::left()), self.pool.close()).await;
        if let Some(embedded) = self.embedded
            && let Err(error) = embedded.stop().await
        {
            tracing::warn!(%error, "the embedded Postgres did not stop cleanly");
        }
    }
}
