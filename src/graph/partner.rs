//! What Microsoft tells a partner of its customers, and its consent for one of them through Partner Center.

use super::{
    client::{GraphClient, TenantClient},
    error::{GraphError, GraphErrorKind},
    listing::Listing,
    persist::persist,
    person::Person,
    settings::append,
    tokens::Bearer,
    transport::Connection,
};
use chrono::{DateTime, Utc};
use reqwest::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;
use uuid::Uuid;

/// What a token for Partner Center is asked for with (learn.microsoft.com/partner-center/developer/
/// partner-center-authentication).
pub const PARTNER_SCOPE: &str = "https://api.partnercenter.microsoft.com/user_impersonation";

/// Microsoft Graph among enterprise applications.
const GRAPH_APPLICATION: &str = "00000003-0000-0000-c000-000000000000";

/// learn.microsoft.com/graph/api/resources/delegatedadmincustomer
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct DelegatedAdminCustomer {
    pub tenant_id: Uuid,
    pub display_name: Option<String>,
}

/// learn.microsoft.com/graph/api/resources/delegatedadminrelationship
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct DelegatedAdminRelationship {
    pub status: Option<String>,
    /// Nothing before the customer has approved it.
    pub customer: Option<RelationshipCustomer>,
    pub end_date_time: Option<DateTime<Utc>>,
}

/// learn.microsoft.com/graph/api/resources/delegatedadminrelationshipcustomerparticipant
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct RelationshipCustomer {
    pub tenant_id: Uuid,
    pub display_name: Option<String>,
}

/// learn.microsoft.com/graph/api/resources/contract: its names are of when the contract was made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the properties are Microsoft's and so are their descriptions"
)]
pub struct Contract {
    pub customer_id: Option<Uuid>,
    pub default_domain_name: Option<String>,
    pub display_name: Option<String>,
}

impl TenantClient {
    /// learn.microsoft.com/graph/api/tenantrelationship-list-delegatedadmincustomers
    pub fn delegated_admin_customers(&self) -> Listing<DelegatedAdminCustomer> {
        self.listing(&["tenantRelationships", "delegatedAdminCustomers"], "")
    }

    /// learn.microsoft.com/graph/api/tenantrelationship-list-delegatedadminrelationships
    pub fn delegated_admin_relationships(&self) -> Listing<DelegatedAdminRelationship> {
        self.listing(&["tenantRelationships", "delegatedAdminRelationships"], "")
    }

    /// learn.microsoft.com/graph/api/contract-list
    pub fn contracts(&self) -> Listing<Contract> {
        self.listing(&["contracts"], "")
    }
}

impl GraphClient {
    /// Consents to our app in the tenant of a customer, in the name of a partner's administrator
    /// (learn.microsoft.com/partner-center/developer/control-panel-vendor-apis). A consent that is there already is as
    /// good. `partner_url` is where Partner Center answers, without a version.
    pub async fn consent_for_customer(
        &self,
        person: &Person,
        partner_url: &Url,
        customer: Uuid,
        permissions: &[&str],
    ) -> Result<(), GraphError> {
        let url = append(
            partner_url,
            &["v1", "customers", &customer.to_string(), "applicationconsents"],
        );
        let body = json!({
            "applicationId": self.client_id(),
            "applicationGrants": [{
                "enterpriseApplicationId": GRAPH_APPLICATION,
                "scope": permissions.join(","),
            }],
        });
        let body = body.to_string().into_bytes();
        persist(false, async |connection: Connection| {
            let request = consent(&url, &body, person.bearer());
            let answer = self.transport().send(request, connection).await?;
            match answer.status {
                // It was consented to before.
                409 => Ok(()),
                _ if answer.is_success() => Ok(()),
                401 | 403 => {
                    let message = "Partner Center refused it";
                    let error = answer.graph_error();
                    let kind = if answer.status == 401 {
                        GraphErrorKind::Unauthorized
                    } else {
                        GraphErrorKind::Forbidden
                    };
                    let told = if error.message.is_empty() {
                        message
                    } else {
                        &error.message
                    };
                    Err(answer.error(kind, error.code.clone(), told.to_owned()))
                }
                _ => Err(answer.graph_error()),
            }
        })
        .await
    }
}

fn consent(url: &Url, body: &[u8], bearer: &Bearer) -> Request {
    let mut request = Request::new(Method::POST, url.clone());
    *request.body_mut() = Some(body.to_vec().into());
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, bearer.0.clone());
    let json = HeaderValue::from_static("application/json");
    headers.insert(ACCEPT, json.clone());
    headers.insert(CONTENT_TYPE, json);
    request
}
