"""MSAL for Python: tokens by secret and by certificate, for a tenant by id and by domain."""

import urllib.parse

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from conftest import CLIENT_ID, CLIENT_SECRET, make_certificate

SCOPES = ["https://graph.microsoft.com/.default"]


def app(microsoft, tenant: str, credential, **options) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        CLIENT_ID,
        authority=f"{microsoft.address}/{tenant}",
        client_credential=credential,
        instance_discovery=False,
        **options,
    )


def certificate(microsoft) -> dict:
    """With the public certificate MSAL signs with PS256 and `x5t#S256`."""
    pem = microsoft.certificate
    thumbprint = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA1()).hex()
    return {"private_key": pem, "thumbprint": thumbprint, "public_certificate": pem[pem.index("-----BEGIN CERT") :]}


@pytest.mark.parametrize("name", ["id", "domain"])
def test_a_secret_gets_a_token_for_a_tenant_by_id_and_by_domain(microsoft, name):
    tenant = getattr(microsoft.tenants["contoso"], name)
    answer = app(microsoft, tenant, CLIENT_SECRET).acquire_token_for_client(SCOPES)
    assert "access_token" in answer, answer
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["tid"] == microsoft.tenants["contoso"].id
    assert "User.Read.All" in claims["roles"]


def test_the_second_token_comes_from_the_cache(microsoft):
    client = app(microsoft, microsoft.tenants["contoso"].id, CLIENT_SECRET)
    first, second = (client.acquire_token_for_client(SCOPES) for _ in range(2))
    assert (first["token_source"], second["token_source"]) == ("identity_provider", "cache")
    assert first["access_token"] == second["access_token"]


def test_a_certificate_gets_a_token_by_an_assertion_signed_with_ps256(microsoft):
    tenant = microsoft.tenants["contoso"].id
    answer = app(microsoft, tenant, certificate(microsoft)).acquire_token_for_client(SCOPES)
    assert "access_token" in answer, answer


def test_a_bare_thumbprint_gets_a_token_by_the_older_assertion(microsoft):
    credential = certificate(microsoft)
    del credential["public_certificate"]
    answer = app(microsoft, microsoft.tenants["contoso"].id, credential).acquire_token_for_client(SCOPES)
    assert "access_token" in answer, answer


def test_a_wrong_secret_and_an_unregistered_certificate_are_refused_as_microsoft_does(microsoft, tmp_path):
    tenant = microsoft.tenants["contoso"].id
    answer = app(microsoft, tenant, "another-secret").acquire_token_for_client(SCOPES)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])
    stranger = make_certificate(tmp_path).read_text()
    credential = {**certificate(microsoft), "private_key": stranger}
    answer = app(microsoft, tenant, credential).acquire_token_for_client(SCOPES)
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [700027])


def test_a_tenant_that_does_not_exist_is_said_to_be_unknown(microsoft):
    with pytest.raises(ValueError, match="tenant"):
        app(microsoft, "nowhere.example", CLIENT_SECRET).acquire_token_for_client(SCOPES)


def test_a_tenant_without_consent_gives_no_token(microsoft):
    fabrikam = microsoft.tenants["fabrikam"]
    microsoft.order("PUT", f"/tenants/{fabrikam.id}/consent", {"granted": False})
    try:
        answer = app(microsoft, fabrikam.id, CLIENT_SECRET).acquire_token_for_client(SCOPES)
        assert answer["error_codes"] == [700016], answer
    finally:
        microsoft.order("PUT", f"/tenants/{fabrikam.id}/consent", {"granted": True})


def test_a_person_signs_in_with_a_code_and_pkce(microsoft):
    """As a web application does it: the address from MSAL, the stand-in's page, the code back to MSAL."""
    redirect = "http://localhost:5000/callback"
    client = app(microsoft, "organizations", CLIENT_SECRET)
    flow = client.initiate_auth_code_flow(["User.Read"], redirect_uri=redirect)
    someone = microsoft.directory("contoso")["users"][0]
    browser = requests.Session()
    page = browser.get(flow["auth_uri"], params={"login_hint": someone["userPrincipalName"]})
    assert page.status_code == 200 and someone["userPrincipalName"] in page.text
    back = browser.post(page.url, data={"user": someone["userPrincipalName"]}, allow_redirects=False)
    assert back.status_code in (302, 303), back.text
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back.headers["location"]).query))
    answer = client.acquire_token_by_auth_code_flow(flow, query)
    assert "error" not in answer, answer
    claims = answer["id_token_claims"]
    assert (claims["tid"], claims["oid"]) == (microsoft.tenants["contoso"].id, someone["id"])
