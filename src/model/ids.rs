//! Typed ids, so that one kind of id can't be passed where another is meant.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "ssr", derive(sqlx::Type))]
        #[cfg_attr(feature = "ssr", sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(
    /// A customer.
    OrganizationId
);
id!(
    /// Our own grouping of Organizations, mapped to at most one Microsoft tenant.
    TenantId
);
id!(
    /// Our row for a connected Microsoft tenant.
    MicrosoftTenantId
);
id!(
    /// The tenant GUID that Microsoft gives an Entra ID directory.
    EntraTenantId
);
id!(
    /// A person in one Organization.
    EndUserId
);
id!(
    /// The object id that Microsoft gives a user.
    DirectoryUserId
);
id!(
    /// The object id that Microsoft gives a group.
    GroupId
);
id!(
    /// The id that Microsoft gives a licensed product (a SKU).
    SkuId
);
id!(
    /// One refresh of a Microsoft tenant and what it applied to its Organizations.
    RunId
);
id!(
    /// Somebody who may sign in to Entrain.
    AccountId
);
id!(
    /// A portal of somebody else's, in whose pages ours may stand.
    PortalId
);
id!(
    /// A device of a customer, as we keep it.
    AssetId
);
id!(
    /// The id that Microsoft gives a managed device.
    DeviceId
);
