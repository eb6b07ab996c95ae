//! What an administrator of a managed service provider can do about a failure.

use super::{
    aadsts,
    error::{Failure, GraphErrorKind},
};
use crate::model::permission::grant_words;

impl Failure {
    /// One sentence that tells an administrator what to do.
    pub fn remedy(&self) -> String {
        // RFC 9110 section 15.5.8: it comes from a proxy and never from Microsoft.
        if self.status == Some(407) {
            return "A proxy on the way to Microsoft wants a sign-in: set HTTPS_PROXY to its address with user name and password, or let this server through.".to_owned();
        }
        match (self.kind, self.permission()) {
            (GraphErrorKind::Token { aadsts: Some(code) }, _) => match aadsts::advice(code) {
                Some(advice) => advice.remedy.to_owned(),
                None => format!(
                    "Entra refused a token with AADSTS{code}: see {}.",
                    aadsts::lookup_page(code)
                ),
            },
            (GraphErrorKind::PermissionMissing, Some(permission)) => grant_words(permission),
            _ if self.code.as_deref() == Some("Authorization_IdentityNotFound") => {
                "The app is not known in this tenant: run admin consent in the customer's tenant.".to_owned()
            }
            _ if self.may_be_external() => NO_DELTA.to_owned(),
            (kind, _) => general(kind).to_owned(),
        }
    }

    /// Whether a delta query was refused in a way that no other cause explains. External ID and Azure AD B2C tenants have
    /// none (learn.microsoft.com/graph/delta-query-overview); with which code they say so is not documented.
    fn may_be_external(&self) -> bool {
        let path = self.operation.split_once("/v1.0/").map_or("", |(_, path)| path);
        let is_delta = ["users/delta", "groups/delta"]
            .iter()
            .any(|delta| path.starts_with(delta));
        let is_refusal = matches!(
            self.kind,
            GraphErrorKind::Forbidden
                | GraphErrorKind::NotFound
                | GraphErrorKind::PremiumRequired
                | GraphErrorKind::Other
        );
        is_delta && is_refusal
    }

    /// The least application permission for what was asked (learn.microsoft.com/graph/permissions-reference).
    pub fn permission(&self) -> Option<&'static str> {
        let (_, path) = self.operation.split_once("/v1.0/")?;
        Some(match path.split('/').next()? {
            "users?$select=signInActivity" | "reports" | "auditLogs" => "AuditLog.Read.All",
            "users" | "directory" => "User.Read.All",
            "groups" => "GroupMember.Read.All",
            "subscribedSkus" => "LicenseAssignment.Read.All",
            "domains" => "Domain.Read.All",
            "tenantRelationships" => "DelegatedAdminRelationship.Read.All",
            "contracts" => "Directory.Read.All",
            "organization" => "Organization.Read.All",
            "deviceManagement" => "DeviceManagementManagedDevices.Read.All",
            _ => return None,
        })
    }
}

/// What to do about a delta query that Microsoft refuses.
const NO_DELTA: &str = "Microsoft refuses a delta query: if this is an External ID or Azure AD B2C tenant, which has none, it can not be synced, so remove the integration and connect the workforce tenant; if it is a workforce tenant, check its Conditional Access policies for workload identities and report it as a bug with the code and request id.";

/// What to do where only the kind is known.
fn general(kind: GraphErrorKind) -> &'static str {
    use GraphErrorKind as Kind;
    match kind {
        Kind::Token { .. } => {
            "Microsoft issued no token: check the tenant, the client ID, the client secret or certificate, and the sign-in address."
        }
        Kind::Unauthorized => {
            "Microsoft Graph did not accept our token: run admin consent again, and check that the sign-in and Graph addresses belong to the same cloud."
        }
        Kind::PermissionMissing => {
            "The app lacks a permission: add the application permission in the app registration and run admin consent again."
        }
        Kind::Forbidden => {
            "Microsoft refuses the app access to this: check its permissions and the tenant's Conditional Access policies for workload identities."
        }
        Kind::PremiumRequired => {
            "The tenant has no Entra ID P1 or P2 license: this information stays unavailable until it has one."
        }
        Kind::IntuneRequired => {
            "The tenant has no Intune license: what its devices are stays unknown until it has one."
        }
        Kind::NotFound => {
            "Microsoft does not have it: refresh the directory, and check the Graph address if it is there."
        }
        Kind::Throttled => "Microsoft is throttling this tenant: nothing to do, the next sync continues.",
        Kind::ExpiredPageToken => {
            "Microsoft gave up our place in a listing again and again: nothing to do, the next sync starts it anew."
        }
        Kind::Unavailable => {
            "Microsoft is out of order: wait for the next sync, and look at Microsoft's service health if it stays."
        }
        Kind::Network | Kind::Timeout => {
            "Microsoft can not be reached from this server: check its network, DNS, proxy and firewall."
        }
        Kind::Decode => {
            "The answer can not be read: check that no proxy rewrites it and that the Graph address is right, then report it as a bug."
        }
        Kind::LinkRefused => {
            "The answer points to an unexpected address, which was not followed: check the Graph address in the settings and any proxy between."
        }
        Kind::LinkLoop | Kind::TooLarge => {
            "Microsoft's answer does not come to an end: wait for the next sync, and report it as a bug if it happens again."
        }
        Kind::Settings => {
            "The Microsoft settings can not be used: correct the addresses and credentials in the settings."
        }
        Kind::Other => "Microsoft did not accept the request: report it as a bug with the code and request id.",
    }
}

