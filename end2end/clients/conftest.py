"""The stand-in for Microsoft as other people's clients find it: over TLS, with a certificate authority of its own."""

import json
import os
import re
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

CLIENT_ID = "5a1e0000-0000-4000-8000-000000000001"
CLIENT_SECRET = "simulated-secret"
TENANTS = "contoso=2345,fabrikam=12"


@dataclass
class Tenant:
    id: str
    domain: str
    users: int


@dataclass
class Microsoft:
    """Where the stand-in answers, and what proves that we are the app."""

    address: str
    control: str
    ca_file: str
    certificate_file: str
    tenants: dict[str, Tenant]

    @property
    def host(self) -> str:
        return self.address.removeprefix("https://")

    @property
    def certificate(self) -> str:
        return Path(self.certificate_file).read_text()

    def order(self, method: str, path: str, body: object = None) -> object:
        """A request to the control API: what a test does behind the client's back."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.control}{path}", data, {"content-type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def requests(self, path: str) -> list[dict]:
        """What was asked for under this path since the test began."""
        return [entry for entry in self.order("GET", "/requests") if entry["path"].startswith(path)]

    def directory(self, tenant: str) -> dict:
        return self.order("GET", f"/tenants/{tenant}")


def make_certificate(folder: Path) -> Path:
    """A key and its certificate in one PEM file, as an app registration would have them; the certificate alone too."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "check-clients")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    (folder / "certificate.pem").write_bytes(certificate)
    both = folder / "client.pem"
    both.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate)
    return both


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory):
    program = os.environ.get("ENTRAIN_PROGRAM") or shutil.which("entrain")
    if not program:
        pytest.exit("set ENTRAIN_PROGRAM to the built program, or run `make check-clients`", 2)
    folder = tmp_path_factory.mktemp("microsoft")
    certificate, ca_file = make_certificate(folder), folder / "ca.pem"
    process = subprocess.Popen(
        [program, "simulate", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]
        + ["--ca-file", str(ca_file), "--client-certificate", str(folder / "certificate.pem"), "--tenants", TENANTS],
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("w"),
        text=True,
    )
    lines = []
    while len([line for line in lines if line.startswith("  ")]) < len(TENANTS.split(",")):
        line = process.stdout.readline()
        if not line:
            pytest.exit(f"the stand-in did not start:\n{''.join(lines)}{(folder / 'log').read_text()}", 2)
        lines.append(line)
    words = "".join(lines)
    port = re.search(r"https://[^\s:]+:(\d+)", words)[1]
    found = re.findall(r"^  (\S+)  (\S+)  (\d+) users$", words, re.MULTILINE)
    yield Microsoft(
        address=f"https://localhost:{port}",
        control=re.search(r"control at (http://\S+)", words)[1],
        ca_file=str(ca_file),
        certificate_file=str(certificate),
        tenants={domain.split(".")[0]: Tenant(id, domain, int(users)) for id, domain, users in found},
    )
    process.terminate()
    process.wait(10)


@pytest.fixture
def microsoft(stand_in, monkeypatch):
    """The stand-in, whole and with an empty journal; `requests` trusts its authority, httpx is told where it is used."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", stand_in.ca_file)
    monkeypatch.setenv("SSL_CERT_FILE", stand_in.ca_file)
    stand_in.order("DELETE", "/faults")
    stand_in.order("DELETE", "/requests")
    return stand_in
