//! Sign-in of people: the authorization endpoint with PKCE, and signing out. Whoever is named is signed in: there are
//! no passwords here.
//!
//! Errors are sent to the client's address as soon as that address is known to be the client's; before that they are
//! shown to the person only (RFC 6749 §4.1.2.1).

use std::time::Instant;

use serde_json::Value;
use uuid::Uuid;

use super::super::{Ask, Reply};
use super::failure::Failure;
use super::page::{escape, hidden, page, post, redirect, trouble};
use super::{Fields, Realm};
use crate::cloud::Cloud;
use crate::identity::code::Authorization;
use crate::model::entity::Entity;

/// How many people the page offers to choose from; anybody can be typed.
const OFFERED: usize = 200;

/// How the answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Query,
    FormPost,
}

/// What is already known to be right: the client's address, and how to send answers there.
struct Way<'a> {
    uri: &'a str,
    mode: Mode,
    state: Option<&'a str>,
}

impl Way<'_> {
    fn send(&self, ask: &Ask, parameters: &[(&str, &str)]) -> Reply {
        let mut all = parameters.to_vec();
        all.extend(self.state.map(|state| ("state", state)));
        match self.mode {
            Mode::FormPost => post(self.uri, &all),
            Mode::Query => redirect(self.uri, &all).unwrap_or_else(|error| trouble(ask, &Failure::internal(&error))),
        }
    }

    fn refuse(&self, ask: &Ask, failure: &Failure) -> Reply {
        let description = failure.description(ask);
        self.send(ask, &[("error", failure.error), ("error_description", &description)])
    }
}

/// The page, or where its form leads.
pub fn answer(cloud: &Cloud, ask: &Ask, tenant: &str) -> Reply {
    let query = Fields::of_query(ask);
    let way = match way(cloud, &query) {
        Ok(way) => way,
        Err(failure) => return trouble(ask, &failure),
    };
    match sign_in(cloud, ask, tenant, &query, &way) {
        Ok(reply) => reply,
        Err(failure) => way.refuse(ask, &failure),
    }
}

fn way<'a>(cloud: &Cloud, query: &'a Fields) -> Result<Way<'a>, Failure> {
    let client = query.need("client_id")?;
    if !cloud.registration.is(client) {
        return Err(Failure::no_application(client, "Microsoft"));
    }
    let uri = query.need("redirect_uri")?;
    if !cloud.registration.leads_to(uri) {
        return Err(Failure::redirect(uri, client));
    }
    let mode = match query.get("response_mode") {
        None | Some("query") => Mode::Query,
        Some("form_post") => Mode::FormPost,
        Some(other) => {
            let text = format!("The response mode '{other}' is not supported.");
            return Err(Failure::new(400, "invalid_request", 90023, text));
        }
    };
    Ok(Way {
        uri,
        mode,
        state: query.get("state"),
    })
}

/// What the request asks for, checked.
fn check(query: &Fields) -> Result<(), Failure> {
    let kind = query.need("response_type")?;
    if kind != "code" {
        let text = format!("The response type '{kind}' is not supported here: only 'code' is.");
        return Err(Failure::new(400, "unsupported_response_type", 700_054, text));
    }
    query.need("scope")?;
    let invalid = |code, text: &str| Err(Failure::new(400, "invalid_request", code, text));
    match (query.get("code_challenge"), query.get("code_challenge_method")) {
        (None, None) => {}
        (Some(challenge), Some("S256")) if challenge.len() == 43 => {}
        (Some(_), Some("S256")) => return invalid(50147, "The size of the code challenge parameter isn't valid."),
        _ => {
            return invalid(
                50148,
                "A code_challenge comes with code_challenge_method=S256, and neither alone.",
            );
        }
    }
    match query.get("prompt") {
        None | Some("login" | "select_account" | "consent" | "create") => Ok(()),
        Some("none") => {
            let text = "Session information is not sufficient for single-sign-on.";
            Err(Failure::new(400, "login_required", 50058, text))
        }
        Some(_) => invalid(90023, "The value of the parameter 'prompt' is not supported."),
    }
}

