//! Where a pass over users or groups begins. Pure.

use crate::{
    graph::DELTA_PROPERTIES,
    store::directory_pass::{Pass, Stands},
    sync::normalise,
};
use chrono::{DateTime, Duration, Utc};

/// Microsoft keeps a link for seven days (learn.microsoft.com/graph/delta-query-overview, token duration), and has been
/// seen to answer an old one at random. A day less, so that it is not we who find out.
const LONGEST_LIFE: Duration = Duration::days(6);
/// How often one pass begins anew after its place has expired.
pub const MOST_RESTARTS: u32 = 5;

/// How values are read by this program. A link is for what was asked then, and what was stored was normalised then.
pub fn form() -> String {
    format!("{} {}", normalise::VERSION, DELTA_PROPERTIES.join(" "))
}

/// Where a round begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With everything.
    Whole,
    /// Where the first round over everything was cut off. Nothing was known before it, so nobody can be missing.
    Resumed(Pass),
    /// With what has changed, or in the middle of that.
    Changes(Pass),
}

/// Where to begin: with everything while there is no link, where it was kept too long or is of a time to come, by a clock
/// that was wrong, so that its age is not known, or where it is for values that were read otherwise.
pub fn start(kept: Option<Pass>, form: &str, now: DateTime<Utc>) -> Start {
    match kept {
        Some(pass) if pass.form == form && (Duration::zero()..LONGEST_LIFE).contains(&(now - pass.began_at)) => {
            match pass.stands {
                Stands::FirstRound => Start::Resumed(pass),
                Stands::LaterRound | Stands::Done => Start::Changes(pass),
            }
        }
        _ => Start::Whole,
    }
}

impl Start {
    /// The link to begin with.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::Whole => None,
            Self::Resumed(pass) | Self::Changes(pass) => Some(&pass.link),
        }
    }

    /// When the round was begun: now, unless it was begun before and cut off.
    pub fn began_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Resumed(pass) | Self::Changes(pass) if pass.stands != Stands::Done => pass.began_at,
            _ => now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(stands: Stands) -> Pass {
        Pass {
            link: "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=a".into(),
            stands,
            began_at: DateTime::UNIX_EPOCH,
            form: form(),
        }
    }

    #[test]
    fn without_a_link_with_one_of_six_days_or_of_tomorrow_or_for_other_values_everything_is_read() {
        let day = |n: i64| DateTime::UNIX_EPOCH + Duration::days(n);
        let done = kept(Stands::Done);
        assert_eq!(start(None, &form(), day(0)), Start::Whole);
        let before = day(6) - Duration::seconds(1);
        assert_eq!(start(Some(done.clone()), &form(), before), Start::Changes(done.clone()));
        assert_eq!(start(Some(done.clone()), &form(), day(6)), Start::Whole);
        assert_eq!(start(Some(done.clone()), &form(), day(-1)), Start::Whole);
        assert_eq!(start(Some(done), "read otherwise", day(0)), Start::Whole);
    }

    #[test]
    fn a_round_that_was_cut_off_goes_on_and_is_as_old_as_its_beginning() {
        let now = DateTime::UNIX_EPOCH + Duration::days(1);
        let (first, later, done) = (kept(Stands::FirstRound), kept(Stands::LaterRound), kept(Stands::Done));
        let resumed = start(Some(first.clone()), &form(), now);
        assert_eq!(resumed, Start::Resumed(first));
        assert_eq!(resumed.began_at(now), DateTime::UNIX_EPOCH);
        assert_eq!(start(Some(later), &form(), now).began_at(now), DateTime::UNIX_EPOCH);
        assert_eq!(start(Some(done), &form(), now).began_at(now), now);
    }
}
