//! Several reads in one request (learn.microsoft.com/graph/json-batching): each member succeeds or fails by itself, and
//! each counts against Microsoft's limits like a request of its own.

use super::{
    answer::Answer,
    client::TenantClient,
    error::{GraphError, GraphErrorKind},
    measure,
    persist::jitter,
    redact::Secrets,
    retry::{self, Attempt, Decision},
};
use chrono::Utc;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::HashMap, time::Duration};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// The most that one batch may hold.
pub const MOST_MEMBERS: usize = 20;

/// What is sent: `id` is the member's place in the question.
#[derive(Serialize)]
struct Member<'a> {
    id: String,
    method: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Sent<'a> {
    requests: Vec<Member<'a>>,
}

#[derive(Deserialize)]
struct Answered {
    responses: Vec<MemberAnswer>,
}

#[derive(Deserialize)]
struct MemberAnswer {
    id: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, Value>,
    #[serde(default)]
    body: Value,
}

impl MemberAnswer {
    fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn retry_after(&self) -> Option<Duration> {
        retry::retry_after(&self.header("retry-after")?, Utc::now())
    }

    /// The member as an answer of its own, so that it is read and refused like every other. Microsoft knows it by the id
    /// of the batch.
    fn into_answer(self, url: &str, batch: Uuid) -> Answer {
        let path = url.split('?').next().unwrap_or_default();
        Answer {
            operation: format!("GET /v1.0{path}"),
            status: self.status,
            content_type: self.header("content-type"),
            request_id: self.header("request-id"),
            client_request_id: batch,
            location: self.header("location"),
            retry_after: self.retry_after(),
            clock: None,
            secrets: Secrets::default(),
            body: self.body.to_string().into_bytes(),
        }
    }
}

impl TenantClient {
    /// Reads what these addresses (relative to the version) name, in batches, and answers in their order. Who is
    /// throttled is asked again when its own `Retry-After` says; whatever else fails is that member's alone.
    pub(super) async fn batch<T: DeserializeOwned>(
        &self,
        urls: &[String],
    ) -> Result<Vec<Result<T, GraphError>>, GraphError> {
        let mut all = Vec::with_capacity(urls.len());
        for urls in urls.chunks(MOST_MEMBERS) {
            all.extend(self.one_batch(urls).await?);
        }
        Ok(all)
    }

    async fn one_batch<T: DeserializeOwned>(&self, urls: &[String]) -> Result<Vec<Result<T, GraphError>>, GraphError> {
        let mut outcomes: Vec<_> = urls.iter().map(|url| Err(unanswered(url))).collect();
        let mut waiting: Vec<usize> = (0..urls.len()).collect();
        let started = Instant::now();
        for number in 1.. {
            self.ask_members(urls, &waiting, &mut outcomes).await?;
            let mut longest = (Duration::ZERO, GraphErrorKind::Other);
            waiting.retain(|at| {
                let Some(Err(error)) = outcomes.get(*at) else {
                    return false;
                };
                let decision = retry::decide(Attempt {
                    number,
                    transient: error.is_transient(),
                    retry_after: error.retry_after,
                    // Members of a batch are asked for again by the next run.
                    patient: false,
                    elapsed: started.elapsed(),
                    jitter: jitter(),
                });
                match decision {
                    Decision::Wait(wait) => {
                        if wait >= longest.0 {
                            longest = (wait, error.kind);
                        }
                    }
                    Decision::GiveUp => return false,
                }
                true
            });
            if waiting.is_empty() {
                break;
            }
            tracing::info!(
                members = waiting.len(),
                wait = ?longest.0,
                "asking Microsoft again for members of a batch"
            );
            measure::waits_for_microsoft(longest.1, longest.0);
            sleep(longest.0).await;
        }
        Ok(outcomes)
    }

    async fn ask_members<T: DeserializeOwned>(
        &self,
        urls: &[String],
        waiting: &[usize],
        outcomes: &mut [Result<T, GraphError>],
    ) -> Result<(), GraphError> {
        let members = waiting.iter().filter_map(|at| {
            Some(Member {
                id: at.to_string(),
                method: "GET",
                url: urls.get(*at)?,
            })
        });
        let sent = Sent {
            requests: members.collect(),
        };
        let batch = self.post(&self.address(&["$batch"], ""), &sent, waiting.len()).await?;
        let answered: Answered = batch.decode()?;
        for answer in answered.responses {
            let at = answer.id.parse().ok().filter(|at| waiting.contains(at));
            // An answer to nothing that was asked is no answer.
            let Some((at, url)) = at.and_then(|at: usize| Some((at, urls.get(at)?))) else {
                continue;
            };
            measure::answered_member(url, answer.status);
            let answer = answer.into_answer(url, batch.client_request_id);
            let outcome = if answer.is_success() {
                answer.decode()
            } else {
                Err(answer.graph_error())
            };
            if let Err(error) = &outcome {
                tracing::info!(%error, "a member of a batch failed");
            }
            if let Some(slot) = outcomes.get_mut(at) {
                *slot = outcome;
            }
        }
        Ok(())
    }
}

fn unanswered(url: &str) -> GraphError {
    let path = url.split('?').next().unwrap_or_default();
    let message = "the batch's answer says nothing of this request";
    GraphError::new(GraphErrorKind::Decode, format!("GET /v1.0{path}"), message)
}

/// What a batch's answer says of each member: its status and for how long to wait; nothing where it is no such answer.
#[cfg(test)]
pub(super) fn told(answer: &Answer) -> Option<Vec<(u16, Option<Duration>)>> {
    let answered: Answered = answer.decode().ok()?;
    let members = answered.responses.iter();
    Some(members.map(|member| (member.status, member.retry_after())).collect())
}
