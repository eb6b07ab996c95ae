//! The credentials of the app registration: which there are, in which order they are tried, and what Microsoft said of
//! each. A credential that is refused costs one request more and nothing else while another one works.

use super::{
    aadsts,
    certificate::Certificate,
    error::{Failure, GraphError, GraphErrorKind},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// How long a credential that Microsoft refused is tried after all others. A new secret may be unknown to a part of
/// Microsoft's servers for a while, so that a refusal is not for ever.
const LAST_RESORT: TimeDelta = TimeDelta::hours(1);

/// How the app proves that it is itself.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The value of a client secret.
    Secret(SecretString),
    /// A certificate, which signs an assertion for each request for a token.
    Certificate(Arc<Certificate>),
}

/// One of the app registration's credentials.
#[derive(Clone, Debug)]
pub struct Held {
    /// What tells it apart from the others; never a part of it.
    pub name: Arc<str>,
    /// The credential.
    pub credential: Credential,
    /// When it ends, where that is known: a client secret does not say, somebody has to tell.
    pub ends: Option<DateTime<Utc>>,
}

/// What the name of the credential that the settings hold begins with.
const ENVIRONMENT: &str = "environment";

/// What Microsoft said of a credential is told again after so long: another process may have told otherwise since.
const TELL_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// What Microsoft said of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It issued a token.
    Works,
    /// It refused the credential itself, with this AADSTS code.
    Refused(u32),
}

/// Where credentials besides those of the settings are kept. It is asked before each request for a token, so that every
/// process takes up a new one without being told.
pub trait CredentialSource: Send + Sync + fmt::Debug {
    /// Those that are there now, the one to be tried first in front; what was there last where that can't be told.
    fn load(&self) -> BoxFuture<'_, Vec<Held>>;
    /// Microsoft said something new of one of them, or of that of the settings.
    fn heard<'a>(&'a self, name: &'a str, verdict: Verdict) -> BoxFuture<'a, ()>;
}

/// All credentials of an app registration. Clones are the same keyring.
#[derive(Clone, Debug, Default)]
pub struct Keyring(Arc<Ring>);

#[derive(Debug, Default)]
struct Ring {
    own: Vec<Held>,
    source: Mutex<Option<Arc<dyn CredentialSource>>>,
    said: Mutex<HashMap<Arc<str>, Said>>,
}

/// What Microsoft said of a credential, when it said so last, and when that was told on.
#[derive(Clone, Copy, Debug)]
struct Said {
    verdict: Verdict,
    at: DateTime<Utc>,
    told: DateTime<Utc>,
}

/// That of the settings, of whichever app registration.
impl From<Credential> for Keyring {
    fn from(credential: Credential) -> Self {
        Self::of_settings("", credential, None)
    }
}

/// What is kept of a credential of the settings must not be taken for its successor's, so its name changes with it. Of
/// the hash so little is in the name that countless secrets have the same: nobody finds a secret by it.
fn name_in_settings(client_id: &str, credential: &Credential) -> String {
    let (kind, value) = match credential {
        Credential::Secret(secret) => ("secret", secret.clone()),
        Credential::Certificate(certificate) => ("certificate", SecretString::from(certificate.fingerprint())),
    };
    let mut hash = Sha256::new();
    for part in [
        "entrain credential of the settings",
        client_id,
        kind,
        value.expose_secret(),
    ] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    let short: String = hash.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{ENVIRONMENT}:{short}")
}

impl Keyring {
    /// One with the credential that the settings hold for this app registration. `secret_ends` is what they tell of a
    /// client secret's end; a certificate tells its own.
    pub fn of_settings(client_id: &str, credential: Credential, secret_ends: Option<DateTime<Utc>>) -> Self {
        let ends = match &credential {
            Credential::Secret(_) => secret_ends,
            Credential::Certificate(certificate) => Some(certificate.not_after()),
        };
        let held = Held {
            name: name_in_settings(client_id, &credential).into(),
            credential,
            ends,
        };
        Self(Arc::new(Ring {
            own: vec![held],
            ..Ring::default()
        }))
    }

    /// Takes credentials from there too, before its own.
    pub fn listen_to(&self, source: Arc<dyn CredentialSource>) {
        *lock(&self.0.source) = Some(source);
    }

    /// That of the settings, if there is one.
    pub fn own(&self) -> Option<&Held> {
        self.0.own.first()
    }