fn sign_in(cloud: &Cloud, ask: &Ask, tenant: &str, query: &Fields, way: &Way<'_>) -> Result<Reply, Failure> {
    check(query)?;
    let realm = Realm::find(cloud, tenant, "invalid_request")?;
    if ask.method != "POST" {
        return Ok(form(cloud, realm, query.get("login_hint"), None));
    }
    let posted = Fields::of_form(ask);
    if posted.get("cancel").is_some() {
        return Err(Failure::new(
            400,
            "access_denied",
            65004,
            "User declined to consent to access the app.",
        ));
    }
    let typed = posted.get("user").unwrap_or_default();
    let (tenant, user) = match person(cloud, realm, typed) {
        Ok(found) => found,
        // The person has mistyped: the client hears nothing of that.
        Err(failure) => return Ok(form(cloud, realm, Some(typed), Some(&failure.description(ask)))),
    };
    let authorization = Authorization {
        tenant,
        user,
        redirect_uri: way.uri.to_owned(),
        challenge: query.get("code_challenge").map(str::to_owned),
        nonce: query.get("nonce").map(str::to_owned),
        scope: query.get("scope").unwrap_or_default().to_owned(),
    };
    let code = cloud.codes().give(authorization, Instant::now());
    Ok(way.send(ask, &[("code", &code)]))
}

/// The person of that user principal name, address or id who may sign in.
fn person(cloud: &Cloud, realm: Realm, typed: &str) -> Result<(Uuid, Uuid), Failure> {
    let directories = cloud.directories();
    let mut found = None;
    for directory in directories.iter().filter(|directory| realm.holds(directory.id)) {
        let by_mail = || {
            let same = |user: &Entity| user.text("mail").is_some_and(|mail| mail.eq_ignore_ascii_case(typed));
            directory
                .users
                .iter()
                .find(|(_, user)| same(user))
                .map(|(id, user)| (*id, user))
        };
        if let Some((id, user)) = directory.user(typed).or_else(by_mail) {
            found = Some((directory.id, id, user));
            break;
        }
    }
    let Some((tenant, id, user)) = found else {
        let text = format!("The user account '{typed}' does not exist in the directory.");
        return Err(Failure::new(400, "invalid_grant", 50034, text));
    };
    if user.get("accountEnabled") == Some(&Value::Bool(false)) {
        return Err(Failure::new(
            400,
            "invalid_grant",
            50057,
            "The user account is disabled.",
        ));
    }
    Ok((tenant, id))
}

fn form(cloud: &Cloud, realm: Realm, hint: Option<&str>, error: Option<&str>) -> Reply {
    let directories = cloud.directories();
    let people = directories
        .iter()
        .filter(|directory| realm.holds(directory.id))
        .flat_map(|directory| directory.users.values())
        .filter(|user| user.get("accountEnabled") != Some(&Value::Bool(false)))
        .take(OFFERED);
    let options: String = people
        .filter_map(|user| {
            Some((
                user.text("userPrincipalName")?,
                user.text("displayName").unwrap_or_default(),
            ))
        })
        .map(|(name, shown)| format!("<option value=\"{}\">{}</option>", escape(name), escape(shown)))
        .collect();
    let error = error.map_or_else(String::new, |text| {
        format!("<p role=\"alert\">{}</p>", escape(text).replace("\r\n", "<br>"))
    });
    // Without an action the form goes to the page's own address, its whole query included.
    let body = format!(
        "{error}<form method=\"post\"><label for=\"user\">User principal name or email address</label> \
         <input id=\"user\" name=\"user\" list=\"people\" value=\"{}\" autocomplete=\"off\" autofocus>\
         <datalist id=\"people\">{options}</datalist> <button>Sign in</button> \
         <button name=\"cancel\" value=\"1\">Cancel</button></form>",
        escape(hint.unwrap_or_default())
    );
    let status = if error.is_empty() { 200 } else { 400 };
    page(status, "Sign in to your account", &body)
}

/// Signing out. Nobody stays signed in here, so it only leads back to the client.
pub fn logout(cloud: &Cloud, ask: &Ask) -> Reply {
    let query = Fields::of_query(ask);
    let back = query
        .get("post_logout_redirect_uri")
        .filter(|uri| cloud.registration.leads_to(uri));
    let parameters: Vec<(&str, &str)> = query.get("state").map(|state| ("state", state)).into_iter().collect();
    match back.map(|uri| redirect(uri, &parameters)) {
        Some(Ok(reply)) => reply,
        _ => page(200, "You signed out of your account", &hidden("signed-out", "1")),
    }
}
