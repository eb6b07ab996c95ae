//! Microsoft's national clouds: one app registration, and addresses by the tenant's cloud unless others are set.

use super::Settings;
use crate::{graph::GraphSettings, model::connect::Cloud};
use url::Url;

impl Settings {
    /// How to reach the national clouds with the same app registration. An address that is set is that of all clouds.
    pub fn national_graph(&self) -> Vec<(Cloud, GraphSettings)> {
        let Some(global) = self.graph() else { return vec![] };
        let national = Cloud::ALL.into_iter().filter(|cloud| *cloud != Cloud::Global);
        let of = |set: &Url, usual: &str, national: &str| {
            let own = Url::parse(national)
                .ok()
                .filter(|_| set.as_str().trim_end_matches('/') == usual);
            own.unwrap_or_else(|| set.clone())
        };
        national
            .map(|cloud| {
                let settings = GraphSettings {
                    login_url: of(&self.login_url, Cloud::Global.login_url(), cloud.login_url()),
                    graph_url: of(&self.graph_url, Cloud::Global.graph_url(), cloud.graph_url()),
                    ..global.clone()
                };
                (cloud, settings)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(env: &[(&str, &str)]) -> Settings {
        let find = |name: &str| env.iter().find(|(known, _)| *known == name);
        Settings::read(&|name| find(name).map(|(_, value)| (*value).to_owned()), None).unwrap()
    }

    #[test]
    fn a_national_cloud_has_addresses_of_its_own_unless_others_are_set() {
        let app = [
            ("ENTRAIN_MICROSOFT_CLIENT_ID", "app"),
            ("ENTRAIN_MICROSOFT_CLIENT_SECRET", "hush"),
        ];
        let national = read(&app).national_graph();
        let (cloud, china) = &national[2];
        assert_eq!(*cloud, Cloud::China);
        assert_eq!(china.login_url.host_str(), Some("login.partner.microsoftonline.cn"));
        assert_eq!(china.scope(), "https://microsoftgraph.chinacloudapi.cn/.default");
        let set = [app[0], app[1], ("ENTRAIN_MICROSOFT_LOGIN_URL", "http://127.0.0.1:9")];
        let national = read(&set).national_graph();
        assert_eq!(national[0].1.login_url.as_str(), "http://127.0.0.1:9/");
        assert_eq!(national[0].1.graph_url.host_str(), Some("graph.microsoft.us"));
        assert!(read(&[]).national_graph().is_empty());
    }
}
