//! Making, moving and deleting Organizations, and what each would change.

use super::{
    asker::Asker,
    forms::{line, refused, told, version, version_of},
    state::AppState,
};
use crate::{
    api::{
        ApiError,
        form::FormError,
        organizations::{DeleteConsequences, InformationForm, MoveConsequences, NewOrganization, OrganizationSettings},
        tenants::TenantChoice,
    },
    model::{
        audit::Actor,
        ids::{OrganizationId, TenantId},
        organization::{MOST_EMAIL, MOST_NAME, MOST_PHONE, OrganizationRow, SAME_NAME},
    },
    store::{
        self,
        customer::Destination,
        organization::{Added, Information},
    },
};
use uuid::Uuid;

/// Tenants that a combobox offers at once; typing finds the others.
const CHOICES: i64 = 100;

/// The Tenants whose name has these words, by name.
pub async fn tenant_choices(state: &AppState, words: &str) -> Result<Vec<TenantChoice>, ApiError> {
    let found = store::tenant::choices(&state.engine.pool, words, CHOICES).await?;
    Ok(found
        .into_iter()
        .map(|(tenant, microsoft)| TenantChoice { tenant, microsoft })
        .collect())
}

/// The Tenant that a form chose; none is a new one.
fn destination(sent: &str) -> Result<Destination, ApiError> {
    if sent.is_empty() {
        return Ok(Destination::New(TenantId(Uuid::now_v7())));
    }
    let id = sent.parse::<TenantId>();
    id.map(Destination::Existing)
        .map_err(|_| ApiError::Refused("The Tenant could not be read. Choose it again.".into()))
}

/// **New Organization**. A name that is taken is asked about once.
pub async fn create(
    state: &AppState,
    actor: &Actor,
    typed: NewOrganization,
) -> Result<OrganizationId, FormError<NewOrganization>> {
    let (pool, store) = (&state.engine.pool, refused(&typed));
    let sent = [&typed.name, &typed.email, &typed.phone].map(String::as_str);
    let [name, email, phone] = checked(sent, [""; 3], &typed)?;
    let tenant = match destination(&typed.tenant)? {
        Destination::Existing(id) => store::tenant::get(pool, id).await.map_err(&store)?.id,
        Destination::New(id) => id,
    };
    // A form of a page from before it had an id.
    let id = if typed.id == OrganizationId::default() {
        OrganizationId(Uuid::now_v7())
    } else {
        typed.id
    };
    let new = Information {
        name: &name,
        email: &email,
        phone: &phone,
    };
    let added = store::organization::add(pool, actor, id, tenant, new, typed.again.is_some()).await;
    match added.map_err(store)? {
        Added::Done => Ok(id),
        Added::NameTaken => Err(FormError::Refused {
            typed: Box::new(typed),
            error: ApiError::Refused(SAME_NAME.to_owned()),
        }),
    }
}

/// **Save Changes** of section **INFORMATION**: refused where somebody else has written meanwhile.
pub async fn edit(
    state: &AppState,
    actor: &Actor,
    id: OrganizationId,
    opened: &str,
    typed: InformationForm,
) -> Result<(), FormError<InformationForm>> {
    let (pool, store) = (&state.engine.pool, refused(&typed));
    let held = store::organization::get(pool, id).await.map_err(&store)?;
    let sent = [&typed.name, &typed.email, &typed.phone].map(String::as_str);
    let [name, email, phone] = checked(sent, [&held.name, &held.email, &held.phone], &typed)?;
    let new = Information {
        name: &name,
        email: &email,
        phone: &phone,
    };
    let saved = store::organization::edit(pool, actor, id, version(opened)?, new).await;
    told(saved.map_err(store)?, "Somebody changed this Organization", typed)
}

/// What is kept of name, email and phone, or what is wrong with them.
fn checked<T: Clone>(sent: [&str; 3], held: [&str; 3], typed: &T) -> Result<[String; 3], FormError<T>> {
    let (name, wrong_name) = line("Name", sent[0], held[0], MOST_NAME);
    let (email, wrong_email) = line("Email", sent[1], held[1], MOST_EMAIL);
    let (phone, wrong_phone) = line("Phone", sent[2], held[2], MOST_PHONE);
    let nameless = name.is_empty().then(|| "An Organization needs a name.".to_owned());
    let problems: Vec<_> = [
        ("name", nameless.or(wrong_name)),
        ("email", wrong_email),
        ("phone", wrong_phone),
    ]
    .into_iter()
    .filter_map(|(field, words)| Some((field.to_owned(), words?)))
    .collect();
    if problems.is_empty() {
        return Ok([name, email, phone]);
    }
    Err(FormError::Invalid {
        typed: Box::new(typed.clone()),
        problems,
    })
}

