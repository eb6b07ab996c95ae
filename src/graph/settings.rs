//! Where Microsoft is and who we are to it.

use super::{
    error::{GraphError, GraphErrorKind},
    keyring::Keyring,
};
use url::Url;

/// Where Graph of the national clouds answers.
const NATIONAL_GRAPH_HOSTS: [&str; 3] = [
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
    "microsoftgraph.chinacloudapi.cn",
];

/// What a client needs to know; one per cloud, as an app registration belongs to one cloud.
#[derive(Clone, Debug)]
pub struct GraphSettings {
    /// The sign-in service, such as `https://login.microsoftonline.com`; a base path is kept.
    pub login_url: Url,
    /// Microsoft Graph without a version, such as `https://graph.microsoft.com`; a base path is kept.
    pub graph_url: Url,
    /// The application (client) id of the app registration.
    pub client_id: String,
    /// Its client secrets and certificates.
    pub credential: Keyring,
    /// Requests for reports in ten seconds and tenant.
    pub reports_in_ten_seconds: u32,
}

/// What Microsoft allows an app in one tenant (learn.microsoft.com/graph/throttling-limits, identity and access reports).
pub const REPORTS_IN_TEN_SECONDS: u32 = 5;

impl GraphSettings {
    /// Refuses addresses nothing can be appended to, or that would carry a password or a query into every request.
    pub(super) fn check(&self) -> Result<(), GraphError> {
        for (name, url) in [("sign-in", &self.login_url), ("Graph", &self.graph_url)] {
            let plain = matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none();
            if !plain {
                let message = format!("the {name} address must be http or https with a host and at most a path");
                return Err(GraphError::new(
                    GraphErrorKind::Settings,
                    "start of the Graph client",
                    message,
                ));
            }
        }
        Ok(())
    }

    /// The scope that stands for every application permission granted. Its host is that of the cloud's Graph
    /// (learn.microsoft.com/entra/identity-platform/authentication-national-cloud). Any other address is somebody's
    /// stand-in or proxy for the global one, whose tokens are issued for the real name.
    pub fn scope(&self) -> String {
        let host = match self.graph_url.host_str() {
            Some(host) if NATIONAL_GRAPH_HOSTS.contains(&host) => host,
            _ => "graph.microsoft.com",
        };
        format!("https://{host}/.default")
    }
}

/// `base` with path segments appended, each percent-encoded as a whole.
pub(super) fn append(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::{super::keyring::Credential, *};

    fn settings(login: &str, graph: &str) -> GraphSettings {
        GraphSettings {
            login_url: login.parse().unwrap(),
            graph_url: graph.parse().unwrap(),
            client_id: "client".into(),
            credential: Credential::Secret("s3cret".into()).into(),
            reports_in_ten_seconds: REPORTS_IN_TEN_SECONDS,
        }
    }

    #[test]
    fn a_base_path_with_or_without_a_last_slash_is_kept() {
        for base in ["http://localhost:9/graph", "http://localhost:9/graph/"] {
            assert_eq!(
                append(&base.parse().unwrap(), &["v1.0", "users"]).as_str(),
                "http://localhost:9/graph/v1.0/users"
            );
        }
        let bare = "https://graph.microsoft.com".parse().unwrap();
        assert_eq!(append(&bare, &["v1.0"]).as_str(), "https://graph.microsoft.com/v1.0");
    }

    #[test]
    fn a_segment_can_not_leave_its_place_in_the_path() {
        let base = "https://graph.microsoft.com/v1.0".parse().unwrap();
        let guest = append(&base, &["users", "a_b.com#EXT#@c.onmicrosoft.com"]);
        assert_eq!(guest.path(), "/v1.0/users/a_b.com%23EXT%23@c.onmicrosoft.com");
        assert_eq!(
            append(&base, &["users", "../groups?x"]).path(),
            "/v1.0/users/..%2Fgroups%3Fx"
        );
    }

    #[test]
    fn the_scope_follows_the_graph_host_of_the_cloud() {
        let cloud = settings("https://login.microsoftonline.us", "https://dod-graph.microsoft.us/");
        assert_eq!(cloud.scope(), "https://dod-graph.microsoft.us/.default");
        for proxy in [
            "http://localhost:9/graph",
            "https://graph.microsoft.com",
            "https://proxy.example",
        ] {
            assert_eq!(
                settings("http://localhost:9", proxy).scope(),
                "https://graph.microsoft.com/.default",
                "{proxy}"
            );
        }
    }

    #[test]
    fn addresses_that_can_not_be_extended_are_refused() {
        let good = "https://graph.microsoft.com";
        assert!(settings(good, good).check().is_ok());
        for bad in [
            "mailto:a@b.c",
            "ftp://host",
            "https://user:pw@host",
            "https://host/?a=b",
            "https://host/#a",
        ] {
            assert_eq!(
                settings(good, bad).check().unwrap_err().kind,
                GraphErrorKind::Settings,
                "{bad}"
            );
            assert!(settings(bad, good).check().is_err(), "{bad}");
        }
    }

    #[test]
    fn settings_do_not_print_the_secret() {
        let printed = format!("{:?}", settings("https://a.example", "https://b.example"));
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}
