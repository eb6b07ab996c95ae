//! What Entra's refusals of a token mean for the administrator of a managed service provider.
//!
//! The codes are Microsoft's (learn.microsoft.com/entra/identity-platform/reference-error-codes); a few that production
//! tools have met are not in the published list. Codes are for people: the program decides only whether to ask again.

/// What to do about one AADSTS code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// One sentence for an administrator.
    pub remedy: &'static str,
    /// Whether the same request may succeed a little later.
    pub transient: bool,
}

/// The advice on a code, if it is one that we know.
pub(super) fn advice(code: u32) -> Option<Advice> {
    let (remedy, transient) = match remedy(code) {
        Some(remedy) => (remedy, false),
        None => (passing(code)?, true),
    };
    Some(Advice { remedy, transient })
}

/// Whether a code refuses a client assertion for its signature or its times: the words that Microsoft adds tell which,
/// and words are for people. 700024 (outside of its time range) is not in the published list, but in many reports.
pub(super) fn is_about_assertion(code: u32) -> bool {
    matches!(code, 700_024 | 700_027 | 50012 | 50013 | 500_133)
}

/// Whether a code refuses the credential itself, so that another credential of the same app may do.
pub(super) fn refuses_credential(code: u32) -> bool {
    matches!(code, 7_000_215 | 7_000_222) || is_about_assertion(code)
}

/// Whether a code is about the app registration or our settings, and so the same in each tenant.
pub(super) fn is_ours(code: u32) -> bool {
    refuses_credential(code) || matches!(code, 700_021 | 700_023) || ours(code).is_some()
}

/// The page where Microsoft explains a code.
pub(super) fn lookup_page(code: u32) -> String {
    format!("https://login.microsoftonline.com/error?code={code}")
}

/// Codes that pass by themselves.
fn passing(code: u32) -> Option<&'static str> {
    Some(match code {
        90033 | 90006 | 90024 | 90090 | 50000 | 90012 => {
            "Microsoft's sign-in service has a passing fault: wait for the next sync, and look at Microsoft's service health if it stays."
        }
        90055 => "Microsoft is throttling sign-ins of this tenant: wait for the next sync.",
        650051 => "The app is still being added to the customer's tenant: wait a minute and try again.",
        _ => return None,
    })
}

/// Codes that stay until somebody acts.
fn remedy(code: u32) -> Option<&'static str> {
    credential(code)
        .or_else(|| consent(code))
        .or_else(|| tenant(code))
        .or_else(|| policy(code))
        .or_else(|| ours(code))
}

fn credential(code: u32) -> Option<&'static str> {
    Some(match code {
        7000215 => {
            "The client secret is wrong: enter the secret's value (not its ID) from the app registration, or make a new one."
        }
        7000222 => {
            "The client secret has expired: make a new secret or certificate in the app registration and enter it here."
        }
        700024 | 700027 | 50012 | 50013 | 500133 => {
            "Microsoft does not accept the signature of the certificate: check that this certificate is uploaded to the app registration and has not expired, and that this server's clock is right."
        }
        // Neither is in the published list; Microsoft's guides and issue trackers name them.
        700021 | 700023 => {
            "Microsoft takes the certificate's assertion for somebody else's: check the client ID and the sign-in address in the settings."
        }
        700082 => "The refresh token has expired from disuse: sign in again.",
        _ => return None,
    })
}

fn consent(code: u32) -> Option<&'static str> {
    Some(match code {
        700016 | 700011 => {
            "The app is not known in this tenant: give admin consent in the customer's tenant, and check the client ID and the tenant."
        }
        7000112 | 70001 | 1000031 => {
            "The app is disabled in this tenant: ask the customer to enable sign-in for it under Enterprise applications."
        }
        65001 => "The tenant has not consented to the app: run admin consent again.",
        65004 => "Consent was declined: run admin consent again and accept as a Global Administrator.",
        90094 | 90095 => "Consent needs an administrator of the customer's tenant: have a Global Administrator run it.",
        650052 => {
            "The tenant has no subscription to a service that the app asks for: check the tenant's licenses and the app registration's permissions."
        }
        650056 | 650057 => {
            "The app registration does not list the permission asked for: add the Microsoft Graph application permissions to it and run admin consent again."
        }
        90099 => {
            "The app is not authorised for delegated partner administrators in this tenant: pre-consent it through Partner Center, or run admin consent in the customer's tenant."
        }
        _ => return None,
    })
}

