//! What answers about permissions mean together: which licence they tell of, and when each last worked. Pure.

use crate::model::{
    directory::Readings,
    permission::{Probe, Question},
    permission_report::ProbeState,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What stands for everything else where there is no token.
const NO_TOKEN: &str = "Microsoft issues no token, so nothing else can be asked.";

/// What is known where no token was issued.
pub fn without_token(refused: ProbeState) -> BTreeMap<Probe, ProbeState> {
    let others = Probe::all().map(|probe| (probe, ProbeState::NotTried(NO_TOKEN.into())));
    let mut states: BTreeMap<_, _> = others.collect();
    states.insert(Probe::SignIn, refused);
    states
}

/// What the answers mean together. Sign-in activity is read of users, so while those are refused nothing is told of its
/// own permission. A licence that is missing is no fault of a permission, and Microsoft does not tell then whether that
/// is granted.
pub fn settled(mut states: BTreeMap<Probe, ProbeState>) -> BTreeMap<Probe, ProbeState> {
    let is_refused = |probe| matches!(states.get(&probe), Some(ProbeState::Refused(_)));
    if is_refused(Probe::Users) && is_refused(Probe::SignIns) {
        let why = "Users come first: it is read with them.";
        states.insert(Probe::SignIns, ProbeState::NotTried(why.into()));
    }
    for license in Probe::all() {
        let Question::Told(by) = license.entry().question else {
            continue;
        };
        let found = by.iter().filter_map(|probe| states.get(probe));
        let state = if found.clone().any(|state| *state == ProbeState::Works) {
            ProbeState::Works
        } else if let Some(missing) = found.clone().find(|state| matches!(state, ProbeState::NeedsLicense(_))) {
            let missing = missing.clone();
            for probe in by {
                if let Some(state @ ProbeState::NeedsLicense(_)) = states.get_mut(probe) {
                    *state = ProbeState::NotTried(format!(
                        "It needs {}, see there. Whether the permission is granted shows once the license is there.",
                        license.entry().what
                    ));
                }
            }
            missing
        } else {
            ProbeState::NotTried(
                "Its permission comes first: without it Microsoft tells nothing of the license.".into(),
            )
        };
        states.insert(license, state);
    }
    states
}

/// What the answers of groups with hidden membership mean: each whether it told a member, and whether it had members when
/// it was last read. Without the permission Microsoft refuses or, without a word, leaves the members out.
pub fn hidden_members(answers: &[(bool, bool)]) -> Option<bool> {
    if answers.iter().any(|(told, _)| *told) {
        return Some(true);
    }
    answers.iter().any(|(_, had)| *had).then_some(false)
}

/// When each was last seen to work by a run, as far as what a run keeps tells. `last_pass`: when the directory was last
/// read whole.
pub fn seen_by_runs(readings: &Readings, last_pass: Option<DateTime<Utc>>) -> BTreeMap<Probe, DateTime<Utc>> {
    let with_the_pass = |is_read: bool| last_pass.filter(|_| is_read);
    let seen = [
        (Probe::SignIn, last_pass),
        (Probe::Users, last_pass),
        (Probe::DeletedUsers, readings.deleted_users_read_at),
        (Probe::HiddenMembers, readings.hidden_members_read_at),
        (Probe::Groups, with_the_pass(readings.groups.is_read())),
        (Probe::Licenses, readings.licenses_read_at),
        (Probe::Organization, readings.organization.read_at),
        (Probe::SignIns, readings.sign_ins.read_at),
        (Probe::Mfa, readings.mfa.read_at),
        (Probe::Devices, readings.devices_read_at),
        (Probe::Premium, readings.sign_ins.read_at.max(readings.mfa.read_at)),
        (Probe::Intune, readings.devices_read_at),
    ];
    seen.into_iter().filter_map(|(probe, at)| Some((probe, at?))).collect()
}

/// What a run no longer could that the one before could, and whose last success nothing else keeps.
pub fn lost(before: &Readings, after: &Readings) -> Vec<Probe> {
    let lost = before.groups.is_read() && !after.groups.is_read();
    lost.then_some(Probe::Groups).into_iter().collect()
}

/// The later of two records of when each last worked.
pub fn later(
    mut one: BTreeMap<Probe, DateTime<Utc>>,
    other: BTreeMap<Probe, DateTime<Utc>>,
) -> BTreeMap<Probe, DateTime<Utc>> {
    for (probe, at) in other {
        let known = one.entry(probe).or_insert(at);
        *known = at.max(*known);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        directory::{FactReading, Reading, Refusal, RefusalCause},
        permission_report::Trouble,
    };
    use ProbeState::{NeedsLicense, NoAnswer, NotTried, Refused, Works};

    fn trouble() -> Trouble {
        Trouble {
            remedy: "Do it.".into(),
            answer: "No.".into(),
            wants_consent: false,
        }
    }

    #[test]
    fn a_missing_license_is_told_once_and_no_fault_of_a_permission() {
        let states = settled(BTreeMap::from([
            (Probe::SignIns, NeedsLicense(trouble())),
            (Probe::Mfa, NeedsLicense(trouble())),
            (Probe::Devices, Works),
        ]));
        assert_eq!(states[&Probe::Premium], NeedsLicense(trouble()));
        for probe in [Probe::SignIns, Probe::Mfa] {
            assert!(
                matches!(&states[&probe], NotTried(why) if why.contains("Entra ID P1")),
                "{states:?}"
            );
        }
        assert_eq!(states[&Probe::Intune], Works);
    }

    #[test]
    fn a_missing_permission_tells_nothing_of_the_license_and_one_answer_proves_it() {
        let states = settled(BTreeMap::from([
            (Probe::SignIns, Refused(trouble())),
            (Probe::Mfa, NoAnswer(trouble())),
            (Probe::Devices, NeedsLicense(trouble())),
        ]));
        assert!(matches!(states[&Probe::Premium], NotTried(_)));
        assert_eq!(states[&Probe::SignIns], Refused(trouble()));
        assert_eq!(states[&Probe::Intune], NeedsLicense(trouble()));
        // Tenants with a licence have been told now and then that they have none.
        let states = settled(BTreeMap::from([
            (Probe::SignIns, Works),
            (Probe::Mfa, NeedsLicense(trouble())),
            (Probe::Devices, Works),
        ]));
        assert_eq!(states[&Probe::Premium], Works);
        assert_eq!(states[&Probe::Mfa], NeedsLicense(trouble()));
    }

    #[test]
    fn users_that_are_refused_are_no_word_on_the_permission_for_reports() {
        let states = settled(BTreeMap::from([
            (Probe::Users, Refused(trouble())),
            (Probe::SignIns, Refused(trouble())),
            (Probe::Mfa, Works),
        ]));
        assert!(matches!(states[&Probe::SignIns], NotTried(_)));
        assert_eq!(
            (&states[&Probe::Users], &states[&Probe::Premium]),
            (&Refused(trouble()), &Works)
        );
    }

    #[test]
    fn without_a_token_one_row_is_refused_and_all_others_were_not_tried() {
        let states = without_token(Refused(trouble()));
        assert_eq!(states.len(), Probe::all().count());
        let refused: Vec<_> = states.iter().filter(|(_, state)| state.trouble().is_some()).collect();
        assert_eq!(refused, [(&Probe::SignIn, &Refused(trouble()))]);
    }

    #[test]
    fn one_hidden_member_proves_the_permission_and_silence_alone_proves_nothing() {
        assert_eq!(hidden_members(&[(false, true), (true, true)]), Some(true));
        assert_eq!(hidden_members(&[(false, true), (false, false)]), Some(false));
        assert_eq!(hidden_members(&[(false, false)]), None, "it may be empty");
        assert_eq!(hidden_members(&[]), None);
    }

    #[test]
    fn what_runs_saw_is_as_old_as_the_pass_that_saw_it() {
        let day = |n: i64| DateTime::UNIX_EPOCH + chrono::Duration::days(n);
        let readings = Readings {
            groups: Reading::Read,
            hidden_members_read_at: Some(day(1)),
            deleted_users_read_at: Some(day(2)),
            licenses_read_at: Some(day(2)),
            mfa: FactReading {
                read_at: Some(day(1)),
                refusal: Some(Refusal {
                    cause: RefusalCause::NoPremium,
                    words: "Buy it.".into(),
                }),
                ..FactReading::default()
            },
            ..Readings::default()
        };
        let seen = seen_by_runs(&readings, Some(day(3)));
        assert_eq!(seen[&Probe::Users], day(3));
        assert_eq!((seen[&Probe::Groups], seen[&Probe::Licenses]), (day(3), day(2)));
        assert_eq!((seen[&Probe::Mfa], seen[&Probe::Premium]), (day(1), day(1)));
        assert_eq!(
            (seen[&Probe::HiddenMembers], seen[&Probe::DeletedUsers]),
            (day(1), day(2))
        );
        assert!(!seen.contains_key(&Probe::Devices));
        let refused = Readings {
            groups: Reading::Refused {
                remedy: "Grant it.".into(),
                lacks_permission: true,
            },
            ..Readings::default()
        };
        assert!(!seen_by_runs(&refused, Some(day(4))).contains_key(&Probe::Groups));
        assert_eq!(lost(&readings, &refused), [Probe::Groups]);
        assert_eq!((lost(&refused, &refused), lost(&readings, &readings)), (vec![], vec![]));
        let known = later(seen, [(Probe::Users, day(1)), (Probe::Domains, day(5))].into());
        assert_eq!((known[&Probe::Users], known[&Probe::Domains]), (day(3), day(5)));
    }
}
