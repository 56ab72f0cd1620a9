"""Digests: what their files may say, when their issues go, and which articles are in one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.core.article import Article, ArticleText
from newsletter.core.blackout import Blackout
from newsletter.core.digest import Approval, LeftOut, assemble, candidates, issue_of
from newsletter.core.digest_file import parse_digest
from newsletter.core.refusal import ContentRefused
from newsletter.core.wording import Catalogue

GOOD = """\
every: first Tuesday of the month at 09:30
begins: 2021-09-01
topics: [erasmus]
segment: erasmus-interested
most: 3
least: 2
prepare: 1 day before
approval: none
blackouts: [2021-11-02]
move: skip
subject:
  en: "{count} new pieces: {lead}"
  fr: "{count} nouveautés en {month} : {lead}"
preheader: {en: "On {date}.", fr: "Le {date}."}
"""
CATALOGUES = {language: Catalogue.from_po(language, "") for language in ("en", "fr")}


def parse(text=GOOD, name="monthly"):
    return parse_digest(
        text,
        f"articles/{name}.digest.yaml",
        name,
        languages=("en", "fr"),
        zone="Europe/Brussels",
        lateness=timedelta(hours=6),
    )


def article(slug, published, topics=("erasmus",), **more):
    texts = {
        language: ArticleText(
            slug,
            language,
            f"{slug}/{language}.md",
            f"{slug} in {language}",
            "s",
            "b",
            9,
            published,
            topics=topics,
            **more,
        )
        for language in ("en", "fr")
    }
    return Article(slug, texts)


def day(number):
    return date(2021, 9, number)


def test_the_moments_of_a_digest():
    digest = parse()
    year = digest.moments(datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC))
    # On 2 November nothing goes; in winter Brussels is an hour behind its summer.
    assert [f"{at:%m-%d %H:%M}" for at in year] == ["09-07 07:30", "10-05 07:30", "12-07 08:30"]
    december = datetime(2021, 12, 7, 8, 30, tzinfo=UTC)
    assert digest.prepared_at(december) == datetime(2021, 12, 6, 8, 30, tzinfo=UTC)
    assert digest.campaign_name(december) == "monthly-2021-12-07"
    assert digest.approval is Approval.NONE


def test_a_moment_on_a_holiday_goes_where_the_office_says():
    text = GOOD.replace("first Tuesday of the month", "1st day of the month").replace("move: skip\n", "")
    at = {"languages": ("en", "fr"), "zone": "Europe/Brussels", "lateness": timedelta(hours=6)}
    digest = parse_digest(text, "x", "x", **at, blackout=Blackout(("BE",)))
    year = digest.moments(datetime(2021, 10, 15, tzinfo=UTC), datetime(2021, 12, 31, tzinfo=UTC))
    # All Saints is a Monday, and the Tuesday after it is one of the digest's own.
    assert [f"{at:%m-%d}" for at in year] == ["11-03", "12-01"]


def test_an_issue_is_made_at_the_same_hour_of_the_wall_when_clocks_change_between():
    digest = parse(GOOD.replace("first Tuesday of the month", "every Sunday"))
    sunday = datetime(2021, 10, 31, 8, 30, tzinfo=UTC)
    assert digest.prepared_at(sunday) == datetime(2021, 10, 30, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("every: first Tuesday of the month at 09:30", "every: now and then", "every"),
        ("every: first Tuesday of the month at 09:30", "evry: Monday", "'every'"),
        ("begins: 2021-09-01", "begins: 2021-02-30", "not a day that exists"),
        ("begins: 2021-09-01\n", "", "'begins' is missing"),
        ("segment: erasmus-interested\n", "", "'segment' is missing"),
        ("most: 3", "most: 0", "whole number"),
        ("least: 2", "least: 9", "at most 3"),
        ("prepare: 1 day before", "prepare: soon", "length of time"),
        ("prepare: 1 day before", "prepare: 0 days", "too short"),
        ("approval: none", "approval: maybe", "required, none"),
        ("{count} new", "{cuont} new", "{cuont}"),
        ("blackouts: [2021-11-02]", "blackouts: [2021-11-31]", "not a date that exists"),
        ("blackouts: [2021-11-02]", "blackouts: often", "list of"),
        ("most: 3", "zone: Europe/Brussel", "not the name of a time zone"),
        ('  fr: "{count} nouveautés en {month} : {lead}"\n', "", "no text in 'fr'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old, new, words):
    assert old in GOOD
    with pytest.raises(ContentRefused, match=r"monthly\.digest\.yaml:\d+") as caught:
        parse(GOOD.replace(old, new))
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["Monthly", "a" * 110, "x-reminder"])
def test_names_that_no_issue_could_bear(name):
    if name == "x-reminder":
        assert parse(name=name).name == name
        return
    with pytest.raises(ContentRefused):
        parse(name=name)


def test_french_words_are_read_too():
    digest = parse(GOOD.replace("first Tuesday of the month at 09:30", "le premier mardi du mois à 9h30"))
    assert parse().recurrence == digest.recurrence
    assert parse(GOOD.replace("1 day before", "2 heures avant")).prepare == timedelta(hours=2)


def test_what_is_new_and_what_is_not():
    articles = {
        one.slug: one
        for one in (
            article("new", day(20)),
            article("same-day", day(7)),
            article("late", day(1)),
            article("old", date(2021, 8, 31)),
            article("tomorrow", date(2021, 10, 6)),
            article("draft", day(20), draft=True),
            article("other", day(20), topics=("events",)),
        )
    }
    new, left = candidates(parse(), articles, ("en", "fr"), day(7), date(2021, 10, 5))
    assert new == ["late", "new", "same-day"]
    assert left == {"old": LeftOut.OLDER, "tomorrow": LeftOut.LATER, "draft": LeftOut.DRAFT}


def test_a_draft_in_one_language_is_a_draft():
    texts = dict(article("x", day(20)).texts) | {"fr": article("x", day(20), draft=True).texts["fr"]}
    assert candidates(parse(), {"x": Article("x", texts)}, ("en", "fr"), day(7), day(21))[0] == []
    assert candidates(parse(), {"x": Article("x", texts)}, ("en",), day(7), day(21))[0] == ["x"]


def test_the_lead_is_first_then_the_newest_and_no_more_than_fit():
    articles = {
        one.slug: one
        for one in (
            article("a", day(10)),
            article("b", day(13)),
            article("c", day(12)),
            article("d", day(9), lead=True),
        )
    }
    assembly = assemble(parse(), articles, "en", list(articles), {"z": LeftOut.DRAFT})
    assert assembly.articles == ("d", "b", "c")
    assert assembly.left_out == {"z": LeftOut.DRAFT, "a": LeftOut.OVER}
    recent = parse(GOOD + "lead: recent\n")
    assert assemble(recent, articles, "en", list(articles), {}).articles == ("b", "c", "a")


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.tuples(st.integers(1, 30), st.booleans())
    )
)
def test_every_new_article_is_in_or_is_told(found):
    articles = {slug: article(slug, day(at), lead=lead) for slug, (at, lead) in found.items()}
    digest = parse()
    assembly = assemble(digest, articles, "en", sorted(articles), {})
    assert set(assembly.articles) | set(assembly.left_out) == set(articles)
    assert not set(assembly.articles) & set(assembly.left_out)
    assert len(assembly.articles) == min(len(articles), digest.most)
    if any(lead for _, lead in found.values()):
        assert found[assembly.articles[0]][1]


def test_the_words_of_an_issue_are_filled_in_each_language_and_titles_stay_what_they_are():
    articles = {"a{count}": article("a{count}", day(10)), "b": article("b", day(9))}
    instant = datetime(2021, 10, 5, 7, 30, tzinfo=UTC)
    digest = parse(GOOD + "opening: {en: '{not a placeholder', fr: 'x'}\n")
    issue = issue_of(
        digest, assemble(digest, articles, "en", list(articles), {}), articles, CATALOGUES, instant
    )
    assert issue.name == "monthly-2021-10-05"
    assert (issue.at, issue.zone) == (datetime(2021, 10, 5, 9, 30), "Europe/Brussels")  # noqa: DTZ001 - on the wall
    assert issue.content.subjects["en"] == "2 new pieces: a{count} in en"
    assert issue.content.subjects["fr"] == "2 nouveautés en octobre 2021 : a{count} in fr"
    assert issue.content.openings["en"] == "{not a placeholder"
    assert issue.content.digest == "monthly"
    assert issue.instant == instant
