//! What the demo has for Administrators: a partner with its customers, a portal, a link for a customer and an invitation.

use super::{CommandError, demo_microsoft::SampleCloud, progress::Teller};
use crate::{
    engine::partner::{choose_at_once, read_customers},
    model::{
        access::Role,
        audit::Actor,
        connect::{Cloud, ConsentRequest, Purpose},
        ids::{AccountId, EntraTenantId},
    },
    server::{embed::portals, oidc::invite::realm, session, state::AppState},
    store::{self, account::Account},
};
use chrono::Utc;
use microsoft_sim::{Simulator, TenantSummary};
use serde_json::{Value, json};
use uuid::Uuid;

/// The partner's own simulated Microsoft tenant. Its people may sign in to the demo.
pub const PARTNER: &str = "sample-partner";
/// Its users are never read: a few are enough.
const COLLEAGUES: usize = 4;
/// Customers of the partner that have not consented yet, and how many users each has.
const NOT_CONNECTED: [(&str, usize); 2] = [("litware", 12), ("proseware", 8)];
/// The one of them whose administrator was sent a link.
const LINKED: &str = NOT_CONNECTED[0].0;
/// Where a portal that somebody tries out may stand: on this machine, and not where the demo is.
const PORTAL_ORIGIN: &str = "http://localhost:4000";
const SEVEN_DAYS: i64 = 7 * 24 * 60 * 60;

/// Short names and numbers of users of the simulated Microsoft tenants, beside those of the connected customers.
pub fn tenants() -> impl Iterator<Item = (&'static str, usize)> {
    NOT_CONNECTED.into_iter().chain([(PARTNER, COLLEAGUES)])
}

/// The simulated Microsoft tenant of this short name. An earlier demo may have left a cloud without it.
pub fn tenant(simulator: &Simulator, name: &str) -> Option<TenantSummary> {
    simulator.tenants().into_iter().find(|tenant| tenant.name == name)
}

/// The customers as the partner's lists tell them: connected and well, without consent, without a relationship in force,
/// with a contract alone, not connected yet, and not in the simulated cloud at all.
fn customers() -> Value {
    json!([
        { "tenant": "northwind" },
        { "tenant": "tailspin" },
        { "tenant": "fourthcoffee" },
        { "tenant": "woodgrove", "relationship": "terminated" },
        { "tenant": "adatum", "relationship": null },
        { "tenant": "litware" },
        { "tenant": "proseware", "relationship": "approvalPending" },
        {
            "tenant": "5a3b1e00-0000-4000-8000-00000000ba4e",
            "name": "Sample Bakery",
            "domain": "sample-bakery.example"
        },
    ])
}

/// Makes the partner and the portal. What an interrupted start has made already is made no second time.
pub async fn fill(state: &AppState, simulator: &Simulator) -> Result<(), CommandError> {
    let Some(own) = tenant(simulator, PARTNER) else {
        return Ok(());
    };
    let (engine, teller) = (&state.engine, Teller::new("Sample Partner"));
    SampleCloud::new(simulator, PARTNER)
        .become_partner(&customers())
        .await?;
    for (customer, _) in NOT_CONNECTED {
        SampleCloud::new(simulator, customer).withdraw_consent().await?;
    }
    choose_at_once(engine, &actor(), Cloud::Global, &own.default_domain).await?;
    let number = read_customers(engine).await?;
    let now = store::in_utc(Utc::now());
    if store::portal::all(&engine.pool, &now).await?.is_empty() {
        portals::register(state, &actor(), "Sample Portal", PORTAL_ORIGIN).await?;
    }
    teller.done(&format!("Sample Partner: {number} customers"));
    Ok(())
}

/// Invites a colleague from the partner's Microsoft tenant, and makes a link for a customer's administrator in the name
/// of `maker`, without whom it would be good for nothing.
pub async fn invite(state: &AppState, simulator: &Simulator, maker: AccountId, name: &str) -> Result<(), CommandError> {
    let (Some(_), Some(customer)) = (tenant(simulator, PARTNER), tenant(simulator, LINKED)) else {
        return Ok(());
    };
    let from = realm(&state.settings.sign_in, None).map_err(CommandError::Failed)?;
    let colleague = Account {
        id: AccountId(Uuid::now_v7()),
        email: SampleCloud::new(simulator, PARTNER).somebody().await?,
        name: "Sample Colleague (invited)".to_owned(),
        role: Role::Technician,
    };
    let pool = &state.engine.pool;
    store::identity::invite(pool, &actor(), &colleague, &from).await?;
    let request = ConsentRequest {
        id: Uuid::now_v7(),
        purpose: Purpose::Link,
        cloud: Cloud::Global,
        session_hash: None,
        account_id: Some(maker.0),
        account_name: name.to_owned(),
        expected: Some(EntraTenantId(customer.id)),
        expected_name: "Litware".to_owned(),
        renewal: false,
        expires_at: Utc::now(),
        used: false,
        revoked: false,
        maker_may: true,
    };
    // Nobody is told the link itself: as with any other, it is shown once or never.
    let state_hash = session::hash_token(&session::random_text(32)?);
    Ok(store::consent::begin(pool, &actor(), &request, &state_hash, SEVEN_DAYS).await?)
}

fn actor() -> Actor {
    Actor::command("entrain demo")
}
