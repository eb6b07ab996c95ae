//! The Assets table, the page of one Asset, and its forms.

use super::state::AppState;
use crate::{
    api::{
        ApiError,
        assets::{AssetForm, AssetFormError, AssetProblems, AssetsPage, AssetsQuery},
    },
    model::{
        asset::{Asset, AssetChange, AssetEvent},
        asset_details::{AssetDetails, AssetHappening, AssetHistory, DeviceKnowledge},
        audit::{Actor, AuditChange, AuditEvent},
        directory::Reading,
        ids::{AssetId, EndUserId, OrganizationId},
        mac::Mac,
        run::Trigger,
        time::Moment,
    },
    store::{self, Now, asset::AssetQuery},
    sync::normalise::clean,
};
use uuid::Uuid;

/// Lines of history on a page.
const HISTORY: i64 = 100;

/// One page of the table.
pub async fn page(
    state: &AppState,
    organization: Option<OrganizationId>,
    query: AssetsQuery,
    now: &Now,
) -> Result<AssetsPage, ApiError> {
    let pool = &state.engine.pool;
    let whose = match organization {
        Some(id) => Some(store::organization::get(pool, id).await?),
        None => None,
    };
    let query = AssetQuery {
        organization,
        search: query.search,
        sort: query.sort,
        page: query.page.max(1),
    };
    let (rows, total) = store::asset::page(pool, &query, now).await?;
    Ok(AssetsPage {
        organization: whose,
        rows,
        total,
        page_size: store::asset::PAGE,
    })
}

/// Everything on the page of one Asset.
pub async fn details(state: &AppState, id: AssetId, find: &str, now: &Now) -> Result<AssetDetails, ApiError> {
    let pool = &state.engine.pool;
    let row = store::asset::get(pool, id, now).await?;
    let (written_by, written_at) = store::asset::written(pool, id).await?;
    let by_hand = store::audit::of_subject(pool, id.0, HISTORY, now).await?;
    let by_sync = store::asset_plan::events(pool, Some(id), None, HISTORY, now).await?;
    Ok(AssetDetails {
        devices: knowledge(state, row.organization, now).await?,
        people: store::asset::assignable(pool, row.organization, find).await?,
        history: history(by_hand, by_sync),
        written_by,
        written_at: Moment::new(written_at, now),
        row,
    })
}

async fn knowledge(state: &AppState, organization: OrganizationId, now: &Now) -> Result<DeviceKnowledge, ApiError> {
    let pool = &state.engine.pool;
    let whose = store::organization::get(pool, organization).await?;
    let Some(tenant) = whose.microsoft_tenant_id.filter(|_| whose.sync.is_on()) else {
        return Ok(DeviceKnowledge::NoSync);
    };
    let readings = store::microsoft_tenant::get(pool, tenant).await?.readings;
    let last = readings.devices_read_at.map(|at| Moment::new(at, now));
    Ok(match (readings.devices, last) {
        (Reading::Refused { remedy }, last) => DeviceKnowledge::NotReadable { reason: remedy, last },
        (Reading::Read, Some(at)) => DeviceKnowledge::Read { at },
        (Reading::Read | Reading::NeverRead, _) => DeviceKnowledge::NeverRead,
    })
}

/// What people and the sync did, together, the latest first.
fn history(by_hand: Vec<AuditEvent>, by_sync: Vec<AssetEvent>) -> Vec<AssetHistory> {
    let by_hand = by_hand.into_iter().map(|event| AssetHistory {
        at: event.at,
        what: AssetHappening::ByHand(event.action),
        by: event.actor.name,
        run: None,
        changes: event.changes,
        device: None,
    });
    let by_sync = by_sync.into_iter().map(|event| AssetHistory {
        at: event.at,
        what: AssetHappening::Change(event.change),
        by: String::new(),
        run: event.run,
        changes: AuditChange::new("Assigned Contact", &event.old_end_user, &event.new_end_user)
            .into_iter()
            .collect(),
        device: event.by.filter(|_| event.change != AssetChange::Conflict),
    });
    let mut history: Vec<_> = by_hand.chain(by_sync).collect();
    history.sort_by_key(|line| std::cmp::Reverse(line.at.at));
    history
}

