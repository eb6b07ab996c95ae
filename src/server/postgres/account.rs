//! Which account Postgres runs under: ours, and for root another, as Postgres refuses to run as root.

use super::error::{EmbeddedPostgresError, at};
use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
};

/// The group and others may pass through a folder, not list it.
const OTHERS_ENTER: u32 = 0o001;

/// An account without rights of its own.
#[derive(Debug)]
pub(super) struct Account {
    name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// None where we are not root and Postgres can be just what we are.
    pub(super) fn to_run_under() -> Result<Option<Self>, EmbeddedPostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = ["postgres", "nobody"].iter().find_map(|name| find(&accounts, name));
        found.map(Some).ok_or(EmbeddedPostgresError::NoAccount)
    }

    /// Opens `folder` (ours, in the data folder, which is ours too) so far that the account comes to the cluster in it.
    /// What lies above is somebody else's and is only looked at.
    pub(super) fn let_in(&self, folder: &Path) -> Result<(), EmbeddedPostgresError> {
        for ours in folder.parent().into_iter().chain([folder]) {
            let mode = fs::metadata(ours).map_err(at(ours))?.mode();
            fs::set_permissions(ours, Permissions::from_mode(mode | OTHERS_ENTER)).map_err(at(ours))?;
        }
        match folder
            .ancestors()
            .find(|above| fs::metadata(above).is_ok_and(|it| !self.may_enter(&it)))
        {
            None => Ok(()),
            Some(closed) => Err(EmbeddedPostgresError::Unreachable {
                account: self.name.clone(),
                folder: closed.to_owned(),
            }),
        }
    }

    /// Gives the account one file or folder.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedPostgresError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(at(path))
    }

    fn may_enter(&self, folder: &fs::Metadata) -> bool {
        let shift = if folder.uid() == self.uid {
            6
        } else if folder.gid() == self.gid {
            3
        } else {
            0
        };
        folder.mode() & (OTHERS_ENTER << shift) != 0
    }
}

/// A line of /etc/passwd: `name:password:uid:gid:...`.
fn find(accounts: &str, name: &str) -> Option<Account> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account {
            name: name.to_owned(),
            uid,
            gid,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/bash\npostgresx:x:7:7::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib:/bin/bash\n";
        let account = find(accounts, "postgres").expect("it is there");
        assert_eq!((account.uid, account.gid), (101, 104));
        assert!(find(accounts, "nobody").is_none());
    }
}
