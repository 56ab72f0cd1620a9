"""Fetching from real web servers on this machine, which the tests allow by name; every other guard is on."""

from __future__ import annotations

import gzip
import socket
import ssl
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import requests.adapters
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from real_smtp import closed_port
from web_server import web_server

from newsletter.core.web import Allowed, WebRefused
from newsletter.sources.web import Web

HERE = Allowed.of(["127.0.0.1"])
QUICK = timedelta(milliseconds=300)


@pytest.fixture
def server():
    with web_server() as script:
        yield script


@pytest.fixture
def web():
    return Web(HERE, timedelta(seconds=10), 1_000_000)


def resolving(names):
    """A resolver that knows these names and no other."""

    def resolve(host, port):
        if host not in names:
            raise socket.gaierror(host)
        return names[host]

    return resolve


def refused(web, url, **more):
    with pytest.raises(WebRefused) as caught:
        web.get(url, **more)
    assert caught.value.problems[0].remedy
    return caught.value.reason


def test_a_page_comes_with_what_one_needs_to_ask_again(server, web):
    server.page(
        "/f", b"<rss/>", Content_Type="Application/RSS+xml; charset=utf-8", ETag='"1"', Last_Modified="Mon"
    )
    page = web.get(server.url("/f"), {"application/rss+xml"})
    assert (page.content, page.kind, page.etag, page.modified) == (
        b"<rss/>",
        "application/rss+xml",
        '"1"',
        "Mon",
    )
    assert server.asked[0][1]["Host"] == f"127.0.0.1:{server.port}"
    server.page("/f", b"", 304, ETag='"1"')
    assert web.get(server.url("/f"), etag='"1"', modified="Mon").unchanged
    asked = server.asked[1][1]
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == ('"1"', "Mon")


def test_nothing_on_this_machine_is_asked_unless_the_configuration_says_so(server):
    server.page("/f", b"secret")
    for host in (
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ):
        assert "127.0.0.1" in (reason := refused(Web(), server.url("/f", host))) or "is not asked" in reason
    assert server.asked == []


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"])
def test_a_name_that_leads_into_a_private_network_is_refused(address):
    web = Web(resolve=resolving({"feeds.example.org": ["93.184.215.14", address]}))
    assert "is not asked" in refused(web, "http://feeds.example.org/feed.xml")


def test_the_machine_that_was_checked_is_the_one_that_is_asked(server):
    """A name that says one thing when it is checked and another when it is asked: it is looked up once."""
    answers = [["127.0.0.1"], ["169.254.169.254"], ["169.254.169.254"]]
    web = Web(HERE, resolve=lambda *_: answers.pop(0))
    server.page("/f", b"x")
    assert web.get(server.url("/f", "feeds.example.org")).content == b"x"
    assert server.asked[0][1]["Host"] == f"feeds.example.org:{server.port}"
    assert len(answers) == 2


@pytest.mark.parametrize(
    "to",
    [
        *("http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://10.0.0.1/", "//0.0.0.0/"),
        *("file:///etc/passwd", "gopher://127.0.0.1/", "http://ada:pw@127.0.0.1/"),
    ],
)
def test_a_redirect_is_checked_like_the_first_question(server, web, to):
    server.redirect("/f", to)
    started = time.monotonic()
    refused(web, server.url("/f"))
    assert time.monotonic() - started < 5
    assert len(server.asked) == 1


def test_redirects_are_followed_five_times(server, web):
    for step in range(6):
        server.redirect(f"/{step}", f"/{step + 1}", 301 + step % 2)
    server.page("/6", b"there")
    assert web.get(server.url("/1")).content == b"there"
    assert web.get(server.url("/1")).url == server.url("/6")
    assert "more than 5 redirects" in refused(web, server.url("/0"))


def test_fifty_megabytes_are_cut_off_where_the_limit_is(server, web):
    server.pour("/f", b"x" * 100_000, 500)
    assert "larger than 1 MB" in refused(web, server.url("/f"))
    server.stopping.wait(0.05)
    assert server.written < 20_000_000


def test_a_size_that_is_told_is_believed_and_nothing_is_read(server, web):
    server.page("/f", b"", Content_Length="50000000")
    assert "larger than 1 MB" in refused(web, server.url("/f"))


def test_a_bomb_is_unpacked_up_to_the_limit_and_never_lies_in_memory(server, web):
    bomb = gzip.compress(b"\0" * 60_000_000)
    server.page("/f", bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        assert "larger than 1 MB" in refused(web, server.url("/f"))
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)]
)
def test_what_is_packed_is_unpacked(server, web, encoding, pack):
    server.page("/f", pack(b"words " * 50_000), Content_Encoding=encoding)
    assert web.get(server.url("/f")).content == b"words " * 50_000


def test_what_is_packed_wrongly_is_refused(server, web):
    server.page("/f", b"this is no gzip", Content_Encoding="gzip")
    assert "could not be fetched" in refused(web, server.url("/f"))


@pytest.mark.parametrize("where", ["body", "head", "nothing"])
def test_a_server_that_dawdles_is_left(server, where):
    if where == "body":
        server.drip("/f")
    elif where == "head":

        def slowly(handler):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not server.stopping.wait(0.02):
                handler.wfile.write(b"X-More: and more\r\n")

        server.pages["/f"] = slowly
    else:
        server.pages["/f"] = lambda _: server.stopping.wait(5)
    started = time.monotonic()
    assert "did not answer within 0.3 s" in refused(Web(HERE, QUICK), server.url("/f"))
    assert time.monotonic() - started < 3


def test_half_an_answer_is_none(server, web):
    server.page("/f", b"half", Content_Length="4000")
    assert "could not be fetched" in refused(web, server.url("/f"))


@pytest.mark.parametrize(
    ("status", "words"), [(404, "answered 404"), (500, "answered 500"), (204, "answered 204")]
)
def test_an_answer_that_is_no_page_is_told(server, web, status, words):
    server.page("/f", b"", status)
    assert words in refused(web, server.url("/f"))


def test_a_page_of_another_kind_is_refused(server, web):
    server.page("/f", b"<html>", Content_Type="text/html")
    assert "text/html" in refused(web, server.url("/f"), kinds={"application/rss+xml"})


def test_what_is_no_http_is_refused(server, web):
    server.pages["/f"] = lambda handler: handler.wfile.write(b"220 mail.example.org ESMTP\r\n")
    assert "could not be fetched" in refused(web, server.url("/f"))


def test_nobody_there(web):
    assert "could not be fetched" in refused(web, f"http://127.0.0.1:{closed_port()}/")
    assert "no machine called" in refused(Web(resolve=resolving({})), "https://nowhere.example.org/")


def test_proxies_of_the_environment_are_not_used(server, web, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    server.page("/f", b"x")
    assert web.get(server.url("/f")).content == b"x"


@pytest.fixture
def certificate(tmp_path):
    """A certificate for feeds.example.org, and the context of a server that has it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "feeds.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("feeds.example.org")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "cert.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return pem, context


def test_tls_is_spoken_with_the_name_and_not_with_the_address(certificate, monkeypatch):
    pem, context = certificate
    with web_server(context) as server:
        server.page("/f", b"x")
        web = Web(
            HERE, resolve=resolving({"feeds.example.org": ["127.0.0.1"], "other.example.org": ["127.0.0.1"]})
        )
        mine = server.url("/f", "feeds.example.org").replace("http:", "https:")
        assert "certificate" in refused(web, mine)
        monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(pem))
        assert web.get(mine).content == b"x"
        assert "certificate" in refused(web, mine.replace("feeds.", "other."))
