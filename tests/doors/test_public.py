"""The readers' pages: leaving, deadlines, and what every answer must be like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.core.links import PersonalLinks
from newsletter.core.token import Purpose, Token, make_token
from newsletter.flows.deadlines import cancel_deadline
from newsletter.store import people as rows
from newsletter.store.occurrences import beat

ADA, BEN = "ada@example.org", "ben@example.org"
KEY = "erasmus-accreditation/accreditation"
NOW = datetime(2021, 10, 12, 7, 2, tzinfo=UTC)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Reader:
    """One person, their links, and a look into the store."""

    def __init__(self, office, address, campaign=42):
        self.office = office
        with office.database.read() as connection:
            self.id = rows.find_by_key(connection, address)
        self.links = PersonalLinks("", office.secret, campaign, self.id)

    @property
    def row(self):
        with self.office.database.read() as connection:
            return rows.person_row(connection, self.id)

    @property
    def consents(self):
        with self.office.database.read() as connection:
            return [(event["action"], event["source"]) for event in rows.consents_of(connection, self.id)]

    @property
    def marks(self):
        with self.office.database.read() as connection:
            return set(rows.deadline_marks_of(connection, KEY, self.id))

    @property
    def everything(self):
        return self.row, self.consents, self.marks


@pytest.fixture
def ada(people):
    return Reader(people, ADA)


@pytest.fixture
def ben(people):
    return Reader(people, BEN)


def test_looking_at_the_unsubscribe_page_changes_nothing(site, ada):
    before = ada.everything
    for method in ("GET", "HEAD"):
        answer = site.request(method, ada.links.unsubscribe())
        assert answer.status_code == 200
    assert ada.everything == before
    page = site.get(ada.links.unsubscribe()).text
    assert "<strong>ada@example.org</strong> gets no more letters" in page
    assert page.count("<button") == 1
    assert "<script" not in page


@pytest.mark.parametrize(
    "body",
    [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}],
    ids=["urlencoded", "multipart"],
)
def test_one_click_leaves_at_once_and_twice_is_the_same_as_once(site, ada, body):
    for _ in range(2):
        answer = site.post(ada.links.unsubscribe(), **body)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert len(answer.content) < 100
        assert not answer.headers.get("set-cookie")
        assert ada.row["standing"] == "unsubscribed"
        assert ada.consents == [("granted", "sign-up form"), ("withdrawn", "one-click")]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {"List-Unsubscribe": "Two-Clicks"}},
        {"json": ONE_CLICK},
        {"content": b"List-Unsubscribe=One-Click", "headers": {"content-type": "text/plain"}},
        {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"content": b"--x\r\nbroken", "headers": {"content-type": "multipart/form-data"}},
    ],
)
def test_any_other_body_gets_the_page_and_changes_nothing(site, ada, body):
    answer = site.post(ada.links.unsubscribe(), **body)
    assert answer.status_code == 200
    assert "Leave the letter?" in answer.text
    assert ada.row["standing"] == "confirmed"


def test_a_body_longer_than_any_form_is_refused(site, ada):
    answer = site.post(ada.links.unsubscribe(), data={**ONE_CLICK, "more": "x" * 70_000})
    assert answer.status_code == 413
    assert ada.row["standing"] == "confirmed"


def test_the_button_says_goodbye_and_the_next_look_too(site, ada):
    goodbye = site.post(ada.links.unsubscribe(), data={"confirm": "yes"})
    assert goodbye.status_code == 200
    assert "You have left the letter" in goodbye.text
    assert "Done on 12\u00a0October 2021, 9:02" in goodbye.text
    assert "put me back" in goodbye.text
    assert "You have left the letter" in site.get(ada.links.unsubscribe()).text
    assert ada.consents[-1] == ("withdrawn", "page")


def test_an_undo_puts_the_reader_back_with_evidence(site, ada, people):
    site.post(ada.links.unsubscribe(), data=ONE_CLICK)
    for _ in range(2):
        answer = site.post(f"{ada.links.unsubscribe()}/undo")
        assert answer.status_code == 200
        assert "You are back" in answer.text
    assert ada.row["standing"] == "confirmed"
    with people.database.read() as connection:
        last = rows.consents_of(connection, ada.id)[-1]
    assert (last["action"], last["source"]) == ("granted", "undo")
    assert last["wording"] == "That was a mistake, put me back"
    assert last["evidence"]["campaign"] == 42
    assert len(ada.consents) == 3


def test_an_undo_works_for_a_day_only(site, ada, clock):
    site.post(ada.links.unsubscribe(), data=ONE_CLICK)
    clock.now = NOW + timedelta(days=1, minutes=1)
    assert "put me back" not in site.get(ada.links.unsubscribe()).text
    answer = site.post(f"{ada.links.unsubscribe()}/undo")
    assert answer.status_code == 409
    assert ada.row["standing"] == "unsubscribed"


def test_an_undo_needs_the_link_that_was_used_to_leave(site, ada, people):
    site.post(ada.links.unsubscribe(), data=ONE_CLICK)
    other_mail = Reader(people, ADA, campaign=41)
    assert site.post(f"{other_mail.links.unsubscribe()}/undo").status_code == 409
    assert ada.row["standing"] == "unsubscribed"


def test_an_undo_confirms_nobody_who_had_not_confirmed(site, ada, people, clock):
    with people.database.write() as connection:
        rows.record_consent(connection, ada.id, "withdrawn", clock(), source="import")
        rows.record_consent(connection, ada.id, "asked", clock(), source="form")
    site.post(ada.links.unsubscribe(), data=ONE_CLICK)
    assert site.post(f"{ada.links.unsubscribe()}/undo").status_code == 409
    assert ada.row["standing"] == "unsubscribed"


def test_a_token_in_capitals_still_works(site, ada):
    path, _, token = ada.links.unsubscribe().rpartition("/")
    assert site.post(f"{path}/{token.upper()}", data=ONE_CLICK).status_code == 200
    assert ada.row["standing"] == "unsubscribed"


def _damaged(link):
    path, _, token = link.rpartition("/")
    flipped = "".join(
        "b" if letter == "a" and at == 12 else "a" if at == 12 else letter for at, letter in enumerate(token)
    )
    for wrong in (flipped, token[:-1], token[:5], token + "a", "x", "%00", "\u00e9" * 8, "a" * 3000):
        yield f"{path}/{wrong}"


def test_every_damaged_token_gets_the_same_page_as_no_page_at_all(site, ada):
    before = ada.everything
    nothing = site.get("/there-is-nothing-here")
    assert nothing.status_code == 404
    links = ada.links
    real = [links.unsubscribe(), links.preferences(), links.view(), links.applied(KEY), links.stop(KEY)]
    for wrong in [damaged for link in real for damaged in _damaged(link)]:
        for answer in (site.get(wrong), site.post(wrong, data=ONE_CLICK)):
            assert answer.status_code in (
                {405} if "/v/" in wrong and answer.request.method == "POST" else {404}
            )
            assert answer.content == nothing.content
    assert ada.everything == before


def test_a_token_for_another_purpose_or_deadline_is_not_taken(site, ada):
    nothing = site.get("/there-is-nothing-here").content
    tokens = {purpose: make_token(ada.office.secret, Token(purpose, 42, ada.id), KEY) for purpose in Purpose}
    plain = {purpose: make_token(ada.office.secret, Token(purpose, 42, ada.id)) for purpose in Purpose}
    wrong = [
        *(f"/u/{plain[other]}" for other in Purpose if other is not Purpose.UNSUBSCRIBE),
        *(f"/p/{plain[other]}" for other in Purpose if other is not Purpose.PREFERENCES),
        *(f"/v/{plain[other]}" for other in Purpose if other is not Purpose.VIEW),
        *(f"/applied/{KEY}/{tokens[other]}" for other in Purpose if other is not Purpose.APPLIED),
        *(f"/stop/{KEY}/{tokens[other]}" for other in Purpose if other is not Purpose.STOP),
        f"/applied/kitchen-partners/partners/{tokens[Purpose.APPLIED]}",
        f"/u/{tokens[Purpose.UNSUBSCRIBE]}",
    ]
    for address in wrong:
        assert site.get(address).content == nothing, address
    assert site.post(f"/applied/kitchen-partners/partners/{tokens[Purpose.APPLIED]}").status_code == 404
    assert ada.marks == set()


def test_a_genuine_token_of_somebody_unknown_says_nothing_and_answers_one_click(site, people):
    links = PersonalLinks("", people.secret, 1, 999_999)
    assert site.post(links.unsubscribe(), data=ONE_CLICK).status_code == 200
    assert "@" not in site.get(links.unsubscribe()).text.split("</main>")[0]
    for link in (links.preferences(), links.applied(KEY), links.view()):
        assert site.get(link).status_code == 404


@pytest.mark.parametrize(("link", "mark"), [("applied", "applied"), ("stop", "stopped")])
def test_a_press_notes_the_deadline_and_another_takes_it_back(site, ada, link, mark):
    address = getattr(ada.links, link)(KEY)
    before = ada.everything
    page = site.get(address).text
    assert ada.everything == before
    assert "Erasmus+ accreditation 2021" in page
    assert "Tuesday 19\u00a0October 2021, 12:00\u00a0noon, Brussels\u00a0time" in page
    assert "7 days left, counted on 12\u00a0October" in page
    for _ in range(2):
        noted = site.post(address, data={"confirm": "yes"})
        assert noted.status_code == 200
        assert "Noted on 12\u00a0October 2021, 9:02" in noted.text
        assert "Tuesday 19\u00a0October 2021" in noted.text
        assert ada.marks == {mark}
    assert "Remind me again" in site.get(address).text
    again = site.post(address, data={"undo": "yes"})
    assert "The reminders are on again" in again.text
    assert ada.marks == set()
    assert ada.row["standing"] == "confirmed"


def test_a_deadline_that_nobody_knows_is_no_page(site, ada):
    assert site.get(ada.links.applied("erasmus-accreditation/other")).status_code == 404
    assert site.post(ada.links.applied("erasmus-accreditation/other")).status_code == 404


def test_a_deadline_that_has_passed_or_was_called_off_says_so(site, ada, people, clock):
    clock.now = NOW + timedelta(days=30)
    assert "<em>Closed</em>" in site.get(ada.links.applied(KEY)).text
    cancel_deadline(people, KEY, NOW)
    assert "<em>Called off</em>" in site.get(ada.links.applied(KEY)).text


def test_a_french_reader_gets_french_pages_and_may_switch(site, ben):
    english = {"accept-language": "en"}
    page = site.get(ben.links.unsubscribe(), headers=english)
    assert '<html lang="fr" dir="ltr">' in page.text
    assert "Quitter la lettre\u00a0?" in page.text
    assert page.headers["content-language"] == "fr"
    deadline = site.get(ben.links.applied(KEY)).text.replace("\u00a0", " ")
    assert "Mardi 19 octobre 2021, 12 h (midi), heure de Bruxelles" in deadline
    assert "Leave the letter?" in site.get(f"{ben.links.unsubscribe()}?language=en").text
    assert "Quitter la lettre" in site.get(f"{ben.links.unsubscribe()}?language=xx").text
    assert site.post(ben.links.unsubscribe(), data=ONE_CLICK).text.startswith(
        "Votre désinscription est faite."
    )


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("fr", "fr"),
        ("fr-CA,en;q=0.8", "fr"),
        ("de,fr;q=0.2,en;q=0.7", "en"),
        ("fr;q=0,*", "en"),
        ("q=;,;;", "en"),
        ("", "en"),
    ],
)
def test_without_a_reader_the_browser_chooses_the_language(site, wanted, language):
    answer = site.get("/nothing", headers={"accept-language": wanted})
    assert answer.headers["content-language"] == language
    assert answer.headers["vary"] == "Accept-Language"


def test_when_the_database_is_gone_nothing_answers_200(site, ada, people, workspace):
    people.database.close()
    for file in (workspace / "var").glob("newsletter.sqlite*"):
        file.unlink()
    (workspace / "var" / "newsletter.sqlite").write_bytes(b"this is no database" * 100)
    links = ada.links
    for link in (links.unsubscribe(), links.preferences(), links.applied(KEY), links.stop(KEY)):
        for answer in (site.get(link), site.post(link, data=ONE_CLICK)):
            assert answer.status_code == 503
            assert "Please try again" in answer.text
            assert answer.headers["retry-after"]
            assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert site.get(links.view()).status_code == 503
    health = site.get("/healthz")
    assert (health.status_code, health.json()["database"]) == (503, "unreachable")
    assert site.get("/public.css").status_code == 200


def test_health_tells_of_the_database_and_the_last_tick(site, people):
    assert site.get("/healthz").json() == {"status": "ok", "database": "reachable", "last_tick": None}
    with people.database.write() as connection:
        beat(connection, "scheduler", NOW)
    assert site.get("/healthz").json()["last_tick"] == "2021-10-12T07:02:00+00:00"


def test_every_answer_carries_the_safe_headers_and_no_cookie(site, ada):
    links = ada.links
    paths = [
        links.unsubscribe(),
        links.preferences(),
        links.applied(KEY),
        "/nothing",
        "/healthz",
        "/public.css",
        "/images/mark.png",
    ]
    for path in paths:
        headers = site.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "noindex" in headers["x-robots-tag"]
        assert "set-cookie" not in headers
        assert ("no-store" in headers["cache-control"]) == (path not in {"/public.css", "/images/mark.png"})


def test_there_is_no_description_of_an_interface_and_no_redirect(site, ada):
    for path in ("/docs", "/redoc", "/openapi.json", "/", f"{ada.links.unsubscribe()}/"):
        assert site.get(path).status_code == 404
    assert site.post(f"{ada.links.unsubscribe()}/", data=ONE_CLICK).status_code == 404
    assert site.delete(ada.links.unsubscribe()).status_code == 405
