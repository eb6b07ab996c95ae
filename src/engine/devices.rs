//! The pass over managed devices: the listing, then the Ethernet addresses that it leaves out, one read for each device
//! that is new or has spoken to Intune since. It fails alone: without Intune or the permission the rest of a run goes
//! on, and what is known of devices stays.

use super::{Engine, RunError, error::LONGEST_WORDS, measure, refresh::lacks_permission, run::Reporter};
use crate::{
    graph::{self, GraphError, Step, TenantClient},
    model::{
        asset::DirectoryDevice,
        directory::Reading,
        ids::{DeviceId, DirectoryUserId},
        mac::Mac,
        run::{Progress, Stage},
    },
    store::{
        self,
        device::{EthernetRead, HeldDevice},
        directory_version::Concerns,
        lease::{self, Lease},
    },
    sync::normalise::clean,
};
use chrono::{DateTime, SubsecRound, Utc};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use tokio::time::Instant;

/// How long one run reads Ethernet addresses; the next one goes on from there.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// How many Ethernet addresses are read before they are stored.
const AT_ONCE: usize = 200;
/// No device's name or serial number is longer.
const MAX: usize = 256;

/// One pass in progress.
pub(super) struct DevicePass<'a> {
    pub engine: &'a Engine,
    pub client: &'a TenantClient,
    pub lease: Lease,
    pub reporter: &'a Reporter<'a>,
    pub now: DateTime<Utc>,
}

/// How far a pass went.
pub(super) struct DevicesRead {
    /// All of it, or what stood in the way.
    pub reading: Reading,
    /// Whether the listing was whole. One Ethernet address that can't be read must not keep every Asset unassigned.
    pub listed: bool,
}

/// A device whose Ethernet address is read: as of when it last spoke to Intune, and the address known before.
type Wanted = (DeviceId, Option<DateTime<Utc>>, Option<Mac>);

