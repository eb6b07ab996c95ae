//! The Assets table, the page of one Asset, and its forms.

use super::{
    asker::Asker,
    asset_evidence::{seen_assets, seen_events},
    forms::{line, refused, told, version, version_of},
    state::AppState,
};
use crate::{
    api::{
        ApiError,
        assets::{AssetForm, AssetsPage, AssetsQuery},
        form::FormError,
    },
    model::{
        asset::{Asset, AssetChange, AssetEvent},
        asset_details::{AssetDetails, AssetHappening, AssetHistory, DeviceKnowledge},
        audit::{Actor, AuditChange, AuditEvent},
        directory::Reading,
        ids::{AssetId, EndUserId, OrganizationId},
        mac::Mac,
        microsoft_user::PassState,
        run::Trigger,
        time::Moment,
    },
    store::{self, Now, StoreError, asset::AssetQuery},
};

/// Lines of history on a page.
const HISTORY: i64 = 100;

/// One page of the table.
pub async fn page(
    asker: Asker,
    organization: Option<OrganizationId>,
    query: AssetsQuery,
    now: &Now,
) -> Result<AssetsPage, ApiError> {
    let asker = match organization {
        Some(id) => asker.reads(id).await?,
        None => asker,
    };
    let (pool, theirs) = (&asker.state.engine.pool, asker.theirs());
    let whose = match organization {
        Some(id) => {
            let whole = asker.has_whole(id).await?;
            Some(store::organization::get(pool, id).await?.seen(whole))
        }
        None => None,
    };
    let query = AssetQuery {
        organization,
        theirs: asker.organizations(),
        search: query.search,
        sort: query.sort,
        page: query.page.max(1),
    };
    let (rows, total) = store::asset::page(pool, &query, now).await?;
    let synced = whose.as_ref().filter(|whose| whose.sync.is_on());
    let devices = match synced.and_then(|whose| whose.microsoft_tenant_id) {
        Some(tenant) => {
            let readings = store::microsoft_tenant::get(pool, tenant).await?.readings;
            Some(PassState::of_reading(&readings.devices, readings.devices_read_at, now))
        }
        None => None,
    };
    let without_devices = match organization {
        Some(_) => vec![],
        None => store::microsoft_tenant::without_devices(pool, theirs).await?,
    };
    Ok(AssetsPage {
        organization: whose,
        devices,
        without_devices,
        rows: seen_assets(&asker, rows).await?,
        total,
        page_size: store::asset::PAGE,
    })
}

