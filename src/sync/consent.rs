//! What an answer of Microsoft's consent page is worth: whether its `state` is still good, and what may become of the
//! Microsoft tenant that it names. The name alone is never believed (learn.microsoft.com/entra/identity-platform/
//! v2-admin-consent): whatever is allowed here still has to be proven by a token and a read.

use crate::model::{
    connect::{ConsentRequest, LinkState, Purpose},
    ids::EntraTenantId,
};
use chrono::{DateTime, Utc};

/// Why an answer is refused before anything is asked of Microsoft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Used up, or revoked, or too late.
    #[error("it can't be used any more")]
    Over(LinkState),
    /// A link of somebody who is no Administrator any more, or may not sign in.
    #[error("whoever made it is no Administrator any more")]
    MakerGone,
    /// Begun in another session.
    #[error("it was begun in another session")]
    OtherSession,
    /// Another Microsoft tenant than the expected one.
    #[error("another Microsoft tenant was expected")]
    OtherTenant,
    /// It is connected, and nobody asked for its consent anew.
    #[error("this Microsoft tenant is connected already")]
    ConnectedAlready,
}

/// What becomes of a Microsoft tenant once it is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is connected.
    Connect,
    /// It waits for an Administrator: nobody said before which one would come.
    Hold,
    /// It is the partner's own.
    Partner,
}

/// How a request stands at a moment.
pub fn state_of(request: &ConsentRequest, now: DateTime<Utc>) -> LinkState {
    if request.used {
        LinkState::Used
    } else if request.revoked {
        LinkState::Revoked
    } else if request.expires_at <= now {
        LinkState::Expired
    } else {
        LinkState::Open
    }
}

/// Whether an answer with this request's `state` is heard at all: in time, for the first time, and in the session in
/// which it was begun. A link has no session, whoever follows it: it speaks for its maker, as long as they may.
pub fn hear(request: &ConsentRequest, session_hash: Option<&[u8]>, now: DateTime<Utc>) -> Result<(), Refused> {
    match state_of(request, now) {
        LinkState::Open => {}
        over => return Err(Refused::Over(over)),
    }
    if request.purpose == Purpose::Link && !request.maker_may {
        return Err(Refused::MakerGone);
    }
    match &request.session_hash {
        Some(bound) if Some(bound.as_slice()) != session_hash => Err(Refused::OtherSession),
        Some(_) | None => Ok(()),
    }
}

