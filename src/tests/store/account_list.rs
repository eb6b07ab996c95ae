//! Accounts as Administrators change them, each change with its row of the audit log.

use crate::{
    model::{
        access::Role,
        audit::{Action, Actor, ActorKind, AuditChange},
        ids::{AccountId, EntraTenantId, MicrosoftTenantId, OrganizationId, TenantId},
        sign_in::ProviderKind,
    },
    store::{
        account::{self, Account},
        account_list::{self, add, change, disable, enable},
        audit_list::{self, AuditFilter},
        identity, in_utc, integration, invitation, migrate, organization, session,
    },
    tests::support::{open_session, tester},
};
use chrono::Utc;
use sqlx::PgPool;
use uuid::Uuid;

fn account(name: &str, role: Role) -> Account {
    Account {
        id: AccountId(Uuid::now_v7()),
        email: format!("{name}@msp.example"),
        name: name.into(),
        role,
    }
}

fn actor(who: &Account) -> Actor {
    Actor {
        kind: ActorKind::Administrator,
        id: Some(who.id),
        name: who.name.clone(),
        address: Some("192.0.2.7".into()),
    }
}

/// An Administrator, and two Organizations.
async fn start(pool: &PgPool) -> (Account, [OrganizationId; 2]) {
    migrate::migrate(pool).await.unwrap();
    let ada = account("ada", Role::Administrator);
    account::create(pool, &ada, Some("hash")).await.unwrap();
    let ids = [OrganizationId(Uuid::now_v7()), OrganizationId(Uuid::now_v7())];
    for (id, name) in ids.iter().zip(["Contoso", "Fabrikam"]) {
        organization::create(pool, &tester(), *id, TenantId(Uuid::now_v7()), name, "", "")
            .await
            .unwrap();
    }
    (ada, ids)
}

/// What the audit log says of the latest change: who, from where, what, and the values.
async fn told(pool: &PgPool) -> (String, Option<String>, Option<Action>, Vec<AuditChange>) {
    let (mut rows, _) = audit_list::page(pool, &AuditFilter::default(), 1, &in_utc(Utc::now()))
        .await
        .unwrap();
    let last = rows.remove(0);
    (last.actor.name, last.actor.address, last.action, last.changes)
}

fn changed(field: &str, old: &str, new: &str) -> AuditChange {
    AuditChange::new(field, old, new).unwrap()
}

#[sqlx::test(migrations = false)]
async fn each_change_of_an_account_is_told_with_old_and_new_value_and_from_where(pool: PgPool) {
    let (ada, [contoso, fabrikam]) = start(&pool).await;
    let ben = account("ben", Role::Viewer);
    add(&pool, &actor(&ada), &ben, "hash", &[contoso]).await.unwrap();
    let (who, from, action, changes) = told(&pool).await;
    assert_eq!(
        (who.as_str(), from.as_deref(), action),
        ("ada", Some("192.0.2.7"), Some(Action::Create))
    );
    assert!(changes.contains(&changed("Role", "", "Viewer")), "{changes:?}");
    assert!(
        changes.contains(&changed("Organizations", "", "Contoso")),
        "{changes:?}"
    );

    change(&pool, &actor(&ada), ben.id, Role::Technician, &[contoso, fabrikam])
        .await
        .unwrap();
    let both = [
        changed("Role", "Viewer", "Technician"),
        changed("Organizations", "Contoso", "Contoso, Fabrikam"),
    ];
    assert_eq!(told(&pool).await.3, both);

    change(&pool, &actor(&ada), ben.id, Role::Administrator, &[contoso])
        .await
        .unwrap();
    assert_eq!(
        told(&pool).await.3[1],
        changed("Organizations", "Contoso, Fabrikam", "All")
    );
    change(&pool, &actor(&ada), ben.id, Role::Viewer, &[]).await.unwrap();
    assert_eq!(told(&pool).await.3[1], changed("Organizations", "All", ""));

    open_session(&pool, ben.id, b"ben").await;
    disable(&pool, &actor(&ada), ben.id).await.unwrap();
    assert_eq!(told(&pool).await.2, Some(Action::DisableAccount));
    assert_eq!(session::find(&pool, b"ben").await.unwrap(), None);
    enable(&pool, &actor(&ada), ben.id).await.unwrap();
    assert_eq!(told(&pool).await.2, Some(Action::EnableAccount));
    assert_eq!(
        session::find(&pool, b"ben").await.unwrap(),
        None,
        "its sessions are over"
    );

    let rows = account_list::all(&pool, &in_utc(Utc::now())).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.role)).collect();
    assert_eq!(names, [("ada", Role::Administrator), ("ben", Role::Viewer)]);
}

