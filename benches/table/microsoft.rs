//! The stand-in for Microsoft in a process of its own, and its control API.

use crate::{Outcome, http, program};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::{collections::HashMap, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use uuid::Uuid;

/// A running stand-in, which ends with this.
pub struct Microsoft {
    /// Where sign-in and Graph are.
    pub address: String,
    control: String,
    http: Client,
    tenants: HashMap<String, Uuid>,
    _process: Child,
}

impl Microsoft {
    /// Starts one with tenants as `contoso=25,fabrikam=2000`. It throttles nothing: what Microsoft allows is a matter of
    /// its own, and this is about what the program costs.
    pub async fn start(tenants: &str) -> Outcome<Self> {
        let anywhere = "127.0.0.1:0";
        let mut process = Command::new(program::PATH)
            .args(["simulate", "--listen", anywhere, "--control", anywhere])
            .args(["--throttle", "off", "--tenants", tenants])
            .env("ENTRAIN_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut out = BufReader::new(process.stdout.take().ok_or("the stand-in has no output")?);
        let mut line = String::new();
        out.read_line(&mut line).await?;
        let addresses: Vec<&str> = line
            .split_whitespace()
            .filter(|word| word.starts_with("http://"))
            .collect();
        let [address, control] = addresses[..] else {
            return Err(format!("the stand-in did not start: {line}").into());
        };
        let (address, control) = (address.to_owned(), control.to_owned());
        // It names each of its tenants, and would wait for whoever does not read that.
        tokio::spawn(async move { tokio::io::copy(&mut out, &mut tokio::io::sink()).await });
        let http = http()?;
        let told: Vec<Value> = http.get(format!("{control}/tenants")).send().await?.json().await?;
        let named = |tenant: &Value| {
            Some((
                tenant["name"].as_str()?.to_owned(),
                tenant["id"].as_str()?.parse().ok()?,
            ))
        };
        Ok(Self {
            address,
            control,
            tenants: told.iter().filter_map(named).collect(),
            http,
            _process: process,
        })
    }

    /// The id of a tenant.
    pub fn tenant(&self, name: &str) -> Outcome<Uuid> {
        let id = self.tenants.get(name).copied();
        id.ok_or_else(|| format!("the stand-in has no tenant {name}").into())
    }

    /// Asks the control API.
    pub async fn control(&self, method: Method, path: &str, body: &Value) -> Outcome<Value> {
        let answer = self.http.request(method, format!("{}{path}", self.control)).json(body);
        let answer = answer.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("the stand-in answers {status} to {path}: {text}").into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Denies permissions in a tenant, in place of those that were denied before.
    pub async fn deny(&self, tenant: &str, permissions: &[&str]) -> Outcome<()> {
        let body = json!({ "denied": permissions, "immediately": true });
        let path = format!("/tenants/{tenant}/permissions");
        self.control(Method::PUT, &path, &body).await.map(drop)
    }

    /// Gives a tenant Entra ID P1, without which there are no sign-ins and no MFA registrations.
    pub async fn make_premium(&self, tenant: &str) -> Outcome<()> {
        let path = format!("/tenants/{tenant}/premium");
        self.control(Method::PUT, &path, &json!({ "premium": true }))
            .await
            .map(drop)
    }

    /// Changes a user.
    pub async fn patch_user(&self, tenant: &str, user: Uuid, changes: &Value) -> Outcome<()> {
        let path = format!("/tenants/{tenant}/users/{user}");
        self.control(Method::PATCH, &path, changes).await.map(drop)
    }

    /// Makes a group, and tells its id.
    pub async fn create_group(&self, tenant: &str, name: &str, members: &[Uuid]) -> Outcome<String> {
        let body = json!({ "displayName": name, "members": members });
        let path = format!("/tenants/{tenant}/groups");
        let group = self.control(Method::POST, &path, &body).await?;
        let id = group["id"].as_str().ok_or("the new group has no id")?;
        Ok(id.to_owned())
    }
}
