//! The sample customers of the demo: different sizes and troubles, so that every state can be seen in two minutes.
//! People come from the simulated cloud; nobody here is real.

use super::{CommandError, demo_assets, demo_microsoft::SampleCloud, demo_partner, progress::Teller};
use crate::{
    engine::{
        Engine, connect,
        preview::Directory,
        run::{RunEnd, run_tenant},
    },
    model::{
        access::Role,
        audit::Actor,
        directory::DirectoryUser,
        end_user::Fields,
        filter::{Choice, Filters},
        ids::{EndUserId, MicrosoftTenantId, OrganizationId, TenantId},
        run::Trigger,
    },
    store,
    sync::address::address_of,
};
use chrono::Utc;
use microsoft_sim::{Simulator, TenantSpec};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The Microsoft tenant that is connected and left for the visitor to map and set up.
pub const UNMAPPED: &str = "Adatum";

/// The sample tenant without Entra ID P1, so that facts which are not readable can be seen.
const WITHOUT_P1: &str = "woodgrove";

/// Accounts beside the administrator's, to look at roles: email, name, role, and the customers that are theirs.
pub const ACCOUNTS: &[(&str, &str, Role, &[&str])] = &[
    (
        "technician@entrain.example",
        "Sample Technician",
        Role::Technician,
        &["Northwind Dental", "Tailspin Logistics"],
    ),
    (
        "viewer@entrain.example",
        "Sample Viewer",
        Role::Viewer,
        &["Northwind Dental"],
    ),
];

