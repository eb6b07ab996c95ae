//! Whatever comes over the wire: nothing of it makes this program panic, nothing is accepted that must not be, and what
//! is well-formed comes back as it was. For longer: `make fuzz`.

use super::{
    answer::Answer,
    batch,
    delta::{Change, DeltaLink, decode_page},
    device::ManagedDevice,
    error::GraphErrorKind,
    link,
    redact::Secrets,
    retry::{Attempt, Decision, decide, http_date, retry_after},
    surrogate,
    tokens::Token,
    wire::{Group, Page, SubscribedSku, User},
    wire_report::{UserActivity, UserRegistrationDetails},
};
use crate::graph::{AssignedLicense, Told};
use chrono::{DateTime, Duration, Utc};
use oauth2::basic::BasicTokenResponse;
use proptest::prelude::*;
use reqwest::{Method, Request, header::AUTHORIZATION};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::{Duration as Length, SystemTime};
use tokio::time::Instant;
use uuid::Uuid;

fn answer(status: u16, body: Vec<u8>) -> Answer {
    Answer {
        operation: "GET /v1.0/users".into(),
        status,
        content_type: None,
        request_id: None,
        client_request_id: Uuid::nil(),
        location: None,
        retry_after: None,
        clock: None,
        secrets: Secrets::default(),
        body,
    }
}

fn decoded<T: DeserializeOwned>(body: &[u8]) -> Option<Page<T>> {
    match answer(200, body.to_vec()).decode() {
        Ok(page) => Some(page),
        Err(error) => {
            assert_eq!(error.kind, GraphErrorKind::Decode);
            None
        }
    }
}

