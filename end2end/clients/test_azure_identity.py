"""azure-identity: the credentials that Microsoft's own programs use."""

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential

from conftest import CLIENT_ID, CLIENT_SECRET

SCOPE = "https://graph.microsoft.com/.default"


def options(microsoft) -> dict:
    return {"authority": microsoft.address, "disable_instance_discovery": True}


def test_a_secret_gets_a_token_that_says_when_it_ends(microsoft):
    tenant = microsoft.tenants["contoso"].id
    token = ClientSecretCredential(tenant, CLIENT_ID, CLIENT_SECRET, **options(microsoft)).get_token(SCOPE)
    assert token.token and token.expires_on > 0


def test_a_certificate_file_gets_a_token(microsoft):
    tenant = microsoft.tenants["contoso"].domain
    credential = CertificateCredential(tenant, CLIENT_ID, microsoft.certificate_file, **options(microsoft))
    assert credential.get_token(SCOPE).token


def test_a_wrong_secret_is_an_authentication_error_with_its_code(microsoft):
    tenant = microsoft.tenants["contoso"].id
    credential = ClientSecretCredential(tenant, CLIENT_ID, "another-secret", **options(microsoft))
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(SCOPE)