/// Everything on the page of one Asset that somebody sees.
pub async fn details(asker: &Asker, id: AssetId, find: &str, now: &Now) -> Result<AssetDetails, ApiError> {
    let (state, pool) = (&asker.state, &asker.state.engine.pool);
    // Before the fields: what is written in between is told of, and not overwritten.
    let (written_by, written_at) = store::asset::written(pool, id).await?;
    let found = vec![store::asset::get(pool, id, now).await?];
    let row = seen_assets(asker, found).await?.pop();
    let row = row.ok_or(StoreError::NotFound("This Asset"))?;
    let by_hand = store::audit::of_subject(pool, id.0, HISTORY, now).await?;
    let by_sync = store::asset_plan::events(pool, Some(id), None, None, HISTORY, now).await?;
    let by_sync = seen_events(asker, by_sync).await?;
    Ok(AssetDetails {
        devices: knowledge(state, row.organization, now).await?,
        people: store::asset::assignable(pool, row.organization, find).await?,
        history: history(by_hand, by_sync),
        written_by,
        written_at: Moment::new(written_at, now),
        version: version_of(written_at),
        assigned: row
            .contact
            .since()
            .map(|since| version_of(since.at))
            .unwrap_or_default(),
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
        (Reading::Refused { remedy, .. }, last) => DeviceKnowledge::NotReadable { reason: remedy, last },
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
pub async fn create(asker: Asker, id: AssetId, typed: AssetForm) -> Result<(), FormError<AssetForm>> {
    let whose = typed.organization.parse::<OrganizationId>().ok();
    let asker = match whose {
        Some(id) => asker.works_on(id).await?,
        None => asker.technician()?,
    };
    let (state, actor) = asker.parts();
    let asset = checked(&typed, &Asset::default(), whose.is_none())?;
    store::asset_edit::create(&state.engine.pool, id, whose.unwrap_or_default(), &asset, &actor)
        .await
        .map_err(refused(&typed))
}

/// **Save Changes**: refused where somebody else has written meanwhile.
pub async fn save(
    state: &AppState,
    id: AssetId,
    opened: &str,
    typed: AssetForm,
    actor: &Actor,
) -> Result<(), FormError<AssetForm>> {
    let (pool, store) = (&state.engine.pool, refused(&typed));
    let held = store::asset::fields(pool, id).await.map_err(&store)?;
    let asset = checked(&typed, &held, false)?;
    let saved = store::asset_edit::edit(pool, id, version(opened)?, &asset, actor).await;
    told(saved.map_err(store)?, "Somebody changed this Asset", typed)
}

/// The End User that a form names; nobody where it names none.
fn chosen(end_user: &str) -> Result<Option<EndUserId>, ApiError> {
    match end_user.trim() {
        "" => Ok(None),
        id => id
            .parse()
            .map(Some)
            .map_err(|_| ApiError::Refused("Choose an End User from the list, or Nobody.".into())),
    }
}

/// **Assign**: to an End User, or to nobody where the form names none. `seen` is what the page said of the assignment
/// that it showed.
pub async fn assign(state: &AppState, id: AssetId, end_user: &str, seen: &str, actor: &Actor) -> Result<(), ApiError> {
    let end_user = chosen(end_user)?;
    let seen = match seen {
        "" => None,
        seen => Some(
            seen.parse()
                .map_err(|_| ApiError::Refused("The form could not be read. Reload the page and try again.".into()))?,
        ),
    };
    Ok(store::asset_edit::assign(&state.engine.pool, id, end_user, seen, actor).await?)
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

/// What is kept of what was typed, or what is wrong with it. `homeless` is a new Asset of no Organization.
fn checked(typed: &AssetForm, held: &Asset, homeless: bool) -> Result<Asset, FormError<AssetForm>> {
    let (name, long_name) = line("Name", &typed.name, &held.name, Asset::MOST_NAME);
    let serial = (&typed.serial_number, &held.serial_number);
    let (serial_number, long_serial) = line("Serial Number", serial.0, serial.1, Asset::MOST_SERIAL);
    let nameless = name.is_empty().then(|| "An Asset needs a name.".to_owned());
    let (macs, no_macs) = match Mac::list(&typed.macs) {
        Ok(macs) => (macs, None),
        Err(wrong) => (vec![], Some(format!("{wrong}."))),
    };
    let problems: Vec<_> = [
        ("name", nameless.or(long_name)),
        ("serialNumber", long_serial),
        ("macs", no_macs),
        ("organization", homeless.then(|| "Choose an Organization.".to_owned())),
    ]
    .into_iter()
    .filter_map(|(field, words)| Some((field.to_owned(), words?)))
    .collect();
    if problems.is_empty() {
        return Ok(Asset {
            name,
            serial_number,
            macs,
        });
    }
    Err(FormError::Invalid {
        typed: Box::new(typed.clone()),
        problems,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, serial: &str, macs: &str) -> AssetForm {
        AssetForm {
            name: name.into(),
            serial_number: serial.into(),
            macs: macs.into(),
            ..AssetForm::default()
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_what_was_typed_comes_back() {
        let typed = form(" ", &"9".repeat(129), "00:1A:2B:3C:4D:5E, 00:1A:2B:3C:4D:XX");
        let wrong = checked(&typed, &Asset::default(), true).unwrap_err();
        assert_eq!(wrong.typed(), Some(&typed));
        for field in ["name", "serialNumber", "organization"] {
            assert!(wrong.problem(field).is_some(), "{field}");
        }
        let macs = wrong.problem("macs").unwrap();
        assert!(macs.starts_with("“00:1A:2B:3C:4D:XX” is not a MAC address"), "{macs}");
    }

    #[test]
    fn markup_and_any_script_are_data_and_addresses_come_in_every_spelling() {
        let typed = form(" <b>\u{202e}ноутбук\n🚀 ", "", "ac-ac-ac-ac-ac-ac");
        let asset = checked(&typed, &Asset::default(), false).unwrap();
        assert!(asset.name.starts_with("<b>") && asset.name.ends_with("🚀"));
        assert_eq!(asset.macs, [Mac([0xac; 6])]);
    }
}