/// Any JSON, of the kind that Graph sends: its names, right and wrong values.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,8}".prop_map(Value::from),
        any::<u128>().prop_map(|id| json!(Uuid::from_u128(id))),
        Just(json!("2026-02-30T25:00:00Z")),
        Just(json!("0001-01-01T00:00:00Z")),
    ];
    let name = prop_oneof![
        Just("value"),
        Just("id"),
        Just("displayName"),
        Just("otherMails"),
        Just("assignedLicenses"),
        Just("skuId"),
        Just("@removed"),
        Just("members@delta"),
        Just("createdDateTime"),
        Just("groupTypes"),
        Just("visibility"),
        Just("@odata.nextLink"),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|pairs| pairs
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

fn user() -> impl Strategy<Value = User> {
    let text = || prop::option::of(".{0,12}");
    let list = || prop::collection::vec(".{0,12}", 0..3);
    let licenses = prop_oneof![
        Just(Told::Null),
        prop::collection::vec(any::<u128>(), 0..3).prop_map(|ids| {
            Told::Items(
                ids.into_iter()
                    .map(|id| AssignedLicense {
                        sku_id: Uuid::from_u128(id),
                        disabled_plans: vec![],
                    })
                    .collect(),
            )
        }),
    ];
    (
        any::<u128>(),
        (text(), text(), text(), text()),
        (list(), list()),
        prop::option::of(any::<bool>()),
        // From 1970 on, to the second.
        prop::option::of(0i64..4_000_000_000),
        licenses,
    )
        .prop_map(
            |(id, (name, mail, upn, department), (mails, phones), enabled, created, licenses)| User {
                id: Uuid::from_u128(id),
                display_name: name,
                mail,
                user_principal_name: upn,
                department,
                other_mails: mails,
                business_phones: phones,
                account_enabled: enabled,
                created_date_time: created.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
                assigned_licenses: licenses,
                ..User::default()
            },
        )
}

/// A link as somebody would write it who wants our token.
fn crafted() -> impl Strategy<Value = String> {
    let scheme = "(https|http|HTTPS|ftp|javascript|)";
    let slashes = r"(://|:/|:\\\\|//|:)";
    let account = "(|user@|user:pw@|graph.microsoft.com@|graph.microsoft.com%40)";
    let host = "(graph\\.microsoft\\.com|GRAPH\\.microsoft\\.com|evil\\.example|graph\\.microsoft\\.com\\.evil\\.example|localhost|ｇraph\\.microsoft\\.com)";
    let port = "(|:443|:8443|:9000|:0)";
    let path = r"((/|\\|/graph|/\.\.|/%2e%2e|/%2E\.|/graphite|/v1\.0|/users|\?|#|@|;|\t|\n| ){0,5})";
    proptest::string::string_regex(&format!("{scheme}{slashes}{account}{host}{port}{path}")).unwrap()
}

proptest! {
    #[test]
    fn any_bytes_are_a_page_or_an_error_that_says_so(body in any::<Vec<u8>>(), status in 100u16..600) {
        decoded::<User>(&body);
        decoded::<Group>(&body);
        let answer = answer(status, body);
        // A link is given up on Microsoft's word alone, never while the service is out of order.
        for kind in [answer.graph_error().kind, answer.token_error().kind] {
            prop_assert!(kind != GraphErrorKind::ExpiredPageToken || status == 410);
        }
    }

    #[test]
    fn any_json_is_a_page_only_as_a_whole(body in anything(), rest in anything(), extra in ".{0,3}") {
        let bodies = [
            body.to_string(),
            json!({ "value": [body, rest] }).to_string(),
            json!({ "value": body, "@odata.nextLink": "https://graph.microsoft.com/" }).to_string() + &extra,
        ];
        for body in &bodies {
            decoded::<SubscribedSku>(body.as_bytes());
            decoded::<UserRegistrationDetails>(body.as_bytes());
            decoded::<UserActivity>(body.as_bytes());
            decoded::<ManagedDevice>(body.as_bytes());
            decoded::<Group>(body.as_bytes());
            let Some(page) = decoded::<User>(body.as_bytes()) else { continue };
            let sent: Value = serde_json::from_str(body).expect("what is read as a page is JSON");
            let sent = sent["value"].as_array().expect("a page has a list");
            let ids = |user: &Value| user["id"].as_str().and_then(|id| id.parse().ok());
            let sent: Vec<Option<Uuid>> = sent.iter().map(ids).collect();
            let read: Vec<Option<Uuid>> = page.value.iter().map(|user| Some(user.id)).collect();
            prop_assert_eq!(read, sent, "an object was left out, or invented");
        }
    }

    #[test]
    fn a_page_comes_back_as_it_was_and_a_part_of_it_is_none(
        users in prop::collection::vec(user(), 0..4), link in prop::option::of(".{0,20}"), at in any::<prop::sample::Index>(),
    ) {
        let body = json!({ "value": users, "@odata.nextLink": link }).to_string();
        let page = decoded::<User>(body.as_bytes()).expect("it is a page");
        prop_assert_eq!((page.value, page.next_link), (users, link));
        prop_assert!(decoded::<User>(&body.as_bytes()[..at.index(body.len())]).is_none(), "half an answer was a page");
    }

    #[test]
    fn any_json_is_a_page_of_a_round_or_an_error_that_says_so(body in anything(), link in "@odata\\.(next|delta)Link") {
        let page = json!({ "value": [body], (link): "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=a" });
        for body in [body, page] {
            let answer = answer(200, body.to_string().into_bytes());
            let errors = [decode_page::<User>(&answer).err(), decode_page::<Group>(&answer).err()];
            for error in errors.into_iter().flatten() {
                prop_assert_eq!(error.kind, GraphErrorKind::Decode);
            }
        }
    }

    #[test]
    fn a_page_of_a_round_has_one_link_and_its_objects_in_their_order(
        users in prop::collection::vec(user(), 0..5), gone in prop::collection::vec(any::<bool>(), 5),
        next in prop::option::of(".{0,20}"), delta in prop::option::of(".{0,20}"),
    ) {
        let mut body = json!({ "value": users });
        for (n, gone) in gone.iter().take(users.len()).enumerate() {
            if *gone {
                body["value"][n]["@removed"] = json!({ "reason": "changed" });
            }
        }
        for (name, link) in [("@odata.nextLink", &next), ("@odata.deltaLink", &delta)] {
            if let Some(link) = link {
                body[name] = json!(link);
            }
        }
        let page = decode_page::<User>(&answer(200, body.to_string().into_bytes()));
        let link = match (next, delta) {
            (Some(next), None) => DeltaLink::Next(next),
            (None, Some(delta)) => DeltaLink::Delta(delta),
            _ => {
                prop_assert_eq!(page.map(|page| page.link).map_err(|error| error.kind), Err(GraphErrorKind::Decode));
                return Ok(());
            }
        };
        let page = page.expect("it is a page");
        prop_assert_eq!(page.link, link);
        let read: Vec<_> = page.changes.iter().map(|change| match change {
            Change::Here(user) => (user.id, false),
            Change::Gone { id, .. } => (*id, true),
        }).collect();
        let sent: Vec<_> = users.iter().map(|user| user.id).zip(gone).collect();
        prop_assert_eq!(read, sent);
    }

    #[test]
    fn any_json_is_a_batchs_answer_or_none(
        body in anything(), header in anything(), name in "(Retry-After|retry-after|.{0,6})", status in any::<i64>(),
    ) {
        batch::told(&answer(200, body.to_string().into_bytes()));
        let member = json!({ "id": "0", "status": status, "headers": { (name): header }, "body": body });
        let told = batch::told(&answer(200, json!({ "responses": [member] }).to_string().into_bytes()));
        let statuses = told.map(|members| members.into_iter().map(|(status, _)| status).collect::<Vec<_>>());
        prop_assert_eq!(statuses, u16::try_from(status).ok().map(|status| vec![status]));
    }

    #[test]
    fn any_answer_with_a_token_is_one_that_can_be_sent_or_an_error(
        body in anything(), token in ".{0,20}", life in any::<u64>(),
    ) {
        let answers = [
            body.to_string(),
            json!({ "access_token": token, "token_type": "Bearer", "expires_in": life }).to_string(),
            json!({ "access_token": body, "token_type": body, "expires_in": body }).to_string(),
        ];
        for answer in answers {
            let Ok(answer) = serde_json::from_str::<BasicTokenResponse>(&answer) else { continue };
            if let Err(error) = Token::read(&answer, Instant::now(), "POST /token") {
                prop_assert_eq!(error.kind, GraphErrorKind::Decode);
                prop_assert!(error.message.contains("header"), "{}", error);
            }
        }
    }

    #[test]
    fn an_error_of_any_shape_gives_up_a_link_only_when_the_request_was_refused(
        code in "(syncStateNotFound|RESYNCREQUIRED|Directory_ExpiredPageToken|.{0,10})", inner in anything(),
        status in 300u16..600,
    ) {
        let body = json!({ "error": { "code": code, "message": inner, "innerError": { "code": code, "innererror": inner } } });
        let kind = answer(status, body.to_string().into_bytes()).graph_error().kind;
        prop_assert!(kind != GraphErrorKind::ExpiredPageToken || (400..500).contains(&status), "{status}");
    }

    #[test]
    fn what_is_no_text_is_mended_once_and_for_all(body in any::<Vec<u8>>(), halves in "(\\\\u[dD][89a-fA-F][0-9a-f]{2}|\\\\|a){0,8}") {
        for body in [body, format!("\"{halves}\"").into_bytes()] {
            if let Some((mended, replaced)) = surrogate::mend(&body) {
                prop_assert!(replaced > 0);
                prop_assert!(std::str::from_utf8(&mended).is_ok());
                prop_assert_eq!(surrogate::mend(&mended), None);
            } else {
                prop_assert!(std::str::from_utf8(&body).is_ok());
            }
        }
    }

    #[test]
    fn no_link_leads_out_of_the_graph_address(link in prop_oneof![crafted(), any::<String>()]) {
        for base in ["https://graph.microsoft.com", "http://localhost:9000/graph/", "https://graph.microsoft.com/graph"] {
            if let Ok(url) = link::follow(&link, &base.parse().unwrap(), "GET /v1.0/users") {
                // What is sent begins with the address and a slash, letter by letter.
                let inside = format!("{}/", base.trim_end_matches('/'));
                prop_assert!(url.as_str().starts_with(&inside), "{link:?} leads to {url}");
                prop_assert!(!url.path().contains("/../"));
            }
        }
    }

    #[test]
    fn a_link_into_the_graph_address_is_followed_as_it_is(path in "[a-zA-Z0-9_-]{1,10}(/[a-zA-Z0-9_-]{1,10}){0,3}", query in "[a-zA-Z0-9$=&%_-]{0,30}") {
        for base in ["https://graph.microsoft.com", "http://localhost:9000/graph"] {
            let link = format!("{base}/{path}?{query}");
            let followed = link::follow(&link, &base.parse().unwrap(), "GET /v1.0/users").map(String::from);
            prop_assert_eq!(followed.ok(), Some(link));
        }
    }

    #[test]
    fn any_retry_after_is_a_time_or_none_and_no_wait_is_longer_than_a_minute(
        value in prop_oneof![any::<String>(), "[-+]?[0-9.eE]{0,12}", "[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [+-]?[0-9]{4,7} [0-9:]{5,8} GMT"],
        now in 0i64..4_000_000_000, number in 1u32..9, patient in any::<bool>(), jitter in any::<f64>(),
    ) {
        let told = retry_after(&value, DateTime::from_timestamp(now, 0).unwrap());
        let readable = value.trim().parse::<f64>().is_ok() || http_date(&value).is_some();
        prop_assert!(told.is_none() || readable, "{value:?}");
        let attempt = Attempt { number, transient: true, retry_after: told, patient, elapsed: Length::ZERO, jitter };
        if let Decision::Wait(wait) = decide(attempt) {
            prop_assert!(wait <= Length::from_secs(60));
            prop_assert!(told.is_none_or(|told| told == wait), "the word of the service wins");
        }
    }

    #[test]
    fn retry_after_comes_back_from_both_its_spellings(seconds in 0u64..1_000_000, now in 0i64..4_000_000_000) {
        let (length, now) = (Length::from_secs(seconds), DateTime::from_timestamp(now, 0).unwrap());
        prop_assert_eq!(retry_after(&seconds.to_string(), now), Some(length));
        let date: DateTime<Utc> = now + Duration::seconds(seconds.cast_signed());
        prop_assert_eq!(retry_after(&httpdate::fmt_http_date(SystemTime::from(date)), now), Some(length));
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands(before in ".{0,20}", secret in "[a-zA-Z0-9]{8,40}", after in ".{0,20}", cut in 8usize..40) {
        let mut request = Request::new(Method::GET, "http://127.0.0.1".parse().unwrap());
        request.headers_mut().insert(AUTHORIZATION, format!("Bearer {secret}").parse().unwrap());
        let part = &secret[..cut.min(secret.len())];
        let shown = Secrets::of(&request).hide(&format!("{before}{part}{after}{secret}"));
        prop_assert!(!shown.contains(&secret[..8]), "{shown}");
    }
}