#[sqlx::test(migrations = false)]
async fn an_invitation_is_shown_until_it_is_accepted_and_can_be_withdrawn_and_renewed(pool: PgPool) {
    let (ada, _) = start(&pool).await;
    let ben = account("ben", Role::Viewer);
    let realms = ["openid:https://id.example".to_owned()];
    let person = identity::Person {
        provider: ProviderKind::Openid,
        authority: "https://id.example",
        subject: "ben",
    };
    identity::invite(&pool, &actor(&ada), &ben, &realms[0]).await.unwrap();
    let shown = async || {
        let rows = account_list::all(&pool, &in_utc(Utc::now())).await.unwrap();
        rows.into_iter().find(|row| row.id == ben.id).unwrap().invited
    };
    let invitation = shown().await.unwrap();
    assert_eq!(
        (invitation.place().as_str(), invitation.is_over),
        ("https://id.example", false)
    );
    assert_ne!(invitation.made, invitation.until);

    invitation::withdraw(&pool, &actor(&ada), ben.id).await.unwrap();
    assert_eq!(told(&pool).await.3, [changed("Invited from", &realms[0], "")]);
    assert!(shown().await.unwrap().is_over);
    let found = identity::invited(&pool, &ben.email, &realms[0], true).await.unwrap();
    assert_eq!(found, None, "nobody comes in by it, from the only place neither");
    let bound = identity::bind(&pool, &actor(&ben), &ben, &person).await.unwrap();
    assert!(!bound, "nor does whoever was on the way when it was withdrawn");
    assert!(shown().await.is_some());
    invitation::withdraw(&pool, &actor(&ada), ben.id).await.unwrap();

    let error = invitation::renew(&pool, &actor(&ada), ben.id, &[]).await.unwrap_err();
    assert!(error.to_string().contains("let nobody in any more"), "{error}");
    invitation::renew(&pool, &actor(&ada), ben.id, &realms).await.unwrap();
    assert_eq!(told(&pool).await.3[0].field, "Invited until");
    assert!(!shown().await.unwrap().is_over);
    let found = identity::invited(&pool, &ben.email, &realms[0], true).await.unwrap();
    assert_eq!(found.unwrap().account.id, ben.id);

    assert!(identity::bind(&pool, &actor(&ben), &ben, &person).await.unwrap());
    assert_eq!(shown().await, None, "it is his now");
    for done in [
        invitation::withdraw(&pool, &actor(&ada), ben.id).await,
        invitation::renew(&pool, &actor(&ada), ben.id, &realms).await,
    ] {
        let error = done.unwrap_err().to_string();
        assert!(error.contains("was accepted"), "{error}");
    }
}

#[sqlx::test(migrations = false)]
async fn an_invitation_names_the_domain_of_its_microsoft_tenant_where_that_is_known(pool: PgPool) {
    let (ada, _) = start(&pool).await;
    let ben = account("ben", Role::Viewer);
    let tenant = Uuid::now_v7();
    let realm = format!("microsoft:{tenant}");
    identity::invite(&pool, &actor(&ada), &ben, &realm).await.unwrap();
    let place = async || {
        let rows = account_list::all(&pool, &in_utc(Utc::now())).await.unwrap();
        let of_ben = rows.into_iter().find(|row| row.id == ben.id).unwrap();
        of_ben.invited.unwrap().place()
    };
    assert_eq!(place().await, format!("the Microsoft tenant {tenant}"));
    let id = MicrosoftTenantId(Uuid::now_v7());
    integration::connect(
        &pool,
        &actor(&ada),
        id,
        EntraTenantId(tenant),
        "Contoso",
        "contoso.example",
    )
    .await
    .unwrap();
    assert_eq!(place().await, "the Microsoft tenant contoso.example");
}

#[sqlx::test(migrations = false)]
async fn a_disabled_account_waits_for_nobody_and_an_invitation_that_is_over_is_not_told_of_one_with_a_password(
    pool: PgPool,
) {
    let (ada, _) = start(&pool).await;
    let (ben, realm) = (account("ben", Role::Viewer), "openid:https://id.example");
    identity::invite(&pool, &actor(&ada), &ben, realm).await.unwrap();
    disable(&pool, &actor(&ada), ben.id).await.unwrap();
    let error = invitation::renew(&pool, &actor(&ada), ben.id, &[realm.to_owned()])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Enable it first"), "{error}");

    identity::invite(&pool, &tester(), &ada, realm).await.unwrap();
    let of_ada = async || {
        let rows = account_list::all(&pool, &in_utc(Utc::now())).await.unwrap();
        rows.into_iter().find(|row| row.id == ada.id).unwrap().invited
    };
    assert!(of_ada().await.is_some());
    invitation::withdraw(&pool, &tester(), ada.id).await.unwrap();
    assert_eq!(of_ada().await, None, "she signs in with her password");
}