    /// Every credential in the order in which they are tried: those of the source, then that of the settings; what has
    /// ended or was refused lately comes last.
    pub async fn in_order(&self, now: DateTime<Utc>) -> Vec<Held> {
        let source = lock(&self.0.source).clone();
        let mut all = match source {
            Some(source) => source.load().await,
            None => vec![],
        };
        all.extend(self.0.own.iter().cloned());
        let said = lock(&self.0.said);
        all.sort_by_key(|held| {
            let refused = said
                .get(&held.name)
                .is_some_and(|said| matches!(said.verdict, Verdict::Refused(_)) && now - said.at < LAST_RESORT);
            refused || held.ends.is_some_and(|ends| ends <= now)
        });
        all
    }

    /// Asks with one credential after the other until the answer is about something else than the credential. All
    /// refused, the first refusal is the answer.
    pub(super) async fn prove<T, F>(&self, operation: &str, ask: impl Fn(Credential) -> F) -> Result<T, GraphError>
    where
        F: Future<Output = Result<T, GraphError>>,
    {
        let mut first = None;
        for held in self.in_order(Utc::now()).await {
            let answer = ask(held.credential.clone()).await;
            self.heard(&held.name, answer.as_ref().err()).await;
            match answer {
                Err(refusal) if refusal.refuses_credential() => {
                    first.get_or_insert(refusal);
                }
                answer => return answer,
            }
        }
        Err(first.unwrap_or_else(|| {
            let message = "there is no client secret and no certificate: add one in Settings, Microsoft App \
                           Registration, or set ENTRAIN_MICROSOFT_CLIENT_SECRET or ENTRAIN_MICROSOFT_CERTIFICATE_FILE";
            GraphError::new(GraphErrorKind::Settings, operation, message)
        }))
    }

    /// Notes what an answer says of a credential; most failures say nothing of it.
    async fn heard(&self, name: &Arc<str>, failure: Option<&GraphError>) {
        let verdict = match failure {
            None => Verdict::Works,
            Some(failure) => match failure.kind {
                GraphErrorKind::Token { aadsts: Some(code) } if failure.refuses_credential() => Verdict::Refused(code),
                _ => return,
            },
        };
        self.note(name, verdict).await;
    }

    /// Notes what Microsoft said of a credential.
    pub async fn note(&self, name: &Arc<str>, verdict: Verdict) {
        self.note_at(name, verdict, Utc::now()).await;
    }

    async fn note_at(&self, name: &Arc<str>, verdict: Verdict, now: DateTime<Utc>) {
        let same = {
            let mut said = lock(&self.0.said);
            let same = said.get(name).copied().filter(|before| before.verdict == verdict);
            let told = same.map(|before| before.told).filter(|told| now - *told < TELL_AGAIN);
            let new = Said {
                verdict,
                at: now,
                told: told.unwrap_or(now),
            };
            said.insert(Arc::clone(name), new);
            if told.is_some() {
                return;
            }
            same
        };
        if let (Verdict::Refused(code), None) = (verdict, same) {
            tracing::warn!(
                credential = &**name,
                "Microsoft refuses a credential of the app registration (AADSTS{code}); the others are tried"
            );
        }
        let source = lock(&self.0.source).clone();
        if let Some(source) = source {
            source.heard(name, verdict).await;
        }
    }
}

impl Failure {
    /// Whether Microsoft refused the credential itself, so that another one may do.
    pub fn refuses_credential(&self) -> bool {
        matches!(self.kind, GraphErrorKind::Token { aadsts: Some(code) } if aadsts::refuses_credential(code))
    }

    /// Whether it is the fault of our credentials or settings, and so says nothing of the tenant that was asked for.
    pub fn is_ours(&self) -> bool {
        match self.kind {
            GraphErrorKind::Settings => true,
            GraphErrorKind::Token { aadsts: Some(code) } => aadsts::is_ours(code),
            _ => false,
        }
    }
}

/// The AADSTS code in Microsoft's words with which it refused a credential, if it did.
pub fn refused_credential(description: &str) -> Option<u32> {
    let digits = description.split_once("AADSTS")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end]
        .parse()
        .ok()
        .filter(|code| aadsts::refuses_credential(*code))
}

