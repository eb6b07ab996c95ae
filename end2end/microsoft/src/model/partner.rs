//! A partner of Microsoft and its customers: delegated admin customers, the relationships with them, and contracts
//! (graph.md §1, GDAP / CSP; names and types of the v1.0 CSDL).

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

use super::entity::Entity;
use super::properties::on;
use super::schema::Kind;
use super::schema::Property;
use super::schema::Shape::{Date, Guid, List, Object, Text};
use crate::random::id_of;

pub(super) static CUSTOMER: &[Property] = &[on("id", Text), on("displayName", Text), on("tenantId", Text)];

pub(super) static RELATIONSHIP: &[Property] = &[
    on("id", Text),
    on(
        "accessDetails",
        Object(&[on("unifiedRoles", List(&Object(&[on("roleDefinitionId", Text)])))]),
    ),
    on("activatedDateTime", Date),
    on("autoExtendDuration", Text),
    on("createdDateTime", Date),
    on("customer", Object(&[on("displayName", Text), on("tenantId", Text)])),
    on("displayName", Text),
    on("duration", Text),
    on("endDateTime", Date),
    on("lastModifiedDateTime", Date),
    on("status", Text),
];

pub(super) static CONTRACT: &[Property] = &[
    on("id", Text),
    on("contractType", Text),
    on("customerId", Guid),
    on("defaultDomainName", Text),
    on("deletedDateTime", Date),
    on("displayName", Text),
];

/// Microsoft's role "Privileged Role Administrator", which may consent.
const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";

/// A customer as it is ordered through the control API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Its tenant.
    pub tenant: Uuid,
    /// What it is called.
    pub name: String,
    /// Its default domain.
    pub domain: String,
    /// The status of the relationship with it; none where there is none.
    pub relationship: Option<String>,
    /// Whether there is a contract.
    pub contract: bool,
}

/// What a partner's tenant holds besides its directory.
#[derive(Debug, Default)]
pub struct Partner {
    /// Delegated admin customers, by their tenant.
    pub customers: BTreeMap<Uuid, Entity>,
    /// Relationships, by the first half of their id.
    pub relationships: BTreeMap<Uuid, Entity>,
    /// Contracts, by id.
    pub contracts: BTreeMap<Uuid, Entity>,
    /// Who is in Partner Center's group of admin agents; everybody where nobody is named.
    pub agents: Vec<Uuid>,
    /// How long it takes until a consent through Partner Center works, in seconds.
    pub delay_seconds: i64,
}

/// The first half of a relationship's id, by which it is kept.
pub fn relationship_key(id: &str) -> Option<Uuid> {
    Uuid::try_parse(id.get(..36)?).ok()
}

impl Partner {
    /// The partner `own` with these customers.
    pub fn new(own: Uuid, customers: &[Customer], now: DateTime<Utc>) -> Self {
        let mut partner = Self::default();
        for customer in customers {
            partner.add(own, customer, now);
        }
        partner
    }

    fn add(&mut self, own: Uuid, customer: &Customer, now: DateTime<Utc>) {
        let Customer {
            tenant,
            name,
            domain,
            relationship,
            contract,
        } = customer;
        if let Some(status) = relationship {
            let entity = Entity::new(Kind::Customer)
                .with("id", tenant.to_string())
                .with("displayName", name.as_str())
                .with("tenantId", tenant.to_string());
            self.customers.insert(*tenant, entity);
            let key = id_of(&format!("relationship of {own} with {tenant}"));
            self.relationships
                .insert(key, relation(key, own, customer, status, now));
        }
        if *contract {
            let id = id_of(&format!("contract of {own} with {tenant}"));
            let entity = Entity::new(Kind::Contract)
                .with("id", id.to_string())
                .with("contractType", "ResellerPartnerContract")
                .with("customerId", tenant.to_string())
                .with("defaultDomainName", domain.as_str())
                .with("displayName", name.as_str());
            self.contracts.insert(id, entity);
        }
    }

    /// Whether a relationship with this customer is in force.
    pub fn serves(&self, customer: Uuid) -> bool {
        let customer = customer.to_string();
        self.relationships.values().any(|relationship| {
            let with = relationship
                .get("customer")
                .and_then(|customer| customer["tenantId"].as_str());
            with == Some(&customer) && relationship.text("status") == Some("active")
        })
    }

    /// Whether this is a customer in any way.
    pub fn knows(&self, customer: Uuid) -> bool {
        let id = customer.to_string();
        self.customers.contains_key(&customer)
            || self
                .contracts
                .values()
                .any(|contract| contract.text("customerId") == Some(&id))
    }
}

fn relation(key: Uuid, own: Uuid, customer: &Customer, status: &str, now: DateTime<Utc>) -> Entity {
    let stamp = |moment: DateTime<Utc>| moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (made, ends) = (now - TimeDelta::days(30), now + TimeDelta::days(700));
    Entity::new(Kind::Relationship)
        .with("id", format!("{key}-{own}"))
        .with("displayName", format!("{} relationship", customer.name))
        .with("duration", "P730D")
        .with("autoExtendDuration", "P180D")
        .with(
            "accessDetails",
            json!({"unifiedRoles": [{"roleDefinitionId": PRIVILEGED_ROLE_ADMINISTRATOR}]}),
        )
        .with(
            "customer",
            json!({"tenantId": customer.tenant.to_string(), "displayName": customer.name}),
        )
        .with("status", status)
        .with("createdDateTime", stamp(made))
        .with("activatedDateTime", stamp(made))
        .with("lastModifiedDateTime", stamp(made))
        .with("endDateTime", stamp(ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_serves_whom_an_active_relationship_names_and_knows_the_others_too() {
        let customer = |name: &str, relationship: Option<&str>, contract| Customer {
            tenant: id_of(name),
            name: name.to_owned(),
            domain: format!("{name}.example"),
            relationship: relationship.map(str::to_owned),
            contract,
        };
        let all = [
            customer("a", Some("active"), true),
            customer("b", Some("terminated"), false),
            customer("c", None, true),
        ];
        let partner = Partner::new(id_of("partner"), &all, Utc::now());
        let found = |name: &str| (partner.serves(id_of(name)), partner.knows(id_of(name)));
        assert_eq!(found("a"), (true, true));
        assert_eq!(found("b"), (false, true));
        assert_eq!(found("c"), (false, true));
        assert_eq!(found("d"), (false, false));
        let id = partner.relationships.values().next().unwrap().id();
        assert!(partner.relationships.contains_key(&relationship_key(id).unwrap()));
    }
}
