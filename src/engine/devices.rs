//! The pass over managed devices: the listing, then the Ethernet addresses that it leaves out, one read for each device
//! that is new or has spoken to Intune since. It fails alone: without Intune or the permission the rest of a run goes
//! on, and what is known of devices stays. Nor does it keep people waiting: what it does not bring in a moment it brings
//! after they are written, and the next run assigns their Assets.

use super::{Engine, RunError, error::LONGEST_WORDS, measure, refresh::lacks_permission, run::Reporter};
use crate::{
    graph::{self, GraphError, Listing, Step, TenantClient},
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
use tokio::time::{Instant, timeout_at};

/// How long people wait for devices, so that an Asset finds its End User in the run that creates them.
pub(super) const BEFORE_PEOPLE: Duration = Duration::from_secs(30);
/// How long one run reads Ethernet addresses; the next one goes on from there.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// How many Ethernet addresses are read before they are stored.
const AT_ONCE: usize = 200;
/// No device's name or serial number is longer.
const MAX: usize = 256;

/// Devices as they are held, by id.
type HeldDevices = HashMap<DeviceId, HeldDevice>;

/// One pass in progress, which may be left and gone on with.
pub(super) struct DevicePass<'a> {
    engine: &'a Engine,
    client: &'a TenantClient,
    lease: Lease,
    reporter: &'a Reporter<'a>,
    now: DateTime<Utc>,
    listing: Listing<graph::ManagedDevice>,
    /// What is held, once it was asked for.
    held: Option<HeldDevices>,
    /// What the listing has told so far.
    listed: HashSet<DeviceId>,
    /// The Ethernet addresses that are still to be read, once the listing was whole.
    wanted: Option<Vec<Wanted>>,
    /// So many have been read.
    done: usize,
    /// What stood in the way of the first one that could not be read.
    failed: Option<GraphError>,
}

/// How far a pass went.
pub(super) struct DevicesRead {
    /// All of it, or what stood in the way; none while it has to go on.
    pub reading: Option<Reading>,
    /// Whether the listing was whole. One Ethernet address that can't be read must not keep every Asset unassigned.
    pub listed: bool,
}

/// What was answered about Ethernet addresses, in the order of the question.
type Answers = Vec<Result<Option<String>, GraphError>>;

/// A device whose Ethernet address is read: as of when it last spoke to Intune, and the address known before.
type Wanted = (DeviceId, Option<DateTime<Utc>>, Option<Mac>);

