"""dlt's rest_api source: a generic reader of REST APIs that knows nothing of Microsoft."""

from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.rest_api import rest_api_resources

from conftest import CLIENT_ID, CLIENT_SECRET


def test_users_and_groups_are_read_whole_by_following_next_links(microsoft):
    tenant = microsoft.tenants["contoso"]
    auth = OAuth2ClientCredentials(
        access_token_url=f"{microsoft.address}/{tenant.id}/oauth2/v2.0/token",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        access_token_request_data={"scope": "https://graph.microsoft.com/.default"},
    )
    page = {"data_selector": "value", "paginator": {"type": "json_link", "next_url_path": "'@odata.nextLink'"}}
    users, groups = rest_api_resources(
        {
            "client": {"base_url": f"{microsoft.address}/v1.0/", "auth": auth},
            "resources": [
                {"name": "users", "endpoint": {"path": "users", "params": {"$top": 400, "$select": "id,mail"}, **page}},
                {"name": "groups", "endpoint": {"path": "groups", **page}},
            ],
        }
    )
    directory = microsoft.directory("contoso")
    assert {user["id"] for user in users} == {user["id"] for user in directory["users"]}
    assert len(microsoft.requests("/v1.0/users")) == -(-len(directory["users"]) // 400)
    assert {group["id"] for group in groups} == {group["id"] for group in directory["groups"]}
