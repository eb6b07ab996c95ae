"""Microsoft's Graph SDK for Python, with a token from azure-identity."""

import asyncio
import time

import httpx
import pytest
from azure.identity import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.user import User
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory, PageIterator
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

from conftest import CLIENT_ID, CLIENT_SECRET

Users = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
Groups = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters


def adapter(microsoft, tenant: str) -> GraphRequestAdapter:
    credential = ClientSecretCredential(
        microsoft.tenants[tenant].id,
        CLIENT_ID,
        CLIENT_SECRET,
        authority=microsoft.address,
        disable_instance_discovery=True,
    )
    provider = AzureIdentityAuthenticationProvider(
        credential, scopes=["https://graph.microsoft.com/.default"], allowed_hosts=["localhost"]
    )
    client = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(verify=microsoft.ca_file))
    made = GraphRequestAdapter(provider, client)
    made.base_url = f"{microsoft.address}/v1.0"
    return made


def ask(microsoft, question, tenant: str = "contoso"):
    """Runs a question with a client of its own, as the SDK's connections belong to one event loop."""

    async def run():
        made = adapter(microsoft, tenant)
        return await question(GraphServiceClient(request_adapter=made), made)

    return asyncio.run(run())


async def everything(first, made) -> list:
    found = []
    pages = PageIterator(first, made)
    await pages.iterate(lambda item: found.append(item) or True)
    return found


def select(parameters, **headers):
    configuration = RequestConfiguration(query_parameters=parameters)
    for name, value in headers.items():
        configuration.headers.add(name.replace("_", "-"), value)
    return configuration


