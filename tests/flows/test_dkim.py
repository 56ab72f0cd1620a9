"""Mail that leaves is signed with every key that the configuration names, and an independent verifier says so."""

from __future__ import annotations

from dataclasses import replace

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from newsletter.core.dkim_key import public_record
from newsletter.core.refusal import ConfigurationRefused
from newsletter.wiring import open_office

DKIM = "dkim: []\n"
TWO_KEYS = """dkim:
  - {domain: news.example.org, selector: rsa1, key_file: var/rsa.pem}
  - {domain: news.example.org, selector: ed1, key_variable: OUR_ED25519_KEY}
"""


def pem(private):
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def signing(workspace, monkeypatch):
    config = workspace / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(DKIM, TWO_KEYS), encoding="utf-8")
    (workspace / "var").mkdir(exist_ok=True)
    (workspace / "var" / "rsa.pem").write_bytes(pem(rsa.generate_private_key(65537, 2048)))
    monkeypatch.setenv("OUR_ED25519_KEY", pem(ed25519.Ed25519PrivateKey.generate()).decode())
    return workspace


def test_a_delivered_mail_verifies_with_both_keys(bench, signing):
    office = open_office(signing, bench.clock, {"secret": "a key for tests"})
    bench.office = replace(office, open_transport=bench.office.open_transport)
    bench.enrol("ada@example.org")
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    bench.deliver()
    content = bench.transport.accepted[0].content
    records = {f"{key.record_name}.".encode(): public_record(key).encode() for key in office.dkim_keys}
    verifier = dkim.DKIM(content)
    verifier.timeout = 0
    for index in range(2):
        assert verifier.verify(idx=index, dnsfunc=lambda name, **_: records[name])
    assert content.count(b"DKIM-Signature:") == 2
    office.database.close()


def test_a_key_that_is_not_there_is_refused_by_name(signing, clock):
    (signing / "var" / "rsa.pem").unlink()
    with pytest.raises(ConfigurationRefused, match=r"var/rsa\.pem"):
        open_office(signing, clock, {"secret": "a key for tests"})
