//! What is counted of requests to Microsoft, for Prometheus. The endpoint is a template such as `/users/{id}`: no id,
//! name or address ever becomes a label, so that their number is bounded by what we ask.

use super::{
    answer::Answer,
    error::{GraphError, GraphErrorKind},
};
use metrics::{counter, describe_counter, describe_histogram, histogram};
use std::{borrow::Cow, time::Duration};
use url::Url;

const REQUESTS: &str = "entrain_graph_requests_total";
const DURATION: &str = "entrain_graph_request_duration_seconds";
const MEMBERS: &str = "entrain_graph_batch_members_total";
const WAITS: &str = "entrain_throttle_wait_seconds";

/// Upper bounds of the buckets of the duration of a request, in seconds; it is given up after a hundred.
pub const REQUEST_BUCKETS: (&str, [f64; 11]) = (
    DURATION,
    [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 100.0],
);

/// Upper bounds of the buckets of a wait, in seconds; none is begun that is longer than a minute.
pub const WAIT_BUCKETS: (&str, [f64; 9]) = (WAITS, [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0]);

/// What we ask Graph for, the first that fits; `{id}` is whoever or whatever stands there.
const ENDPOINTS: [&str; 22] = [
    "/users",
    "/users/delta",
    "/users/{id}",
    "/users/{id}/transitiveMemberOf",
    "/groups",
    "/groups/delta",
    "/groups/{id}",
    "/groups/{id}/members",
    "/groups/{id}/transitiveMembers",
    "/directory/deletedItems/microsoft.graph.user",
    "/directory/deletedItems/microsoft.graph.group",
    "/subscribedSkus",
    "/organization",
    "/domains",
    "/auditLogs/signIns",
    "/reports/authenticationMethods/userRegistrationDetails",
    "/deviceManagement/managedDevices",
    "/deviceManagement/managedDevices/{id}",
    "/contracts",
    "/tenantRelationships/delegatedAdminCustomers",
    "/tenantRelationships/delegatedAdminRelationships",
    "/$batch",
];
/// Partner Center's, which has versions of its own.
const CONSENTS: &str = "/customers/{id}/applicationconsents";
/// Paced and licensed apart from every other listing of users.
const ACTIVITY: &str = "/users?$select=signInActivity";
/// Wherever else a link of an answer leads.
const OTHER: &str = "other";

/// Tells the recorder what each name means.
pub fn describe() {
    describe_counter!(
        REQUESTS,
        "HTTP requests to Microsoft that ended, by endpoint and status; a batch and a token count one each. Without an \
         answer the status is timeout, network or too_large."
    );
    describe_counter!(
        MEMBERS,
        "Answers to the members of batches, by endpoint and status: each is throttled and refused by itself."
    );
    describe_histogram!(
        DURATION,
        "How long a request to Microsoft took in seconds, by endpoint, the whole answer included."
    );
    describe_histogram!(
        WAITS,
        "How long a request waited because of Microsoft's limits, in seconds, by cause: microsoft (it answered 429, or that it is \
         out of order) or \
         our own pace (reads, reports, intune), which keeps below them."
    );
}

/// A request ended after so long.
pub(super) fn requested(url: &Url, result: &Result<Answer, GraphError>, took: Duration) {
    let endpoint = endpoint(url);
    let status: Cow<'static, str> = match result {
        Ok(answer) => answer.status.to_string().into(),
        Err(error) => match error.kind {
            GraphErrorKind::Timeout => "timeout".into(),
            GraphErrorKind::TooLarge => "too_large".into(),
            _ => "network".into(),
        },
    };
    counter!(REQUESTS, "endpoint" => endpoint, "status" => status).increment(1);
    histogram!(DURATION, "endpoint" => endpoint).record(took);
}

/// A member of a batch was answered; `url` is relative to the version, and `status` whatever the answer says.
pub(super) fn answered_member(url: &str, status: u16) {
    let path = url.split('?').next().unwrap_or_default();
    let asked: Vec<&str> = path.split('/').skip(1).collect();
    let status = if (100..600).contains(&status) {
        status.to_string()
    } else {
        OTHER.to_owned()
    };
    counter!(MEMBERS, "endpoint" => template(&asked), "status" => status).increment(1);
}

