//! Whether a portal's token is to be believed: RFC 7519, signed with HS256 and nothing else, as `interface.md` tells.
//! Pure: the portal, its secret and the time are handed in.

use crate::{
    model::{access::Role, portal::Scope},
    store::{embed_session::Sent, portal::Portal},
    sync::normalise::clean,
};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use uuid::Uuid;

/// How far ahead the end of a token may lie.
pub const LONGEST: TimeDelta = TimeDelta::minutes(10);
/// How far clocks may differ.
pub const SKEW: TimeDelta = TimeDelta::seconds(60);
/// The longest text of a claim, in characters.
const MOST: usize = 200;
/// The longest token, in bytes: one with every claim at its longest is half of it.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Why a token is not believed. For the log of whoever runs the server: the person in the frame is told less.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this portal.
    #[error("{0}")]
    Forged(String),
    /// For a page that is none of the portal's.
    #[error("its origin \"{0}\" is not registered")]
    Origin(String),
}

/// A token that is of the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it says.
    pub sent: Sent,
    /// Its end is over.
    pub expired: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: String,
    name: String,
    role: String,
    scope: Uuid,
    origin: String,
    /// NumericDate may have a fraction (RFC 7519, section 2).
    exp: f64,
    nbf: Option<f64>,
    jti: String,
}

/// What a token of the portal says, in words that are fit for the log and for the database.
///
/// # Errors
/// See [`TokenError`].
pub fn verify(
    token: &str,
    portal: &Portal,
    secret: &[u8],
    public_url: &str,
    now: DateTime<Utc>,
) -> Result<Verified, TokenError> {
    let claims = believed(token, secret)?;
    if claims.iss != portal.id.to_string() {
        return Err(forged("its issuer is not this portal's id"));
    }
    if !claims.aud.is(public_url) {
        return Err(forged("its audience is not the public URL of this server"));
    }
    let until = end(&claims, now)?;
    let role = match Role::from_key(&claims.role) {
        Some(role @ (Role::Viewer | Role::Technician)) => role,
        _ => return Err(forged("its role is neither \"viewer\" nor \"technician\"")),
    };
    for (claim, text) in [("sub", &claims.sub), ("name", &claims.name), ("jti", &claims.jti)] {
        let fits = !text.trim().is_empty() && text.chars().count() <= MOST && !text.chars().any(char::is_control);
        if !fits {
            return Err(forged(format!(
                "its {claim} is empty, longer than {MOST} characters or not plain text"
            )));
        }
    }
    // What is left out of a name may stand in no id: two of them would look like one.
    if claims.sub.chars().any(|c| is_unseen(c) || is_joiner(c)) {
        return Err(forged("its sub has characters that nobody sees"));
    }
    let name = shown(&claims.name);
    if name.is_empty() {
        return Err(forged("its name has no character that anybody sees"));
    }
    if !portal.origins.contains(&claims.origin) {
        // Only what stands in an origin goes into the log.
        let origin: String = claims.origin.chars().filter(|c| !c.is_control()).take(MOST).collect();
        return Err(TokenError::Origin(origin));
    }
    Ok(Verified {
        expired: until <= now,
        sent: Sent {
            portal: portal.id,
            subject: claims.sub,
            name,
            role,
            scope: claims.scope,
            origin: claims.origin,
            jti: claims.jti,
            until,
        },
    })
}

/// A name as the audit log and the screens show it, beside words of ours that it must not reorder.
fn shown(name: &str) -> String {
    clean(&name.replace(is_unseen, ""), MOST)
}

/// What turns the direction of writing (Unicode Standard Annex 9, section 2), and what has no width.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// Without these names in Persian or Hindi are misspelt.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// The claims, once the algorithm and the signature are right.
fn believed(token: &str, secret: &[u8]) -> Result<Claims, TokenError> {
    if token.len() > LONGEST_TOKEN {
        return Err(forged("it is too long"));
    }
    // What it says is anybody's words: nothing of it goes into the log.
    let header =
        decode_header(token).map_err(|_| forged("its header can't be read, or names no algorithm that there is"))?;
    if header.alg != Algorithm::HS256 {
        return Err(forged(format!("it is signed with {:?} and not with HS256", header.alg)));
    }
    // What is critical must be understood (RFC 7515, section 4.1.11), and nothing is.
    if header.crit.is_some() {
        return Err(forged("its header has critical parts"));
    }
    let mut validation = Validation::new(Algorithm::HS256);
    // The signature only: the rest is held against the portal and the time above.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    decode::<Claims>(token, &DecodingKey::from_secret(secret), &validation)
        .map(|data| data.claims)
        .map_err(|error| forged(format!("its signature or its claims are wrong ({error})")))
}

/// Until when it has to be remembered: its end and the skew.
fn end(claims: &Claims, now: DateTime<Utc>) -> Result<DateTime<Utc>, TokenError> {
    // A fraction of a second more or less is within the skew, and what no clock shows is cut off.
    let moment = |seconds: f64| DateTime::from_timestamp(seconds as i64, 0);
    let exp = moment(claims.exp).ok_or_else(|| forged("its end is no time"))?;
    if exp > now + LONGEST + SKEW {
        return Err(forged("its end is more than 10 minutes ahead"));
    }
    if let Some(nbf) = claims.nbf
        && moment(nbf).is_none_or(|nbf| nbf > now + SKEW)
    {
        return Err(forged("it is not valid yet: compare the clocks of both machines"));
    }
    Ok(exp + SKEW)
}

impl Audience {
    fn is(&self, public_url: &str) -> bool {
        let ours = |said: &String| said.trim_end_matches('/') == public_url.trim_end_matches('/');
        match self {
            Self::One(said) => ours(said),
            Self::Several(said) => said.iter().any(ours),
        }
    }
}

fn forged(why: impl Into<String>) -> TokenError {
    TokenError::Forged(why.into())
}

/// What a browser says of where a post comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostedFrom<'a> {
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Dest`.
    pub into: Option<&'a str>,
    /// The origin of the page that gave our frame the token, in the words of that frame.
    pub given_by: &'a str,
}

impl PostedFrom<'_> {
    /// The page hides where it is: its `Referrer-Policy` has it so, or it is nobody's, as in a sandbox.
    pub fn is_hidden(&self) -> bool {
        self.origin == Some("null")
    }
}

/// Whether a post may carry the token: it comes from the page that the token is for, or from our own frame, which tells
/// which page gave it the token. One that hides where it is may post into a frame alone: whoever it is, the cookie then
/// stays with the site around that frame, and none is left for the tabs of the person.
pub fn came_from(from: PostedFrom<'_>, sent: &Sent, ours: &str) -> bool {
    match from.origin {
        None => true,
        Some("null") => from.into == Some("iframe"),
        Some(origin) if origin == ours => from.given_by.is_empty() || from.given_by == sent.origin,
        Some(origin) => origin == sent.origin,
    }
}

/// Whether a session that a browser has is the one that this token opened, or may go on as if it were.
pub fn is_of(sent: &Sent, scope: Scope, subject: &str) -> bool {
    sent.scope == scope.id() && sent.subject == subject
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
