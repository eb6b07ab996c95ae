//! Portals, their used tokens and their sessions.

use crate::{
    model::{
        access::Role,
        ids::{OrganizationId, PortalId, TenantId},
        portal::Scope,
    },
    store::{
        embed_session::{self, Entered, Sent},
        migrate, organization,
        portal::{self, Portal},
        vault::Sealed,
    },
    tests::support::tester,
};
use chrono::{TimeDelta, Utc};
use sqlx::PgPool;
use uuid::Uuid;

const ORIGIN: &str = "https://portal.example";

fn sealed(bytes: &[u8]) -> Sealed {
    Sealed {
        key_id: "key".into(),
        bytes: bytes.to_vec(),
    }
}

/// A registered portal, and an Organization that it sends people to.
async fn registered(pool: &PgPool) -> (Portal, OrganizationId) {
    migrate::migrate(pool).await.unwrap();
    let portal = Portal {
        id: PortalId(Uuid::now_v7()),
        name: "Acme".into(),
        origins: vec![ORIGIN.into()],
        secret: sealed(b"secret"),
    };
    portal::register(pool, &tester(), &portal).await.unwrap();
    let id = OrganizationId(Uuid::now_v7());
    let tenant = TenantId(Uuid::now_v7());
    organization::create(pool, &tester(), id, tenant, "Contoso", "", "")
        .await
        .unwrap();
    (portal, id)
}

fn sent(portal: &Portal, organization: OrganizationId, jti: &str) -> Sent {
    Sent {
        portal: portal.id,
        subject: "42".into(),
        name: "Ann".into(),
        role: Role::Viewer,
        scope: organization.0,
        origin: ORIGIN.into(),
        jti: jti.into(),
        until: Utc::now() + TimeDelta::minutes(5),
    }
}

#[sqlx::test(migrations = false)]
async fn a_used_token_stays_used_though_its_end_is_over_by_the_clock_of_the_database(pool: PgPool) {
    let (portal, id) = registered(&pool).await;
    // What a web server whose clock is behind takes for a token that is good still.
    let late = Sent {
        until: Utc::now() - TimeDelta::minutes(30),
        ..sent(&portal, id, "one")
    };
    let first = embed_session::enter(&pool, &portal, &late, None, b"first")
        .await
        .unwrap();
    assert_eq!(first, Entered::Session(Scope::Organization(id)));
    let again = embed_session::enter(&pool, &portal, &late, None, b"again")
        .await
        .unwrap();
    assert_eq!(again, Entered::Used);
    sqlx::query("update portal_token set expires_at = now() - interval '61 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    embed_session::enter(&pool, &portal, &sent(&portal, id, "two"), None, b"two")
        .await
        .unwrap();
    let kept: Vec<String> = sqlx::query_scalar("select jti from portal_token")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(kept, ["two"], "they are not kept for ever");
}

#[sqlx::test(migrations = false)]
async fn a_token_that_was_verified_before_its_portal_was_changed_opens_nothing(pool: PgPool) {
    let (portal, id) = registered(&pool).await;
    let enter = async |verified: &Portal, jti: &str| {
        embed_session::enter(&pool, verified, &sent(verified, id, jti), None, jti.as_bytes())
            .await
            .unwrap()
    };
    portal::new_secret(&pool, &tester(), portal.id, &sealed(b"another"))
        .await
        .unwrap();
    assert_eq!(enter(&portal, "one").await, Entered::Changed);

    let verified = portal::get(&pool, portal.id).await.unwrap().unwrap();
    let elsewhere = ["https://new.example".to_owned()];
    portal::change(&pool, &tester(), portal.id, "Acme", &elsewhere)
        .await
        .unwrap();
    assert_eq!(enter(&verified, "two").await, Entered::Changed);
    portal::change(&pool, &tester(), portal.id, "Acme", &portal.origins)
        .await
        .unwrap();
    // Nothing of it was used up.
    let session = Entered::Session(Scope::Organization(id));
    assert_eq!(enter(&verified, "two").await, session);

    portal::remove(&pool, &tester(), portal.id).await.unwrap();
    assert_eq!(enter(&verified, "three").await, Entered::Changed);
}
