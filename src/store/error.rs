//! What can go wrong in the store, for those who have to tell a person.

/// Why a query did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Postgres can't be reached or ended the connection.
    #[error(
        "the database can't be reached ({0}); check that Postgres is running, Entrain goes on by itself when it is"
    )]
    Unavailable(#[source] sqlx::Error),
    /// Another process took over this Microsoft tenant: what this one had in hand was not written.
    #[error("another worker has taken over this Microsoft tenant; nothing was written")]
    LeaseLost,
    /// Somebody else moved on the link of a pass over the directory: what this reader had in hand was not written.
    #[error(
        "another reader of this Microsoft tenant has gone on meanwhile; nothing was written, the next run goes on from there"
    )]
    LinkMoved,
    /// Somebody changed the same rows at the same moment; nothing was written.
    #[error("somebody changed the same people at the same moment; nothing was written, the next run tries again")]
    Concurrent,
    /// The row does not exist, or not any more.
    #[error("{0} does not exist any more. It may have been removed: go back to the list.")]
    NotFound(&'static str),
    /// What was asked contradicts what is there, in a sentence that says what to do.
    #[error("{0}")]
    Conflict(&'static str),
    /// A stored secret can't be opened, or a new one not sealed.
    #[error(transparent)]
    Vault(#[from] super::vault::VaultError),
    /// A migration failed.
    #[error("the database could not be migrated: {0}")]
    Migrate(String),
    /// Anything else: a bug, or a database that is not ours.
    #[error("a query failed: {0}")]
    Query(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .map(|code| code.into_owned());
        match (&error, code.as_deref()) {
            (E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Tls(_) | E::Protocol(_), _) => {
                Self::Unavailable(error)
            }
            // Serialization failure and deadlock; 57P0x is a server that shuts down or starts, 08 a broken connection,
            // 53300 a server without a connection to spare.
            (_, Some("40001" | "40P01")) => Self::Concurrent,
            (_, Some(code)) if code.starts_with("57P0") || code.starts_with("08") || code == "53300" => {
                Self::Unavailable(error)
            }
            _ => Self::Query(error),
        }
    }
}

impl StoreError {
    /// Whether the database itself is away, so that trying later may help.
    pub const fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// The result of a query.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Turns the violation of a named constraint into a sentence for a person.
pub(crate) fn on_constraint(name: &'static str, sentence: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match error.as_database_error().and_then(|e| e.constraint()) {
        Some(violated) if violated == name => StoreError::Conflict(sentence),
        _ => error.into(),
    }
}
