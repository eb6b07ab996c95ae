//! TLS beside plain HTTP, under an authority that the stand-in makes itself.

use std::path::Path;
use std::time::Duration;

use microsoft_sim::{Options, Tls, start};
use reqwest::{Certificate, Client};
use serde_json::Value;

use crate::support::{Cloud, good_form, options, with};

fn secure(folder: &Path) -> Options {
    Options {
        tls: Some(Tls {
            listen: "127.0.0.1:0".parse().unwrap(),
            ca_file: folder.join("deep/ca.pem"),
        }),
        ..options(120)
    }
}

fn trusting(cloud: &Cloud, folder: &Path) -> Client {
    let pem = std::fs::read(folder.join("deep/ca.pem")).unwrap();
    let address = cloud.simulator.tls_address().unwrap();
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&pem).unwrap()])
        .resolve("login.microsoftonline.com", address)
        .resolve("graph.microsoft.com", address)
        .resolve("login.example", address)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

#[tokio::test]
async fn everything_is_served_over_tls_and_links_lead_back_the_same_way() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = with(secure(folder.path())).await;
    let client = trusting(&cloud, folder.path());
    let port = cloud.simulator.tls_address().unwrap().port();
    for host in ["localhost", "127.0.0.1"] {
        let base = format!("https://{host}:{port}");
        let url = format!("{base}/contoso.example/v2.0/.well-known/openid-configuration");
        let metadata: Value = client.get(url).send().await.unwrap().json().await.unwrap();
        let endpoint = metadata["token_endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with(&base), "{endpoint}");
        let scope = format!("{base}/.default");
        let form = good_form().map(|(name, value)| (name, if name == "scope" { scope.as_str() } else { value }));
        let answer: Value = client
            .post(endpoint)
            .form(&form)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let token = answer["access_token"].as_str().unwrap();
        let page = client
            .get(format!("{base}/v1.0/users"))
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        let page: Value = page.json().await.unwrap();
        let next = page["@odata.nextLink"].as_str().unwrap();
        assert!(next.starts_with(&base), "{next}");
        let rest: Value = client
            .get(next)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(rest["value"].as_array().unwrap().len(), 20);
    }
    let plain = cloud.get("/users").await;
    assert!(plain["@odata.nextLink"].as_str().unwrap().starts_with(&cloud.base()));
}

#[tokio::test]
async fn the_certificate_is_good_for_microsofts_hosts_and_for_nobody_who_does_not_trust_it() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = with(secure(folder.path())).await;
    let client = trusting(&cloud, folder.path());
    let port = cloud.simulator.tls_address().unwrap().port();
    let metadata = |host: &str| format!("https://{host}:{port}/common/v2.0/.well-known/openid-configuration");
    for host in ["login.microsoftonline.com", "graph.microsoft.com"] {
        let body: Value = client.get(metadata(host)).send().await.unwrap().json().await.unwrap();
        assert_eq!(body["issuer"], format!("https://{host}:{port}/{{tenantid}}/v2.0"));
    }
    assert!(client.get(metadata("login.example")).send().await.is_err());
    let distrustful = Client::builder().tls_certs_only([]).build().unwrap();
    assert!(distrustful.get(metadata("localhost")).send().await.is_err());
}

#[tokio::test]
async fn each_start_has_an_authority_of_its_own_whose_key_is_nowhere_and_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let first = start(secure(folder.path())).await.unwrap();
    let address = first.tls_address().unwrap();
    let file = folder.path().join("deep/ca.pem");
    let before = std::fs::read_to_string(&file).unwrap();
    assert!(
        before.starts_with("-----BEGIN CERTIFICATE-----") && !before.contains("PRIVATE"),
        "{before}"
    );
    first.shutdown().await;
    assert!(std::net::TcpStream::connect(address).is_err(), "the port is closed");
    let second = start(secure(folder.path())).await.unwrap();
    assert_ne!(std::fs::read_to_string(&file).unwrap(), before);
    let files = std::fs::read_dir(folder.path().join("deep")).unwrap();
    assert_eq!(files.count(), 1, "the certificate and nothing else");
    second.shutdown().await;
}
