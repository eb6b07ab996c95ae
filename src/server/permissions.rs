//! **Check Permissions**: a token and a read now, and what the last complete read was refused.

use super::state::AppState;
use crate::{
    api::ApiError,
    engine::{
        RunError,
        health::{self, Health},
    },
    model::{
        directory::{FactReading, Reading, Readings},
        ids::MicrosoftTenantId,
        tenant::{Permission, PermissionState, Permissions},
        time::Moment,
    },
    store::{self, Now},
};

/// Asks Microsoft, and tells what is known. Writes nothing.
pub async fn permissions(state: &AppState, id: MicrosoftTenantId, now: &Now) -> Result<Permissions, ApiError> {
    let pool = &state.engine.pool;
    let stored = store::microsoft_tenant::get(pool, id).await?;
    let tenant = store::microsoft_tenant::rows(pool, Some(id), now).await?.pop();
    let tenant = tenant.ok_or_else(|| ApiError::NotFound("This Microsoft tenant was removed.".into()))?;
    let client = state.engine.client_of(&stored)?.interactive();
    let (sign_in, organization) = match health::check(&client).await {
        Health::Works => (PermissionState::Works, PermissionState::Works),
        Health::NoToken(error) => (refused(error.into()), PermissionState::NotTried),
        Health::NotRead(error) => (PermissionState::Works, refused(error.into())),
    };
    let read_at = stored.last_pass_at.map(|at| Moment::new(at, now));
    Ok(Permissions {
        tenant,
        now: vec![
            at_once("Sign in to the Microsoft tenant", sign_in, now),
            at_once("Name and domains", organization, now),
        ],
        read: last_read(&stored.readings, read_at.as_ref(), now),
    })
}

fn refused(error: RunError) -> PermissionState {
    PermissionState::Refused(error.words())
}

fn at_once(what: &str, state: PermissionState, now: &Now) -> Permission {
    let at = (state != PermissionState::NotTried).then(|| Moment::new(now.to_utc(), now));
    Permission {
        what: what.to_owned(),
        state,
        at,
    }
}

/// Each kind of data as its last read left it.
fn last_read(readings: &Readings, at: Option<&Moment>, now: &Now) -> Vec<Permission> {
    // Users are the one kind without which no read is complete.
    let users = if at.is_some() {
        Reading::Read
    } else {
        Reading::NeverRead
    };
    let hidden = match readings.hidden_groups.len() {
        0 => readings.groups.clone(),
        1 => hidden("one group"),
        n => hidden(&format!("{n} groups")),
    };
    let with_the_users = [
        ("Users", users),
        ("Groups and their members", readings.groups.clone()),
        ("Members of groups with hidden membership", hidden),
        ("Licenses", readings.licenses.clone()),
        ("Deleted users", readings.deleted_users.clone()),
    ];
    let devices_at = readings.devices_read_at.map(|at| Moment::new(at, now));
    let with_the_users = with_the_users.map(|(what, reading)| as_read(what, reading, at));
    let facts = [
        ("Sign-in activity", &readings.sign_ins),
        ("MFA registration", &readings.mfa),
        ("Own name and domains", &readings.organization),
    ];
    with_the_users
        .into_iter()
        .chain([as_read(
            "Managed devices",
            readings.devices.clone(),
            devices_at.as_ref(),
        )])
        .chain(facts.map(|(what, reading)| as_tried(what, reading, now)))
        .collect()
}

fn as_read(what: &str, reading: Reading, at: Option<&Moment>) -> Permission {
    Permission {
        what: what.to_owned(),
        at: at.filter(|_| reading != Reading::NeverRead).cloned(),
        state: match reading {
            Reading::NeverRead => PermissionState::NotTried,
            Reading::Read => PermissionState::Works,
            Reading::Refused { remedy } => PermissionState::Refused(remedy),
        },
    }
}

/// Facts have a pass of their own: a refused try is younger than what is known.
fn as_tried(what: &str, reading: &FactReading, now: &Now) -> Permission {
    let (state, at) = match (&reading.refusal, reading.read_at.or(reading.tried_at)) {
        (Some(refusal), _) => (PermissionState::Refused(refusal.words.clone()), reading.tried_at),
        (None, Some(at)) => (PermissionState::Works, Some(at)),
        (None, None) => (PermissionState::NotTried, None),
    };
    Permission {
        what: what.to_owned(),
        state,
        at: at.map(|at| Moment::new(at, now)),
    }
}

fn hidden(which: &str) -> Reading {
    Reading::Refused {
        remedy: format!(
            "Microsoft hides the members of {which}. Grant Member.Read.Hidden in Microsoft Entra, and consent again."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        directory::{FactReading, Refusal, RefusalCause},
        ids::GroupId,
    };
    use chrono::Utc;

    #[test]
    fn what_was_never_read_is_neither_granted_nor_refused() {
        let now = store::in_utc(Utc::now());
        let never = last_read(&Readings::default(), None, &now);
        assert!(
            never
                .iter()
                .all(|one| one.state == PermissionState::NotTried && one.at.is_none())
        );
        let readings = Readings {
            groups: Reading::Read,
            hidden_groups: vec![GroupId::default()],
            licenses: Reading::Refused {
                remedy: "Grant it.".into(),
            },
            sign_ins: FactReading {
                tried_at: Some(Utc::now()),
                ..FactReading::default()
            },
            mfa: FactReading {
                tried_at: Some(Utc::now()),
                refusal: Some(Refusal {
                    cause: RefusalCause::NoPremium,
                    words: "Buy it.".into(),
                }),
                ..FactReading::default()
            },
            ..Readings::default()
        };
        let read = last_read(&readings, Some(&Moment::new(Utc::now(), &now)), &now);
        let state = |what: &str| read.iter().find(|one| one.what == what).unwrap().state.clone();
        assert_eq!(state("Users"), PermissionState::Works);
        assert_eq!(state("Licenses"), PermissionState::Refused("Grant it.".into()));
        assert_eq!(state("Deleted users"), PermissionState::NotTried);
        assert_eq!(state("Sign-in activity"), PermissionState::Works);
        assert_eq!(state("MFA registration"), PermissionState::Refused("Buy it.".into()));
        let PermissionState::Refused(words) = state("Members of groups with hidden membership") else {
            panic!("hidden members were read");
        };
        assert!(words.contains("one group"), "{words}");
    }
}
