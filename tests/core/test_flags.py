"""Conditions: what a template shows to some readers and not to others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newsletter.core.brand import Brand
from newsletter.core.campaign import CampaignKind
from newsletter.core.flags import flags_of, known_flags
from newsletter.core.mail_content import MailContent
from newsletter.core.refusal import ContentRefused
from newsletter.core.render import compile_mail, fill_mail
from newsletter.core.template_set import TemplateSet
from newsletter.core.wording import Catalogue

EMAIL = Path(__file__).parents[2] / "templates" / "email"
SOURCES = {path.relative_to(EMAIL).as_posix(): path.read_text("utf-8") for path in EMAIL.rglob("*.j2")}
BRAND = Brand(
    wordmark={"en": "Common Thread"},
    legal_name="Common Thread aisbl",
    legal_note={},
    postal_address=("1000 Brussels",),
    contact="hello@example.org",
    website="https://example.org/",
    privacy_url="https://example.org/privacy",
    image_base="https://example.org/images",
)
ISSUE = MailContent(
    kind=CampaignKind.ISSUE,
    template="issue",
    campaign="september",
    language="en",
    languages=("en",),
    subject="Letter",
    preheader="Before",
    sent_on=date(2021, 9, 7),
    articles=(),
    deadlines={},
    closing="See you soon.",
)
TOPICS = ("erasmus", "events")
UNKNOWN = "We do not know yet which topics matter to you."


def compiled(changed=()):
    sources = SOURCES | dict(changed)
    return compile_mail(TemplateSet(sources), ISSUE, BRAND, Catalogue("en"), "0123456789", TOPICS)


def copy_for(edition, given_name="", topics=()):
    values = dict.fromkeys(edition.slots, "https://example.org/me")
    return fill_mail(edition, values, flags_of(given_name, topics))


@pytest.mark.parametrize(
    ("given_name", "topics", "flags"),
    [
        ("", (), set()),
        (" \n", (), set()),
        ("Ada", (), {"named"}),
        ("", ("erasmus",), {"topics", "topic erasmus"}),
        ("Ada", ("erasmus", "gone"), {"named", "topics", "topic erasmus", "topic gone"}),
    ],
)
def test_the_flags_of_a_person(given_name, topics, flags):
    assert flags_of(given_name, topics) == flags


def test_a_template_may_ask_for_each_topic_of_the_workspace():
    assert known_flags(TOPICS) == {"named", "topics", "tracked", "topic erasmus", "topic events"}


def test_a_block_for_the_readers_of_one_topic():
    close = SOURCES["parts/close.mjml.j2"].replace(
        "{{ html(mail.closing) }}",
        '{{ html(mail.closing) }}{{ me.when("topic erasmus") }}<p>See you at the info day.</p>{{ me.end() }}',
    )
    text = '{{ plain(mail.closing) }}\n\n{{ me.when("topic erasmus") }}\nSee you at the info day.\n{{ me.end() }}\n'
    edition = compiled({"parts/close.mjml.j2": close, "parts/close.txt.j2": text})
    assert edition.flags == {"topic erasmus", "topics", "tracked"}
    for topics in ((), ("events",), TOPICS):
        copy = copy_for(edition, "Ada", topics)
        for part in (copy.html, copy.text):
            assert ("See you at the info day." in part) == ("erasmus" in topics)


def test_whoever_chose_no_topic_is_shown_where_to_choose():
    edition = compiled()
    assert edition.flags == {"topics", "tracked"}
    for copy, is_asked in ((copy_for(edition), True), (copy_for(edition, "Ada", ("events",)), False)):
        assert (UNKNOWN in copy.html) == (UNKNOWN in copy.text) == is_asked
        assert ("Choose your topics: https://example.org/me\n" in copy.text) == is_asked
        assert ">Choose your topics</a>" in copy.html or not is_asked
        assert "\n\n\n" not in copy.text


@pytest.mark.parametrize("ask", ["when", "unless"])
def test_an_unknown_flag_is_refused_and_the_known_ones_are_named(ask):
    source = f'\n\n{{{{ me.{ask}("topic erasmsu") }}}}x{{{{ me.end() }}}}'
    with pytest.raises(ContentRefused) as caught:
        compiled({"parts/close.txt.j2": source})
    problem = caught.value.problems[0]
    assert (problem.path, problem.line) == ("templates/email/parts/close.txt.j2", 3)
    assert "'topic erasmsu'" in problem.what
    assert "'named', 'topic erasmus', 'topic events', 'topics'" in problem.what


def test_a_block_that_is_not_closed_is_refused():
    with pytest.raises(ContentRefused, match="not closed"):
        compiled({"parts/close.txt.j2": '{{ me.when("named") }}\nHello.\n'})