struct Customer {
    name: &'static str,
    /// The short name of its simulated Microsoft tenant, and how many users that has.
    microsoft: (&'static str, usize),
    email: &'static str,
    phone: &'static str,
    trouble: Trouble,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    /// Healthy: licensed members only, of whom one was disabled and one deleted after the first sync.
    None,
    /// A Group filter.
    ByGroup,
    /// The customer's consent was lost after the first sync.
    ConsentLost,
    /// End Users that were there twice before the sync, and then so many accounts disabled at once that the guard holds
    /// them.
    Conflicts,
    /// Connected, and neither mapped nor set up.
    Unmapped,
}

const CUSTOMERS: [Customer; 5] = [
    Customer {
        name: "Northwind Dental",
        microsoft: ("northwind", 240),
        email: "office@northwind.example",
        phone: "+1 555 0100",
        trouble: Trouble::None,
    },
    Customer {
        name: "Tailspin Logistics",
        microsoft: ("tailspin", 1_200),
        email: "it@tailspin.example",
        phone: "+1 555 0120",
        trouble: Trouble::ByGroup,
    },
    Customer {
        name: "Fourth Coffee",
        microsoft: ("fourthcoffee", 48),
        email: "hello@fourthcoffee.example",
        phone: "+1 555 0140",
        trouble: Trouble::ConsentLost,
    },
    Customer {
        name: "Woodgrove Legal",
        microsoft: ("woodgrove", 90),
        email: "reception@woodgrove.example",
        phone: "+1 555 0160",
        trouble: Trouble::Conflicts,
    },
    Customer {
        name: "Adatum Architects",
        microsoft: ("adatum", 30),
        email: "studio@adatum.example",
        phone: "+1 555 0180",
        trouble: Trouble::Unmapped,
    },
];

/// The simulated Microsoft tenants of the sample customers, and those of the partner.
pub fn microsoft_tenants() -> Result<Vec<TenantSpec>, CommandError> {
    let all = CUSTOMERS.iter().map(|c| c.microsoft).chain(demo_partner::tenants());
    let list: Vec<_> = all.map(|(name, users)| format!("{name}={users}")).collect();
    Ok(microsoft_sim::parse_tenants(&list.join(","))?)
}

/// Makes the sample customers, connects and maps them, and runs their first syncs. What an interrupted start has made
/// already is made no second time.
pub async fn fill(engine: &Engine, simulator: &Simulator, stop: &CancellationToken) -> Result<(), CommandError> {
    for customer in &CUSTOMERS {
        if stop.is_cancelled() {
            return Err(CommandError::Failed(
                "stopped before the sample customers were ready".into(),
            ));
        }
        let teller = Teller::new(customer.name);
        let (organization, tenant) = make_organization(engine, customer).await?;
        let domain = demo_partner::tenant(simulator, customer.microsoft.0).map(|tenant| tenant.default_domain);
        let domain = domain.unwrap_or_else(|| customer.microsoft.0.to_owned());
        let cloud = SampleCloud::new(simulator, customer.microsoft.0);
        cloud.set_premium(customer.microsoft.0 != WITHOUT_P1).await?;
        cloud.freshen_sign_ins(Utc::now()).await?;
        let microsoft = connect::connect(engine, &actor(), &domain).await?;
        run(engine, microsoft, customer, &teller).await?;
        if customer.trouble == Trouble::Unmapped {
            teller.done(&format!("{}: connected, not mapped yet", customer.name));
            continue;
        }
        let users = store::directory::users(&engine.pool, microsoft).await?;
        make_people(engine, customer, organization, &users).await?;
        store::tenant::map(&engine.pool, &actor(), microsoft, tenant).await?;
        if matches!(customer.trouble, Trouble::None | Trouble::Conflicts) {
            demo_assets::make(engine, customer.name, organization, microsoft).await?;
        }
        let filters = filters(engine, customer, microsoft).await?;
        let directory = Directory::stored(engine, microsoft).await?;
        let confirmed = directory.creates(engine, microsoft, organization, &filters).await?;
        let pool = &engine.pool;
        store::user_sync::save_confirmed(pool, &actor(), organization, microsoft, &filters, None, confirmed).await?;
        run(engine, microsoft, customer, &teller).await?;
        if customer.trouble == Trouble::None {
            let_two_leave(engine, &cloud, organization, microsoft).await?;
            run(engine, microsoft, customer, &teller).await?;
        }
        if customer.trouble == Trouble::ConsentLost {
            cloud.withdraw_consent().await?;
            engine.forget_token(microsoft).await?;
            run(engine, microsoft, customer, &teller).await?;
        }
        if customer.trouble == Trouble::Conflicts {
            disable_many(engine, &cloud, organization, microsoft).await?;
            run(engine, microsoft, customer, &teller).await?;
        }
        teller.done(&format!("{}: {} Microsoft users", customer.name, users.len()));
    }
    Ok(())
}

fn actor() -> Actor {
    Actor::command("entrain demo")
}

fn sample_id(words: &str) -> Uuid {
    Uuid::new_v5(
        &Uuid::NAMESPACE_DNS,
        format!("{words}.sample.entrain.example").as_bytes(),
    )
}

async fn make_organization(engine: &Engine, customer: &Customer) -> Result<(OrganizationId, TenantId), CommandError> {
    let id = OrganizationId(sample_id(customer.name));
    let tenant = TenantId(sample_id(&format!("tenant of {}", customer.name)));
    if store::organization::rows(&engine.pool, None, Some(id), None)
        .await?
        .is_empty()
    {
        store::organization::create(
            &engine.pool,
            &actor(),
            id,
            tenant,
            customer.name,
            customer.email,
            customer.phone,
        )
        .await?;
    }
    Ok((id, tenant))
}

/// People who were there before the sync: a third of the directory, as an MSP would have typed them in.
async fn make_people(
    engine: &Engine,
    customer: &Customer,
    organization: OrganizationId,
    users: &[DirectoryUser],
) -> Result<(), CommandError> {
    let mut users: Vec<_> = users.iter().filter(|user| user.is_enabled()).collect();
    users.sort_by_key(|user| user.id);
    let mut people = Vec::new();
    for (n, user) in users.iter().enumerate().filter(|(n, _)| n % 3 == 0) {
        let Some(address) = address_of(user) else { continue };
        let person = Fields {
            name: user.display_name.clone(),
            email: address.spelling,
            ..Fields::default()
        };
        if customer.trouble == Trouble::Conflicts && n % 9 == 0 {
            let twice = Fields {
                name: format!("{} (old record)", person.name),
                ..person.clone()
            };
            people.push((EndUserId(sample_id(&format!("{} {n} again", customer.name))), twice));
        }
        people.push((EndUserId(sample_id(&format!("{} {n}", customer.name))), person));
    }
    let local = Fields {
        name: "Front Desk (shared phone)".into(),
        phone: customer.phone.into(),
        ..Fields::default()
    };
    people.push((EndUserId(sample_id(&format!("{} desk", customer.name))), local));
    Ok(store::end_user::insert(&engine.pool, organization, &people).await?)
}

async fn filters(engine: &Engine, customer: &Customer, tenant: MicrosoftTenantId) -> Result<Filters, CommandError> {
    let ticked = |values: &[&str]| Choice::Values(values.iter().map(|value| Some((*value).to_owned())).collect());
    Ok(match customer.trouble {
        Trouble::ByGroup => {
            let groups = store::directory::groups(&engine.pool, tenant).await?;
            let staff = groups
                .iter()
                .find(|group| group.name == "All Staff")
                .or_else(|| groups.first());
            let group = staff.map_or(Choice::All, |group| Choice::Values(vec![Some(group.id.to_string())]));
            Filters {
                group,
                ..Filters::default()
            }
        }
        Trouble::Conflicts => Filters::default(),
        _ => Filters {
            user_type: ticked(&["member"]),
            license_status: ticked(&["licensed"]),
            ..Filters::default()
        },
    })
}

async fn run(
    engine: &Engine,
    tenant: MicrosoftTenantId,
    customer: &Customer,
    teller: &Teller,
) -> Result<(), CommandError> {
    let watch = |progress| teller.progress(customer.name, progress);
    match run_tenant(engine, tenant, Trigger::SetUp, Utc::now(), Some(&watch)).await? {
        RunEnd::Failed(_, error) if customer.trouble != Trouble::ConsentLost => Err(error.into()),
        _ => Ok(()),
    }
}

/// One of the people who are synced may not sign in any more, and another is deleted; both stand on the first page of
/// the table. Where an interrupted start has come so far already, nobody else leaves.
async fn let_two_leave(
    engine: &Engine,
    cloud: &SampleCloud<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<(), CommandError> {
    let mut people = store::end_user::states(&engine.pool, organization, tenant).await?;
    people.sort_by_cached_key(|person| person.fields.name.to_lowercase());
    let synced: Vec<_> = people.into_iter().filter_map(|person| person.mapping).collect();
    if synced.iter().any(|mapping| mapping.mark.is_some()) {
        return Ok(());
    }
    if let Some(on_leave) = synced.get(2) {
        cloud.disable(on_leave.user.0).await?;
    }
    if let Some(left) = synced.get(5) {
        cloud.delete(left.user.0).await?;
    }
    Ok(())
}

/// A quarter of the people who are synced may not sign in any more, as after a script that went wrong.
async fn disable_many(
    engine: &Engine,
    cloud: &SampleCloud<'_>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<(), CommandError> {
    let mut synced: Vec<_> = store::end_user::states(&engine.pool, organization, tenant)
        .await?
        .into_iter()
        .filter_map(|end_user| Some(end_user.mapping?.user))
        .collect();
    synced.sort_unstable();
    for user in synced.iter().step_by(4) {
        cloud.disable(user.0).await?;
    }
    Ok(())
}
