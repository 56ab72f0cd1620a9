"""`newsletter doctor` with a key: what it prints and how it ends, on a real DNS server on this machine."""

from __future__ import annotations

import json
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dns_server import dns_server

from newsletter.cli.main import main
from newsletter.core.dkim_key import load_key, public_record

KEYS = "dkim:\n  - {domain: news.example.org, selector: ed1, key_file: var/ed.pem}\n"
PRIVATE = ed25519.Ed25519PrivateKey.generate().private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@pytest.fixture
def server(workspace):
    """The name server that the workspace's configuration names."""
    with dns_server() as script:
        config = workspace / "config.yaml"
        text = config.read_text(encoding="utf-8").replace("dkim: []\n", KEYS)
        config.write_text(
            text.replace("nameservers: []", f"nameservers: [{script.nameservers[0]}]"), encoding="utf-8"
        )
        (workspace / "var").mkdir(exist_ok=True)
        (workspace / "var" / "ed.pem").write_bytes(PRIVATE)
        yield script


@pytest.fixture
def doctor(workspace, monkeypatch, capsys):
    def command(*words):
        monkeypatch.setattr(sys, "argv", ["newsletter", "--workspace", str(workspace), "doctor", *words])
        try:
            main()
        except SystemExit as ended:
            return ended.code or 0, capsys.readouterr().out
        return 0, capsys.readouterr().out

    return command


def test_the_doctor_ends_well_when_the_record_is_published(server, doctor):
    key = load_key(PRIVATE, "news.example.org", "ed1")
    server.txt(key.record_name, public_record(key))
    status, printed = doctor("--json")
    assert status == 0
    facts = json.loads(printed)["facts"]
    assert facts["dkim ed1 of news.example.org"] == "published and right"
    assert "IN TXT" in facts["dkim ed1 of news.example.org: record"]
    assert "published and right" in doctor()[1]


def test_a_missing_record_is_an_error_and_dns_that_fails_is_none(server, doctor):
    status, printed = doctor("--json")
    assert status == 1
    assert "ed1._domainkey.news.example.org has no record." in printed
    server.failing["*"] = "SERVFAIL"
    status, printed = doctor("--json")
    assert status == 0
    assert [problem["level"] for problem in json.loads(printed)["problems"]] == ["warning"]