/// What an administrator can do about an AADSTS code.
pub fn remedy_of_code(code: u32) -> String {
    match aadsts::advice(code) {
        Some(advice) => advice.remedy.to_owned(),
        None => format!("Microsoft explains it at {}.", aadsts::lookup_page(code)),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default)]
    struct Kept(Vec<Held>, Mutex<Vec<Verdict>>);

    impl CredentialSource for Kept {
        fn load(&self) -> BoxFuture<'_, Vec<Held>> {
            Box::pin(async { self.0.clone() })
        }

        fn heard<'a>(&'a self, _: &'a str, verdict: Verdict) -> BoxFuture<'a, ()> {
            lock(&self.1).push(verdict);
            Box::pin(async {})
        }
    }

    fn held(name: &str, ends_in_days: Option<i64>) -> Held {
        Held {
            name: name.into(),
            credential: Credential::Secret("hush".into()),
            ends: ends_in_days.map(|days| Utc::now() + TimeDelta::days(days)),
        }
    }

    async fn names(keyring: &Keyring, now: DateTime<Utc>) -> Vec<String> {
        let all = keyring.in_order(now).await;
        all.iter().map(|held| held.name.to_string()).collect()
    }

    #[tokio::test]
    async fn what_is_kept_comes_before_the_settings_and_what_has_ended_or_was_refused_comes_last() {
        let keyring = Keyring::from(Credential::Secret("own".into()));
        let kept = vec![held("new", None), held("ended", Some(-1)), held("old", Some(9))];
        keyring.listen_to(Arc::new(Kept(kept, Mutex::default())));
        let own = keyring.own().unwrap().name.to_string();
        let own = own.as_str();
        let now = Utc::now();
        assert_eq!(names(&keyring, now).await, ["new", "old", own, "ended"]);
        keyring.note(&"new".into(), Verdict::Refused(7_000_215)).await;
        assert_eq!(names(&keyring, now).await, ["old", own, "new", "ended"]);
        let later = now + LAST_RESORT + TimeDelta::minutes(1);
        assert_eq!(names(&keyring, later).await, ["new", "old", own, "ended"]);
        keyring.note(&"new".into(), Verdict::Works).await;
        assert_eq!(names(&keyring, now).await[0], "new");
    }

    #[tokio::test]
    async fn what_microsoft_says_is_told_when_it_changes_and_else_every_few_minutes() {
        let (keyring, kept) = (Keyring::default(), Arc::new(Kept::default()));
        keyring.listen_to(kept.clone());
        let (name, start) = ("one".into(), Utc::now());
        let refused = Verdict::Refused(7_000_222);
        for (minutes, verdict) in [
            (0, Verdict::Works),
            (4, Verdict::Works),
            (6, Verdict::Works),
            (10, Verdict::Works),
            (10, refused),
            (11, refused),
            (11, Verdict::Works),
        ] {
            keyring
                .note_at(&name, verdict, start + TimeDelta::minutes(minutes))
                .await;
        }
        let told = lock(&kept.1).clone();
        assert_eq!(told, [Verdict::Works, Verdict::Works, refused, Verdict::Works]);
    }

    #[test]
    fn the_name_of_the_settings_credential_is_its_own_and_holds_nothing_of_it() {
        let name = |client_id: &str, secret: &str| {
            let keyring = Keyring::of_settings(client_id, Credential::Secret(secret.to_owned().into()), None);
            keyring.own().unwrap().name.to_string()
        };
        assert_eq!(name("app", "hush"), name("app", "hush"), "a start anew keeps it");
        assert_ne!(name("app", "hush"), name("app", "hush2"));
        assert_ne!(name("app", "hush"), name("other", "hush"));
        assert!(!name("app", "hush").contains("hush") && name("app", "hush").starts_with("environment:"));
    }

    #[tokio::test]
    async fn without_any_credential_it_is_said_what_to_add() {
        let asked = Keyring::default().prove("POST /token", |_| async { Ok(()) }).await;
        let error = asked.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::Settings);
        assert!(
            error.to_string().contains("Settings, Microsoft App Registration"),
            "{error}"
        );
    }

    #[test]
    fn only_a_refusal_of_the_credential_itself_leads_to_the_next_one() {
        for code in [7_000_215, 7_000_222, 700_027] {
            assert_eq!(
                refused_credential(&format!("invalid_client: AADSTS{code}: no")),
                Some(code)
            );
        }
        for words in [
            "AADSTS700016: unknown app",
            "AADSTS65001: no consent",
            "AADSTS90033",
            "no code",
        ] {
            assert_eq!(refused_credential(words), None, "{words}");
        }
    }
}
