//! Admin consent: an administrator of a tenant lets the application in, with all that its registration requires
//! (graph.md §1). Nobody has to prove to be an administrator; who says not to be one is refused as Microsoft refuses.

use super::super::{Ask, Reply};
use super::failure::Failure;
use super::page::{escape, page, redirect, trouble};
use super::{Fields, Realm, Version, display_name};
use crate::cloud::Cloud;
use crate::model::role;

/// The page, or where its form leads.
pub fn answer(cloud: &Cloud, ask: &Ask, tenant: &str, version: Version) -> Reply {
    let query = Fields::of_query(ask);
    let outcome = consent(cloud, ask, tenant, version, &query);
    outcome.unwrap_or_else(|failure| trouble(ask, &failure))
}

fn consent(cloud: &Cloud, ask: &Ask, tenant: &str, version: Version, query: &Fields) -> Result<Reply, Failure> {
    let client = query.need("client_id")?;
    if !cloud.registration.is(client) {
        return Err(Failure::no_application(client, "Microsoft"));
    }
    let uri = query.need("redirect_uri")?;
    if !cloud.registration.leads_to(uri) {
        return Err(Failure::redirect(uri, client));
    }
    if version == Version::V2 {
        query.need("scope")?;
        if tenant.eq_ignore_ascii_case("common") {
            let text = "The /common endpoint is not supported here: use the tenant or /organizations.";
            return Err(Failure::new(400, "invalid_request", 90023, text));
        }
    }
    let realm = Realm::find(cloud, tenant, "invalid_request")?;
    if ask.method != "POST" {
        return Ok(form(cloud, realm, query, version));
    }
    let posted = Fields::of_form(ask);
    let back = |parameters: &[(&str, &str)]| redirect(uri, parameters).map_err(|error| Failure::internal(&error));
    let state = query.get("state").map(|state| ("state", state));
    if let Some(failure) = posted.get("fail").and_then(refused) {
        let description = failure.description(ask);
        let mut parameters = vec![("error", failure.error), ("error_description", description.as_str())];
        parameters.extend(state);
        return back(&parameters);
    }
    if posted.get("accept").is_none() {
        return back(&declined(ask, version, state).each());
    }
    let chosen = match realm {
        Realm::One(id) => id.to_string(),
        Realm::Any => posted.need("tenant")?.to_owned(),
    };
    let id = grant(cloud, &chosen, applies(version, query))?;
    let mut parameters = vec![("admin_consent", "True"), ("tenant", id.as_str())];
    if version == Version::V2 {
        parameters.extend(query.get("scope").map(|scope| ("scope", scope)));
    }
    parameters.extend(state);
    back(&parameters)
}

/// What Microsoft says to whom it can't let consent: somebody who is no administrator, and somebody of another cloud.
fn refused(code: &str) -> Option<Failure> {
    match code {
        "90094" => {
            let text = "The grant requires admin permission. Ask an admin to grant permission to this app.";
            Some(Failure::new(400, "access_denied", 90094, text))
        }
        "900382" => {
            let text = "Confidential Client is not supported in Cross Cloud request.";
            Some(Failure::new(400, "invalid_client", 900_382, text))
        }
        _ => None,
    }
}

/// Whether application permissions are asked for: in v2.0 only by `/.default`.
fn applies(version: Version, query: &Fields) -> bool {
    version == Version::V1
        || query
            .get("scope")
            .is_some_and(|scopes| scopes.split(' ').any(|scope| scope.ends_with("/.default")))
}

/// The parameters of a refusal.
struct Declined<'a> {
    error: &'static str,
    description: String,
    state: Option<(&'a str, &'a str)>,
    version: Version,
}

impl Declined<'_> {
    fn each(&self) -> Vec<(&str, &str)> {
        let mut parameters = Vec::new();
        if self.version == Version::V2 {
            // As documented: this stands in an answer that is an error, too.
            parameters.push(("admin_consent", "True"));
        }
        parameters.extend([("error", self.error), ("error_description", self.description.as_str())]);
        parameters.extend(self.state);
        parameters
    }
}

fn declined<'a>(ask: &Ask, version: Version, state: Option<(&'a str, &'a str)>) -> Declined<'a> {
    let (error, description) = match version {
        Version::V1 => ("permission_denied", "The admin canceled the request".to_owned()),
        Version::V2 => {
            let text = "The resource owner or authorization server denied the request.";
            (
                "consent_required",
                Failure::new(400, "consent_required", 65004, text).description(ask),
            )
        }
    };
    Declined {
        error,
        description,
        state,
        version,
    }
}

/// Lets the application into the tenant; with `applications` it also gets every role that it requires.
fn grant(cloud: &Cloud, tenant: &str, applications: bool) -> Result<String, Failure> {
    let id = match Realm::find(cloud, tenant, "invalid_request")? {
        Realm::One(id) => id,
        Realm::Any => return Err(Failure::no_tenant(tenant, "invalid_request")),
    };
    let mut directories = cloud.directories_mut();
    let directory = directories.iter_mut().find(|directory| directory.id == id);
    let directory = directory.ok_or_else(|| Failure::no_tenant(tenant, "invalid_request"))?;
    if applications {
        directory.roles.extend(role::required());
        directory.denied.clear();
    } else if !directory.consent {
        directory.roles.clear();
    }
    directory.consent = true;
    directory.works_from = None;
    drop(directories);
    cloud.changed.notify_one();
    Ok(id.to_string())
}

fn form(cloud: &Cloud, realm: Realm, query: &Fields, version: Version) -> Reply {
    let directories = cloud.directories();
    let held = directories.iter().filter(|directory| realm.holds(directory.id));
    let tenants: String = held
        .map(|directory| {
            let (id, name) = (directory.id, escape(display_name(directory)));
            format!("<option value=\"{id}\">{name}</option>")
        })
        .collect();
    let roles: String = match applies(version, query) {
        true => role::required().iter().map(|name| format!("<li>{name}</li>")).collect(),
        false => String::new(),
    };
    // Without an action the form goes to the page's own address, its whole query included.
    let body = format!(
        "<p>The application {} asks for these permissions in the whole organization:</p><ul>{roles}</ul>\
         <form method=\"post\"><label for=\"tenant\">Organization</label> \
         <select id=\"tenant\" name=\"tenant\">{tenants}</select> \
         <button name=\"accept\" value=\"1\">Accept</button> <button name=\"cancel\" value=\"1\">Cancel</button> \
         <button name=\"fail\" value=\"90094\">Sign in without being an administrator</button> \
         <button name=\"fail\" value=\"900382\">Sign in from another cloud</button></form>",
        escape(&cloud.registration.client_id)
    );
    page(200, "Permissions requested", &body)
}
