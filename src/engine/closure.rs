//! For whom a run plans an Organization: for the closure of who changed since it was last planned, or for everybody.

use super::RunError;
use crate::{
    model::{
        directory::{DirectoryUser, Readings},
        end_user::EndUserState,
        ids::{DirectoryUserId, MicrosoftTenantId, OrganizationId},
    },
    store::{
        self,
        closure::Since,
        end_user::{ODD_ADDRESSES, Related},
        run::Breadth,
    },
    sync::{
        assets::Devices,
        closure::{Closure, Seeds},
        guard::Size,
    },
};
use sqlx::PgConnection;
use std::borrow::Cow;
use tokio::sync::OnceCell;

/// The directory as a run plans from it. It stands still while the run holds its lease, so what is read of it for one
/// Organization is good for the next.
#[derive(Debug)]
pub struct Known<'a> {
    tenant: MicrosoftTenantId,
    readings: &'a Readings,
    form: &'a str,
    count: usize,
    everybody: OnceCell<Vec<DirectoryUser>>,
    devices: OnceCell<Devices>,
}

impl<'a> Known<'a> {
    /// Nothing of it has been read yet but that it holds so many users; `form` tells how this program reads values.
    pub fn new(tenant: MicrosoftTenantId, readings: &'a Readings, form: &'a str, count: usize) -> Self {
        Self {
            count,
            tenant,
            readings,
            form,
            everybody: OnceCell::new(),
            devices: OnceCell::new(),
        }
    }

    async fn everybody(&self, db: &mut PgConnection) -> Result<&[DirectoryUser], RunError> {
        let read = move || async move { Ok::<_, RunError>(store::directory::users(db, self.tenant).await?) };
        self.everybody.get_or_try_init(read).await.map(Vec::as_slice)
    }

    /// The devices as the directory holds them; nothing while they were never read whole, as unknown is not gone.
    pub async fn devices(&self, db: &mut PgConnection) -> Result<Option<&Devices>, RunError> {
        if self.readings.devices_read_at.is_none() {
            return Ok(None);
        }
        let read = move || async move {
            let held = store::device::held(&mut *db, self.tenant).await?;
            let names = store::device::user_names(db, self.tenant).await?;
            Ok::<_, RunError>(Devices::new(held.into_values().map(|held| held.device), names))
        };
        self.devices.get_or_try_init(read).await.map(Some)
    }
}

/// Where the people of a plan come from.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// These are everybody of the Microsoft tenant.
    Everybody(&'a [DirectoryUser]),
    /// Whoever has to be planned.
    Due(&'a Known<'a>),
}

/// The people whom one plan is about.
#[derive(Debug)]
pub struct Cast<'a> {
    /// The accounts.
    pub users: Cow<'a, [DirectoryUser]>,
    /// Their End Users, and all others that they could meet.
    pub end_users: Vec<EndUserState>,
    /// How large the Organization is, where that is known.
    size: Option<Size>,
    /// How many accounts there are in all.
    pub known: usize,
    /// Everybody, or a closure.
    pub breadth: Breadth,
    /// Whether its Assets have to be judged, too.
    pub assets: bool,
}

impl Cast<'_> {
    /// How large the Organization is.
    pub async fn size(
        &self,
        db: &mut PgConnection,
        organization: OrganizationId,
        tenant: MicrosoftTenantId,
    ) -> Result<Size, RunError> {
        if let Some(size) = self.size {
            return Ok(size);
        }
        let (end_users, mapped) = store::closure::size(db, organization, tenant).await?;
        Ok(Size { end_users, mapped })
    }
}

/// Gathers the people for whom an Organization has to be planned.
pub async fn gather<'a>(
    db: &mut PgConnection,
    whom: Whom<'a>,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
) -> Result<Cast<'a>, RunError> {
    let users = match whom {
        Whom::Everybody(users) => users,
        Whom::Due(known) => match closure(&mut *db, organization, known).await? {
            Some(cast) => return Ok(cast),
            None => known.everybody(&mut *db).await?,
        },
    };
    let end_users = store::end_user::states(db, organization, tenant).await?;
    Ok(Cast {
        users: Cow::Borrowed(users),
        size: Some(Size::of(&end_users)),
        known: users.len(),
        end_users,
        breadth: Breadth::Everybody,
        assets: true,
    })
}

/// The closure of who changed; `None` where everybody has to be planned.
async fn closure<'a>(
    db: &mut PgConnection,
    organization: OrganizationId,
    known: &Known<'_>,
) -> Result<Option<Cast<'a>>, RunError> {
    let tenant = known.tenant;
    let Some(since) = store::closure::since(&mut *db, organization, tenant, known.form).await? else {
        return Ok(None);
    };
    let Some(users) = store::closure::users(&mut *db, organization, tenant, since).await? else {
        return Ok(None);
    };
    let Some(end_users) = store::closure::end_users(&mut *db, organization).await? else {
        return Ok(None);
    };
    let mut concerned = users.clone();
    let (users, end_users) = grow(&mut *db, organization, tenant, Seeds { users, end_users }).await?;
    concerned.extend(users.iter().map(|user| user.id));
    let assets = concerns_assets(&mut *db, since, known, &concerned).await?;
    Ok(Some(Cast {
        users: Cow::Owned(users),
        end_users,
        size: None,
        known: known.count,
        breadth: Breadth::Closure,
        assets,
    }))
}

/// Assets follow devices, mappings and the names of accounts. Whoever is mapped anew, or not any more, is in the closure.
async fn concerns_assets(
    db: &mut PgConnection,
    since: Since,
    known: &Known<'_>,
    users: &[DirectoryUserId],
) -> Result<bool, RunError> {
    if known.readings.devices_read_at.is_none() {
        return Ok(false);
    }
    Ok(since.assets || store::closure::have_devices(db, known.tenant, users).await?)
}

/// Looks up whoever hangs together with the seeds until nobody more does.
async fn grow(
    db: &mut PgConnection,
    organization: OrganizationId,
    tenant: MicrosoftTenantId,
    seeds: Seeds,
) -> Result<(Vec<DirectoryUser>, Vec<EndUserState>), RunError> {
    let is_empty = seeds == Seeds::default();
    let mut closure = Closure::new(seeds);
    let mut odd = (!is_empty).then(|| ODD_ADDRESSES.to_owned());
    while let Some(mut wanted) = closure.wanted() {
        wanted.addresses.extend(odd.take());
        let (known_users, known_end_users) = closure.ids();
        let users = if wanted.users.is_empty() && wanted.addresses.is_empty() {
            vec![]
        } else {
            store::directory::related(&mut *db, tenant, &wanted.users, &wanted.addresses, &known_users).await?
        };
        let related = Related {
            ids: &wanted.end_users,
            mapped_to: &wanted.mapped_to,
            addresses: &wanted.addresses,
            known: &known_end_users,
        };
        let end_users = store::end_user::related(&mut *db, organization, tenant, related).await?;
        closure.add(users, end_users);
    }
    Ok(closure.into_people())
}
