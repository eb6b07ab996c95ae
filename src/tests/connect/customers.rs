//! The partner's lists, and the table that is made of them.

use super::{House, Person};
use crate::{
    engine::partner::{choose_at_once, read_customers},
    model::{
        access::Role,
        connect::Cloud,
        ids::{EntraTenantId, OrganizationId, TenantId},
        partner::{CustomerRow, CustomerSource, Lack, Relationship},
    },
    server::{
        asker::Asker,
        partner::{create_all, customers, match_all},
    },
    store::{self, Now},
    tests::support::tester,
};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

pub const TENANTS: [&str; 4] = ["partner", "contoso", "fabrikam", "northwind"];

pub fn now() -> Now {
    store::in_utc(chrono::Utc::now())
}

/// A partner whose app may read these lists, with three customers: contoso in force, fabrikam ended, northwind with a
/// contract alone.
pub async fn partner(house: &House, roles: &[&str], delay_seconds: i64) {
    let mut all = vec!["User.Read.All", "Organization.Read.All"];
    all.extend(roles);
    house
        .control("/tenants/partner/consent", json!({"granted": true, "roles": all}))
        .await;
    let customers = json!([
        {"tenant": "contoso"},
        {"tenant": "fabrikam", "relationship": "terminated"},
        {"tenant": "northwind", "relationship": null},
    ]);
    let order = json!({"customers": customers, "delaySeconds": delay_seconds});
    house.control("/tenants/partner/partner", order).await;
    choose_at_once(&house.engine, &tester(), Cloud::Global, "partner.example")
        .await
        .unwrap();
}

pub const BOTH: [&str; 2] = ["DelegatedAdminRelationship.Read.All", "Directory.Read.All"];

pub fn asker(house: &House, who: &Person) -> Asker {
    Asker::new(house.state.clone(), who.signed_in())
}

pub async fn rows(house: &House) -> Vec<CustomerRow> {
    customers(&house.state, &crate::api::partner::CustomersQuery::default(), &now())
        .await
        .unwrap()
        .rows
}

fn told(rows: &[CustomerRow]) -> Vec<(&str, &str, Relationship)> {
    rows.iter()
        .map(|row| (row.display_name.as_str(), row.default_domain.as_str(), row.relationship))
        .collect()
}

#[sqlx::test(migrations = false)]
async fn the_customers_are_those_of_every_list_with_what_each_lacks(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    partner(&house, &BOTH, 0).await;
    assert_eq!(read_customers(&house.engine).await.unwrap(), 3);
    let rows = rows(&house).await;
    assert_eq!(
        told(&rows),
        [
            ("Contoso", "contoso.example", Relationship::Active),
            ("Fabrikam", "fabrikam.example", Relationship::Ended),
            ("Northwind", "northwind.example", Relationship::None),
        ]
    );
    assert_eq!(rows[0].lacks(), [Lack::Consent, Lack::Organization]);
    assert_eq!(rows[1].lacks(), [Lack::Relationship, Lack::Consent, Lack::Organization]);
    let partner = store::partner::get(&pool, &now()).await.unwrap().unwrap();
    assert_eq!(partner.source, CustomerSource::Delegated);
}

#[sqlx::test(migrations = false)]
async fn without_the_contracts_the_domains_are_not_known_and_without_the_relationships_contracts_stand_in(
    pool: PgPool,
) {
    let house = House::new(&pool, &TENANTS).await;
    partner(&house, &BOTH[..1], 0).await;
    read_customers(&house.engine).await.unwrap();
    assert_eq!(
        told(&rows(&house).await),
        [
            ("Contoso", "", Relationship::Active),
            ("Fabrikam", "", Relationship::Ended)
        ]
    );
    partner(&house, &BOTH[1..], 0).await;
    read_customers(&house.engine).await.unwrap();
    assert_eq!(
        told(&rows(&house).await),
        [
            ("Contoso", "contoso.example", Relationship::Unknown),
            ("Fabrikam", "fabrikam.example", Relationship::Unknown),
            ("Northwind", "northwind.example", Relationship::Unknown),
        ]
    );
    let told = store::partner::get(&pool, &now()).await.unwrap().unwrap();
    assert_eq!(told.source, CustomerSource::Contracts);

    partner(&house, &[], 0).await;
    let error = read_customers(&house.engine).await.unwrap_err().to_string();
    assert!(error.contains("DelegatedAdminRelationship.Read.All"), "{error}");
    let told = store::partner::get(&pool, &now()).await.unwrap().unwrap();
    assert!(told.problem.contains("DelegatedAdminRelationship.Read.All"), "{told:?}");
    assert_eq!(rows(&house).await.len(), 3, "what was read before stays");
}