#[sqlx::test(migrations = false)]
async fn the_last_administrator_stays_one_and_nobody_disables_themselves(pool: PgPool) {
    let (ada, _) = start(&pool).await;
    let error = change(&pool, &actor(&ada), ada.id, Role::Technician, &[])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("No other Administrator"), "{error}");
    let error = disable(&pool, &actor(&ada), ada.id).await.unwrap_err();
    assert!(error.to_string().contains("your own account"), "{error}");

    let ben = account("ben", Role::Administrator);
    add(&pool, &actor(&ada), &ben, "hash", &[]).await.unwrap();
    let (by_ada, by_ben) = (actor(&ada), actor(&ben));
    let (one, two) = tokio::join!(
        change(&pool, &by_ada, ben.id, Role::Viewer, &[]),
        change(&pool, &by_ben, ada.id, Role::Viewer, &[]),
    );
    assert!(
        one.is_ok() != two.is_ok(),
        "two who take each other's role at once: {one:?}, {two:?}"
    );
    // A disabled one does not count.
    sqlx::query("update account set role = 'administrator', disabled_at = null")
        .execute(&pool)
        .await
        .unwrap();
    disable(&pool, &by_ada, ben.id).await.unwrap();
    assert!(change(&pool, &by_ada, ada.id, Role::Viewer, &[]).await.is_err());
    assert!(
        disable(&pool, &by_ben, ada.id).await.is_err(),
        "nor is the last one disabled"
    );
}

#[sqlx::test(migrations = false)]
async fn an_administrator_of_a_provider_is_not_the_one_who_remains_for_emergencies(pool: PgPool) {
    let (ada, _) = start(&pool).await;
    let eve = account("eve", Role::Administrator);
    account::create(&pool, &eve, None).await.unwrap();
    for done in [
        change(&pool, &actor(&eve), ada.id, Role::Viewer, &[]).await,
        disable(&pool, &actor(&eve), ada.id).await,
        identity::follow_role(&pool, &actor(&ada), &ada, Role::Viewer).await,
    ] {
        let error = done.unwrap_err().to_string();
        assert!(error.contains("No other Administrator has a password"), "{error}");
    }
    identity::follow_role(&pool, &actor(&eve), &eve, Role::Viewer)
        .await
        .unwrap();
    identity::follow_role(&pool, &actor(&eve), &eve, Role::Administrator)
        .await
        .unwrap();
    let ben = account("ben", Role::Administrator);
    add(&pool, &actor(&ada), &ben, "hash", &[]).await.unwrap();
    change(&pool, &actor(&eve), ada.id, Role::Viewer, &[]).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn of_servers_that_start_at_once_one_adds_the_first_administrator_and_it_is_told(pool: PgPool) {
    migrate::migrate(&pool).await.unwrap();
    let (one, two) = (account("one", Role::Administrator), account("two", Role::Administrator));
    let by = tester();
    let (first, second) = tokio::join!(
        account_list::add_first(&pool, &by, &one, "hash"),
        account_list::add_first(&pool, &by, &two, "hash"),
    );
    assert!(first.unwrap() != second.unwrap());
    assert_eq!(account_list::all(&pool, &in_utc(Utc::now())).await.unwrap().len(), 1);
    let (who, _, action, _) = told(&pool).await;
    assert_eq!((who.as_str(), action), ("entrain test", Some(Action::Create)));
}

#[sqlx::test(migrations = false)]
async fn an_invitation_from_elsewhere_is_told_with_where_it_was_from_before(pool: PgPool) {
    let (ada, _) = start(&pool).await;
    let ben = account("ben", Role::Viewer);
    for realm in ["contoso", "fabrikam"] {
        identity::invite(&pool, &actor(&ada), &ben, realm).await.unwrap();
    }
    let (_, _, action, changes) = told(&pool).await;
    assert_eq!(action, Some(Action::Edit));
    assert_eq!(changes, [changed("Invited from", "contoso", "fabrikam")]);
}

#[sqlx::test(migrations = false)]
async fn the_audit_log_can_be_neither_changed_nor_emptied(pool: PgPool) {
    start(&pool).await;
    let refused = |error: sqlx::Error| error.to_string().contains("the audit log is not changed");
    for sql in ["update", "delete", "truncate"] {
        let done = match sql {
            "update" => {
                sqlx::query("update audit_event set actor_name = 'somebody else'")
                    .execute(&pool)
                    .await
            }
            "delete" => sqlx::query("delete from audit_event").execute(&pool).await,
            _ => sqlx::query("truncate audit_event").execute(&pool).await,
        };
        assert!(refused(done.unwrap_err()), "{sql}");
    }
}
