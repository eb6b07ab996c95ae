//! Consent for many customers in the name of a partner's administrator: asked for one customer after another, then
//! tried until it works. Each customer's failure is its own row's.

use crate::{
    engine::{Engine, RunError, connect, consent::may_pass},
    graph::{GraphErrorKind, Person},
    model::{
        audit::Actor,
        connect::{ASKED, Cloud},
    },
    store::{self, partner_consent::InHand},
};
use url::Url;

/// How long it is waited until a consent that does not work yet is tried again, in seconds. Fresh partner relationships
/// take three minutes, and a minute more (learn.microsoft.com/graph/auth-cloudsolutionprovider).
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// After the try that follows the consent at once.
    pub first: i64,
    /// After that.
    pub second: i64,
}

impl Waits {
    /// Microsoft's.
    pub const MICROSOFT: Self = Self { first: 180, second: 60 };

    /// After so many tries; nothing when it was tried often enough.
    const fn after(self, tries: i32) -> Option<i64> {
        match tries {
            ..=1 => Some(self.first),
            2 => Some(self.second),
            _ => None,
        }
    }
}

/// A try takes no longer: a process that dies over it leaves it to another one.
const ONE_TRY: i64 = 120;

/// Asks Partner Center for everything that `actor` has put into the queue, and tries each consent at once.
pub async fn ask_all(engine: &Engine, actor: &Actor, person: &Person, partner_url: &Url) -> Result<(), RunError> {
    let pool = &engine.pool;
    let Some((_, cloud)) = store::partner::place(pool).await? else {
        store::partner_consent::drop_queue(pool, actor, "The partner was removed meanwhile.").await?;
        return Ok(());
    };
    let permissions = ASKED.map(|asked| asked.permission);
    while !engine.stop.is_cancelled()
        && let Some(customer) = store::partner_consent::next(pool, actor).await?
    {
        let id = customer.entra_tenant_id;
        let microsoft = engine.microsoft(cloud)?;
        match microsoft
            .consent_for_customer(person, partner_url, id.0, &permissions)
            .await
        {
            Ok(()) => {
                store::partner_consent::granted(pool, id).await?;
                see_through(engine, Waits::MICROSOFT).await?;
            }
            Err(error) if error.kind == GraphErrorKind::Unauthorized => {
                // The person's token is at fault, and would be for all that follow.
                let why = format!("Partner Center does not accept the sign-in: {error}. Sign in again.");
                return Ok(store::partner_consent::drop_queue(pool, actor, &why).await?);
            }
            Err(error) => {
                let why = refusal(&RunError::from(error));
                store::partner_consent::failed(pool, id, &why).await?;
            }
        }
    }
    Ok(())
}

/// What to do about a customer for whom Partner Center said no.
fn refusal(error: &RunError) -> String {
    let advice = match error {
        RunError::Graph(graph) if graph.kind == GraphErrorKind::Forbidden => {
            "Partner Center refused it: the one who signed in needs the Partner Center role Admin agent and, in the \
             relationship with this customer, a role that may consent (Privileged Role, Cloud Application or Global \
             Administrator). Or send the customer a link."
        }
        RunError::Graph(graph) if graph.kind == GraphErrorKind::NotFound => {
            "Partner Center does not know this customer. Send the customer a link instead."
        }
        _ => return error.words(),
    };
    let RunError::Graph(graph) = error else {
        return advice.to_owned();
    };
    crate::sync::normalise::clean(&format!("{advice} Microsoft's side: {graph}"), 2_000)
}

/// Tries every consent that is due: a new token and a read, and it is connected. Whoever runs this may run it at any
/// time and beside others.
pub async fn see_through(engine: &Engine, waits: Waits) -> Result<(), RunError> {
    let Some((_, cloud)) = store::partner::place(&engine.pool).await? else {
        return Ok(());
    };
    while !engine.stop.is_cancelled()
        && let Some(customer) = store::partner_consent::due(&engine.pool, ONE_TRY).await?
    {
        try_one(engine, cloud, &customer, waits).await?;
    }
    Ok(())
}

async fn try_one(engine: &Engine, cloud: Cloud, customer: &InHand, waits: Waits) -> Result<(), RunError> {
    let (pool, id) = (&engine.pool, customer.entra_tenant_id);
    let client = engine.microsoft(cloud)?.tenant(&id.0.to_string());
    client.forget_token().await;
    let error = match connect::prove(&client, cloud).await {
        Ok(proven) if proven.entra_tenant_id == id => {
            store::consent_outcome::connect_at_once(pool, &customer.actor(), &proven).await?;
            return Ok(());
        }
        Ok(_) => {
            let why = "Consented, but it does not work: Microsoft answered for another Microsoft tenant. Nothing was \
                       connected.";
            return Ok(store::partner_consent::refused(pool, customer, why).await?);
        }
        Err(error) => error,
    };
    match waits.after(customer.tries).filter(|_| may_pass(&error)) {
        Some(seconds) => store::partner_consent::try_again(pool, id, seconds).await?,
        None => {
            let why = format!("Consented, but it does not work: {}", error.words());
            store::partner_consent::failed(pool, id, &why).await?;
        }
    }
    Ok(())
}