#[sqlx::test(migrations = false)]
async fn customers_are_matched_by_domain_and_name_and_those_without_get_an_organization(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    let ada = house.person("Ada", Role::Administrator).await;
    partner(&house, &BOTH, 0).await;
    read_customers(&house.engine).await.unwrap();
    let organization = async |name: &str, email: &str| {
        let (id, tenant) = (OrganizationId(Uuid::now_v7()), TenantId(Uuid::now_v7()));
        store::organization::create(&pool, &tester(), id, tenant, name, email, "")
            .await
            .unwrap();
        tenant
    };
    let by_domain = organization("Somebody Else", "office@contoso.example").await;
    let by_name = organization("Fabrikam Legal", "").await;
    organization("northwind", "").await;
    let seen = rows(&house).await;
    let suggested = |row: &CustomerRow| row.suggestion.as_ref().map(|one| one.tenant.id);
    assert_eq!(suggested(&seen[0]), Some(by_domain));
    assert_eq!(suggested(&seen[1]), Some(by_name));

    let asker = asker(&house, &ada);
    let two: Vec<EntraTenantId> = seen[..2].iter().map(|row| row.entra_tenant_id).collect();
    match_all(&asker, &two, &now()).await.unwrap();
    let all: Vec<EntraTenantId> = seen.iter().map(|row| row.entra_tenant_id).collect();
    create_all(&asker, &all, &now()).await.unwrap();
    let after = rows(&house).await;
    let tenants: Vec<_> = after
        .iter()
        .map(|row| row.tenant.as_ref().map(|tenant| tenant.id))
        .collect();
    assert_eq!(tenants[..2], [Some(by_domain), Some(by_name)]);
    assert_eq!(tenants[2], None, "its name is taken, which is its own row's failure");
    assert!(
        after[2].outcome_failed && after[2].outcome.contains("of this name already"),
        "{:?}",
        after[2]
    );

    sqlx::query("update organization set name = 'Other' where name = 'northwind'")
        .execute(&pool)
        .await
        .unwrap();
    create_all(&asker, &all, &now()).await.unwrap();
    let last = rows(&house).await.pop().unwrap();
    assert_eq!(last.tenant.unwrap().name, "Northwind");
    assert_eq!(last.outcome, "Organization created.");
    let told: Vec<String> = sqlx::query_scalar(
        "select concat(subject_name, ': ', changes -> 0 ->> 'old', ' -> ', changes -> 0 ->> 'new')
         from audit_event where action = 'map' order by subject_name",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let expected = [
        "Contoso:  -> Somebody Else",
        "Fabrikam:  -> Fabrikam Legal",
        "Northwind:  -> Northwind",
    ];
    assert_eq!(told, expected);
}

#[sqlx::test(migrations = false)]
async fn who_chooses_another_partner_is_told_of_with_the_former_one(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    partner(&house, &BOTH, 0).await;
    house.set_consent("contoso", true).await;
    choose_at_once(&house.engine, &tester(), Cloud::Global, "contoso.example")
        .await
        .unwrap();
    let told: Vec<String> = sqlx::query_scalar(
        "select concat(changes -> 0 ->> 'field', ': ', changes -> 0 ->> 'old', ' -> ', changes -> 0 ->> 'new')
         from audit_event where action = 'choose_partner' order by at, id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(told, ["Partner:  -> Partner", "Partner: Partner -> Contoso"]);
}

#[sqlx::test(migrations = false)]
async fn hundreds_of_customers_are_searched_filtered_and_paged(pool: PgPool) {
    let house = House::new(&pool, &TENANTS).await;
    partner(&house, &BOTH, 0).await;
    let many: Vec<_> = (0..720)
        .map(|n| {
            let id = Uuid::from_u128(0x4000_0000_0000_4000_8000_0000_0000_0000 + n);
            json!({"tenant": id, "name": format!("Customer {n:03}"), "domain": format!("c{n}.example"),
                   "relationship": if n % 2 == 0 { "active" } else { "expired" }})
        })
        .collect();
    house
        .control("/tenants/partner/partner", json!({ "customers": many }))
        .await;
    assert_eq!(read_customers(&house.engine).await.unwrap(), 720);
    let ask = async |search: &str, state: &str, page| {
        let query = crate::api::partner::CustomersQuery {
            search: search.into(),
            state: state.into(),
            page,
        };
        customers(&house.state, &query, &now()).await.unwrap()
    };
    let second = ask("", "", 2).await;
    assert_eq!(
        (second.total, second.rows.len(), second.rows[0].display_name.as_str()),
        (720, 50, "Customer 050")
    );
    assert_eq!(ask("c719.example", "", 1).await.rows[0].display_name, "Customer 719");
    assert_eq!(ask("", "no-relationship", 1).await.total, 360);
    assert_eq!(ask("", "connected", 1).await.total, 0);
    let last = ask("", "", 15).await;
    assert_eq!(last.rows.len(), 20);
}
