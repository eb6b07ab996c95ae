//! A simulated cloud for a test, and ways to ask it.

use std::time::Duration;

use microsoft_sim::{Options, Simulator, TenantSpec, start};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// A cloud with one tenant signed in to.
pub struct Cloud {
    pub simulator: Simulator,
    pub client: Client,
    pub token: String,
    pub tenant: Uuid,
}

/// Options with one tenant, contoso, of so many users.
pub fn options(users: usize) -> Options {
    Options {
        tenants: vec![TenantSpec {
            name: "contoso".to_owned(),
            users,
        }],
        ..Options::default()
    }
}

/// A cloud with contoso of so many users.
pub async fn cloud(users: usize) -> Cloud {
    with(options(users)).await
}

/// A cloud with contoso of so many users, which lets the application read its whole directory.
pub async fn broad_cloud(users: usize) -> Cloud {
    with(Options {
        roles: vec!["Directory.Read.All".to_owned()],
        ..options(users)
    })
    .await
}

/// A cloud with these options, signed in to its first tenant.
pub async fn with(options: Options) -> Cloud {
    let simulator = start(options).await.unwrap();
    // In a build of the whole workspace reqwest comes without a TLS provider of its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    let tenant = simulator.tenants()[0].id;
    let mut cloud = Cloud {
        simulator,
        client,
        token: String::new(),
        tenant,
    };
    cloud.token = cloud.sign_in(tenant).await;
    cloud
}

/// A cloud signed in to a tenant that has Entra ID P1, of so many users.
pub async fn premium_cloud(users: usize) -> Cloud {
    let tenants = (1..10)
        .map(|number| TenantSpec {
            name: format!("customer-{number}"),
            users,
        })
        .collect();
    let mut cloud = with(Options {
        tenants,
        ..Options::default()
    })
    .await;
    let summaries = cloud.control(Method::GET, "/tenants", None).await;
    let premium = summaries
        .as_array()
        .unwrap()
        .iter()
        .find(|tenant| tenant["premium"] == true)
        .unwrap();
    cloud.tenant = premium["id"].as_str().unwrap().parse().unwrap();
    cloud.token = cloud.sign_in(cloud.tenant).await;
    cloud
}

impl Cloud {
    /// The address of sign-in and Graph.
    pub fn base(&self) -> String {
        format!("http://{}", self.simulator.address())
    }

    /// A token request with this form.
    pub async fn ask_token(&self, tenant: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.base());
        self.client.post(url).form(form).send().await.unwrap()
    }

    /// A token for a tenant.
    pub async fn sign_in(&self, tenant: Uuid) -> String {
        let answer = self.ask_token(&tenant.to_string(), &good_form()).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    /// Graph's answer to a path with its query, or to a whole link.
    pub async fn send(&self, path: &str) -> Response {
        self.client
            .get(self.url(path))
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap()
    }

    /// Graph's answer to who accepts eventual consistency.
    pub async fn send_eventually(&self, path: &str) -> Response {
        let request = self.client.get(self.url(path)).bearer_auth(&self.token);
        request.header("ConsistencyLevel", "eventual").send().await.unwrap()
    }

    /// The body of a successful answer to who accepts eventual consistency.
    pub async fn get_eventually(&self, path: &str) -> Value {
        let answer = self.send_eventually(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// Every item of a list to who accepts eventual consistency on every page.
    pub async fn all_eventually(&self, path: &str) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(link) = next {
            let page = self.get_eventually(&link).await;
            items.extend(page["value"].as_array().unwrap().iter().cloned());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        items
    }

    pub fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/v1.0{path}", self.base())
        }
    }

    /// The body of an answer that must be a success.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// Status and code of an answer that must be an error.
    pub async fn refused(&self, path: &str) -> (u16, String) {
        let answer = self.send(path).await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (
            status,
            body["error"]["code"]
                .as_str()
                .unwrap_or_else(|| panic!("{path}: {body}"))
                .to_owned(),
        )
    }

    /// Every item of a list, page after page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(link) = next {
            let page = self.get(&link).await;
            items.extend(page["value"].as_array().unwrap().iter().cloned());
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        items
    }

    /// A request to the control API that must succeed.
    pub async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, body) = self.try_control(method, path, body).await;
        assert!(status.is_success(), "{path}: {body}");
        body
    }

    pub async fn try_control(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let url = format!("http://{}{path}", self.simulator.control_address());
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Orders a fault.
    pub async fn fault(&self, fault: Value) -> u64 {
        self.control(Method::POST, "/faults", Some(fault)).await["id"]
            .as_u64()
            .unwrap()
    }

    /// The whole directory as the control API tells it.
    pub async fn raw(&self) -> Value {
        self.control(Method::GET, &format!("/tenants/{}", self.tenant), None)
            .await
    }

    /// The id of the group of that name.
    pub async fn group(&self, name: &str) -> String {
        let raw = self.raw().await;
        let group = raw["groups"]
            .as_array()
            .unwrap()
            .iter()
            .find(|group| group["displayName"] == name);
        group.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// The form of a token request that succeeds.
pub fn good_form() -> [(&'static str, &'static str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", "5a1e0000-0000-4000-8000-000000000001"),
        ("client_secret", "simulated-secret"),
        ("scope", "https://graph.microsoft.com/.default"),
    ]
}

/// The form with one field changed, or taken away.
pub fn form_with(field: &'static str, value: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let form = good_form().into_iter();
    form.filter_map(|(name, old)| {
        if name == field {
            Some((name, value?))
        } else {
            Some((name, old))
        }
    })
    .collect()
}

/// The texts of one property, of all items.
pub fn texts<'a>(items: &'a [Value], property: &str) -> Vec<&'a str> {
    items.iter().filter_map(|item| item[property].as_str()).collect()
}

/// A fault that answers with a status.
pub fn status_fault(path: &str, status: u16) -> Value {
    json!({"path": path, "kind": "status", "status": status})
}

/// A client that does not follow redirects.
pub fn patient() -> Client {
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.timeout(Duration::from_secs(20)).build().unwrap()
}

/// Where an answer redirects to: the address without its query, and the query.
pub fn location(answer: &Response) -> (String, Vec<(String, String)>) {
    assert_eq!(answer.status(), StatusCode::FOUND);
    let mut url = reqwest::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let query = url.query_pairs().into_owned().collect();
    url.set_query(None);
    (url.into(), query)
}
