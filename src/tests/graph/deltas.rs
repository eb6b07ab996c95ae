//! Delta queries: rounds of pages over opaque links, and what sends us back to the beginning.

use super::{
    microsoft::{Microsoft, Reply, error, ok, reply},
    stand_in::StandIn,
};
use crate::{
    graph::{Change, Delta, DeltaLink, DeltaPage, GraphError, GraphErrorKind, Group, Removal, Tracked, User},
    tests::support::until,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;
use uuid::Uuid;

const USERS: &str = "/graph/v1.0/users/delta";

fn page(users: Value, link: &str, to: String) -> Reply {
    ok(json!({ "value": users, link: to }))
}

fn next_page(microsoft: &Microsoft, users: Value, to: &str) -> Reply {
    page(users, "@odata.nextLink", microsoft.link(USERS, to))
}

fn last_page(microsoft: &Microsoft, users: Value, to: &str) -> Reply {
    page(users, "@odata.deltaLink", microsoft.delta_link(USERS, to))
}

fn ana() -> Value {
    json!({ "id": Uuid::from_u128(7), "displayName": "Ana" })
}

/// Microsoft finds a request by its ids, also where its answer was read and is wrong.
fn names_the_request(error: &GraphError) -> bool {
    error.client_request_id.is_some()
}

async fn fails<T: Tracked>(delta: &mut Delta<T>) -> GraphErrorKind {
    match delta.next_page().await {
        Err(error) => {
            assert!(names_the_request(&error), "{error}");
            error.kind
        }
        Ok(_) => panic!("the page was read"),
    }
}

#[tokio::test]
async fn a_round_goes_over_empty_pages_to_a_link_from_which_the_next_one_goes_on() {
    let microsoft = Microsoft::start().await;
    microsoft
        .on(USERS, next_page(&microsoft, json!([ana()]), "a"))
        .on(USERS, next_page(&microsoft, json!([]), "b"))
        .on(USERS, last_page(&microsoft, json!([]), "later"));
    let mut delta = microsoft.tenant().users_delta(None).unwrap();
    let first = delta.next_page().await.unwrap().unwrap();
    assert_eq!(first.link, DeltaLink::Next(microsoft.link(USERS, "a")));
    assert!(matches!(&first.changes[..], [Change::Here(user)] if user.display_name.as_deref() == Some("Ana")));
    assert_eq!(delta.next_page().await.unwrap().unwrap().changes, []);
    let last = delta.next_page().await.unwrap().unwrap();
    assert_eq!(last.link, DeltaLink::Delta(microsoft.delta_link(USERS, "later")));
    assert_eq!(delta.next_page().await.unwrap(), None);

    let DeltaLink::Delta(kept) = last.link else { panic!() };
    let mut again = microsoft.tenant().users_delta(Some(&kept)).unwrap();
    again.next_page().await.unwrap();
    let queries: Vec<_> = microsoft.seen(USERS).into_iter().map(|seen| seen.query).collect();
    assert_eq!(queries[1..], ["$skiptoken=a", "$skiptoken=b", "$deltatoken=later"]);
    assert!(
        queries[0].starts_with("$select=id,userPrincipalName,") && !queries[0].contains("$top"),
        "{queries:?}"
    );
}

#[tokio::test]
async fn a_page_with_both_links_or_with_none_is_no_page_and_keeps_the_place() {
    let microsoft = Microsoft::start().await;
    let both = json!({
        "value": [], "@odata.nextLink": microsoft.link(USERS, "a"),
        "@odata.deltaLink": microsoft.delta_link(USERS, "later"),
    });
    microsoft
        .on(USERS, ok(both))
        .on(USERS, ok(json!({ "value": [] })))
        .on(USERS, last_page(&microsoft, json!([]), "later"));
    let mut delta = microsoft.tenant().users_delta(None).unwrap();
    let words = delta.next_page().await.unwrap_err();
    assert!(words.to_string().contains("both a nextLink and a deltaLink"), "{words}");
    assert!(
        words.kind == GraphErrorKind::Decode && names_the_request(&words),
        "{words}"
    );
    let words = delta.next_page().await.unwrap_err();
    assert!(words.to_string().contains("neither"), "{words}");
    assert!(delta.next_page().await.unwrap().is_some());
}

#[tokio::test]
async fn links_that_lead_elsewhere_are_refused_whether_they_were_sent_or_kept() {
    let (microsoft, elsewhere) = (Microsoft::start().await, Microsoft::start().await);
    for name in ["@odata.nextLink", "@odata.deltaLink"] {
        microsoft.clear(USERS);
        microsoft.on(USERS, page(json!([]), name, elsewhere.link(USERS, "a")));
        let mut delta = microsoft.tenant().users_delta(None).unwrap();
        assert_eq!(fails(&mut delta).await, GraphErrorKind::LinkRefused, "{name}");
    }
    let kept = microsoft.tenant().groups_delta(Some(&elsewhere.delta_link(USERS, "a")));
    assert_eq!(kept.unwrap_err().kind, GraphErrorKind::LinkRefused);
    assert!(elsewhere.seen(USERS).is_empty());
    microsoft.clear(USERS);
    let redirect = reply(302, "").header("location", elsewhere.delta_link(USERS, "a"));
    microsoft.on(USERS, redirect);
    let mut delta = microsoft.tenant().users_delta(None).unwrap();
    assert_eq!(fails(&mut delta).await, GraphErrorKind::LinkRefused);
    assert!(elsewhere.seen(USERS).is_empty());
}

#[tokio::test]
async fn a_round_that_leads_back_or_has_no_end_is_cut() {
    let microsoft = Microsoft::start().await;
    for to in ["a", "b", "a"] {
        microsoft.on(USERS, next_page(&microsoft, json!([]), to));
    }
    let mut delta = microsoft.tenant().users_delta(None).unwrap();
    assert!(delta.next_page().await.is_ok() && delta.next_page().await.is_ok());
    assert_eq!(fails(&mut delta).await, GraphErrorKind::LinkLoop);
    microsoft.clear(USERS);
    for number in 0..5 {
        microsoft.on(USERS, next_page(&microsoft, json!([]), &number.to_string()));
    }
    let mut delta = microsoft.tenant().users_delta(None).unwrap().at_most(3);
    assert!(delta.next_page().await.is_ok() && delta.next_page().await.is_ok());
    assert_eq!(fails(&mut delta).await, GraphErrorKind::TooLarge);
}

#[tokio::test]
async fn a_link_that_was_given_up_is_one_kind_of_failure_and_nothing_else_is() {
    let microsoft = Microsoft::start().await;
    let given_up = [
        (410, "resyncRequired"),
        (410, "Authorization_RequestDenied"),
        (410, ""),
        (400, "syncStateNotFound"),
        (404, "SyncStateNotFound"),
        (400, "resyncRequired"),
        (400, "Directory_ExpiredPageToken"),
    ];
    let other = [
        (400, "Request_BadRequest"),
        (400, "Request_UnsupportedQuery"),
        (403, "Authorization_RequestDenied"),
        (501, "syncStateNotFound"),
    ];
    let kind = async |status: u16, code: &str| {
        microsoft.clear(USERS);
        microsoft.on(USERS, error(status, code));
        let kept = microsoft.delta_link(USERS, "kept");
        fails(&mut microsoft.tenant().users_delta(Some(&kept)).unwrap()).await
    };
    for (status, code) in given_up {
        assert_eq!(
            kind(status, code).await,
            GraphErrorKind::ExpiredPageToken,
            "{status} {code}"
        );
    }
    for (status, code) in other {
        assert_ne!(
            kind(status, code).await,
            GraphErrorKind::ExpiredPageToken,
            "{status} {code}"
        );
    }
}

#[tokio::test]
async fn removals_and_what_was_never_set_are_told_as_a_delta_means_them() {
    let microsoft = Microsoft::start().await;
    let removed = |id: u128, reason: &str| json!({ "id": Uuid::from_u128(id), "@removed": { "reason": reason } });
    let mut untold = ana();
    untold["assignedLicenses"] = Value::Null;
    let users = json!([
        removed(1, "changed"),
        removed(2, "deleted"),
        removed(3, "moved"),
        ana(),
        untold
    ]);
    microsoft.on(USERS, last_page(&microsoft, users, "later"));
    let mut delta = microsoft.tenant().users_delta(None).unwrap();
    let changes = delta.next_page().await.unwrap().unwrap().changes;
    let gone = |n: u128, reason| Change::Gone {
        id: Uuid::from_u128(n),
        reason,
    };
    assert_eq!(
        changes[..3],
        [
            gone(1, Removal::Changed),
            gone(2, Removal::Deleted),
            gone(3, Removal::Other("moved".into()))
        ]
    );
    let licenses = |change: &Change<User>| match change {
        Change::Here(user) => user.assigned_licenses.items().map(<[_]>::len),
        Change::Gone { .. } => panic!("{change:?}"),
    };
    assert_eq!((licenses(&changes[3]), licenses(&changes[4])), (Some(0), None));
}

/// A copy kept by following the links.
#[derive(Default)]
struct Copy {
    users: BTreeMap<Uuid, Option<String>>,
    groups: BTreeMap<Uuid, (Option<String>, BTreeMap<Uuid, ()>)>,
    users_link: Option<String>,
    groups_link: Option<String>,
}

impl Copy {
    fn take_users(&mut self, page: DeltaPage<User>) {
        for change in page.changes {
            match change {
                Change::Here(user) => self.users.insert(user.id, user.display_name),
                Change::Gone { id, .. } => self.users.remove(&id),
            };
        }
    }

    fn take_groups(&mut self, page: DeltaPage<Group>) {
        for change in page.changes {
            let group = match change {
                Change::Here(group) => group,
                Change::Gone { id, .. } => {
                    self.groups.remove(&id);
                    continue;
                }
            };
            let held = self.groups.entry(group.id).or_default();
            held.0 = group.display_name;
            for member in group.members {
                match member.removed {
                    None => held.1.insert(member.id, ()),
                    Some(_) => held.1.remove(&member.id),
                };
            }
        }
    }

    /// Both rounds, each from its link, or anew where that was given up.
    async fn round(&mut self, stand_in: &StandIn) -> Result<(), GraphError> {
        let mut delta = stand_in.tenant.users_delta(self.users_link.as_deref())?;
        while let Some(page) = delta.next_page().await? {
            let (DeltaLink::Next(link) | DeltaLink::Delta(link)) = page.link.clone();
            self.users_link = Some(link);
            self.take_users(page);
        }
        let mut delta = stand_in.tenant.groups_delta(self.groups_link.as_deref())?;
        while let Some(page) = delta.next_page().await? {
            let (DeltaLink::Next(link) | DeltaLink::Delta(link)) = page.link.clone();
            self.groups_link = Some(link);
            self.take_groups(page);
        }
        Ok(())
    }

    async fn equals(&self, stand_in: &StandIn) {
        let users = stand_in.tenant.users().all().await.unwrap();
        let users: BTreeMap<_, _> = users.into_iter().map(|user| (user.id, user.display_name)).collect();
        assert_eq!(self.users, users);
        let groups = stand_in.tenant.groups().all().await.unwrap();
        assert_eq!(self.groups.len(), groups.len());
        for group in groups {
            let members = stand_in.tenant.group_members(crate::model::ids::GroupId(group.id));
            let members: BTreeMap<_, _> = members.all().await.unwrap().into_iter().map(|m| (m.id, ())).collect();
            assert_eq!(self.groups[&group.id], (group.display_name, members));
        }
    }
}

#[tokio::test]
async fn the_stand_in_is_copied_by_following_its_links_whatever_its_pages_are_like() {
    for kind in ["duplicate", "replay", "reorder", "empty", "cut"] {
        let stand_in = StandIn::start(230).await;
        stand_in.fault(json!({ "path": "/v1.0/*/delta", "kind": kind, "nth": 2, "times": 4 }));
        let mut copy = Copy::default();
        copy.round(&stand_in).await.unwrap();
        copy.equals(&stand_in).await;
        let tenant = &stand_in.microsoft.tenants()[0].name;
        let victim = copy.users.keys().next().unwrap();
        let address = format!(
            "http://{}/tenants/{tenant}/users/{victim}",
            stand_in.microsoft.control_address()
        );
        let deleted = reqwest::Client::new().delete(address).send().await.unwrap();
        assert!(deleted.status().is_success());
        copy.round(&stand_in).await.unwrap();
        copy.equals(&stand_in).await;
    }
}

#[tokio::test]
async fn a_kept_link_that_the_stand_in_gave_up_is_told() {
    for kind in ["expire", "reset"] {
        let stand_in = StandIn::start(25).await;
        let mut copy = Copy::default();
        copy.round(&stand_in).await.unwrap();
        stand_in.fault(json!({ "path": "/v1.0/users/delta", "kind": kind, "times": 1 }));
        let error = copy.round(&stand_in).await.unwrap_err();
        assert_eq!(error.kind, GraphErrorKind::ExpiredPageToken, "{kind}");
    }
}

#[tokio::test]
async fn pages_are_read_ahead_and_told_in_their_order_up_to_the_failure_that_ends_them() {
    let microsoft = Microsoft::start().await;
    for to in ["a", "b", "c", "d"] {
        microsoft.on(USERS, next_page(&microsoft, json!([ana()]), to));
    }
    microsoft.on(USERS, error(400, "Request_BadRequest"));
    let mut delta = microsoft.tenant().users_delta(None).unwrap().ahead(2);
    // Two wait, and a third one for a place.
    until("three pages are read", 60, || async {
        microsoft.seen(USERS).len() == 3
    })
    .await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(microsoft.seen(USERS).len(), 3);
    for to in ["a", "b", "c", "d"] {
        let page = delta.next_page().await.unwrap().unwrap();
        assert_eq!(page.link, DeltaLink::Next(microsoft.link(USERS, to)));
    }
    assert!(names_the_request(&delta.next_page().await.unwrap_err()));
    assert_eq!(delta.next_page().await.unwrap(), None);
    assert_eq!(microsoft.seen(USERS).len(), 5);
}

#[tokio::test]
async fn nobody_reads_on_once_nobody_wants_the_pages() {
    let microsoft = Microsoft::start().await;
    for to in ["a", "b", "c", "d", "e"] {
        microsoft.on(USERS, next_page(&microsoft, json!([ana()]), to));
    }
    let mut delta = microsoft.tenant().users_delta(None).unwrap().ahead(1);
    delta.next_page().await.unwrap();
    drop(delta);
    let asked = microsoft.seen(USERS).len();
    sleep(Duration::from_millis(100)).await;
    assert!(microsoft.seen(USERS).len() <= asked + 1 && asked <= 3, "{asked}");
}