/// What may become of the Microsoft tenant that an answer names; `connected` is whether it is connected.
pub fn judge(request: &ConsentRequest, named: EntraTenantId, connected: bool) -> Result<Verdict, Refused> {
    if request.expected.is_some_and(|expected| expected != named) {
        return Err(Refused::OtherTenant);
    }
    match request.purpose {
        Purpose::Partner => Ok(Verdict::Partner),
        Purpose::Single | Purpose::Link | Purpose::Bulk if connected && !request.renewal => {
            Err(Refused::ConnectedAlready)
        }
        Purpose::Single | Purpose::Link | Purpose::Bulk if request.expected.is_some() => Ok(Verdict::Connect),
        Purpose::Single | Purpose::Link | Purpose::Bulk => Ok(Verdict::Hold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::connect::Cloud;
    use chrono::TimeDelta;
    use uuid::Uuid;

    const CONTOSO: EntraTenantId = EntraTenantId(Uuid::from_u128(1));
    const FABRIKAM: EntraTenantId = EntraTenantId(Uuid::from_u128(2));

    fn request(purpose: Purpose, expected: Option<EntraTenantId>) -> ConsentRequest {
        ConsentRequest {
            id: Uuid::nil(),
            purpose,
            cloud: Cloud::Global,
            session_hash: (purpose != Purpose::Link).then(|| vec![7]),
            account_id: None,
            account_name: "Ada Admin".into(),
            expected,
            expected_name: String::new(),
            renewal: false,
            expires_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(15),
            used: false,
            revoked: false,
            maker_may: true,
        }
    }

    #[test]
    fn an_attack_with_a_replayed_consent_is_not_heard() {
        let used = ConsentRequest {
            used: true,
            ..request(Purpose::Single, Some(CONTOSO))
        };
        let heard = hear(&used, Some(&[7]), DateTime::UNIX_EPOCH);
        assert_eq!(heard, Err(Refused::Over(LinkState::Used)));
    }

    #[test]
    fn an_attack_with_the_state_of_another_session_is_not_heard() {
        for purpose in [Purpose::Single, Purpose::Partner, Purpose::Bulk] {
            let request = request(purpose, Some(CONTOSO));
            assert_eq!(hear(&request, Some(&[7]), DateTime::UNIX_EPOCH), Ok(()));
            for other in [None, Some(&[8][..]), Some(&[])] {
                assert_eq!(hear(&request, other, DateTime::UNIX_EPOCH), Err(Refused::OtherSession));
            }
        }
        let link = request(Purpose::Link, None);
        assert_eq!(hear(&link, None, DateTime::UNIX_EPOCH), Ok(()));
        assert_eq!(
            hear(&link, Some(&[8]), DateTime::UNIX_EPOCH),
            Ok(()),
            "whoever follows it"
        );
    }

    #[test]
    fn a_link_is_not_heard_once_its_maker_is_no_administrator_any_more() {
        let link = ConsentRequest {
            maker_may: false,
            ..request(Purpose::Link, Some(CONTOSO))
        };
        assert_eq!(hear(&link, None, DateTime::UNIX_EPOCH), Err(Refused::MakerGone));
    }

    #[test]
    fn a_state_is_over_at_its_time_and_when_it_is_revoked() {
        let open = request(Purpose::Link, Some(CONTOSO));
        assert_eq!(hear(&open, None, open.expires_at - TimeDelta::seconds(1)), Ok(()));
        assert_eq!(
            hear(&open, None, open.expires_at),
            Err(Refused::Over(LinkState::Expired))
        );
        let revoked = ConsentRequest { revoked: true, ..open };
        assert_eq!(
            hear(&revoked, None, DateTime::UNIX_EPOCH),
            Err(Refused::Over(LinkState::Revoked))
        );
    }

    #[test]
    fn an_attack_with_the_tenant_id_of_another_microsoft_tenant_is_refused() {
        for purpose in [Purpose::Single, Purpose::Link, Purpose::Partner] {
            let request = request(purpose, Some(CONTOSO));
            for connected in [false, true] {
                assert_eq!(judge(&request, FABRIKAM, connected), Err(Refused::OtherTenant));
            }
        }
    }

    #[test]
    fn a_connected_tenant_is_refused_unless_its_own_consent_is_renewed() {
        for expected in [None, Some(CONTOSO)] {
            let request = request(Purpose::Link, expected);
            assert_eq!(judge(&request, CONTOSO, true), Err(Refused::ConnectedAlready));
        }
        let renewal = ConsentRequest {
            renewal: true,
            ..request(Purpose::Link, Some(CONTOSO))
        };
        assert_eq!(judge(&renewal, CONTOSO, true), Ok(Verdict::Connect));
        assert_eq!(judge(&renewal, FABRIKAM, true), Err(Refused::OtherTenant));
    }

    #[test]
    fn who_was_expected_is_connected_and_who_was_not_waits() {
        assert_eq!(
            judge(&request(Purpose::Single, Some(CONTOSO)), CONTOSO, false),
            Ok(Verdict::Connect)
        );
        assert_eq!(
            judge(&request(Purpose::Single, None), CONTOSO, false),
            Ok(Verdict::Hold)
        );
        assert_eq!(judge(&request(Purpose::Link, None), FABRIKAM, false), Ok(Verdict::Hold));
        assert_eq!(
            judge(&request(Purpose::Partner, Some(CONTOSO)), CONTOSO, true),
            Ok(Verdict::Partner)
        );
    }
}
