//! Links that Graph hands out: opaque, and followed only to where the token may go.
//!
//! A page says where the next one is. Whoever could write that address would receive our access token, so it must lead
//! to the host and base path of the settings (learn.microsoft.com/graph/paging: use the URL as it is, do not take it
//! apart).

use super::error::{GraphError, GraphErrorKind};
use url::Url;

/// Reads a link of an answer to `operation`, or refuses it.
pub(super) fn follow(link: &str, graph_url: &Url, operation: &str) -> Result<Url, GraphError> {
    let refuse = |why: &str| {
        // The link itself stays out: it may hold a token of its own.
        GraphError::new(
            GraphErrorKind::LinkRefused,
            operation,
            format!("the link to the next page {why}"),
        )
    };
    let url = Url::parse(link).map_err(|_| refuse("is not an absolute address"))?;
    if url.origin() != graph_url.origin() {
        let host = url.host_str().unwrap_or("no host");
        return Err(refuse(&format!(
            "leads to {}://{host} instead of the Graph address",
            url.scheme()
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a user name or password"));
    }
    let base = graph_url.path().trim_end_matches('/');
    if !url.path().strip_prefix(base).is_some_and(|rest| rest.starts_with('/')) {
        return Err(refuse("leaves the base path of the Graph address"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: &str, base: &str) -> Result<String, GraphErrorKind> {
        follow(link, &base.parse().unwrap(), "GET /v1.0/users")
            .map(String::from)
            .map_err(|error| error.kind)
    }

    #[test]
    fn a_link_to_the_same_host_is_kept_as_it_is() {
        let link = "https://graph.microsoft.com/v1.0/users?$select=id&$skiptoken=RFNwdAIAAQ%2BA%3d%3D";
        assert_eq!(check(link, "https://graph.microsoft.com"), Ok(link.to_owned()));
        let named_port = "https://graph.microsoft.com:443/v1.0/users?$skiptoken=a";
        assert!(check(named_port, "https://graph.microsoft.com/").is_ok());
    }

    #[test]
    fn a_link_elsewhere_is_refused() {
        for link in [
            "https://evil.example/v1.0/users",
            "https://graph.microsoft.com@evil.example/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com:8443/v1.0/users",
            "https://user:pw@graph.microsoft.com/v1.0/users",
            "//evil.example/v1.0/users",
            "/v1.0/users?$skiptoken=a",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(
                check(link, "https://graph.microsoft.com"),
                Err(GraphErrorKind::LinkRefused),
                "{link}"
            );
        }
    }

    #[test]
    fn a_link_outside_the_base_path_is_refused() {
        let base = "http://localhost:9000/graph/";
        assert!(check("http://localhost:9000/graph/v1.0/users?$skiptoken=a", base).is_ok());
        for link in [
            "http://localhost:9000/v1.0/users",
            "http://localhost:9000/graph",
            "http://localhost:9000/graphite/v1.0/users",
            "http://localhost:9000/graph/../admin",
            "http://localhost:9000/graph/%2e%2e/admin",
        ] {
            assert_eq!(check(link, base), Err(GraphErrorKind::LinkRefused), "{link}");
        }
    }

    #[test]
    fn the_error_names_the_host_but_not_the_link() {
        let link = "https://evil.example/v1.0/users?$skiptoken=private";
        let error = follow(link, &"https://graph.microsoft.com".parse().unwrap(), "GET /v1.0/users").unwrap_err();
        assert!(
            error.to_string().contains("evil.example") && !error.to_string().contains("private"),
            "{error}"
        );
    }
}