#[cfg(test)]
mod tests {
    use super::{super::error::GraphError, *};
    use crate::model::permission::{Probe, Question};
    use GraphErrorKind::*;

    fn error(kind: GraphErrorKind, operation: &str) -> GraphError {
        GraphError::new(kind, operation, "no")
    }

    #[test]
    fn a_refused_token_is_explained_by_its_code() {
        let refused = |code| error(Token { aadsts: Some(code) }, "POST /contoso.com/oauth2/v2.0/token").remedy();
        assert!(refused(7000222).contains("expired"), "{}", refused(7000222));
        assert!(refused(123).contains("error?code=123"), "{}", refused(123));
    }

    #[test]
    fn a_missing_permission_is_named_by_what_was_asked() {
        for (operation, permission) in [
            ("GET /v1.0/users/adele@contoso.com", "User.Read.All"),
            (
                "GET /base/v1.0/directory/deletedItems/microsoft.graph.user",
                "User.Read.All",
            ),
            ("GET /v1.0/groups/1/members", "GroupMember.Read.All"),
            ("GET /v1.0/subscribedSkus", "LicenseAssignment.Read.All"),
            ("GET /v1.0/domains", "Domain.Read.All"),
            ("GET /v1.0/organization", "Organization.Read.All"),
            (
                "GET /v1.0/deviceManagement/managedDevices",
                "DeviceManagementManagedDevices.Read.All",
            ),
            ("GET /v1.0/users?$select=signInActivity", "AuditLog.Read.All"),
            (
                "GET /v1.0/reports/authenticationMethods/userRegistrationDetails",
                "AuditLog.Read.All",
            ),
        ] {
            let remedy = error(PermissionMissing, operation).remedy();
            assert!(
                remedy.contains(&format!("permission {permission} in")),
                "{operation}: {remedy}"
            );
        }
        assert_eq!(error(PermissionMissing, "GET /v1.0/sites").permission(), None);
    }

    #[test]
    fn what_is_probed_is_refused_by_the_name_of_its_permission() {
        for entry in Probe::all().map(Probe::entry) {
            let Question::Read { path, query } = entry.question else {
                continue;
            };
            let is_activity = query.contains("signInActivity");
            let asked = if is_activity {
                "users?$select=signInActivity"
            } else {
                path
            };
            let refused = error(PermissionMissing, &format!("GET /v1.0/{asked}"));
            assert_eq!(refused.permission(), entry.role.map(|role| role.name), "{path}");
        }
    }

    #[test]
    fn an_app_without_a_service_principal_is_sent_to_consent() {
        let unknown = error(Unauthorized, "GET /v1.0/users")
            .with(|failure| failure.code = Some("Authorization_IdentityNotFound".into()));
        assert!(
            unknown.remedy().contains("admin consent in the customer's tenant"),
            "{}",
            unknown.remedy()
        );
    }

    #[test]
    fn a_refused_delta_query_tells_of_the_tenants_that_have_none() {
        for kind in [Other, NotFound, Forbidden, PremiumRequired] {
            for path in ["users/delta", "groups/delta()"] {
                let remedy = error(kind, &format!("GET /v1.0/{path}")).remedy();
                assert!(remedy.contains("External ID"), "{kind:?}: {remedy}");
                assert!(remedy.ends_with('.') && !remedy.contains(". "), "{remedy}");
            }
        }
        for (kind, path) in [
            (PermissionMissing, "users/delta"),
            (Unavailable, "users/delta"),
            (ExpiredPageToken, "groups/delta"),
            (Other, "users"),
        ] {
            let remedy = error(kind, &format!("GET /v1.0/{path}")).remedy();
            assert!(!remedy.contains("External ID"), "{kind:?}: {remedy}");
        }
    }

    #[test]
    fn a_proxy_that_wants_a_sign_in_is_not_taken_for_microsoft() {
        for kind in [Other, Token { aadsts: None }] {
            let proxy = error(kind, "GET /v1.0/users").with(|failure| failure.status = Some(407));
            assert!(proxy.remedy().contains("HTTPS_PROXY"), "{}", proxy.remedy());
        }
    }

    #[test]
    fn every_kind_has_one_sentence_of_remedy() {
        for kind in [
            Token { aadsts: None },
            Unauthorized,
            PermissionMissing,
            Forbidden,
            PremiumRequired,
            IntuneRequired,
            NotFound,
            Throttled,
            ExpiredPageToken,
            Unavailable,
            Network,
            Timeout,
            Decode,
            LinkRefused,
            LinkLoop,
            TooLarge,
            Settings,
            Other,
        ] {
            let remedy = error(kind, "GET /v1.0/users").remedy();
            assert!(
                remedy.ends_with('.') && !remedy.trim_end_matches('.').contains(". "),
                "{kind:?}: {remedy}"
            );
        }
    }
}