/// A wait of so long begins.
pub(super) fn waits(cause: &'static str, wait: Duration) {
    histogram!(WAITS, "cause" => cause).record(wait);
}

/// The same, where it is Microsoft that the wait is for, as it throttles or is out of order.
pub(super) fn waits_for_microsoft(kind: GraphErrorKind, wait: Duration) {
    if matches!(kind, GraphErrorKind::Throttled | GraphErrorKind::Unavailable) {
        waits("microsoft", wait);
    }
}

/// The class of an address: what is asked, without whom.
fn endpoint(url: &Url) -> &'static str {
    let parts: Vec<&str> = url.path_segments().into_iter().flatten().collect();
    if parts.ends_with(&["oauth2", "v2.0", "token"]) {
        return "token";
    }
    if parts.contains(&".well-known") {
        return "openid-configuration";
    }
    if let [.., "v1", "customers", _, "applicationconsents"] = parts.as_slice() {
        return CONSENTS;
    }
    let Some(version) = parts.iter().position(|part| *part == "v1.0") else {
        return OTHER;
    };
    let asked = parts.get(version + 1..).unwrap_or_default();
    let selects_activity =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| name == "$select" && value.contains("signInActivity");
    if asked == ["users"] && url.query_pairs().any(selects_activity) {
        return ACTIVITY;
    }
    template(asked)
}

fn template(asked: &[&str]) -> &'static str {
    let mut known = ENDPOINTS.into_iter();
    known.find(|template| fits(template, asked)).unwrap_or(OTHER)
}

fn fits(template: &str, asked: &[&str]) -> bool {
    let parts = template.split('/').skip(1);
    parts.clone().count() == asked.len() && parts.zip(asked).all(|(part, asked)| part == "{id}" || part == *asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_template_without_ids_names_or_addresses() {
        for (url, template) in [
            ("https://graph.microsoft.com/v1.0/users?$select=id&$top=999", "/users"),
            (
                "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=abc",
                "/users/delta",
            ),
            (
                "https://graph.microsoft.com/v1.0/users/ana%40contoso.com",
                "/users/{id}",
            ),
            (
                "https://graph.microsoft.com/v1.0/users/00000000-0000-0000-0000-000000000007/transitiveMemberOf",
                "/users/{id}/transitiveMemberOf",
            ),
            (
                "https://graph.microsoft.com/v1.0/groups/7/members?$skiptoken=x",
                "/groups/{id}/members",
            ),
            (
                "https://graph.microsoft.com/v1.0/directory/deletedItems/microsoft.graph.user",
                "/directory/deletedItems/microsoft.graph.user",
            ),
            (
                "https://graph.microsoft.com/v1.0/users?%24select=id%2CsignInActivity",
                "/users?$select=signInActivity",
            ),
            ("https://graph.microsoft.com/v1.0/$batch", "/$batch"),
            ("http://localhost:9/graph/v1.0/organization", "/organization"),
            (
                "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token",
                "token",
            ),
            (
                "https://login.microsoftonline.com/organizations/v2.0/.well-known/openid-configuration",
                "openid-configuration",
            ),
            (
                "https://api.partnercenter.microsoft.com/v1/customers/00000000-0000-0000-0000-000000000007/applicationconsents",
                "/customers/{id}/applicationconsents",
            ),
            (
                "https://graph.microsoft.com/v1.0/tenantRelationships/delegatedAdminCustomers?$skiptoken=x",
                "/tenantRelationships/delegatedAdminCustomers",
            ),
            ("https://graph.microsoft.com/v1.0/contracts", "/contracts"),
            ("https://example.com/contoso/secret", "other"),
            // A link of an answer may lead anywhere on Graph's host.
            ("https://graph.microsoft.com/v1.0/contoso/users/users", "other"),
            ("https://graph.microsoft.com/beta/users", "other"),
        ] {
            assert_eq!(endpoint(&url.parse().unwrap()), template, "{url}");
        }
    }
}
