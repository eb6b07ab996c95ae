//! The page of one End User, and the forms that change people by hand.

use super::{products, state::AppState};
use crate::{
    api::{ApiError, end_user::FormError},
    model::{
        audit::Actor,
        directory::DirectoryUser,
        end_user::{Field, Fields},
        end_user_details::{Difference, EndUserDetails, Hold},
        ids::{EndUserId, MicrosoftTenantId, OrganizationId},
    },
    store::{
        self, Now,
        end_user::{
            details::Details,
            edit::{self, Saved},
            history::Whose,
        },
    },
    sync::{hold::hold, normalise::clean},
};
use chrono::{DateTime, SecondsFormat, Utc};

/// Everything on the page, with so much history.
pub async fn details(
    state: &AppState,
    organization: OrganizationId,
    id: EndUserId,
    history: usize,
    now: &Now,
) -> Result<EndUserDetails, ApiError> {
    let pool = &state.engine.pool;
    let tenant = store::microsoft_tenant::of_organization(pool, organization).await?;
    let held = store::end_user::details::get(pool, organization, id, tenant).await?;
    let organization_name = store::organization::name(pool, organization).await?;
    let mapped = tenant.zip(held.account);
    let user = match mapped {
        Some((tenant, user)) => store::directory::one_user::get(pool, tenant, user).await?,
        None => None,
    };
    let hold = hold_of(state, organization, tenant, &held, user.as_ref()).await?;
    let names = products::names(pool, tenant).await?;
    let microsoft = match tenant {
        Some(tenant) => store::microsoft_user::of_end_user(pool, organization, id, tenant, &names, now).await?,
        None => None,
    };
    let whose = Whose {
        organization,
        id,
        account: mapped,
        name_of: &names,
    };
    let (history, more_history) = store::end_user::history::history(pool, whose, history, now).await?;
    Ok(EndUserDetails {
        id,
        organization,
        organization_name,
        version: version_of(held.updated_at),
        can_be_synced: user.is_some() && hold != Hold::SyncOff,
        hold,
        microsoft,
        fields: held.fields,
        history,
        more_history,
    })
}

async fn hold_of(
    state: &AppState,
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    held: &Details,
    user: Option<&DirectoryUser>,
) -> Result<Hold, ApiError> {
    let pool = &state.engine.pool;
    let Some((tenant, user)) = tenant.zip(user) else {
        return Ok(match &held.former_tenant {
            Some(name) => Hold::FormerTenant { name: name.clone() },
            None => Hold::NotMapped,
        });
    };
    let readings = store::microsoft_tenant::get(pool, tenant).await?.readings;
    let sync = store::user_sync::get(pool, organization, tenant).await?;
    let filters = sync.filter(|sync| sync.enabled).map(|sync| sync.filters);
    Ok(hold(user, filters.as_ref(), &readings))
}