/// What section **ORGANIZATION SETTINGS** shows.
pub async fn settings(asker: &Asker, id: OrganizationId) -> Result<OrganizationSettings, ApiError> {
    // Before the fields: what is written in between is told of, and not overwritten.
    let (state, pool) = (&asker.state, &asker.state.engine.pool);
    let version = version_of(store::organization::written(pool, id).await?);
    let organization = store::organization::get(pool, id).await?;
    let organization = organization.seen(asker.has_whole(id).await?);
    // To move it is for Administrators, who see every Tenant.
    if asker.clone().administrator().is_err() {
        return Ok(OrganizationSettings {
            organization,
            version,
            tenants: vec![],
        });
    }
    let mut tenants = tenant_choices(state, "").await?;
    if tenants.iter().all(|choice| choice.tenant.id != organization.tenant_id) {
        let tenant = store::tenant::get(pool, organization.tenant_id).await?;
        let choice = TenantChoice {
            tenant,
            microsoft: None,
        };
        tenants.insert(0, choice);
    }
    Ok(OrganizationSettings {
        organization,
        version,
        tenants,
    })
}

/// What moving an Organization would change; `to` as a form sends it.
pub async fn move_consequences(state: &AppState, id: OrganizationId, to: &str) -> Result<MoveConsequences, ApiError> {
    let pool = &state.engine.pool;
    let organization = store::organization::get(pool, id).await?;
    let from_goes = goes_with(state, &organization).await?;
    let stops = stops(state, &organization).await?;
    let target = match destination(to)? {
        Destination::New(_) => None,
        Destination::Existing(to) => Some(store::tenant::get(pool, to).await?),
    };
    let microsoft = match &target {
        Some(target) => microsoft_name(state, target.id).await?,
        None => None,
    };
    let to = target.as_ref().map(|target| target.id);
    Ok(MoveConsequences {
        gains: store::customer::gains(pool, id, to).await?,
        stays: target
            .as_ref()
            .is_some_and(|target| target.id == organization.tenant_id),
        organization,
        target,
        microsoft,
        stops,
        from_goes,
    })
}

/// What deleting an Organization would take away.
pub async fn delete_consequences(state: &AppState, id: OrganizationId) -> Result<DeleteConsequences, ApiError> {
    let organization = store::organization::get(&state.engine.pool, id).await?;
    let tenant_goes = goes_with(state, &organization).await?;
    let stops = stops(state, &organization).await?;
    Ok(DeleteConsequences {
        gains: store::customer::gains(&state.engine.pool, id, None).await?,
        organization,
        stops,
        tenant_goes,
    })
}

/// **Delete Organization**, once its name has been typed.
pub async fn delete(state: &AppState, actor: &Actor, id: OrganizationId, typed: &str) -> Result<(), ApiError> {
    let name = store::organization::get(&state.engine.pool, id).await?.name;
    let plain = |text: &str| text.trim().to_lowercase();
    if plain(typed) != plain(&name) {
        return Err(ApiError::Refused(format!(
            "The name does not match, so nothing was deleted. Type it as it stands here: {name}"
        )));
    }
    Ok(store::customer::delete(&state.engine.pool, actor, id).await?)
}

/// **Move Organization**.
pub async fn move_to(state: &AppState, actor: &Actor, id: OrganizationId, to: &str) -> Result<(), ApiError> {
    store::customer::move_to(&state.engine.pool, actor, id, destination(to)?).await?;
    Ok(())
}

/// The Microsoft tenant whose sync stops when the Organization leaves its Tenant.
async fn stops(state: &AppState, organization: &OrganizationRow) -> Result<Option<String>, ApiError> {
    if organization.sync.is_on() {
        microsoft_name(state, organization.tenant_id).await
    } else {
        Ok(None)
    }
}

async fn microsoft_name(state: &AppState, tenant: TenantId) -> Result<Option<String>, ApiError> {
    let pool = &state.engine.pool;
    Ok(match store::microsoft_tenant::of_tenant(pool, tenant).await? {
        Some(id) => Some(store::microsoft_tenant::get(pool, id).await?.display_name),
        None => None,
    })
}

/// Whether its Tenant is left with nothing when the Organization leaves it.
async fn goes_with(state: &AppState, organization: &OrganizationRow) -> Result<bool, ApiError> {
    let pool = &state.engine.pool;
    let alone = store::organization::rows(pool, Some(organization.tenant_id), None, None)
        .await?
        .len()
        == 1;
    Ok(alone && organization.microsoft_tenant_id.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(sent: [&str; 3], held: [&str; 3]) -> Vec<(String, String)> {
        match checked(sent, held, &"typed") {
            Err(FormError::Invalid { problems, .. }) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_addresses_and_numbers_are_cleaned_and_have_an_end() {
        let long = ["n".repeat(321), "e".repeat(321), "5".repeat(65)];
        let long = [long[0].as_str(), &long[1], &long[2]];
        let told = problems(long, [""; 3]);
        let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "email", "phone"]);
        assert_eq!(told[0].1, "Name holds at most 320 characters.");
        assert_eq!(problems(["\0 ", "", ""], [""; 3])[0].1, "An Organization needs a name.");
        let kept = checked([" Zu\u{308}rich\0 AG", "", "1"], [""; 3], &"typed");
        assert_eq!(kept, Ok(["Zürich AG".into(), String::new(), "1".into()]));
        assert!(checked(long, long, &"typed").is_ok(), "what stands there may stay");
    }
}