impl DevicePass<'_> {
    /// Reads devices and stores them. The answer says how far that went.
    pub async fn run(&self) -> Result<DevicesRead, RunError> {
        let held = match self.listing().await {
            Ok(held) => held,
            Err(error) => {
                let reading = self.refused(error)?;
                return Ok(DevicesRead { reading, listed: false });
            }
        };
        let reading = match self.ethernet(&held).await {
            Ok(None) => Reading::Read,
            Ok(Some(remedy)) => Reading::Refused {
                remedy,
                lacks_permission: false,
            },
            Err(error) => self.refused(error)?,
        };
        Ok(DevicesRead { reading, listed: true })
    }

    /// Whatever Microsoft says takes away no more than this pass.
    fn refused(&self, error: RunError) -> Result<Reading, RunError> {
        let RunError::Graph(error) = error else {
            return Err(error);
        };
        tracing::info!(%error, tenant = %self.lease.tenant, "devices could not be read");
        Ok(Reading::Refused {
            remedy: words(&error),
            lacks_permission: lacks_permission(&error),
        })
    }

    async fn listing(&self) -> Result<HashMap<DeviceId, HeldDevice>, RunError> {
        let mut held = store::device::held(&self.engine.pool, self.lease.tenant).await?;
        let listed = self.list(&mut held).await?;
        let gone: Vec<_> = held.keys().filter(|id| !listed.contains(id)).copied().collect();
        if !gone.is_empty() {
            // Only a whole listing comes here, and for devices it is Graph's word that they are gone.
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            store::device::delete(&mut tx, self.lease.tenant, &gone).await?;
            store::directory_version::bump(&mut tx, self.lease.tenant, Concerns::Devices).await?;
            tx.commit().await?;
            measure::wrote("directory_device", "delete", gone.len());
        }
        held.retain(|id, _| listed.contains(id));
        Ok(held)
    }

    async fn list(&self, held: &mut HashMap<DeviceId, HeldDevice>) -> Result<HashSet<DeviceId>, RunError> {
        let total = (!held.is_empty()).then(|| i32::try_from(held.len()).unwrap_or(i32::MAX));
        let mut listed = HashSet::new();
        let mut listing = self.client.managed_devices();
        loop {
            let page = match listing.step().await? {
                Step::Page(page) => page,
                Step::Restarted => {
                    listed.clear();
                    continue;
                }
                Step::End => return Ok(listed),
            };
            listed.extend(page.iter().map(|device| DeviceId(device.id)));
            self.store(&page, held).await?;
            let done = i32::try_from(listed.len()).unwrap_or(i32::MAX);
            let progress = Progress {
                stage: Stage::Devices,
                done,
                total: total.map(|total| total.max(done)),
            };
            self.reporter.report(progress).await;
        }
    }

    /// Stores the devices of a page that differ from what is held, each id once: the last word wins.
    async fn store(
        &self,
        page: &[graph::ManagedDevice],
        held: &mut HashMap<DeviceId, HeldDevice>,
    ) -> Result<(), RunError> {
        let by_id: HashMap<_, _> = page.iter().map(|listed| (DeviceId(listed.id), listed)).collect();
        let listed = by_id.into_values().map(|listed| {
            let before = held.get(&DeviceId(listed.id));
            device(listed, before)
        });
        let differing: Vec<_> = listed
            .filter(|device| held.get(&device.id).is_none_or(|held| held.device != *device))
            .collect();
        if differing.is_empty() {
            return Ok(());
        }
        let mut tx = self.engine.pool.begin().await?;
        lease::check(&mut tx, self.lease).await?;
        store::device::upsert(&mut tx, self.lease.tenant, &differing).await?;
        // That a device has spoken to Intune again is nothing that a plan rests on.
        if differing.iter().any(|device| is_news(device, held.get(&device.id))) {
            store::directory_version::bump(&mut tx, self.lease.tenant, Concerns::Devices).await?;
        }
        tx.commit().await?;
        measure::wrote("directory_device", "upsert", differing.len());
        for device in differing {
            let ethernet_of = held.get(&device.id).and_then(|held| held.ethernet_of);
            held.insert(device.id, HeldDevice { device, ethernet_of });
        }
        Ok(())
    }

    /// Reads the Ethernet addresses that are not as of the device's last word. Returns what stood in the way of any.
    async fn ethernet(&self, held: &HashMap<DeviceId, HeldDevice>) -> Result<Option<String>, RunError> {
        let mut wanted: Vec<_> = held
            .values()
            .filter(|held| held.ethernet_of != Some(held.device.last_sync_at))
            .map(|held| (held.device.id, held.device.last_sync_at, held.device.ethernet))
            .collect();
        wanted.sort_unstable();
        let total = i32::try_from(wanted.len()).ok();
        let (started, mut done, mut failed) = (Instant::now(), 0_usize, None);
        for some in wanted.chunks(AT_ONCE) {
            if started.elapsed() > LONGEST {
                let left = wanted.len() - done;
                return Ok(Some(format!(
                    "The Ethernet addresses of {left} devices are still to be read: nothing to do, the next runs go on."
                )));
            }
            let error = self.read_ethernet(some).await?;
            failed = failed.or(error);
            done += some.len();
            let progress = Progress {
                stage: Stage::Devices,
                done: i32::try_from(done).unwrap_or(i32::MAX),
                total,
            };
            self.reporter.report(progress).await;
        }
        Ok(failed.map(|error| words(&error)))
    }

    async fn read_ethernet(&self, wanted: &[Wanted]) -> Result<Option<GraphError>, RunError> {
        let ids: Vec<_> = wanted.iter().map(|(id, ..)| *id).collect();
        let answers = self.client.ethernet_addresses(&ids).await?;
        let (mut reads, mut failed, mut is_news) = (vec![], None, false);
        for ((id, as_of, before), answer) in wanted.iter().zip(answers) {
            match answer {
                Ok(address) => {
                    let ethernet_mac = address.and_then(|address| address.parse().ok());
                    is_news |= ethernet_mac != *before;
                    reads.push(EthernetRead {
                        id: *id,
                        ethernet_mac,
                        ethernet_as_of: *as_of,
                    });
                }
                // Taken out of Intune since it was listed: the next listing says so.
                Err(error) if error.is_gone() => {}
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if !reads.is_empty() {
            let mut tx = self.engine.pool.begin().await?;
            lease::check(&mut tx, self.lease).await?;
            store::device::set_ethernet(&mut tx, self.lease.tenant, &reads, self.now).await?;
            if is_news {
                store::directory_version::bump(&mut tx, self.lease.tenant, Concerns::Devices).await?;
            }
            tx.commit().await?;
            measure::wrote("directory_device", "upsert", reads.len());
        }
        Ok(failed)
    }
}

/// Whether a device differs from what was held of it in more than when it last spoke to Intune.
fn is_news(device: &DirectoryDevice, held: Option<&HeldDevice>) -> bool {
    let before = held.map(|held| DirectoryDevice {
        last_sync_at: device.last_sync_at,
        ..held.device.clone()
    });
    before.as_ref() != Some(device)
}

fn words(error: &GraphError) -> String {
    clean(&format!("{} Microsoft's side: {error}", error.remedy()), LONGEST_WORDS)
}

/// A device as it is kept. What is no address counts as none; the Ethernet address is not a listing's to tell.
fn device(listed: &graph::ManagedDevice, before: Option<&HeldDevice>) -> DirectoryDevice {
    let text = |value: &Option<String>| value.as_deref().map(|value| clean(value, MAX)).unwrap_or_default();
    let user = listed.user_id.as_deref().and_then(|id| id.trim().parse().ok());
    DirectoryDevice {
        id: DeviceId(listed.id),
        name: text(&listed.device_name),
        serial_number: text(&listed.serial_number),
        user: user.map(DirectoryUserId),
        wifi: listed.wifi_mac_address.as_deref().and_then(|mac| mac.parse().ok()),
        ethernet: before.and_then(|before| before.device.ethernet),
        // As precise as Postgres keeps it, or it would differ in every run.
        last_sync_at: listed.last_sync_date_time.map(|at| at.trunc_subsecs(6)),
    }
}
