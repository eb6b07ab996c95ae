//! One list of customers out of Microsoft's three.

use crate::{
    graph::{Contract, DelegatedAdminCustomer, DelegatedAdminRelationship},
    model::{
        ids::EntraTenantId,
        partner::{FoundCustomer, Relationship},
    },
    sync::normalise::clean,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The longest name or domain that is kept.
const LONGEST: usize = 256;

/// What could be read; `None` for a list that Microsoft refused.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Delegated admin customers.
    pub customers: Option<Vec<DelegatedAdminCustomer>>,
    /// The relationships with them.
    pub relationships: Option<Vec<DelegatedAdminRelationship>>,
    /// Contracts; their names are older than those of the customers.
    pub contracts: Option<Vec<Contract>>,
}

/// Every customer of any list, once.
pub fn merge(lists: Lists) -> Vec<FoundCustomer> {
    let mut found: BTreeMap<Uuid, FoundCustomer> = BTreeMap::new();
    let known = lists.relationships.is_some();
    let absent = if known {
        Relationship::None
    } else {
        Relationship::Unknown
    };
    let new = |id: Uuid, name: Option<&str>| FoundCustomer {
        entra_tenant_id: EntraTenantId(id),
        display_name: named(name, id),
        default_domain: String::new(),
        relationship: absent,
        relationship_ends_at: None,
    };
    for customer in lists.customers.into_iter().flatten() {
        let id = customer.tenant_id;
        found
            .entry(id)
            .or_insert_with(|| new(id, customer.display_name.as_deref()));
    }
    for relationship in lists.relationships.into_iter().flatten() {
        let Some(customer) = &relationship.customer else {
            continue;
        };
        let id = customer.tenant_id;
        let row = found
            .entry(id)
            .or_insert_with(|| new(id, customer.display_name.as_deref()));
        take(row, relationship.status.as_deref(), relationship.end_date_time);
    }
    for contract in lists.contracts.into_iter().flatten() {
        let Some(id) = contract.customer_id else { continue };
        let row = found
            .entry(id)
            .or_insert_with(|| new(id, contract.display_name.as_deref()));
        row.default_domain = clean(contract.default_domain_name.as_deref().unwrap_or_default(), LONGEST).to_lowercase();
    }
    found.into_values().collect()
}

fn named(name: Option<&str>, id: Uuid) -> String {
    let name = clean(name.unwrap_or_default(), LONGEST);
    if name.is_empty() { id.to_string() } else { name }
}

/// The best of several relationships counts, and of equally good ones the longest.
fn take(row: &mut FoundCustomer, status: Option<&str>, ends: Option<DateTime<Utc>>) {
    let relationship = standing(status.unwrap_or_default());
    let rank = |relationship| match relationship {
        Relationship::Active => 3,
        Relationship::Waiting => 2,
        Relationship::Ended => 1,
        Relationship::None | Relationship::Unknown => 0,
    };
    let (new, old) = (rank(relationship), rank(row.relationship));
    if new > old || (new == old && ends > row.relationship_ends_at) {
        row.relationship = relationship;
        row.relationship_ends_at = ends;
    }
}

/// learn.microsoft.com/graph/api/resources/delegatedadminrelationship#delegatedadminrelationshipstatus-values
fn standing(status: &str) -> Relationship {
    match status {
        "active" | "expiring" | "terminationRequested" => Relationship::Active,
        "created" | "approvalPending" | "approved" | "activating" => Relationship::Waiting,
        "expired" | "terminated" | "terminating" => Relationship::Ended,
        _ => Relationship::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::RelationshipCustomer;

    fn customer(id: u128, name: &str) -> DelegatedAdminCustomer {
        DelegatedAdminCustomer {
            tenant_id: Uuid::from_u128(id),
            display_name: Some(name.into()),
        }
    }

    fn relationship(id: u128, status: &str, ends: i64) -> DelegatedAdminRelationship {
        DelegatedAdminRelationship {
            status: Some(status.into()),
            customer: Some(RelationshipCustomer {
                tenant_id: Uuid::from_u128(id),
                display_name: None,
            }),
            end_date_time: DateTime::from_timestamp(ends, 0),
        }
    }

    fn contract(id: u128, name: &str, domain: &str) -> Contract {
        Contract {
            customer_id: Some(Uuid::from_u128(id)),
            default_domain_name: Some(domain.into()),
            display_name: Some(name.into()),
        }
    }

    #[test]
    fn every_customer_comes_once_with_its_newest_name_and_the_domain_of_its_contract() {
        let found = merge(Lists {
            customers: Some(vec![customer(1, "Contoso"), customer(2, "")]),
            relationships: Some(vec![relationship(1, "terminated", 90), relationship(1, "active", 50)]),
            contracts: Some(vec![
                contract(1, "Old Contoso", "Contoso.example"),
                contract(3, "Bare", "bare.example"),
            ]),
        });
        let told: Vec<_> = found
            .iter()
            .map(|one| (one.display_name.as_str(), one.default_domain.as_str(), one.relationship))
            .collect();
        let nameless = Uuid::from_u128(2).to_string();
        assert_eq!(
            told,
            [
                ("Contoso", "contoso.example", Relationship::Active),
                (&*nameless, "", Relationship::None),
                ("Bare", "bare.example", Relationship::None),
            ]
        );
        assert_eq!(found[0].relationship_ends_at, DateTime::from_timestamp(50, 0));
    }

    #[test]
    fn without_the_list_of_relationships_nobody_is_said_to_have_none() {
        let found = merge(Lists {
            contracts: Some(vec![contract(1, "Contoso", "contoso.example")]),
            ..Lists::default()
        });
        assert_eq!(found[0].relationship, Relationship::Unknown);
        assert_eq!(merge(Lists::default()), []);
    }

    #[test]
    fn a_status_of_later_times_is_unknown_and_the_best_one_counts() {
        assert_eq!(standing("unknownFutureValue"), Relationship::Unknown);
        let found = merge(Lists {
            relationships: Some(vec![
                relationship(1, "approvalPending", 1),
                relationship(1, "active", 10),
                relationship(1, "active", 20),
                relationship(1, "expired", 99),
            ]),
            ..Lists::default()
        });
        assert_eq!(found[0].relationship, Relationship::Active);
        assert_eq!(found[0].relationship_ends_at, DateTime::from_timestamp(20, 0));
    }
}
