//! What the demo makes for Administrators, over the stand-in that it runs on.

use super::{
    House,
    customers::{now, rows},
};
use crate::{
    command::demo_partner::{PARTNER, fill, invite},
    engine::connect,
    model::{
        access::Role,
        connect::LinkState,
        partner::{Lack, Relationship},
    },
    server::state::AppState,
    store::{account_list, consent, portal},
    tests::support::tester,
};
use sqlx::PgPool;
use std::sync::Arc;

const TENANTS: [&str; 8] = [
    "northwind",
    "tailspin",
    "fourthcoffee",
    "woodgrove",
    "adatum",
    "litware",
    "proseware",
    PARTNER,
];

#[sqlx::test(migrations = false)]
async fn the_demo_shows_customers_of_a_partner_in_several_states_a_portal_a_link_and_an_invitation(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    connect::connect(&house.engine, &tester(), "northwind.example")
        .await
        .unwrap();
    // The second time is a start after one that was cut off.
    for _ in 0..2 {
        fill(&house.state, &house.microsoft).await.unwrap();
    }
    let rows = rows(&house).await;
    let of = |name: &str| rows.iter().find(|row| row.display_name == name).unwrap();
    assert_eq!(rows.len(), 8);
    assert!(of("Northwind").connected.is_some());
    assert!(!of("Northwind").lacks().contains(&Lack::Consent));
    assert!(of("Litware").connected.is_none());
    assert!(of("Litware").lacks().contains(&Lack::Consent));
    assert_eq!(of("Proseware").relationship, Relationship::Waiting);
    assert_eq!(of("Adatum").relationship, Relationship::None);
    assert_eq!(of("Sample Bakery").default_domain, "sample-bakery.example");
    assert_eq!(portal::all(&pool, &now()).await.unwrap().len(), 1);

    let ada = house.person("Ada", Role::Administrator).await;
    let mut settings = (*house.state.settings).clone();
    settings.sign_in.tenants = vec![house.id(PARTNER)];
    let state = AppState {
        settings: Arc::new(settings),
        ..house.state.clone()
    };
    invite(&state, &house.microsoft, ada.account.id, "Ada").await.unwrap();
    let accounts = account_list::all(&pool, &now()).await.unwrap();
    let invited: Vec<_> = accounts.iter().filter(|row| row.invited.is_some()).collect();
    assert_eq!(invited.len(), 1);
    assert!(invited[0].email.contains("sample-partner"), "{}", invited[0].email);
    let links = consent::links(&pool, &now()).await.unwrap();
    assert_eq!((links.len(), links[0].state), (1, LinkState::Open));
}
