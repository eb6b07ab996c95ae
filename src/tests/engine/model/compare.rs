//! What the database holds, in the form of the model.

use super::{
    customers::{Customer, sorted},
    microsoft::Id,
    real::Real,
    rules::{Fields, Mapping, Person},
};
use crate::model::{
    end_user::{self, Field},
    ids::{EndUserId, OrganizationId},
};
use sqlx::{FromRow, types::Json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(FromRow)]
struct Row {
    id: EndUserId,
    name: String,
    email: String,
    phone: String,
    mobile: String,
    street_address: String,
    city: String,
    state: String,
    postal_code: String,
    job_title: String,
    directory_user_id: Option<Uuid>,
    last_synced: Option<Json<end_user::Fields>>,
    mark_kind: Option<String>,
}

impl Row {
    fn person(self) -> (Person, EndUserId) {
        let mark = self.mark_kind.map(|kind| match kind.as_str() {
            "disabled" => "disabled",
            "deleted" => "deleted",
            other => panic!("a mark that no rule knows: {other}"),
        });
        let last = self.last_synced.map(|Json(last)| last).unwrap_or_default();
        let mapping = self.directory_user_id.map(|user| Mapping {
            user: user.to_string(),
            last: Field::ALL.map(|field| last.get(field).to_owned()),
            mark,
        });
        let fields: Fields = [
            self.name,
            self.email,
            self.phone,
            self.mobile,
            self.street_address,
            self.city,
            self.state,
            self.postal_code,
            self.job_title,
        ];
        (Person { fields, mapping }, self.id)
    }
}

type Contests = BTreeMap<(Id, String), (String, i32, bool)>;

impl Real {
    /// The End Users of an Organization in the order of [`sorted`].
    pub async fn people(&self, of: OrganizationId) -> Vec<(Person, EndUserId)> {
        let rows: Vec<Row> = sqlx::query_as(
            "select e.id, e.name, e.email, e.phone, e.mobile, e.street_address, e.city, e.state, e.postal_code,
                    e.job_title, m.directory_user_id, m.last_synced, m.mark_kind
             from end_user e left join end_user_mapping m on m.end_user_id = e.id where e.organization_id = $1",
        )
        .bind(of)
        .fetch_all(&self.stage.pool)
        .await
        .unwrap();
        let mut people: Vec<_> = rows.into_iter().map(Row::person).collect();
        people.sort();
        people
    }

    pub async fn excluded(&self, of: OrganizationId) -> BTreeMap<Id, String> {
        let rows: Vec<(Uuid, String)> =
            sqlx::query_as("select directory_user_id, address from exclusion where organization_id = $1")
                .bind(of)
                .fetch_all(&self.stage.pool)
                .await
                .unwrap();
        rows.into_iter()
            .map(|(id, address)| (id.to_string(), address))
            .collect()
    }

    async fn contests(&self, of: OrganizationId) -> Contests {
        let rows: Vec<(Uuid, String, String, i32, String)> = sqlx::query_as(
            "select directory_user_id, field, value, runs, state from contended_field where organization_id = $1",
        )
        .bind(of)
        .fetch_all(&self.stage.pool)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(id, field, value, runs, state)| ((id.to_string(), field), (value, runs, state == "open")))
            .collect()
    }

    async fn conflicts(&self, of: OrganizationId) -> BTreeSet<Id> {
        let rows: Vec<Uuid> = sqlx::query_scalar(
            "select directory_user_id from standing_outcome where organization_id = $1 and outcome = 'conflict'",
        )
        .bind(of)
        .fetch_all(&self.stage.pool)
        .await
        .unwrap();
        rows.iter().map(Uuid::to_string).collect()
    }

    async fn held(&self, of: OrganizationId) -> BTreeMap<Id, usize> {
        let rows: Vec<Uuid> = sqlx::query_scalar("select directory_user_id from held_row where organization_id = $1")
            .bind(of)
            .fetch_all(&self.stage.pool)
            .await
            .unwrap();
        let mut held = BTreeMap::new();
        for id in rows {
            *held.entry(id.to_string()).or_default() += 1;
        }
        held
    }

    /// Sees that the Organizations are as the model has them, and that nobody touched the others.
    pub async fn compare(&self, when: &str) {
        for (of, customer) in self.organizations.iter().zip(&self.customers.all) {
            self.compare_one(*of, customer, when).await;
        }
        assert_eq!(self.bystanders().await, self.untouched, "{when}: others were touched");
    }

    async fn compare_one(&self, of: OrganizationId, customer: &Customer, when: &str) {
        let real = self.people(of).await;
        let is: Vec<_> = real.iter().map(|(person, _)| person).collect();
        let ought: Vec<_> = sorted(&customer.people).into_iter().map(|(_, person)| person).collect();
        let only = |some: &[&Person], other: &[&Person]| -> Vec<String> {
            let only = some.iter().filter(|person| !other.contains(person));
            only.map(|person| format!("{person:?}")).collect()
        };
        assert!(
            is == ought,
            "{when}: End Users differ.\nThe database alone has {:#?}\nThe model alone has {:#?}",
            only(&is, &ought),
            only(&ought, &is)
        );
        assert_eq!(self.excluded(of).await, customer.excluded, "{when}: who is kept out");
        let contests: Contests = customer
            .contests
            .iter()
            .map(|((id, field), contest)| {
                let runs = i32::try_from(contest.runs).unwrap();
                let field = Field::ALL[*field].key().to_owned();
                ((id.clone(), field), (contest.value.clone(), runs, contest.is_open()))
            })
            .collect();
        assert_eq!(self.contests(of).await, contests, "{when}: contended fields");
        assert_eq!(self.held(of).await, customer.held, "{when}: held rows");
        let more: Vec<_> = self
            .conflicts(of)
            .await
            .difference(&customer.conflicts)
            .cloned()
            .collect();
        assert!(more.is_empty(), "{when}: conflicts that are none: {more:?}");
    }

    /// Sees that every conflict is told. A run that writes something of a person tells that instead, so that this is so
    /// after one more.
    pub async fn compare_conflicts(&self) {
        for of in self.customers.synced() {
            let is = self.conflicts(self.organizations[of]).await;
            assert_eq!(is, self.customers.all[of].conflicts, "conflicts");
        }
    }

    /// The rows of the Organizations that no run may touch, where they lie and who wrote them.
    pub async fn bystanders(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select 'end_user ' || ctid::text || xmin::text || e::text from end_user e where organization_id = any ($1)
             union all
             select 'mapping ' || m::text from end_user_mapping m where organization_id = any ($1)
             union all
             select 'standing ' || s::text from standing_outcome s where organization_id = any ($1)
             union all
             select 'run ' || r::text from run_organization r where organization_id = any ($1)
             union all
             select 'sync ' || u::text from user_sync u where organization_id = any ($1)
             order by 1",
        )
        .bind(&self.others[..])
        .fetch_all(&self.stage.pool)
        .await
        .unwrap()
    }
}