fn version_of(updated_at: DateTime<Utc>) -> String {
    updated_at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// **Save Changes**: refused where Microsoft has the last word, or somebody else has written meanwhile.
pub async fn save(
    state: &AppState,
    organization: OrganizationId,
    id: EndUserId,
    version: &str,
    typed: Fields,
    actor: &Actor,
) -> Result<(), FormError> {
    let pool = &state.engine.pool;
    let store = |error: store::StoreError| FormError::Failed(error.into());
    let tenant = store::microsoft_tenant::of_organization(pool, organization)
        .await
        .map_err(store)?;
    let held = store::end_user::details::get(pool, organization, id, tenant)
        .await
        .map_err(store)?;
    let fields = checked(&typed, &held.fields)?;
    let user = match tenant.zip(held.account) {
        Some((tenant, user)) => store::directory::one_user::get(pool, tenant, user)
            .await
            .map_err(store)?,
        None => None,
    };
    let hold = hold_of(state, organization, tenant, &held, user.as_ref()).await?;
    if hold.is_locked() && held.fields != fields {
        return Err(FormError::Locked {
            typed: Box::new(typed),
            reason: hold.words(),
        });
    }
    let version = version.parse().map_err(|_| {
        FormError::Failed(ApiError::Refused(
            "The form could not be read. Reload the page and try again.".into(),
        ))
    })?;
    match edit::save(pool, organization, id, version, &fields, actor)
        .await
        .map_err(store)?
    {
        Saved::Done => Ok(()),
        Saved::Stale(now, written) => Err(FormError::Stale {
            differences: differences(&now, &fields),
            typed: Box::new(typed),
            version: version_of(written),
        }),
    }
}

/// **New End User**.
pub async fn create(
    state: &AppState,
    organization: OrganizationId,
    id: EndUserId,
    typed: Fields,
    actor: &Actor,
) -> Result<(), FormError> {
    let fields = checked(&typed, &Fields::default())?;
    edit::create(&state.engine.pool, organization, id, &fields, actor)
        .await
        .map_err(|error| FormError::Failed(error.into()))
}

fn differences(now: &Fields, typed: &Fields) -> Vec<Difference> {
    let differing = Field::ALL
        .into_iter()
        .filter(|field| now.get(*field) != typed.get(*field));
    differing
        .map(|field| Difference {
            field,
            now: now.get(field).to_owned(),
            typed: typed.get(field).to_owned(),
        })
        .collect()
}

/// What is kept of what was typed: cleaned as the sync cleans, and refused where it would be no use. A value that stands
/// there already may stay, whoever wrote it.
pub fn checked(typed: &Fields, held: &Fields) -> Result<Fields, FormError> {
    let (mut fields, mut problems) = (Fields::default(), vec![]);
    for field in Field::ALL {
        if typed.get(field) == held.get(field) {
            fields.set(field, held.get(field).to_owned());
            continue;
        }
        let value = clean(typed.get(field), usize::MAX);
        problems.extend(problem(field, &value).map(|words| (field, words)));
        fields.set(field, value);
    }
    if fields.name.is_empty() && held.name.is_empty() && !problems.iter().any(|(field, _)| *field == Field::Name) {
        problems.extend(problem(Field::Name, "").map(|words| (Field::Name, words)));
    }
    if problems.is_empty() {
        return Ok(fields);
    }
    Err(FormError::Invalid {
        typed: Box::new(typed.clone()),
        problems,
    })
}

fn problem(field: Field, value: &str) -> Option<String> {
    let most = field.max_chars();
    if value.chars().count() > most {
        return Some(format!("{} holds at most {most} characters.", field.label()));
    }
    match field {
        Field::Name if value.is_empty() => Some("A person needs a name.".into()),
        Field::Email if !value.is_empty() && !is_address(value) => {
            Some("This is no email address: it needs a name, an @ and a domain, as in ana@contoso.example.".into())
        }
        _ => None,
    }
}

/// Refuses what can't be an address, and no more: what addresses may look like is for mail servers to say.
fn is_address(text: &str) -> bool {
    let blank = text.chars().any(char::is_whitespace);
    let parts = text.rsplit_once('@');
    !blank && parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !name.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(fields: &Fields) -> Vec<Field> {
        match checked(fields, &Fields::default()) {
            Ok(_) => vec![],
            Err(FormError::Invalid { problems, .. }) => problems.into_iter().map(|(field, _)| field).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_name_is_needed_and_an_address_has_to_look_like_one() {
        let person = |name: &str, email: &str| Fields {
            name: name.into(),
            email: email.into(),
            ..Fields::default()
        };
        assert_eq!(problems(&person(" ", "")), [Field::Name]);
        for email in ["ana", "ana@", "@contoso.example", "ana lópez@contoso.example", "a@b@c"] {
            assert_eq!(problems(&person("Ana", email)), [Field::Email], "{email}");
        }
        for email in ["", "ana@contoso.example", "ana@localhost", "ünï@exämple.example"] {
            assert_eq!(problems(&person("Ana", email)), [], "{email}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_and_not_cut() {
        let long = Fields {
            name: "é".repeat(321),
            city: "x".repeat(129),
            ..Fields::default()
        };
        assert_eq!(problems(&long), [Field::Name, Field::City]);
        let fits = Fields {
            name: "é".repeat(320),
            ..Fields::default()
        };
        assert_eq!(checked(&fits, &Fields::default()), Ok(fits));
    }

    #[test]
    fn control_characters_go_and_everything_else_is_data() {
        let typed = Fields {
            name: " \u{200f}שלום\u{0} <b>\t🚀 ".into(),
            ..Fields::default()
        };
        assert_eq!(
            checked(&typed, &Fields::default()).map(|fields| fields.name),
            Ok("\u{200f}שלום <b> 🚀".into())
        );
    }

    #[test]
    fn what_an_import_left_there_is_no_reason_to_refuse_another_field() {
        let held = Fields {
            name: "Reception".into(),
            email: "ask at the desk".into(),
            ..Fields::default()
        };
        let typed = Fields {
            phone: "12".into(),
            ..held.clone()
        };
        assert_eq!(checked(&typed, &held), Ok(typed));
    }
}
