"""A certificate that nobody else trusts, for servers of the tests."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def _self_signed(private, until):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mx.example.org")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=3))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(private, hashes.SHA256())
    )


def _contexts(folder, until):
    private = ec.generate_private_key(ec.SECP256R1())
    key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "cert.pem").write_bytes(_self_signed(private, until).public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=folder / "cert.pem")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Contexts of a server with a certificate for 127.0.0.1 that nobody else trusts, and of a client that does."""
    return _contexts(tmp_path_factory.mktemp("tls"), datetime.now(UTC) + timedelta(days=2))


@pytest.fixture(scope="module")
def expired(tmp_path_factory):
    """The same with a certificate that was valid until yesterday."""
    return _contexts(tmp_path_factory.mktemp("tls"), datetime.now(UTC) - timedelta(days=1))
