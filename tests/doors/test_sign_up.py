"""Signing up through the pages: the answer is the same for everybody, and only the button of the mail puts anybody on the list."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count

import pytest
from starlette.testclient import TestClient

from newsletter.core.sign_up import form_stamp, is_proven
from newsletter.core.subscriber import Standing
from newsletter.core.token import Purpose, Token, make_token
from newsletter.flows.deliver import deliver_due
from newsletter.flows.erasure import forget_person
from newsletter.flows.people import known_person, suppress_address, unsubscribe
from newsletter.flows.sign_up import MOST_AN_HOUR, MOST_UNPROVEN, expire_sign_ups
from newsletter.public.app import create_public_app
from newsletter.settings.parts import SignUp as SignUpPart
from newsletter.store.people import consents_of, person_row, topics_of
from newsletter.transports.memory import MemoryTransport

NEW, KNOWN = "ada.new@example.org", "ada@example.org"


@pytest.fixture
def inbox(office):
    """Where mail goes."""
    transport = MemoryTransport()
    object.__setattr__(office, "open_transport", lambda: transport)
    return transport


@pytest.fixture
def door(people, clock, inbox):
    """The form as somebody fills it in who can read, and what came of it."""
    app = create_public_app(people)
    with TestClient(app, raise_server_exceptions=False, client=("203.0.113.7", 50000)) as site:
        yield Form(site, people, clock, inbox)


class Form:
    def __init__(self, site, office, clock, inbox):
        self.site, self.office, self.clock, self.inbox = site, office, clock, inbox

    def send(self, address, seconds=20, **fields):
        stamp = form_stamp(self.office.secret, self.clock())
        self.clock.set(self.clock.now + timedelta(seconds=seconds))
        data = {"address": address, "language": "en", "topic": ["erasmus"], "stamp": stamp, "form": "page"}
        return self.site.post("/subscribe", data=data | fields)

    def mails(self):
        deliver_due(self.office)
        return [(one.recipient, one.content.decode()) for one in self.inbox.accepted]

    def link(self, to):
        content = next(text for who, text in reversed(self.mails()) if who == to)
        joined = content.replace("=\r\n", "")
        return re.search(r"/confirm/[a-z0-9]+", joined)[0]

    def person(self, address):
        identity = known_person(self.office, address)
        with self.office.database.read() as connection:
            row = person_row(connection, identity)
            return row | {
                "topics": topics_of(connection, identity),
                "events": consents_of(connection, identity),
            }


def test_only_the_button_of_the_mail_puts_somebody_on_the_list(door):
    page = door.send(NEW, name="Ada")
    assert page.status_code == 200
    assert not page.cookies
    assert "Common Thread, letter@news.example.org" in page.text
    assert door.person(NEW)["standing"] == Standing.PENDING
    path = door.link(NEW)
    assert door.site.get(path).status_code == 200
    assert door.person(NEW)["standing"] == Standing.PENDING, "scanners follow links"
    answer = door.site.post(path)
    assert answer.status_code == 200
    person = door.person(NEW)
    assert (person["standing"], person["topics"], person["given_name"]) == ("confirmed", ["erasmus"], "Ada")
    asked, granted = person["events"]
    assert asked["action"] == "asked"
    assert "By pressing the button you ask" in asked["wording"]
    assert set(asked["evidence"]) == {"form", "language", "topics", "network", "campaign"}
    assert "203.0.113.7" not in str(asked)
    assert granted["evidence"] == {"campaign": asked["evidence"]["campaign"], "confirms": asked["id"]}
    assert door.site.post(path).status_code == 200
    assert len(door.person(NEW)["events"]) == 2, "twice is once"


def test_the_answer_does_not_tell_who_is_known(door):
    suppress_address(door.office, "gone@example.org", "bounced", door.clock())
    answers = {
        door.send(address).text.replace(address, "X") for address in (NEW, KNOWN, "gone@example.org", NEW)
    }
    assert len(answers) == 1
    got = [who for who, _ in door.mails()]
    assert sorted(got) == [NEW, KNOWN], "one to each, and none to who bounced"
    texts = dict(door.mails())
    assert "on the list already" in texts[KNOWN]
    assert "/confirm/" not in texts[KNOWN].replace("=\r\n", "")
    assert door.person(KNOWN)["standing"] == Standing.CONFIRMED


def test_a_known_person_is_not_changed_by_who_enters_their_address(door):
    before = door.person(KNOWN)
    door.send(KNOWN, name="Mallory", topic=["events"], language="fr")
    assert door.person(KNOWN) == before


def test_who_left_comes_back_by_confirming_and_only_then(door):
    door.send(NEW)
    door.site.post(door.link(NEW))
    token = door.link(NEW).rpartition("/")[2]
    campaign = door.person(NEW)["events"][0]["evidence"]["campaign"]
    leave_by(door, NEW, campaign)
    assert door.person(NEW)["standing"] == Standing.UNSUBSCRIBED
    assert door.site.post(f"/confirm/{token}").status_code == 409, "an old mail does not undo it"
    door.clock.set(door.clock.now + timedelta(days=1))
    door.send(NEW, topic=["events"])
    assert door.person(NEW)["standing"] == Standing.PENDING
    door.site.post(door.link(NEW))
    assert (door.person(NEW)["standing"], door.person(NEW)["topics"]) == ("confirmed", ["events"])


def leave_by(door, address, campaign):
    token = make_token(
        door.office.secret, Token(Purpose.UNSUBSCRIBE, campaign, known_person(door.office, address))
    )
    assert unsubscribe(door.office, token, door.clock())


def test_one_mail_a_day_whatever_is_pressed(door):
    for _ in range(3):
        door.send(NEW)
    assert len(door.mails()) == 1
    door.clock.set(door.clock.now + timedelta(days=1))
    door.send(NEW)
    assert len(door.mails()) == 2


@pytest.mark.parametrize("seconds", [0, 1, 25 * 3600])
def test_too_fast_or_too_late_is_asked_again_and_loses_nothing(door, seconds):
    page = door.send(NEW, seconds=seconds, name="Ada")
    assert page.status_code == 422
    assert f'value="{NEW}"' in page.text
    assert 'value="Ada"' in page.text
    assert 'value="erasmus" checked' in page.text
    assert not door.mails()


@pytest.mark.parametrize("stamp", ["", "x", "61656f00-0", "é-1", "-"])
def test_a_stamp_that_is_not_ours_is_none(door, stamp):
    page = door.send(NEW, stamp=stamp)
    assert page.status_code in {200, 422}
    assert not door.mails()


def test_the_trap_gets_the_usual_page_and_nothing_happens(door):
    assert door.send(NEW, website="https://example.net").text == door.send(NEW).text
    assert len(door.mails()) == 1


def test_a_network_has_its_share_of_an_hour(door):
    statuses = [door.send("no address", seconds=0).status_code for _ in range(MOST_AN_HOUR)]
    assert set(statuses) == {422}
    assert door.send(NEW).status_code == 429
    door.clock.set(door.clock.now + timedelta(hours=1))
    assert door.send(NEW).status_code == 200


@pytest.fixture
def proof_is_asked(people):
    """An office that asks browsers to calculate."""
    settings = people.settings.model_copy(update={"sign_up": SignUpPart(proof_of_work="on")})
    object.__setattr__(people, "settings", settings)


def proof_for(stamp, address):
    return next(str(number) for number in count() if is_proven(stamp, address, str(number)))


@pytest.mark.usefixtures("proof_is_asked")
def test_where_a_proof_is_asked_for_fewer_forms_without_one_are_taken_from_a_network(door):
    statuses = [door.send(f"new{number}@example.org").status_code for number in range(MOST_UNPROVEN + 1)]
    assert statuses == [200] * MOST_UNPROVEN + [429]
    stamp = form_stamp(door.office.secret, door.clock())
    proof = proof_for(stamp, NEW)
    assert door.send("ben.new@example.org", stamp=stamp, proof=proof).status_code == 429, (
        "a proof is for one address"
    )
    assert door.send(NEW, stamp=stamp, proof=proof).status_code == 200
    assert NEW in [who for who, _ in door.mails()]
    made_up = "0" * len(stamp)
    assert door.send(NEW, stamp=made_up, proof=proof_for(made_up, NEW)).status_code == 429, (
        "the stamp is not ours"
    )


def test_only_the_form_that_asks_for_a_proof_runs_a_script(door, request):
    plain = door.site.get("/subscribe")
    assert "<script" not in plain.text
    assert "script-src" not in plain.headers["content-security-policy"]
    request.getfixturevalue("proof_is_asked")
    asking = door.site.get("/subscribe")
    assert 'data-proof-bits="16"' in asking.text
    assert "script-src 'self'" in asking.headers["content-security-policy"]
    script = door.site.get(re.search(r'src="(/[^"]+)"', asking.text)[1])
    assert script.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("address", ["", "ada", "ada@", "ada@example.org\r\nBcc: ben@example.org", "a" * 500])
def test_what_is_no_address_is_told_at_its_field(door, address):
    page = door.send(address)
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert not door.mails()


def test_a_form_on_another_site_leads_to_ours_with_what_was_entered(door):
    page = door.site.post("/subscribe", data={"address": NEW, "language": "fr", "form": "elsewhere"})
    assert page.status_code == 200
    assert f'value="{NEW}"' in page.text
    assert 'name="form" value="elsewhere"' in page.text
    assert not door.mails()
    door.send(NEW, form="elsewhere")
    assert door.person(NEW)["events"][0]["evidence"]["form"] == "elsewhere"


def test_who_does_not_confirm_is_erased_and_may_come_again(door):
    door.send(NEW)
    path = door.link(NEW)
    door.clock.set(door.clock.now + timedelta(days=7, seconds=1))
    assert door.site.post(path).status_code == 409
    assert "had its time" in door.site.get(path).text
    assert expire_sign_ups(door.office, door.clock()) == 1
    assert expire_sign_ups(door.office, door.clock()) == 0
    assert door.site.get(path).status_code == 404
    door.send(NEW)
    door.site.post(door.link(NEW))
    assert door.person(NEW)["standing"] == Standing.CONFIRMED


def test_who_was_erased_may_come_back_by_their_own_word_alone(door):
    forget_person(door.office, KNOWN, door.clock())
    door.send(KNOWN)
    door.clock.set(door.clock.now + timedelta(days=8))
    expire_sign_ups(door.office, door.clock())
    with pytest.raises(Exception, match="Nobody here"):
        known_person(door.office, KNOWN)
    assert suppress_address(door.office, KNOWN, "x", door.clock()) is False, "imports still keep them out"
    door.send(KNOWN)
    door.site.post(door.link(KNOWN))
    assert door.person(KNOWN)["standing"] == Standing.CONFIRMED


@pytest.mark.parametrize("path", ["/confirm/x", "/confirm/azbaaaaaaaaaaaaaaaa"])
def test_a_link_that_is_not_genuine_is_nowhere(door, path):
    assert door.site.get(path).status_code == 404
    assert door.site.post(path).status_code == 404


def test_the_code_for_other_sites_names_our_form(door):
    page = door.site.get("/subscribe/embed").text
    assert "/subscribe&quot;" in page or '/subscribe"' in page
