//! The page of one End User, and the forms that change people by hand.

use super::{
    forms::{line, refused, told, version, version_of},
    products,
    state::AppState,
};
use crate::{
    api::{ApiError, form::FormError},
    model::{
        audit::Actor,
        directory::DirectoryUser,
        end_user::{Field, Fields},
        end_user_details::{EndUserDetails, Hold},
        ids::{EndUserId, MicrosoftTenantId, OrganizationId},
        microsoft_user::PassState,
    },
    store::{
        self, Now,
        end_user::{details::Details, edit, history::Whose},
        exclusion::Deleted,
    },
    sync::hold::{hold, locked},
};

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
    let (hold, locked) = hold_of(state, organization, tenant, &held, user.as_ref()).await?;
    let names = products::names(pool, tenant).await?;
    let microsoft = match tenant {
        Some(tenant) => store::microsoft_user::of_end_user(pool, organization, id, tenant, &names, now).await?,
        None => None,
    };
    let devices = match mapped {
        Some((tenant, _)) => {
            let readings = store::microsoft_tenant::get(pool, tenant).await?.readings;
            Some(PassState::of_reading(&readings.devices, readings.devices_read_at, now))
        }
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
        locked,
        microsoft,
        devices,
        fields: held.fields,
        history,
        more_history,
    })
}

/// Who has the last word, and on which fields that is Microsoft.
async fn hold_of(
    state: &AppState,
    organization: OrganizationId,
    tenant: Option<MicrosoftTenantId>,
    held: &Details,
    user: Option<&DirectoryUser>,
) -> Result<(Hold, Vec<Field>), ApiError> {
    let pool = &state.engine.pool;
    let Some((tenant, user)) = tenant.zip(user) else {
        let hold = match &held.former_tenant {
            Some(name) => Hold::FormerTenant { name: name.clone() },
            None => Hold::NotMapped,
        };
        return Ok((hold, vec![]));
    };
    let readings = store::microsoft_tenant::get(pool, tenant).await?.readings;
    let sync = store::user_sync::get(pool, organization, tenant).await?;
    let filters = sync.filter(|sync| sync.enabled).map(|sync| sync.filters);
    let hold = hold(user, filters.as_ref(), &readings);
    let locked = locked(&hold, user, &held.last_synced);
    Ok((hold, locked))
}

/// **Save Changes**: refused where Microsoft has the last word, or somebody else has written meanwhile.
pub async fn save(
    state: &AppState,
    organization: OrganizationId,
    id: EndUserId,
    opened: &str,
    typed: Fields,
    actor: &Actor,
) -> Result<(), FormError<Fields>> {
    let pool = &state.engine.pool;
    let store = refused(&typed);
    let tenant = store::microsoft_tenant::of_organization(pool, organization)
        .await
        .map_err(&store)?;
    let held = store::end_user::details::get(pool, organization, id, tenant)
        .await
        .map_err(&store)?;
    let fields = checked(&typed, &held.fields)?;
    let user = match tenant.zip(held.account) {
        Some((tenant, user)) => store::directory::one_user::get(pool, tenant, user)
            .await
            .map_err(&store)?,
        None => None,
    };
    let (hold, locked) = hold_of(state, organization, tenant, &held, user.as_ref()).await?;
    let changes = |field: &Field| held.fields.get(*field) != fields.get(*field);
    if locked.iter().any(changes) {
        return Err(FormError::Locked {
            typed: Box::new(typed),
            reason: hold.words(),
        });
    }
    let saved = edit::save(pool, organization, id, version(opened)?, &fields, actor).await;
    told(saved.map_err(store)?, "Somebody or a run changed this End User", typed)
}

/// **New End User**.
pub async fn create(
    state: &AppState,
    organization: OrganizationId,
    id: EndUserId,
    typed: Fields,
    actor: &Actor,
) -> Result<(), FormError<Fields>> {
    let fields = checked(&typed, &Fields::default())?;
    edit::create(&state.engine.pool, organization, id, &fields, actor)
        .await
        .map_err(refused(&typed))
}

/// The notice of what **Delete** did, whatever was asked for.
pub const fn deletion_notice(deleted: Deleted) -> &'static str {
    match deleted {
        Deleted { people: 0, .. } => "end-users-gone",
        Deleted { kept_out: 0, .. } => "end-users-deleted",
        Deleted { .. } => "end-users-kept-out",
    }
}

/// What is kept of what was typed: cleaned as the sync cleans, and refused where it would be no use. A value that stands
/// there already may stay, whoever wrote it.
pub fn checked(typed: &Fields, held: &Fields) -> Result<Fields, FormError<Fields>> {
    let (mut fields, mut problems) = (Fields::default(), vec![]);
    for field in Field::ALL {
        let (typed, held) = (typed.get(field), held.get(field));
        let (value, too_long) = line(field.label(), typed, held, field.max_chars());
        // A person needs a name, even where an import left none.
        let is_new = typed != held || (field == Field::Name && held.is_empty());
        let words = too_long.or_else(|| problem(field, &value).filter(|_| is_new));
        problems.extend(words.map(|words| (field.key().to_owned(), words)));
        fields.set(field, value);
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

    fn problems(fields: &Fields) -> Vec<String> {
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
        assert_eq!(problems(&person(" ", "")), ["name"]);
        for email in ["ana", "ana@", "@contoso.example", "ana lópez@contoso.example", "a@b@c"] {
            assert_eq!(problems(&person("Ana", email)), ["email"], "{email}");
        }
        for email in ["", "ana@contoso.example", "ana@localhost", "ünï@exämple.example"] {
            assert!(problems(&person("Ana", email)).is_empty(), "{email}");
        }
    }

    #[test]
    fn what_is_too_long_is_refused_and_not_cut() {
        let long = Fields {
            name: "é".repeat(321),
            city: "x".repeat(129),
            ..Fields::default()
        };
        assert_eq!(problems(&long), ["name", "city"]);
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
    fn a_deletion_claims_no_more_than_it_did() {
        let notice = |people, kept_out| deletion_notice(Deleted { people, kept_out });
        assert_eq!(notice(0, 0), "end-users-gone");
        assert_eq!(notice(2, 0), "end-users-deleted");
        assert_eq!(notice(2, 1), "end-users-kept-out");
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