fn tenant(code: u32) -> Option<&'static str> {
    Some(match code {
        500011 => {
            "Microsoft Graph is not known in this tenant under the address asked for: check the tenant, its cloud and the Graph address in the settings."
        }
        90002 => "There is no such tenant in this cloud: check the tenant ID or domain and the cloud chosen for it.",
        900023 | 5000224 => {
            "The tenant is no longer available: it may have been deleted; ask the customer, then disconnect it."
        }
        90038 | 900382 | 900432 => {
            "The tenant lives in a national cloud: choose its cloud and use an app registration of that cloud."
        }
        _ => return None,
    })
}

fn policy(code: u32) -> Option<&'static str> {
    Some(match code {
        53003 | 530003 | 530032 | 530034 | 530035 | 50131 => {
            "A security policy of the customer's tenant blocks the app: ask the customer to allow it in Conditional Access for workload identities."
        }
        50020 | 50034 => "The account does not exist in this tenant: sign in with an account that belongs to it.",
        50177 => {
            "The account is a guest in this tenant or lacks its GDAP group: add it to a security group of the GDAP relationship."
        }
        50105 => "The account is not assigned to the app: have it assigned under Enterprise applications.",
        500213 => {
            "The customer's cross-tenant access settings turn the account away: ask the customer to allow inbound access."
        }
        50076 | 50079 | 50158 => "Microsoft wants multi-factor authentication: sign in interactively and complete it.",
        _ => return None,
    })
}

fn ours(code: u32) -> Option<&'static str> {
    Some(match code {
        50196 => {
            "Microsoft stopped us for asking for the same token again and again: restart Entrain, and report this as a bug if it comes back."
        }
        9002313 | 900144 | 90014 | 70011 | 9001023 => {
            "Entrain asked for a token in a way that Microsoft does not accept: check the sign-in and Graph addresses in the settings, and report this as a bug if they are right."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LASTING: &[u32] = &[
        7000215, 7000222, 700021, 700023, 700024, 700027, 50012, 500133, 50013, 700016, 700011, 7000112, 70001,
        1000031, 65001, 65004, 90094, 90095, 650052, 650056, 650057, 500011, 90002, 900023, 5000224, 90038, 900382,
        900432, 90099, 53003, 530003, 530032, 530034, 530035, 50131, 50020, 50034, 50105, 500213, 50076, 50079, 50158,
        50177, 50196, 700082, 9002313, 900144, 90014, 70011, 9001023,
    ];
    const PASSING: &[u32] = &[90033, 90006, 90024, 90090, 50000, 90012, 90055, 650051];

    #[test]
    fn every_code_that_administrators_meet_has_one_sentence_of_advice() {
        for code in LASTING.iter().chain(PASSING) {
            let remedy = advice(*code).unwrap_or_else(|| panic!("no advice on {code}")).remedy;
            assert!(
                remedy.ends_with('.') && !remedy.trim_end_matches('.').contains(". "),
                "{code}: {remedy}"
            );
        }
    }

    #[test]
    fn only_codes_that_pass_by_themselves_are_transient() {
        assert!(LASTING.iter().all(|code| !advice(*code).unwrap().transient));
        assert!(PASSING.iter().all(|code| advice(*code).unwrap().transient));
    }

    #[test]
    fn an_unknown_code_has_no_advice_but_a_page() {
        assert_eq!(advice(123), None);
        assert_eq!(lookup_page(123), "https://login.microsoftonline.com/error?code=123");
    }
}
