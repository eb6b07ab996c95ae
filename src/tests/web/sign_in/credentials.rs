//! Sign-in with Microsoft goes by the credentials that were added in Settings too.

use super::{Browser, Stage};
use crate::{
    model::credential::CredentialKind,
    store::app_credential::{self, New, about},
    tests::{
        samples::{CLIENT_SECRET, WRONG_SECRET},
        support::tester,
    },
};
use microsoft_sim::Options;
use sqlx::PgPool;
use uuid::Uuid;

async fn keep(stage: &Stage, secret: &str) {
    let id = Uuid::now_v7();
    let client_id = Options::default().client_id;
    let about = about(id, CredentialKind::Secret, &client_id);
    let sealed = stage.state.vault.seal(secret.as_bytes(), &about).unwrap();
    let new = New {
        id,
        client_id: &client_id,
        kind: CredentialKind::Secret,
        sealed: &sealed,
        thumbprint: "",
        ends: None,
        tried: false,
    };
    app_credential::add(&stage.pool, &tester(), &new).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_refused_secret_does_not_end_a_sign_in_for_which_another_one_is_there(pool: PgPool) {
    let wrong = ("ENTRAIN_MICROSOFT_CLIENT_SECRET", WRONG_SECRET.to_owned());
    let stage = Stage::with(&pool, Options::default(), |_| vec![wrong.clone()]).await;
    stage.invite("ann@contoso.example").await;
    let mut browser = Browser::new(&stage.state);
    let refused = stage.sign_in(&mut browser, "ann@contoso.example").await;
    assert!(refused.location.starts_with("/sign-in"), "{refused:?}");
    keep(&stage, &Options::default().client_secret).await;
    // The newest is asked first, and is wrong.
    keep(&stage, CLIENT_SECRET).await;
    let answer = stage.sign_in(&mut browser, "ann@contoso.example").await;
    assert_eq!(answer.location, "/assets", "{answer:?}");
    let health = app_credential::health(&pool).await.unwrap();
    let own = &stage.state.settings.microsoft.as_ref().unwrap().credential;
    let own = own.own().unwrap().name.to_string();
    assert_eq!(health[&own].refused_code, Some(7_000_215));
}