impl<'a> DevicePass<'a> {
    /// A pass that has not begun. `now` is the time at which what it sees counts as seen.
    pub fn new(
        engine: &'a Engine,
        client: &'a TenantClient,
        lease: Lease,
        reporter: &'a Reporter<'a>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            engine,
            client,
            lease,
            reporter,
            now,
            listing: client.managed_devices(),
            held: None,
            listed: HashSet::new(),
            wanted: None,
            done: 0,
            failed: None,
        }
    }

    /// Reads devices and stores them, to the end or until then. The answer says how far that went.
    pub async fn run(&mut self, until: Option<Instant>) -> Result<DevicesRead, RunError> {
        let reading = match self.read(until).await {
            Ok(reading) => reading,
            Err(error) => Some(self.refused(error)?),
        };
        Ok(DevicesRead {
            reading,
            listed: self.wanted.is_some(),
        })
    }

    async fn read(&mut self, until: Option<Instant>) -> Result<Option<Reading>, RunError> {
        let wanted = match self.wanted.take() {
            Some(wanted) => wanted,
            None => match self.listing(until).await? {
                Some(wanted) => wanted,
                None => return Ok(None),
            },
        };
        // Set at once, as whatever fails from here on leaves the listing whole.
        self.wanted = Some(wanted);
        self.ethernet(until).await
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

    /// Reads the listing, and tells which Ethernet addresses are not as of the device's last word; none where it has to go
    /// on.
    async fn listing(&mut self, until: Option<Instant>) -> Result<Option<Vec<Wanted>>, RunError> {
        let mut held = match self.held.take() {
            Some(held) => held,
            None => store::device::held(&self.engine.pool, self.lease.tenant).await?,
        };
        if !self.list(&mut held, until).await? {
            self.held = Some(held);
            return Ok(None);
        }
        let listed = &self.listed;
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
        let listed = held.values().filter(|held| listed.contains(&held.device.id));
        let mut wanted: Vec<_> = listed
            .filter(|held| held.ethernet_of != Some(held.device.last_sync_at))
            .map(|held| (held.device.id, held.device.last_sync_at, held.device.ethernet))
            .collect();
        wanted.sort_unstable();
        Ok(Some(wanted))
    }

    /// Whether the listing came to its end.
    async fn list(&mut self, held: &mut HeldDevices, until: Option<Instant>) -> Result<bool, RunError> {
        let total = (!held.is_empty()).then(|| i32::try_from(held.len()).unwrap_or(i32::MAX));
        loop {
            // Only the wait for Microsoft is given up, so that no transaction is left open.
            let Some(step) = in_time(until, self.listing.step()).await else {
                return Ok(false);
            };
            let page = match step? {
                Step::Page(page) => page,
                Step::Restarted => {
                    self.listed.clear();
                    continue;
                }
                Step::End => return Ok(true),
            };
            self.listed.extend(page.iter().map(|device| DeviceId(device.id)));
            self.store(&page, held).await?;
            let done = i32::try_from(self.listed.len()).unwrap_or(i32::MAX);
            let progress = Progress {
                stage: Stage::Devices,
                done,
                total: total.map(|total| total.max(done)),
            };
            self.reporter.report(progress).await;
        }
    }

    /// Stores the devices of a page that differ from what is held, each id once: the last word wins.
    async fn store(&self, page: &[graph::ManagedDevice], held: &mut HeldDevices) -> Result<(), RunError> {
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

    /// Reads the Ethernet addresses that are wanted. Returns what stood in the way of any; none where it has to go on.
    async fn ethernet(&mut self, until: Option<Instant>) -> Result<Option<Reading>, RunError> {
        let mut wanted = self.wanted.take().unwrap_or_default();
        let read = self.read_wanted(&mut wanted, until).await;
        let left = wanted.len();
        self.wanted = Some(wanted);
        let is_over = read?;
        if left == 0 {
            let failed = self.failed.take();
            if let Some(error) = &failed {
                tracing::info!(%error, tenant = %self.lease.tenant, "an Ethernet address could not be read");
            }
            return Ok(Some(failed.map_or(Reading::Read, |error| Reading::Refused {
                remedy: words(&error),
                lacks_permission: false,
            })));
        }
        Ok(is_over.then(|| Reading::Refused {
            remedy: format!(
                "The Ethernet addresses of {left} devices are still to be read: nothing to do, the next runs go on."
            ),
            lacks_permission: false,
        }))
    }

    /// Takes away what was read. Whether this run has read for long enough.
    async fn read_wanted(&mut self, wanted: &mut Vec<Wanted>, until: Option<Instant>) -> Result<bool, RunError> {
        let total = i32::try_from(self.done + wanted.len()).ok();
        let started = Instant::now();
        while !wanted.is_empty() {
            if started.elapsed() > LONGEST {
                return Ok(true);
            }
            let left = wanted.len().saturating_sub(AT_ONCE);
            let some = &wanted[left..];
            let ids: Vec<_> = some.iter().map(|(id, ..)| *id).collect();
            let Some(answers) = in_time(until, self.client.ethernet_addresses(&ids)).await else {
                return Ok(false);
            };
            let error = self.store_ethernet(some, answers?).await?;
            self.failed = self.failed.take().or(error);
            self.done += some.len();
            wanted.truncate(left);
            let progress = Progress {
                stage: Stage::Devices,
                done: i32::try_from(self.done).unwrap_or(i32::MAX),
                total,
            };
            self.reporter.report(progress).await;
        }
        Ok(false)
    }

    /// Stores what was answered, and returns what the first one that failed said.
    async fn store_ethernet(&self, wanted: &[Wanted], answers: Answers) -> Result<Option<GraphError>, RunError> {
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

/// An answer, or none where it was not there in time.
async fn in_time<T>(until: Option<Instant>, asked: impl Future<Output = T>) -> Option<T> {
    match until {
        Some(until) => timeout_at(until, asked).await.ok(),
        None => Some(asked.await),
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
