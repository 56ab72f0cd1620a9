from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.campaign import CampaignKind
from newsletter.core.recipient import Readers, Recipient, shared_values, slot_columns, slot_values
from newsletter.core.refusal import Refusal
from newsletter.core.wording import Catalogue

LOCALE = Path(__file__).parents[2] / "templates" / "locale"
EN = Catalogue("en")
FR = Catalogue.from_po("fr", (LOCALE / "fr.po").read_text(encoding="utf-8"))
ADA = Recipient("ada@example.org", "Ada", date(2021, 3, 3), ("Social economy", "Erasmus+"))


class Links:
    """Remembers what it was asked for."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        def link(*arguments):
            self.asked.append(name)
            return ["/".join(["https://example.org", name, *arguments])]

        return link


def value(name, recipient=ADA, catalogue=EN, kind=CampaignKind.ISSUE):
    return slot_values([name], recipient, Links(), catalogue, kind, "https://example.org/")[name].replace(
        "\u00a0", " "
    )


def test_the_reason_says_address_date_and_topics():
    expected = "You receive this letter at ada@example.org because you signed up on 3 March 2021 for Social economy and Erasmus+."
    assert value("reason") == expected


def test_the_reason_is_said_in_the_readers_language():
    reader = replace(ADA, topic_labels=("Économie sociale",))
    expected = "Vous recevez cette lettre à l’adresse ada@example.org en raison de votre inscription du 3 mars 2021 au thème Économie sociale."
    assert value("reason", reader, FR) == expected


@pytest.mark.parametrize(
    ("known", "ending"),
    [
        ({"signed_up": None}, "because you signed up for Social economy and Erasmus+."),
        ({"topic_labels": ()}, "because you signed up on 3 March 2021."),
        ({"signed_up": None, "topic_labels": ()}, "because you signed up for it."),
    ],
)
def test_the_reason_claims_no_more_than_is_known(known, ending):
    assert value("reason", replace(ADA, **known)).endswith(ending)


@pytest.mark.parametrize("kind", list(CampaignKind))
def test_every_kind_of_mail_has_a_reason_with_the_address_in_it(kind):
    assert "ada@example.org" in value("reason", kind=kind)
    assert "ada@example.org" in value("reason", replace(ADA, signed_up=None, topic_labels=()), FR, kind)


@pytest.mark.parametrize(
    ("name", "greeting"),
    [("Ada", "Dear Ada,"), ("", "Hello,"), ("  ", "Hello,"), ("Ada\r\n Mary", "Dear Ada Mary,")],
)
def test_the_greeting_uses_the_name_that_was_given(name, greeting):
    assert value("greeting", replace(ADA, given_name=name)) == greeting


def test_a_name_is_a_value_and_never_a_template():
    assert value("greeting", replace(ADA, given_name="{{7*7}} {name}")) == "Dear {{7*7}} {name},"


def test_a_slot_with_an_argument_asks_for_that_link():
    assert value("applied_url call/form") == "https://example.org/applied/call/form"
    assert value("stop_url call/form") == "https://example.org/stop/call/form"
    assert value("calendar_url call/form") == "https://example.org/calendar/call/form"
    assert value("other_language_url fr") == "https://example.org/other_language/fr"


def test_only_the_links_that_are_asked_for_are_made():
    links = Links()
    values = slot_values(["greeting", "unsubscribe_url"], ADA, links, EN, CampaignKind.ISSUE, "")
    assert set(values) == {"greeting", "unsubscribe_url"}
    assert links.asked == ["unsubscribe"]


@pytest.mark.parametrize("name", ["shoe_size", "applied_url", "greeting loudly", "", " "])
def test_an_unknown_slot_is_refused_and_the_known_ones_are_named(name):
    with pytest.raises(Refusal) as refused:
        value(name)
    assert "greeting" in refused.value.problems[0].remedy
    assert repr(name)[1:-1] in refused.value.problems[0].what


READER = st.builds(
    Recipient,
    st.emails(),
    st.one_of(st.text(max_size=20), st.sampled_from(["", " ", "{cause}", "Ada"])),
    st.one_of(st.none(), st.dates(date(1990, 1, 1))),
    st.lists(st.sampled_from(["Erasmus+", "Économie sociale", "{address}"]), max_size=3).map(tuple),
)


@given(st.lists(READER, min_size=1, max_size=5), st.sampled_from([EN, FR]), st.sampled_from(CampaignKind))
def test_readers_served_together_are_told_what_each_is_told_alone(people, catalogue, kind):
    names = ["greeting", "address", "reason"]
    readers = Readers(
        [one.address for one in people],
        [one.given_name for one in people],
        [one.signed_up for one in people],
        [one.topic_labels for one in people],
    )
    together = slot_columns(names, readers, Links(), catalogue, kind)
    alone = [slot_values(names, one, Links(), catalogue, kind, "") for one in people]
    assert [{name: together[name][at] for name in names} for at in range(len(people))] == alone


def test_what_is_the_same_for_everybody_is_told_apart():
    shared = shared_values(
        ["greeting", "calendar_url call/form", "calendar_url", "view_url"], "https://example.org"
    )
    assert shared == {"calendar_url call/form": "https://example.org/calendar/call/form"}
