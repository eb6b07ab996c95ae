use super::microsoft::{Microsoft, Reply, error, ok};
use crate::graph::{GraphErrorKind, Listing, User};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

const USERS: &str = "/graph/v1.0/users";

fn page(ids: &[u128], next: Option<String>) -> Reply {
    let users: Vec<Value> = ids.iter().map(|id| json!({"id": Uuid::from_u128(*id)})).collect();
    let mut body = json!({"@odata.context": "...", "value": users});
    if let Some(next) = next {
        body["@odata.nextLink"] = next.into();
    }
    ok(body)
}

async fn next(listing: &mut Listing<User>) -> Result<Option<Vec<u128>>, GraphErrorKind> {
    let page = listing.next_page().await.map_err(|error| error.kind)?;
    Ok(page.map(|users| users.iter().map(|user| user.id.as_u128()).collect()))
}

#[tokio::test]
async fn pages_are_followed_to_the_end_and_an_empty_one_is_not_the_end() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, page(&[1, 2], Some(microsoft.link(USERS, "a"))))
        .on(USERS, page(&[], Some(microsoft.link(USERS, "b"))))
        .on(USERS, page(&[3], None));
    let mut listing = microsoft.tenant().users();
    assert_eq!(next(&mut listing).await, Ok(Some(vec![1, 2])));
    assert_eq!(next(&mut listing).await, Ok(Some(vec![])));
    assert_eq!(next(&mut listing).await, Ok(Some(vec![3])));
    assert_eq!(next(&mut listing).await, Ok(None));
    assert_eq!(next(&mut listing).await, Ok(None));
    let queries: Vec<_> = microsoft.seen(USERS).into_iter().map(|seen| seen.query).collect();
    assert_eq!(queries[1..], ["$skiptoken=a", "$skiptoken=b"]);
    assert!(
        queries[0].starts_with("$select=id,userPrincipalName,") && queries[0].ends_with("&$top=999"),
        "{queries:?}"
    );
}

#[tokio::test]
async fn every_page_is_asked_for_with_the_same_headers_and_an_id_of_its_own() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, page(&[1], Some(microsoft.link(USERS, "a"))))
        .on(USERS, page(&[2], None));
    let mut listing = microsoft.tenant().users();
    while next(&mut listing).await.unwrap().is_some() {}
    let seen = microsoft.seen(USERS);
    for request in &seen {
        assert_eq!(request.header("authorization"), "Bearer token-1");
        assert_eq!(request.header("x-ms-throttle-priority"), "Low");
        assert_eq!(
            request.header("user-agent"),
            concat!("entrain/", env!("CARGO_PKG_VERSION"))
        );
        assert_eq!(request.header("accept-encoding"), "gzip");
    }
    let ids: BTreeSet<Uuid> = seen
        .iter()
        .map(|request| request.header("client-request-id").parse().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn a_link_to_a_page_already_read_ends_the_listing_with_an_error() {
    let microsoft = Microsoft::start().await;
    let (a, b) = (microsoft.link(USERS, "a"), microsoft.link(USERS, "b"));
    microsoft
        .on(USERS, page(&[1], Some(a.clone())))
        .on(USERS, page(&[2], Some(b)))
        .on(USERS, page(&[3], Some(a)));
    let mut listing = microsoft.tenant().users();
    assert_eq!(next(&mut listing).await, Ok(Some(vec![1])));
    assert_eq!(next(&mut listing).await, Ok(Some(vec![2])));
    assert_eq!(next(&mut listing).await, Err(GraphErrorKind::LinkLoop));
}

#[tokio::test]
async fn a_link_back_to_the_first_page_or_to_itself_is_a_loop() {
    let microsoft = Microsoft::start().await;
    microsoft.on(USERS, page(&[1], Some(microsoft.link(USERS, "a"))));
    let mut listing = microsoft.tenant().users();
    assert_eq!(next(&mut listing).await, Ok(Some(vec![1])));
    assert_eq!(next(&mut listing).await, Err(GraphErrorKind::LinkLoop));

    let first = microsoft.seen(USERS)[0].query.clone();
    microsoft.clear(USERS);
    microsoft.on(USERS, page(&[1], Some(format!("{}{USERS}?{first}", microsoft.address))));
    assert_eq!(
        next(&mut microsoft.tenant().users()).await,
        Err(GraphErrorKind::LinkLoop)
    );
}

#[tokio::test]
async fn a_link_to_another_place_is_refused_and_not_asked() {
    let (microsoft, elsewhere) = (Microsoft::start().await, Microsoft::start().await);
    for link in [
        elsewhere.link(USERS, "a"),
        microsoft.link("/v1.0/users", "a"),
        String::new(),
    ] {
        microsoft.clear(USERS);
        microsoft.on(USERS, page(&[1], Some(link.clone())));
        assert_eq!(
            next(&mut microsoft.tenant().users()).await,
            Err(GraphErrorKind::LinkRefused),
            "{link}"
        );
    }
    assert!(elsewhere.seen(USERS).is_empty() && microsoft.seen("/v1.0/users").is_empty());
}

#[tokio::test]
async fn a_listing_that_does_not_come_to_an_end_is_cut() {
    let microsoft = Microsoft::start().await;
    for number in 0..10 {
        microsoft.on(USERS, page(&[number], Some(microsoft.link(USERS, &number.to_string()))));
    }
    let mut listing = microsoft.tenant().users().at_most(3);
    assert!(next(&mut listing).await.is_ok() && next(&mut listing).await.is_ok());
    assert_eq!(next(&mut listing).await, Err(GraphErrorKind::TooLarge));
}

#[tokio::test]
async fn a_failure_keeps_the_place_in_the_listing() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, page(&[1], Some(microsoft.link(USERS, "a"))))
        .on(USERS, error(403, "Authorization_RequestDenied"))
        .on(USERS, page(&[2], None));
    let mut listing = microsoft.tenant().users();
    assert_eq!(next(&mut listing).await, Ok(Some(vec![1])));
    assert_eq!(next(&mut listing).await, Err(GraphErrorKind::PermissionMissing));
    assert_eq!(next(&mut listing).await, Ok(Some(vec![2])));
    assert_eq!(microsoft.seen(USERS)[2].query, "$skiptoken=a");
}

#[tokio::test]
async fn an_expired_place_can_be_left_for_the_first_page() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, page(&[1], Some(microsoft.link(USERS, "a"))))
        .on(USERS, error(400, "Directory_ExpiredPageToken"))
        .on(USERS, page(&[1], Some(microsoft.link(USERS, "a"))))
        .on(USERS, page(&[2], None));
    let mut listing = microsoft.tenant().users();
    assert_eq!(next(&mut listing).await, Ok(Some(vec![1])));
    assert_eq!(next(&mut listing).await, Err(GraphErrorKind::ExpiredPageToken));
    listing.restart();
    assert_eq!(next(&mut listing).await, Ok(Some(vec![1])));
    assert_eq!(next(&mut listing).await, Ok(Some(vec![2])));
    assert_eq!(next(&mut listing).await, Ok(None));
}
