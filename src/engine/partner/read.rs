//! Reading the customers of the partner: delegated admin customers, with contracts as the fall-back.

use super::found::{Lists, merge};
use crate::{
    engine::{Engine, RunError, connect},
    graph::{GraphError, GraphErrorKind, TenantClient},
    model::{audit::Actor, connect::Cloud, partner::CustomerSource},
    store,
};

/// Makes a Microsoft tenant the partner's whose consent is there: proven by a token and a read, as any other.
pub async fn choose_at_once(engine: &Engine, actor: &Actor, cloud: Cloud, tenant: &str) -> Result<(), RunError> {
    let client = engine.microsoft(cloud)?.tenant(connect::plausible(tenant)?);
    client.forget_token().await;
    let proven = connect::prove(&client, cloud).await?;
    store::consent_outcome::choose_partner_at_once(&engine.pool, actor, &proven).await?;
    Ok(())
}

/// Reads the lists and keeps them. Why it could not be done is kept too, and what was read before stays.
pub async fn read_customers(engine: &Engine) -> Result<usize, RunError> {
    let Some((partner, cloud)) = store::partner::place(&engine.pool).await? else {
        return Err(RunError::Refused("No partner is chosen. Choose it first.".into()));
    };
    let client = engine.microsoft(cloud)?.tenant(&partner.0.to_string()).interactive();
    // The permission may have been granted a moment ago.
    client.forget_token().await;
    let (lists, source) = match lists(&client).await {
        Ok(read) => read,
        Err(error) => {
            let error = RunError::from(error);
            store::partner::keep_problem(&engine.pool, &error.words()).await?;
            return Err(error);
        }
    };
    let found = merge(lists);
    store::partner::keep_customers(&engine.pool, partner, source, &found).await?;
    tracing::info!(customers = found.len(), ?source, "the partner's customers were read");
    Ok(found.len())
}

async fn lists(client: &TenantClient) -> Result<(Lists, CustomerSource), GraphError> {
    let customers = match client.delegated_admin_customers().all().await {
        Ok(customers) => customers,
        Err(refusal) if is_refusal(&refusal) => {
            tracing::info!(%refusal, "delegated admin customers can't be read, contracts are");
            return match client.contracts().all().await {
                Ok(contracts) => {
                    let lists = Lists {
                        contracts: Some(contracts),
                        ..Lists::default()
                    };
                    Ok((lists, CustomerSource::Contracts))
                }
                // The narrower permission is the one to ask for.
                Err(second) if is_refusal(&second) => Err(refusal),
                Err(second) => Err(second),
            };
        }
        Err(error) => return Err(error),
    };
    let relationships = optional(client.delegated_admin_relationships().all().await)?;
    // They alone tell a domain; a partner whose app may not read them matches by name.
    let contracts = optional(client.contracts().all().await)?;
    let lists = Lists {
        customers: Some(customers),
        relationships,
        contracts,
    };
    Ok((lists, CustomerSource::Delegated))
}

fn optional<T>(list: Result<T, GraphError>) -> Result<Option<T>, GraphError> {
    match list {
        Ok(list) => Ok(Some(list)),
        Err(error) if is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether Microsoft says no, and not that it is busy or out of order.
fn is_refusal(error: &GraphError) -> bool {
    matches!(
        error.kind,
        GraphErrorKind::PermissionMissing
            | GraphErrorKind::Forbidden
            | GraphErrorKind::NotFound
            | GraphErrorKind::Other
    )
}
