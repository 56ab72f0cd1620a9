"""Tracking in mails: redirects for everybody alike, a token for those who allow it, plain links wherever a mail is looked at."""

from __future__ import annotations

import re
from dataclasses import replace
from email import policy
from email.parser import BytesParser

import pytest
from sqlalchemy import update

from newsletter.core.campaign import CampaignKind
from newsletter.core.token import Purpose, read_token
from newsletter.flows.build import build_previews
from newsletter.flows.clicks import find_click
from newsletter.flows.fill import Filler
from newsletter.flows.send_test import send_test
from newsletter.store import clicks, ledger
from newsletter.store.tables import subscribers

ISSUE = "september-2021"
PEOPLE = [f"{name}@example.org" for name in ("ada", "ben", "chiara")]
REDIRECT = re.compile(r'https://news\.example\.org/r/([a-z2-7]+)(?:-([a-z2-7]+))?"')
PICTURE = re.compile(r"https://news\.example\.org/o/([a-z2-7]+)")
HREF = re.compile(r'href="(https?://[^"]+)"')


@pytest.fixture
def tracking(bench):
    """Switches tracking on: what is counted, and who allows more."""

    def switch(clicks="off", opens="off", allowed=()):
        settings = bench.office.settings
        chosen = settings.tracking.model_copy(update={"clicks": clicks, "opens": opens})
        bench.office = replace(bench.office, settings=settings.model_copy(update={"tracking": chosen}))
        bench.enrol(*PEOPLE[:2])
        bench.enrol(PEOPLE[2], language="fr")
        with bench.office.database.write() as connection:
            here = subscribers.c.address.in_(allowed)
            connection.execute(update(subscribers).where(here).values(tracking_at=bench.now))

    return switch


def letters(bench):
    """The mails as they leave, by address, and the copies of their readers in a browser."""
    bench.schedule()
    bench.at("2021-09-16T09:30")
    bench.launch()
    campaign = bench.campaign(ISSUE)
    with bench.office.database.write() as connection:
        rows = ledger.claim_batch(connection, campaign, "", "test", bench.now, 10).rows
    filler = Filler.load(bench.office, campaign)
    made = filler.messages(rows, bench.now)
    parsed = {
        row.address: BytesParser(policy=policy.SMTP).parsebytes(b"".join(made[row.id].pieces)) for row in rows
    }
    return parsed, {row.address: filler.copy(row) for row in rows}


def body(message, kind="html"):
    return message.get_body((kind,)).get_content().replace("\r\n", "\n").rstrip("\n")


def test_redirects_are_the_same_for_everybody_and_lead_where_the_plain_links_lead(bench, tracking):
    tracking(clicks="counted")
    mails, copies = letters(bench)
    for address, message in mails.items():
        sent, plain = body(message), copies[address].html.rstrip("\n")
        assert "/r/" not in plain
        assert "/o/" not in sent
        targets = []
        for link in REDIRECT.finditer(sent):
            click = find_click(bench.office, link[1], bench.now)
            assert (click.reader, link[2]) == (0, None)
            targets.append(click.url)
        assert len(targets) > 5
        restored = REDIRECT.sub(lambda link: f'{find_click(bench.office, link[1], bench.now).url}"', sent)
        assert restored.replace("&amp;", "&") == plain.replace("&amp;", "&")
        assert body(message, "plain") == copies[address].text.rstrip("\n")
    ada, ben = (set(REDIRECT.findall(body(mails[one]))) for one in PEOPLE[:2])
    assert ada == ben


def test_what_is_ours_or_personal_is_never_led_around(bench, tracking):
    tracking(clicks="counted")
    mails, copies = letters(bench)
    for address, message in mails.items():
        kept = set(HREF.findall(body(message)))
        ours = {url for url in HREF.findall(copies[address].html) if "//news.example.org/" in url}
        assert {path.split("/")[3] for path in ours} >= {"u", "p", "v", "calendar"}
        assert ours <= kept
        assert bench.office.settings.organisation.privacy_url in kept


def test_only_who_allows_it_has_a_token_and_the_picture(bench, tracking):
    tracking(clicks="counted", opens="consented", allowed=[PEOPLE[0], PEOPLE[2]])
    mails, _ = letters(bench)
    campaign = bench.campaign(ISSUE).id
    for address, message in mails.items():
        sent = body(message)
        tokens = {own for _, own in REDIRECT.findall(sent)} | set(PICTURE.findall(sent))
        allows = "You allow us to record" in sent or "Vous nous autorisez" in sent
        text = body(message, "plain")
        assert ("You allow us to record" in text or "Vous nous autorisez" in text) is allows
        if address == PEOPLE[1]:
            assert (tokens, allows) == ({""}, False)
            assert "Clicks are counted in total" in sent
            continue
        assert allows
        assert "We do not record" not in sent
        (own,) = tokens
        token = read_token([bench.office.secret], own, Purpose.READER)
        assert (token.campaign, token.subscriber) == (campaign, PEOPLE.index(address) + 1)
        assert len(PICTURE.findall(sent)) == 1
        assert "/o/" not in body(message, "plain")


def test_opens_alone_leave_links_plain(bench, tracking):
    tracking(opens="consented", allowed=PEOPLE[:1])
    mails, copies = letters(bench)
    assert [len(PICTURE.findall(body(mails[one]))) for one in PEOPLE] == [1, 0, 0]
    assert body(mails[PEOPLE[1]]) == copies[PEOPLE[1]].html.rstrip("\n")


def test_without_tracking_nothing_is_frozen_and_consent_changes_nothing(bench, tracking):
    tracking(allowed=PEOPLE)
    mails, copies = letters(bench)
    assert [body(mails[one]) == copies[one].html.rstrip("\n") for one in PEOPLE] == [True] * 3
    assert "or which links are pressed" in body(mails[PEOPLE[0]])
    with bench.office.database.read() as connection:
        assert clicks.counted_links(connection, bench.campaign(ISSUE).id) == []


def test_every_link_knows_its_article_and_its_words(bench, tracking):
    tracking(clicks="counted")
    bench.schedule()
    links = {link.url: link for link in bench.report(ISSUE).links}
    assert all(link.words and (link.people, link.machines) == (0, 0) for link in links.values())
    articles = bench.campaign(ISSUE).content.articles
    assert {link.article for link in links.values()} >= set(articles[:2])
    assert [link.number for link in links.values()] == list(range(1, len(links) + 1))


def test_previews_and_test_mails_have_plain_links(bench, tracking):
    tracking(clicks="counted", opens="consented", allowed=PEOPLE)
    bench.schedule()
    campaign = bench.campaign(ISSUE)
    files = build_previews(bench.office, campaign, bench.workspace / "var" / "preview", bench.now)
    send_test(bench.office, campaign, ["ada@example.org"], bench.now)
    shown = [path.read_text(encoding="utf-8") for path in files]
    shown += [one.content.replace(b"=\r\n", b"").decode() for one in bench.transport.accepted]
    assert len(shown) == 6
    assert not any("/r/" in one or "/o/" in one for one in shown)


def test_mail_that_answers_a_request_is_never_tracked(bench, tracking):
    tracking(clicks="counted", opens="consented", allowed=PEOPLE)
    bench.schedule()
    system = replace(bench.campaign(ISSUE), kind=CampaignKind.SYSTEM)
    filler = Filler.load(bench.office, system)
    assert (filler.tracking.redirects, filler.tracking.picture) == ({}, "")