/// **New Asset**.
pub async fn create(
    state: &AppState,
    organization: &str,
    typed: AssetForm,
    actor: &Actor,
) -> Result<AssetId, AssetFormError> {
    let whose = organization.parse().ok();
    let asset = checked(typed, whose, true)?;
    let Some(whose) = whose else {
        return Err(AssetFormError::Failed(ApiError::Refused(
            "Choose an Organization.".into(),
        )));
    };
    let id = AssetId(Uuid::now_v7());
    store::asset_edit::create(&state.engine.pool, id, whose, &asset, actor)
        .await
        .map_err(ApiError::from)?;
    Ok(id)
}

/// **Save Changes**.
pub async fn save(state: &AppState, id: AssetId, typed: AssetForm, actor: &Actor) -> Result<(), AssetFormError> {
    let asset = checked(typed, None, false)?;
    store::asset_edit::edit(&state.engine.pool, id, &asset, actor)
        .await
        .map_err(ApiError::from)?;
    Ok(())
}

/// The End User that a form names; nobody where it names none.
pub fn chosen(end_user: &str) -> Result<Option<EndUserId>, ApiError> {
    match end_user.trim() {
        "" => Ok(None),
        id => id
            .parse()
            .map(Some)
            .map_err(|_| ApiError::Refused("Choose an End User from the list, or Nobody.".into())),
    }
}

/// **Let the sync decide**: at once, where a user sync can.
pub async fn let_sync_decide(state: &AppState, id: AssetId, actor: &Actor) -> Result<(), ApiError> {
    let pool = &state.engine.pool;
    let organization = store::asset_edit::let_sync_decide(pool, id, actor).await?;
    let whose = store::organization::get(pool, organization).await?;
    if let Some(tenant) = whose.microsoft_tenant_id.filter(|_| whose.sync.is_on()) {
        store::queue::request_run(pool, tenant, Trigger::Manual).await?;
    }
    Ok(())
}

/// What is kept of what was typed, or what is wrong with it.
fn checked(
    typed: AssetForm,
    organization: Option<OrganizationId>,
    needs_organization: bool,
) -> Result<Asset, AssetFormError> {
    let (name, serial_number) = (clean(&typed.name, usize::MAX), clean(&typed.serial_number, usize::MAX));
    let too_long =
        |text: &str, most: usize| (text.chars().count() > most).then(|| format!("At most {most} characters fit here."));
    let wrong_name = match name.as_str() {
        "" => Some("An Asset needs a name.".to_owned()),
        name => too_long(name, Asset::MOST_NAME),
    };
    let wrong_serial = too_long(&serial_number, Asset::MOST_SERIAL);
    let whose = (needs_organization && organization.is_none()).then(|| "Choose an Organization.".to_owned());
    match Mac::list(&typed.macs) {
        Ok(macs) if wrong_name.is_none() && wrong_serial.is_none() && whose.is_none() => Ok(Asset {
            name,
            serial_number,
            macs,
        }),
        macs => Err(AssetFormError::Invalid(Box::new(AssetProblems {
            macs: macs.err().map(|wrong| format!("{wrong}.")),
            name: wrong_name,
            serial_number: wrong_serial,
            whose,
            organization,
            typed,
        }))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, serial: &str, macs: &str) -> AssetForm {
        AssetForm {
            name: name.into(),
            serial_number: serial.into(),
            macs: macs.into(),
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_what_was_typed_comes_back() {
        let typed = form(" ", &"9".repeat(129), "00:1A:2B:3C:4D:5E, 00:1A:2B:3C:4D:XX");
        let Err(AssetFormError::Invalid(wrong)) = checked(typed.clone(), None, true) else {
            panic!("it was taken")
        };
        assert_eq!(wrong.typed, typed);
        assert!(wrong.name.is_some() && wrong.serial_number.is_some() && wrong.whose.is_some());
        assert!(
            wrong
                .macs
                .is_some_and(|words| words.starts_with("“00:1A:2B:3C:4D:XX” is not a MAC address"))
        );
    }

    #[test]
    fn markup_and_any_script_are_data_and_addresses_come_in_every_spelling() {
        let asset = checked(form(" <b>\u{202e}ноутбук\n🚀 ", "", "ac-ac-ac-ac-ac-ac"), None, false).unwrap();
        assert!(asset.name.starts_with("<b>") && asset.name.ends_with("🚀"));
        assert_eq!(asset.macs, [Mac([0xac; 6])]);
    }
}
