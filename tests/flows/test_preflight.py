"""The preflight: silent on what is shipped, and no fault that is sown into it goes unfound."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from newsletter.core.preflight.mail import CheckedMail
from newsletter.core.preflight.reading import read_mail_file, read_message
from newsletter.core.preflight.rules import check_mail
from newsletter.core.refusal import ContentRefused, Level
from newsletter.flows.approve import create_campaign
from newsletter.flows.check import check_campaign
from newsletter.flows.compose import compose_editions, lay_desk
from newsletter.flows.deadlines import all_deadlines, sync_deadlines
from newsletter.flows.issues import read_issue
from newsletter.flows.preflight import checked_mails
from newsletter.flows.simulated_clock import SimulatedClock
from newsletter.wiring import open_office

NOW = datetime(2021, 9, 15, 6, 0, tzinfo=UTC)
H1 = r"<h1 class=.*?</h1>"
E, W, A = Level.ERROR, Level.WARNING, Level.ADVICE


@pytest.fixture(scope="module")
def editions(starter, tables, tmp_path_factory):
    """The editions of the sample issue, as the preflight gets them."""
    folder = shutil.copytree(starter, tmp_path_factory.mktemp("preflight") / "workspace")
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    shutil.copy(tables, folder / "var" / "newsletter.sqlite")
    office = open_office(folder, SimulatedClock(NOW), {"secret": "a key for tests"})
    sync_deadlines(office, NOW)
    campaign = create_campaign(office, read_issue(office, "september-2021"), NOW)
    made = compose_editions(lay_desk(office, campaign, all_deadlines(office), NOW), campaign)
    mails = {mail.language: mail for mail in checked_mails(office, campaign, made, NOW)}
    office.database.close()
    return mails


@pytest.fixture
def mail(editions):
    return editions["en"]


def html(old, new, count=1):
    """A change of the HTML by a pattern, at the first place that it finds."""

    def change(mail):
        changed, found = re.subn(old, lambda _: new, mail.html, count=count, flags=re.DOTALL)
        assert found, old
        return replace(mail, html=changed)

    return change


def put(words):
    """Words, or elements, after the heading."""

    def change(mail):
        at = mail.html.index("</h1>") + len("</h1>")
        return replace(mail, html=mail.html[:at] + words + mail.html[at:])

    return change


def told(**changes):
    return lambda mail: replace(mail, **changes)


def text(old, new):
    def change(mail):
        assert old in mail.text
        return replace(mail, text=mail.text.replace(old, new))

    return change


SEEDS = {
    "no subject": (told(subject=" "), "subject-missing", E),
    "a long subject": (told(subject="One word more " * 10), "subject-length", W),
    "a loud subject": (told(subject="LAST CHANCE TO APPLY"), "subject-loud", W),
    "a row of signs": (told(subject="Apply now!!"), "subject-loud", W),
    "pictograms": (told(subject="Apply ☀ ☁ ☂"), "subject-loud", A),
    "a feigned answer": (told(subject="Re: our letter"), "subject-feigns-reply", W),
    "no preheader": (told(preheader=""), "preheader-missing", W),
    "a preheader that says it twice": (
        lambda mail: replace(mail, preheader=mail.subject),
        "preheader-repeats",
        W,
    ),
    "a short preheader": (told(preheader="Read on."), "preheader-length", A),
    "85 kB of HTML": (put("<p>" + "word " * 6000 + "</p>"), "html-size", W),
    "110 kB of HTML": (put("<p>" + "word " * 11000 + "</p>"), "html-size", E),
    "nothing": (told(html="<html lang='en' dir='ltr'><body></body></html>"), "html-empty", E),
    "no text part": (told(text="\n"), "text-missing", E),
    "a placeholder": (put("<p>{{ first_name }}</p>"), "leftover", W),
    "a placeholder of another program": (put("<p>*|FNAME|*</p>"), "leftover", W),
    "dummy text": (put("<p>Lorem ipsum dolor</p>"), "leftover", W),
    "a note to oneself": (text("Dear Ada,", "Dear Ada, TODO"), "leftover", W),
    "nobody's name": (put("<p>Dear None,</p>"), "leftover", W),
    "a placeholder in an address": (
        put('<a href="https://example.org/{{ id }}">The plan</a>'),
        "leftover",
        E,
    ),
    "a component": (put("<mj-text>Hello</mj-text>"), "leftover-mjml", E),
    "an escaped sign": (html('alt="A', 'alt="20\\u{a0}% A'), "leftover-escape", E),
    "a day that does not exist": (
        text("Dear Ada,", "Dear Ada, apply by 31 June 2027."),
        "date-impossible",
        E,
    ),
    "another weekday": (text("Dear Ada,", "Dear Ada, apply by Monday 19 October 2021."), "date-weekday", E),
    "a deadline in the past": (text("Dear Ada,", "Dear Ada, apply by 1 March 2021."), "deadline-past", W),
    "another language": (
        lambda mail: replace(mail, language="fr"),
        "language-of-words",
        W,
    ),
    "a script": (put('<a href="javascript:alert(1)">Open the plan</a>'), "address-blocked", E),
    "a script behind a tab": (put('<a href="java\tscript:alert(1)">Open the plan</a>'), "address-blocked", E),
    "a data URI": (
        put('<img src="data:image/png;base64,AA==" width="10" alt="A dot">'),
        "address-blocked",
        E,
    ),
    "http": (put('<a href="http://example.org/">Open the plan</a>'), "address-plain", W),
    "a link to nowhere": (put('<a href="#">Open the plan</a>'), "address-nowhere", E),
    "half an address": (put('<a href="/plan">Open the plan</a>'), "address-nowhere", E),
    "one's own machine": (put('<a href="https://localhost:8000/">Open the plan</a>'), "address-private", E),
    "a number": (put('<a href="https://203.0.113.7/">Open the plan</a>'), "address-number", W),
    "a shortener": (put('<a href="https://bit.ly/x">Open the plan</a>'), "address-short", W),
    "a password": (put('<a href="https://ada:x@example.org/">Open the plan</a>'), "address-password", W),
    "a link without words": (put('<a href="https://example.org/"> </a>'), "link-words", E),
    "here": (put('<p><a href="https://example.org/">Click here</a></p>'), "link-vague", W),
    "words that deceive": (put('<a href="https://example.net/">www.example.org</a>'), "link-deceives", E),
    "no way out": (html(r'href="[^"]*/u/[^"]*"', 'href="https://example.org/"'), "unsubscribe", E),
    "no way out in the text": (
        lambda mail: replace(mail, text=mail.text.replace(mail.house.unsubscribe_url, "")),
        "unsubscribe",
        E,
    ),
    "no postal address": (html("Rue de l’Exemple 12", ""), "postal-address", E),
    "no language": (html('<html lang="en"', "<html"), "language", E),
    "the wrong language": (html('<html lang="en"', '<html lang="fr"'), "language", E),
    "no direction": (html('(?<=<html lang="en") dir="ltr"', ""), "direction", W),
    "no title": (html("<title>.*?</title>", "<title></title>"), "title", W),
    "no heading of the first rank": (html(H1, "<h2>The long run</h2>"), "headings", W),
    "a rank left out": (put("<h4>Too deep</h4>"), "headings", W),
    "an empty heading": (put("<h2> </h2>"), "headings", W),
    "a picture without words": (put('<img src="https://example.org/a.png" width="10">'), "alt-missing", E),
    "a file's name for words": (
        put('<img src="https://example.org/a.png" width="10" alt="IMG_2041.jpg">'),
        "alt-is-a-file",
        W,
    ),
    "a table that is neither": (put("<table><tr><td>1</td></tr></table>"), "tables", W),
    "an id twice": (put('<i id="a">One</i><i id="a">two</i>'), "ids", W),
    "small print": (put('<p style="font-size:9px">Terms apply</p>'), "text-size", W),
    "a tag that is not closed": (put("<div>"), "tags", E),
    "a tag that Word alone sees": (put("<!--[if mso]><table><![endif]-->"), "tags", E),
    "white on white": (put('<p style="color:#ffffff">cheap offers</p>'), "contrast-light", E),
    "pale grey": (put('<p style="color:#bbbbbb">Read this</p>'), "contrast-light", W),
    "dark on dark": (put('<p style="color:#1b2430">Read this</p>'), "contrast-dark", E),
    "a link that the text lacks": (
        put('<p><a href="https://example.org/only">The plan</a></p>'),
        "text-links",
        W,
    ),
    "a heading that the text lacks": (put("<h2>Only here</h2>"), "text-headings", W),
    "a date that the text lacks": (put("<p>On 3 December 2021 at 17:45</p>"), "text-dates", W),
}


def found(mail):
    return [(problem.rule, problem.level) for problem in check_mail(mail)]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_is_found_in_the_sample_issue(editions, language):
    assert check_mail(editions[language]) == []
    assert len(editions[language].html.encode()) < 60_000


@pytest.mark.parametrize("seed", SEEDS)
def test_every_sown_fault_is_found_by_its_rule(mail, seed):
    sow, rule, level = SEEDS[seed]
    problems = [problem for problem in check_mail(sow(mail)) if problem.rule == rule]
    assert level in {problem.level for problem in problems}, found(sow(mail))
    for problem in problems:
        assert problem.what.endswith(".")
        assert problem.remedy.endswith((".", ">."))
        assert problem.path == "edition en"


def test_no_rule_speaks_of_what_another_one_is_there_for(mail):
    """A fault is one finding, not five: what is told beside it is a consequence of it."""
    quiet = [
        seed for seed, (sow, rule, _) in SEEDS.items() if {name for name, _ in found(sow(mail))} == {rule}
    ]
    assert len(quiet) > len(SEEDS) * 2 / 3, sorted(set(SEEDS) - set(quiet))


def test_what_blocks_comes_first(mail):
    levels = [level for _, level in found(put('<p style="color:#bbb"><a href="#">Here</a></p>')(mail))]
    assert levels == sorted(levels, key=[E, W, A].index)
    assert len(levels) > 2


def test_a_message_in_a_file_is_asked_the_same(mail):
    read = read_message(mail.raw, "letter.eml", date(2021, 9, 15))
    assert (read.language, read.subject, read.preheader) == ("en", mail.subject, mail.preheader)
    assert read.text.split() == mail.text.split()
    assert check_mail(read) == []
    assert check_mail(read_mail_file(mail.html.encode(), "letter.html", date(2021, 9, 15))) == []


def test_a_message_without_a_way_out_is_told(mail):
    stripped = re.sub(rb"List-Unsubscribe[^\n]*\n( [^\n]*\n)*", b"", mail.raw).replace(
        b"nsubscrib", b"nsubscryb"
    )
    read = read_message(stripped, "letter.eml", date(2021, 9, 15))
    assert "unsubscribe" in {problem.rule for problem in check_mail(read)}


@pytest.mark.parametrize("data", [b"", b"\0\1\2", b"just words", b"%PDF-1.7\n"])
def test_what_is_no_mail_is_refused(data):
    with pytest.raises(ContentRefused, match="neither a message nor a page"):
        read_mail_file(data, "letter.eml", date(2021, 9, 15))


@pytest.mark.parametrize(
    "data",
    [
        b"<",
        b"<html",
        b"<p style='color:rgb(300,,)'>x</p>",
        b"<style>@media{{{}</style><p class=a>x",
        b"<style>.a:not(>{color:red}</style><p class=a>x</p>",
        b"<a href='https://[::1'>The plan</a>",
        b"<a href='http://\xff\xfe'>The plan</a>",
        b"<table><table><td></div></table>",
        b"<h1>" * 500,
        b"<div>" * 3000 + b"deep",
        "<p>\ud83d\ude00</p>".encode("utf-16", "surrogatepass"),
        b"Subject: =?utf-8?q?x=0D=0ABcc:?=\nContent-Type: text/html; charset=nonsense\n\n<p>x",
    ],
)
def test_whatever_is_in_a_file_the_rules_answer(data):
    try:
        mail = read_mail_file(data, "letter", date(2021, 9, 15))
    except ContentRefused:
        return
    assert isinstance(mail, CheckedMail)
    check_mail(mail)


def test_a_campaign_is_asked_every_rule_and_a_sown_fault_stops_its_approval(bench):
    bench.enrol("ada@example.org")
    campaign = create_campaign(bench.office, read_issue(bench.office, "september-2021"), bench.now)
    assert check_campaign(bench.office, campaign, bench.now) == []
    bench.rewrite("templates/email/parts/top_line.mjml.j2", '{{ _("View in your browser") }}', "{{ ' ' }}")
    problems = check_campaign(bench.office, campaign, bench.now)
    assert {(problem.rule, problem.path) for problem in problems} == {
        ("link-words", "edition en"),
        ("link-words", "edition fr"),
    }


def test_people_whose_name_a_template_needs_and_nobody_knows_are_listed(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    with bench.office.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE subscribers SET given_name = ' ' WHERE address = 'ben@example.org'"
        )
    campaign = create_campaign(bench.office, read_issue(bench.office, "september-2021"), bench.now)
    assert check_campaign(bench.office, campaign, bench.now) == []
    bench.rewrite("templates/email/parts/opening.mjml.j2", "{{ me.greeting }}", "{{ me.name }}, good morning")
    lacking = [
        problem
        for problem in check_campaign(bench.office, campaign, bench.now)
        if problem.rule == "fields-missing"
    ]
    assert [problem.level for problem in lacking] == [E]
    assert "of 1 readers" in lacking[0].what
    assert "ben@example.org" in lacking[0].what
