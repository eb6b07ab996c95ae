//! The plan itself, with nothing written: for the dialog from the directory as last read, for `entrain sync --plan`
//! from Microsoft as it is now.

use super::{
    Engine, RunError,
    closure::Whom,
    convert,
    decide::{Decision, Source, Terms, decide, together},
    members::{HiddenGroups, direct_members, group_members, list_groups},
    refresh::refused,
};
use crate::{
    graph::{Step, TenantClient},
    model::{
        directory::{DirectoryGroup, DirectoryUser, Reading, Readings},
        filter::{Facets, Filters},
        ids::{DirectoryUserId, GroupId, MicrosoftTenantId, OrganizationId},
    },
    store::{self, user_sync::UserSync},
    sync::{
        facets::facets,
        filter::unreadable,
        groups::{close, with_all_ancestors},
        guard::Share,
        summary::Everybody,
    },
};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// A directory in memory.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Everybody.
    pub users: Vec<DirectoryUser>,
    /// Every group.
    pub groups: Vec<DirectoryGroup>,
    /// What could be read.
    pub readings: Readings,
}

impl Directory {
    /// The directory as last stored.
    pub async fn stored(engine: &Engine, tenant: MicrosoftTenantId) -> Result<Self, RunError> {
        let readings = store::microsoft_tenant::get(&engine.pool, tenant).await?.readings;
        let users = store::directory::users(&engine.pool, tenant).await?;
        let groups = store::directory::groups(&engine.pool, tenant).await?;
        Ok(Self {
            users,
            groups,
            readings,
        })
    }

    /// The directory as Microsoft has it now, read without storing anything. Accounts that are stored and not listed
    /// any more keep what is stored of them: that they are gone is for a run to find out.
    pub async fn read(
        engine: &Engine,
        tenant: MicrosoftTenantId,
        now: DateTime<Utc>,
        progress: impl Fn(usize),
    ) -> Result<Self, RunError> {
        let stored = Self::stored(engine, tenant).await?;
        let row = store::microsoft_tenant::get(&engine.pool, tenant).await?;
        let client = engine.client_of(&row)?.interactive();
        let mut users: HashMap<DirectoryUserId, DirectoryUser> = HashMap::new();
        let mut untold = HashSet::new();
        let mut listing = client.users();
        loop {
            let page = match listing.step().await? {
                Step::Page(page) => page,
                Step::Restarted => {
                    users.clear();
                    untold.clear();
                    continue;
                }
                Step::End => break,
            };
            for hashed in page.iter().map(|user| convert::user(user, now)) {
                if hashed.licenses_told {
                    untold.remove(&hashed.user.id);
                } else {
                    untold.insert(hashed.user.id);
                }
                users.insert(hashed.user.id, hashed.user);
            }
            progress(users.len());
        }
        let some_unknown = stored.readings.unknown_licenses && !untold.is_empty();
        let mut read = Self {
            readings: Readings {
                licenses: Reading::Read,
                ..stored.readings
            },
            ..Self::default()
        };
        read.read_groups(&client, &mut users, stored.groups).await?;
        for old in stored.users {
            let user = users.entry(old.id).or_insert_with(|| old.clone());
            user.disabled_at = user.disabled_at.map(|seen| old.disabled_at.unwrap_or(seen));
            if untold.remove(&old.id) {
                user.licenses.clone_from(&old.licenses);
            }
        }
        read.readings.unknown_licenses = some_unknown || !untold.is_empty();
        read.users = users.into_values().collect();
        Ok(read)
    }

    async fn read_groups(
        &mut self,
        client: &TenantClient,
        users: &mut HashMap<DirectoryUserId, DirectoryUser>,
        stored: Vec<DirectoryGroup>,
    ) -> Result<(), RunError> {
        let listed = match list_groups(client).await {
            Ok(listed) => listed,
            Err(error) => {
                self.readings.groups = refused(error)?;
                self.groups = stored;
                return Ok(());
            }
        };
        let ids: HashSet<_> = listed.iter().map(|group| GroupId(group.id)).collect();
        let user_ids: HashSet<_> = users.keys().copied().collect();
        let (mut read, mut hidden) = (Vec::new(), HiddenGroups::default());
        for group in &listed {
            let answer = group_members(client, group, Some((&ids, &user_ids))).await;
            read.extend(hidden.sort(group, answer)?);
        }
        let (hidden, empty) = hidden.settle();
        read.extend(empty);
        let mut rows = Vec::new();
        for group in read {
            rows.extend(
                group
                    .members
                    .iter()
                    .map(|(member, is_group)| (group.id, *member, *is_group)),
            );
            self.groups.push(DirectoryGroup {
                id: group.id,
                name: group.name,
                gone: false,
            });
        }
        let direct = direct_members(rows);
        for (user, groups) in close(&direct) {
            if let Some(user) = users.get_mut(&user) {
                user.groups = groups;
            }
        }
        self.readings.groups = Reading::Read;
        self.readings.hidden_groups = with_all_ancestors(&hidden, &direct);
        Ok(())
    }

    /// What the filter dialog offers.
    pub fn facets(&self) -> Facets {
        facets(&self.users, &self.groups)
    }

    /// How many new people a preview of these filters shows; none while they can't be counted, as what the filters rest
    /// on has not been read.
    pub async fn creates(
        &self,
        engine: &Engine,
        tenant: MicrosoftTenantId,
        organization: OrganizationId,
        filters: &Filters,
    ) -> Result<Option<u32>, RunError> {
        let never_read = self.readings.licenses == Reading::NeverRead;
        if never_read || !unreadable(filters, &self.readings).is_empty() {
            return Ok(None);
        }
        let decision = self.choose(engine, tenant, organization, filters).await?;
        Ok(Some(decision.creates()))
    }

    /// What all enabled Organizations would disable together, for [`Self::decide`].
    pub async fn together(&self, engine: &Engine, tenant: MicrosoftTenantId) -> Result<Option<Share>, RunError> {
        let enabled = store::user_sync::enabled(&engine.pool, tenant).await?;
        together(engine, self.source(tenant), &enabled).await
    }

    /// What a run would decide about an Organization now, the guard included.
    pub async fn decide(
        &self,
        engine: &Engine,
        sync: &UserSync,
        tenant: MicrosoftTenantId,
        together: Option<Share>,
    ) -> Result<Decision, RunError> {
        let mut db = store::change_set::begin(&engine.pool).await?;
        let terms = Terms {
            together,
            ..Terms::default()
        };
        decide(&mut db, self.source(tenant), sync, terms).await
    }

    /// This directory, for summing plans up.
    pub fn everybody(&self) -> Everybody<'_> {
        Everybody {
            users: &self.users,
            readings: &self.readings,
        }
    }

    /// This directory as that of a Microsoft tenant.
    pub fn source(&self, tenant: MicrosoftTenantId) -> Source<'_> {
        Source {
            tenant,
            whom: Whom::Everybody(&self.users),
            readings: &self.readings,
        }
    }

    /// What a run with these filters would decide about an Organization now. Whoever saves them confirms the new people
    /// that are shown, so that their number is the one thing that the guard lets pass.
    pub async fn choose(
        &self,
        engine: &Engine,
        tenant: MicrosoftTenantId,
        organization: OrganizationId,
        filters: &Filters,
    ) -> Result<Decision, RunError> {
        let choice = UserSync {
            organization,
            enabled: true,
            filters: filters.clone(),
            applied: false,
            version: String::new(),
            confirmed: Some(u32::MAX),
        };
        let together = self.together(engine, tenant).await?;
        self.decide(engine, &choice, tenant, together).await
    }
}
