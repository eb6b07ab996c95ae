//! Subscriptions of a generated tenant and who holds them. Ids and part numbers are Microsoft's (graph.md §4), the
//! service plans a short choice that tells premium tenants from others.

use std::collections::HashMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::change::states;
use crate::model::directory::Directory;
use crate::model::entity::Entity;
use crate::model::schema::Kind;
use crate::random::Random;

type Plan = (&'static str, &'static str);

struct Product {
    part_number: &'static str,
    id: &'static str,
    plans: &'static [Plan],
}

const PREMIUM: Plan = ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d");
const PREMIUM_P2: Plan = ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998");
const INTUNE: Plan = ("INTUNE_A", "c1ec4a95-1f05-45b3-a911-aa3fa01094f5");
const TEAMS: Plan = ("TEAMS1", "57ff2da0-773e-42df-b2af-ffb7a2317929");
const MAIL: Plan = ("EXCHANGE_S_STANDARD", "9aaf7827-d63c-4b61-89c3-182f06f82e5c");
const BIG_MAIL: Plan = ("EXCHANGE_S_ENTERPRISE", "efb87545-963c-4e0d-99df-69c6916d9eb0");

static BUSINESS_PREMIUM: Product = Product {
    part_number: "SPB",
    id: "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
    plans: &[PREMIUM, INTUNE, TEAMS, MAIL],
};
static BUSINESS_BASIC: Product = Product {
    part_number: "O365_BUSINESS_ESSENTIALS",
    id: "3b555118-da6a-4418-894f-7df1e2096870",
    plans: &[TEAMS, MAIL],
};
static E3: Product = Product {
    part_number: "SPE_E3",
    id: "05e9a617-0261-4cee-bb44-138d3ef5d965",
    plans: &[PREMIUM, INTUNE, TEAMS, BIG_MAIL],
};
static E5: Product = Product {
    part_number: "SPE_E5",
    id: "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
    plans: &[PREMIUM, PREMIUM_P2, INTUNE, TEAMS, BIG_MAIL],
};
static ENTRA_P1: Product = Product {
    part_number: "AAD_PREMIUM",
    id: "078d2b04-f1bd-4111-bbd4-b4b1b354cef4",
    plans: &[PREMIUM],
};
static POWER_BI: Product = Product {
    part_number: "POWER_BI_STANDARD",
    id: "a403ebcc-fae0-4ca2-8c8c-7a907fd6c235",
    plans: &[("BI_AZURE_P0", "2049e525-b859-401b-b2a0-e0a31c4b1fe4")],
};
static FLOW_FREE: Product = Product {
    part_number: "FLOW_FREE",
    id: "f30db892-07e9-47e9-837c-80727f46fd3d",
    plans: &[("FLOW_P2_VIRAL", "50e68c76-46c6-4674-81f9-75456511b170")],
};

/// What the tenant has subscribed to: the suite first, the one beside it second, free products after them. About one
/// tenant in five has nothing premium, and then sign-in activity is refused.
pub fn subscriptions(random: &mut Random, tenant: Uuid, users: usize) -> Vec<Entity> {
    let products: &[&Product] = match (random.percent(20), users > 300) {
        (true, _) => &[&BUSINESS_BASIC, &BUSINESS_BASIC, &FLOW_FREE, &POWER_BI],
        (false, false) => &[&BUSINESS_PREMIUM, &BUSINESS_BASIC, &FLOW_FREE, &POWER_BI, &ENTRA_P1],
        (false, true) => &[&E3, &E5, &FLOW_FREE, &POWER_BI, &ENTRA_P1],
    };
    let mut skus: Vec<Entity> = products.iter().map(|product| sku(random, tenant, product)).collect();
    skus.dedup_by(|a, b| a.get("skuId") == b.get("skuId"));
    skus
}

/// The smallest subscription that makes a tenant premium; nobody holds it yet.
pub fn entra_p1(tenant: Uuid) -> Entity {
    let mut random = Random::new(1, &format!("entra-p1/{tenant}"));
    sku(&mut random, tenant, &ENTRA_P1).with("consumedUnits", 0).with(
        "prepaidUnits",
        json!({"enabled": 1, "suspended": 0, "warning": 0, "lockedOut": 0}),
    )
}

fn sku(random: &mut Random, tenant: Uuid, product: &Product) -> Entity {
    let plans = product.plans.iter().map(|(name, id)| {
        json!({"servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"})
    });
    Entity::new(Kind::Sku)
        .with("id", format!("{tenant}_{}", product.id))
        .with("accountId", tenant.to_string())
        .with("skuId", product.id)
        .with("skuPartNumber", product.part_number)
        .with("appliesTo", "User")
        .with("capabilityStatus", "Enabled")
        .with("servicePlans", plans.collect::<Vec<_>>())
        .with("subscriptionIds", json!([random.id().to_string()]))
}

/// Gives a user the suite or the one beside it, and now and then a free product.
pub fn assign(random: &mut Random, user: Entity, skus: &[Value]) -> Entity {
    let mut held = Vec::new();
    if let Some(suite) = skus.get(usize::from(random.percent(15))) {
        held.push(suite);
    }
    if let Some(free) = skus.iter().skip(2).take(2).nth(random.below(4)) {
        held.push(free);
    }
    held.dedup();
    let licences: Vec<Value> = held
        .into_iter()
        .map(|id| json!({"skuId": id, "disabledPlans": []}))
        .collect();
    let user = user.with("assignedLicenses", licences);
    let states = states(&user);
    user.with("licenseAssignmentStates", states)
}

/// Counts what is held into `consumedUnits` and buys some more than that.
pub fn count(directory: &mut Directory, users: usize) {
    let mut held: HashMap<String, usize> = HashMap::new();
    for licence in directory.users.values().flat_map(|user| user.list("assignedLicenses")) {
        *held
            .entry(licence["skuId"].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    let skus = std::mem::take(&mut directory.skus);
    directory.skus = skus
        .into_iter()
        .map(|sku| {
            let consumed = held.get(sku.text("skuId").unwrap_or_default()).copied().unwrap_or(0);
            let free = matches!(sku.text("skuPartNumber"), Some("FLOW_FREE" | "POWER_BI_STANDARD"));
            let enabled = if free {
                10_000.max(users * 2)
            } else {
                consumed + 2 + consumed / 20
            };
            let enabled = i32::try_from(enabled).unwrap_or(i32::MAX);
            sku.with("consumedUnits", i32::try_from(consumed).unwrap_or(i32::MAX))
                .with(
                    "prepaidUnits",
                    json!({"enabled": enabled, "suspended": 0, "warning": 0, "lockedOut": 0}),
                )
        })
        .collect();
}