def test_users_come_over_several_pages_each_once(microsoft):
    async def question(client, made):
        wanted = Users(select=["id", "displayName", "userType", "assignedLicenses", "createdDateTime"], top=500)
        return await everything(await client.users.get(select(wanted)), made)

    users = ask(microsoft, question)
    there = {user["id"] for user in microsoft.directory("contoso")["users"]}
    assert len(users) == len(there) and {user.id for user in users} == there
    assert len(microsoft.requests("/v1.0/users")) == -(-len(there) // 500)
    assert all(user.display_name and user.created_date_time for user in users)


def test_one_user_comes_by_principal_name_and_a_missing_one_is_a_404(microsoft):
    someone = microsoft.directory("contoso")["users"][0]

    async def question(client, _):
        found = await client.users.by_user_id(someone["userPrincipalName"]).get()
        with pytest.raises(ODataError) as missing:
            await client.users.by_user_id("nobody@contoso.example").get()
        return found, missing.value

    found, missing = ask(microsoft, question)
    assert found.id == someone["id"]
    assert (missing.response_status_code, missing.error.code) == (404, "Request_ResourceNotFound")


def test_a_filter_and_a_count_answer_what_the_directory_holds(microsoft):
    users = microsoft.directory("contoso")["users"]
    disabled = {user["id"] for user in users if user.get("accountEnabled") is False}
    others = {user["id"] for user in users if user.get("userType") != "Member"}
    assert disabled and others

    async def question(client, made):
        off = Users(filter="accountEnabled eq false", top=999)
        counted = Users(filter="userType ne 'Member'", count=True, top=999)
        first = await client.users.get(select(counted, ConsistencyLevel="eventual"))
        with pytest.raises(ODataError) as refused:
            await client.users.get(select(Users(filter="userType ne 'Member'")))
        return await everything(await client.users.get(select(off)), made), first, refused.value

    found, first, refused = ask(microsoft, question)
    assert {user.id for user in found} == disabled
    assert first.odata_count == len(others)
    assert (refused.response_status_code, refused.error.code) == (400, "Request_UnsupportedQuery")


def test_groups_and_their_transitive_members_come_with_their_kinds(microsoft):
    directory = microsoft.directory("contoso")
    users = {user["id"] for user in directory["users"]}
    nested = next(
        group for group, members in directory["members"].items() if any(member in directory["members"] for member in members)
    )

    def below(group: str, seen: set[str]) -> set[str]:
        for member in directory["members"].get(group, []):
            if member not in seen:
                seen.add(member)
                below(member, seen)
        return seen

    async def question(client, made):
        groups = await everything(await client.groups.get(select(Groups(top=999))), made)
        members = await everything(await client.groups.by_group_id(nested).transitive_members.get(), made)
        return groups, members

    groups, members = ask(microsoft, question)
    assert {group.id for group in groups} == {group["id"] for group in directory["groups"]}
    assert {member.id for member in members} == below(nested, set())
    assert {member.id for member in members if isinstance(member, User)} == below(nested, set()) & users


def test_licences_and_the_tenant_itself_can_be_read(microsoft):
    async def question(client, _):
        return await client.subscribed_skus.get(), await client.organization.get(), await client.domains.get()

    skus, organization, domains = ask(microsoft, question)
    directory = microsoft.directory("contoso")
    assert {str(sku.sku_id) for sku in skus.value} == {sku["skuId"] for sku in directory["skus"]}
    assert [one.id for one in organization.value] == [microsoft.tenants["contoso"].id]
    assert microsoft.tenants["contoso"].domain in [domain.id for domain in domains.value]


def test_a_throttled_request_is_asked_again_after_the_time_it_was_told(microsoft):
    microsoft.order("POST", "/faults", {"path": "/v1.0/users", "kind": "status", "status": 429, "retryAfter": 2, "times": 1})

    async def question(client, _):
        return await client.users.get(select(Users(top=5)))

    begun = time.monotonic()
    assert len(ask(microsoft, question).value) == 5
    assert [entry["status"] for entry in microsoft.requests("/v1.0/users")] == [429, 200]
    # Not how fast it is: that it did not ask before it might.
    assert time.monotonic() - begun >= 2


def batch_item(request, name: str, microsoft) -> BatchRequestItem:
    """The SDK writes absolute addresses into a batch, which Graph refuses (msgraph-sdk-python issue 1015)."""
    item = BatchRequestItem(request, id=name)
    item.url = item.url.removeprefix(f"{microsoft.address}/v1.0")
    return item


def test_a_batch_answers_each_member_and_one_may_fail_alone(microsoft):
    someone = microsoft.directory("contoso")["users"][0]["id"]
    nobody = "00000000-0000-4000-8000-00000000dead"

    async def question(client, _):
        content = BatchRequestContent()
        for name, user in [("found", someone), ("missing", nobody)]:
            request = client.users.by_user_id(user).to_get_request_information()
            content.add_request(name, batch_item(request, name, microsoft))
        answer = await client.batch.post(content)
        return {name: answer.get_response_by_id(name).status for name in ("found", "missing")}

    # The SDK of this version reads no body that is a JSON object, so the members' statuses are what it can show.
    assert ask(microsoft, question) == {"found": 200, "missing": 404}
    asked = {entry["path"].rsplit("/", 1)[1]: entry["status"] for entry in microsoft.requests("/v1.0/users/")}
    assert asked == {someone: 200, nobody: 404}


def test_a_permission_that_was_not_granted_is_microsofts_403(microsoft):
    tenant = microsoft.tenants["fabrikam"].id
    microsoft.order("PUT", f"/tenants/{tenant}/permissions", {"denied": ["groups"]})

    async def question(client, _):
        with pytest.raises(ODataError) as refused:
            await client.groups.get()
        return refused.value

    try:
        refused = ask(microsoft, question, "fabrikam")
    finally:
        microsoft.order("PUT", f"/tenants/{tenant}/permissions", {"denied": []})
    assert (refused.response_status_code, refused.error.code) == (403, "Authorization_RequestDenied")


def test_a_delta_tells_what_changed_since(microsoft):
    async def question(client, made):
        page, seen = await client.users.delta.get(), 0
        while page.odata_next_link:
            seen += len(page.value)
            page = await client.users.delta.with_url(page.odata_next_link).get()
        return seen + len(page.value), page.odata_delta_link

    tenant = microsoft.tenants["fabrikam"].id
    count, link = ask(microsoft, question, "fabrikam")
    assert count == microsoft.tenants["fabrikam"].users
    someone = microsoft.directory("fabrikam")["users"][0]["id"]
    microsoft.order("PATCH", f"/tenants/{tenant}/users/{someone}", {"jobTitle": "Delta"})

    async def again(client, made):
        return await client.users.delta.with_url(link).get()

    page = ask(microsoft, again, "fabrikam")
    assert [(user.id, user.job_title) for user in page.value] == [(someone, "Delta")]
    assert page.odata_delta_link and page.odata_delta_link != link
