//! What a test does to the stand-in for Microsoft, through its control API.

use super::support::{Stage, until};
use serde_json::{Value, json};
use uuid::Uuid;

impl Stage {
    /// A request to the control API; its answer, if it has one.
    pub async fn control(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let url = format!("http://{}/{path}", self.microsoft.control_address());
        let mut request = self.http.request(method.parse().unwrap(), &url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn of_tenant(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.control(method, &format!("tenants/{}/{path}", self.name), body)
            .await
    }

    /// The stand-in's whole directory.
    pub async fn directory(&self) -> Value {
        self.control("GET", &format!("tenants/{}", self.name), None).await
    }

    /// A new account; what is not given Microsoft fills in.
    pub async fn add(&self, user: Value) -> Uuid {
        id(&self.of_tenant("POST", "users", Some(user)).await)
    }

    /// A new account with this name and address.
    pub async fn hire(&self, name: &str, mail: &str) -> Uuid {
        self.add(json!({ "displayName": name, "mail": mail })).await
    }

    pub async fn change(&self, user: Uuid, properties: Value) {
        self.of_tenant("PATCH", &format!("users/{user}"), Some(properties))
            .await;
    }

    pub async fn delete(&self, user: Uuid) {
        self.of_tenant("DELETE", &format!("users/{user}"), None).await;
    }

    pub async fn purge(&self, user: Uuid) {
        self.of_tenant("DELETE", &format!("users/{user}?permanent=true"), None)
            .await;
    }

    pub async fn restore(&self, user: Uuid) {
        self.of_tenant("POST", &format!("users/{user}/restore"), None).await;
    }

    /// A new group with these members.
    pub async fn group(&self, name: &str, members: &[Uuid]) -> Uuid {
        let group = json!({ "displayName": name, "members": members });
        id(&self.of_tenant("POST", "groups", Some(group)).await)
    }

    pub async fn delete_group(&self, group: Uuid) {
        self.of_tenant("DELETE", &format!("groups/{group}"), None).await;
    }

    pub async fn join(&self, group: Uuid, member: Uuid) {
        self.of_tenant("PUT", &format!("groups/{group}/members/{member}"), None)
            .await;
    }

    pub async fn leave(&self, group: Uuid, member: Uuid) {
        self.of_tenant("DELETE", &format!("groups/{group}/members/{member}"), None)
            .await;
    }

    /// A new device in Intune.
    pub async fn enrol(&self, device: Value) -> Uuid {
        id(&self.of_tenant("POST", "managedDevices", Some(device)).await)
    }

    /// Changes a device, which has spoken to Intune meanwhile.
    pub async fn change_device(&self, device: Uuid, properties: Value) {
        self.of_tenant("PATCH", &format!("managedDevices/{device}"), Some(properties))
            .await;
    }

    /// Takes a device out of Intune.
    pub async fn retire(&self, device: Uuid) {
        self.of_tenant("DELETE", &format!("managedDevices/{device}"), None)
            .await;
    }

    /// Replaces the permissions that the tenant withholds. At Microsoft the next token shows it; here the live ones
    /// follow, so that a run need not wait for theirs to die.
    pub async fn deny(&self, permissions: &[&str]) {
        let denied = json!({ "denied": permissions, "immediately": true });
        self.of_tenant("PUT", "permissions", Some(denied)).await;
    }

    /// Replaces the methods that the report says a person has registered.
    pub async fn register(&self, user: Uuid, methods: &[&str]) {
        let path = format!("users/{user}/registration");
        self.of_tenant("PATCH", &path, Some(json!({ "methodsRegistered": methods })))
            .await;
    }

    /// Takes a person out of the report.
    pub async fn unregister(&self, user: Uuid) {
        self.of_tenant("DELETE", &format!("users/{user}/registration"), None)
            .await;
    }

    /// Gives the tenant Entra ID P1, or takes it away.
    pub async fn premium(&self, premium: bool) {
        self.of_tenant("PUT", "premium", Some(json!({ "premium": premium })))
            .await;
    }

    pub async fn consent(&self, granted: bool) {
        self.of_tenant("PUT", "consent", Some(json!({ "granted": granted })))
            .await;
    }

    /// Breaks a path.
    pub async fn fault(&self, fault: Value) {
        self.control("POST", "faults", Some(fault)).await;
    }

    /// Has the next run wait before its groups come; see [`Self::in_the_middle`].
    pub async fn hold_groups(&self, milliseconds: u64) {
        self.control("DELETE", "requests", None).await;
        self.fault(json!({ "path": "/v1.0/groups/delta?*", "kind": "delay", "delayMs": milliseconds, "times": 1 }))
            .await;
    }

    /// Waits until a first run has read its users and waits for its groups.
    pub async fn in_the_middle(&self) {
        let read = || async {
            self.microsoft
                .requests()
                .iter()
                .any(|entry| entry.path.contains("deletedItems"))
        };
        until("the run reads the recycle bin", 60, read).await;
    }

    pub async fn lift_faults(&self) {
        self.control("DELETE", "faults", None).await;
    }
}

fn id(answer: &Value) -> Uuid {
    answer["id"].as_str().unwrap().parse().unwrap()
}
