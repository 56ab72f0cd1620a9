"""One-click POSTs of many at once, and while the database is away: RFC 8058 on both databases."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import pytest
from throwaway_postgresql import Server, fresh_database

from newsletter.core.consent import ConsentAction
from newsletter.core.links import PersonalLinks
from newsletter.flows.import_people import import_people
from newsletter.public import departures
from newsletter.public.app import create_public_app
from newsletter.store.people import consents_of, find_by_key, person_row, record_consent
from newsletter.wiring import open_office

NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)
NAMES = ("ada", "ben", "chiara")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
ENCODINGS = ({"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}})


@contextmanager
def _office(folder, url):
    opened = open_office(folder, lambda: NOW, {"secret": "a key for tests", "database": url})
    opened.database.upgrade()
    import_people(opened, folder / "subscribers" / "sample.csv", NOW)
    try:
        yield opened
    finally:
        opened.database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, starter, tmp_path):
    """The sample people, on both databases."""
    folder = shutil.copytree(starter, tmp_path / "workspace")
    (folder / "var").mkdir(exist_ok=True)
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("tables"), folder / "var" / "newsletter.sqlite")
        with _office(folder, "sqlite:///var/newsletter.sqlite") as opened:
            yield opened
        return
    with request.getfixturevalue("postgresql_tables")() as url, _office(folder, url) as opened:
        yield opened


def _link(office, name, campaign=42):
    with office.database.read() as connection:
        identity = find_by_key(connection, f"{name}@example.org")
    return PersonalLinks("", office.secret, campaign, identity).unsubscribe()


def _events(office, name):
    with office.database.read() as connection:
        identity = find_by_key(connection, f"{name}@example.org")
        return person_row(connection, identity)["standing"], [
            (event["action"], event["source"], event["evidence"].get("campaign"))
            for event in consents_of(connection, identity)
            if event["action"] == ConsentAction.WITHDRAWN
        ]


def _press(office, presses):
    """All of these at once; gives the answers in their order."""

    async def all_of_them():
        transport = httpx.ASGITransport(create_public_app(office), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://news.example.org") as site:
            return await asyncio.gather(*(site.post(path, **body) for path, body in presses))

    return asyncio.run(all_of_them())


def test_fifty_at_once_leave_once_each(office):
    links = [_link(office, name) for name in NAMES]
    wrong = links[0][:-1] + ("a" if links[0][-1] != "a" else "b")
    unknown = PersonalLinks("", office.secret, 42, 999_999).unsubscribe()
    presses = [(links[at % 3], ENCODINGS[at % 2]) for at in range(50)]
    answers = _press(office, [*presses, (wrong, ENCODINGS[0]), (unknown, ENCODINGS[0])])
    assert [answer.status_code for answer in answers] == [200] * 50 + [404, 200]
    assert not any("set-cookie" in answer.headers or "location" in answer.headers for answer in answers)
    for name in NAMES:
        assert _events(office, name) == ("unsubscribed", [("withdrawn", "one-click", 42)])


def test_each_is_answered_in_their_language(office):
    answers = _press(office, [(_link(office, name), ENCODINGS[0]) for name in ("ada", "ben")])
    assert [answer.text.split(".")[0] for answer in answers] == [
        "You are unsubscribed",
        "Votre désinscription est faite",
    ]


def test_nobody_else_is_touched_and_who_came_back_may_leave_again(office):
    _press(office, [(_link(office, "ada"), ENCODINGS[0])])
    assert _events(office, "ben") == ("confirmed", [])
    with office.database.write() as connection:
        identity = find_by_key(connection, "ada@example.org")
        record_consent(connection, identity, ConsentAction.GRANTED, NOW, source="form")
    _press(office, [(_link(office, "ada", 43), ENCODINGS[1])])
    expected = [("withdrawn", "one-click", 42), ("withdrawn", "one-click", 43)]
    assert _events(office, "ada") == ("unsubscribed", expected)


def test_more_than_one_transaction_may_hold(office, monkeypatch):
    monkeypatch.setattr(departures, "MOST_TOGETHER", 2)
    answers = _press(office, [(_link(office, name), ENCODINGS[0]) for name in NAMES])
    assert {answer.status_code for answer in answers} == {200}
    assert {_events(office, name)[0] for name in NAMES} == {"unsubscribed"}


def test_a_database_that_lets_one_wait_too_long_is_no_200(office, monkeypatch):
    """Somebody else holds the row, or the file: the mail program is told to come again, and then it is done."""
    monkeypatch.setattr(departures, "PATIENCE_SECONDS", 0.05)
    press = (_link(office, "ada"), ENCODINGS[0])

    async def blocked():
        transport = httpx.ASGITransport(create_public_app(office), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://news.example.org") as site:
            with office.database.write() as connection:
                identity = find_by_key(connection, "ada@example.org")
                record_consent(connection, identity, ConsentAction.GRANTED, NOW, source="form")
                answer = await site.post(press[0], **press[1])
            # Whoever waited too long is written down nevertheless; the next waits for that.
            monkeypatch.setattr(departures, "PATIENCE_SECONDS", 30.0)
            return answer, await site.post(press[0], **press[1])

    waited, again = asyncio.run(blocked())
    assert (waited.status_code, again.status_code) == (503, 200)
    assert waited.headers["retry-after"]
    assert _events(office, "ada") == ("unsubscribed", [("withdrawn", "one-click", 42)])


@pytest.mark.usefixtures("postgresql")
def test_while_the_server_is_gone_it_is_503_and_200_when_it_is_back(starter, tmp_path):
    folder = shutil.copytree(starter, tmp_path / "workspace")
    with tempfile.TemporaryDirectory(prefix="newsletter-postgresql-") as place:
        server = Server(Path(place))
        server.start()
        try:
            with fresh_database(server.url) as url, _office(folder, url) as office:
                presses = [(_link(office, name), ENCODINGS[0]) for name in NAMES]
                server.kill()
                try:
                    gone = _press(office, presses)
                finally:
                    server.start()
                assert [answer.status_code for answer in gone] == [503] * 3
                assert [_events(office, name)[0] for name in NAMES] == ["confirmed"] * 3
                assert [answer.status_code for answer in _press(office, presses)] == [200] * 3
                assert [_events(office, name)[0] for name in NAMES] == ["unsubscribed"] * 3
        finally:
            server.stop()
