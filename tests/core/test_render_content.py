"""What the renderer does with content: dates that moved, calls that closed, words that nobody wrote, hostile text."""

import re
from dataclasses import replace
from datetime import date, datetime
from html import unescape
from pathlib import Path

import pytest

from newsletter.core.article import ArticleText, DeadlineEntry, Event, Fact, Image
from newsletter.core.brand import Brand
from newsletter.core.campaign import CampaignKind
from newsletter.core.deadline import Deadline, DeadlineState, DeadlineText, RungText
from newsletter.core.mail_content import MailContent, default_preheader, default_subject
from newsletter.core.refusal import ContentRefused, Refusal
from newsletter.core.render import compile_mail, fill_mail
from newsletter.core.template_set import TemplateSet
from newsletter.core.wording import Catalogue

EMAIL = Path(__file__).parents[2] / "templates" / "email"
SOURCES = {path.relative_to(EMAIL).as_posix(): path.read_text("utf-8") for path in EMAIL.rglob("*.j2")}
TEMPLATES = TemplateSet(SOURCES)
at = datetime.fromisoformat
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
ENTRY = DeadlineEntry(
    id="form",
    at=at("2021-10-19T12:00"),
    zone="Europe/Brussels",
    url="https://example.org/go",
    audience="all",
    text=DeadlineText(
        "The form", "Open it", ("Write.", "Send."), {7: RungText("Seven more days", "Come on.")}
    ),
)
CALL = ArticleText(
    slug="call",
    language="en",
    path="articles/call/en.md",
    title="A call",
    summary="What it is.",
    body="The whole of it.",
    body_line=9,
    published=date(2021, 9, 1),
    deadlines=(ENTRY,),
)
NEWS = replace(CALL, slug="news", title="News", deadlines=())
FORM = Deadline("call/form", ENTRY.at, ENTRY.zone, ENTRY.url, "all", (30, 7, 1))
ISSUE = MailContent(
    kind=CampaignKind.ISSUE,
    template="issue",
    campaign="september",
    language="en",
    languages=("en",),
    subject="Letter",
    preheader="Before",
    sent_on=date(2021, 9, 7),
    articles=(NEWS, CALL),
    deadlines={"call/form": FORM},
)
REMINDER = replace(
    ISSUE,
    kind=CampaignKind.REMINDER,
    template="reminder",
    subject="",
    preheader="",
    articles=(CALL,),
    deadline=FORM,
    rung=7,
)
MOVED = replace(FORM, at=at("2021-10-26T12:00"), former_at=FORM.at, sequence=1)
CORRECTION = replace(
    REMINDER,
    kind=CampaignKind.CORRECTION,
    template="correction",
    rung=None,
    deadline=MOVED,
    deadlines={"call/form": MOVED},
    ladder_planned=((7, at("2021-10-19T09:00")), (1, at("2021-10-25T09:00"))),
)


def copy_of(content, templates=TEMPLATES, **values):
    edition = compile_mail(templates, content, BRAND, Catalogue("en"), "0123456789")
    given = {name: f"https://example.org/me/{name.replace(' ', '/')}" for name in edition.slots}
    return fill_mail(edition, {**given, "greeting": "Dear Ada,", "reason": "Because.", **values}, frozenset())


def both(content):
    """The words of the two parts, the text first."""
    copy = copy_of(content)
    shown = re.sub(r"<(style|title).*?</\1>|<[^>]+>", " ", copy.html, flags=re.DOTALL)
    parts = (copy.text, unescape(shown))
    return [" ".join(part.replace("\u00a0", " ").replace("|", " ").split()) for part in parts]


def test_a_letter_shows_where_a_deadline_stands_now_and_not_what_the_article_says():
    for part in both(replace(ISSUE, deadlines={"call/form": MOVED})):
        assert "26 October" in part or "26 / October" in part or re.search(r"\b26\b.*October 2021", part)
        assert "19 October" not in part


@pytest.mark.parametrize(
    "over", [replace(FORM, state=DeadlineState.CANCELLED), replace(FORM, at=at("2021-09-06T12:00"))]
)
def test_a_call_that_was_cancelled_or_has_closed_is_no_deadline_any_more(over):
    for part in both(replace(ISSUE, deadlines={"call/form": over})):
        assert "Deadline" not in part
        assert "A call" in part


@pytest.mark.parametrize(
    ("sent_on", "promise"),
    [
        (date(2021, 9, 7), "We remind you 30, 7 and 1 days before."),
        (date(2021, 10, 1), "We remind you 7 and 1 days before."),
        (date(2021, 10, 17), "We remind you 1 day before."),
    ],
)
def test_a_letter_promises_only_the_reminders_still_to_come(sent_on, promise):
    assert all(promise in part for part in both(replace(ISSUE, sent_on=sent_on)))


def test_on_the_last_day_no_reminder_is_promised():
    assert all("We remind you" not in part for part in both(replace(ISSUE, sent_on=date(2021, 10, 18))))


def test_dates_are_listed_when_there_are_two_and_the_earlier_comes_first():
    event = Event(
        at("2021-09-30T09:30"),
        at("2021-09-30T12:30"),
        "Europe/Brussels",
        "Online",
        "https://example.org/seat",
    )
    one = copy_of(ISSUE).text
    two = copy_of(
        replace(ISSUE, articles=(NEWS, CALL, replace(NEWS, slug="day", title="A day", event=event)))
    ).text
    assert "Dates in this letter" not in one
    assert two.index("30\u00a0September: A day") < two.index("19\u00a0October: The form")


def test_articles_of_words_alone_share_a_heading_at_the_end():
    more = tuple(replace(NEWS, slug=f"n{number}", title=f"Short {number}") for number in range(2))
    html = copy_of(replace(ISSUE, articles=(NEWS, CALL, *more))).html
    assert html.count("In brief") == 1
    assert "<h2" in html


def test_an_event_says_when_and_offers_its_seat_and_its_calendar_entry():
    event = Event(
        at("2021-11-04T09:30"),
        at("2021-11-04T12:30"),
        "Europe/Brussels",
        "Online",
        "https://example.org/seat",
        "A seat",
    )
    for template in ("issue", "announcement"):
        lead = (NEWS,) if template == "issue" else ()
        day = replace(NEWS, slug="day", event=event, facts=(Fact("Spoken in", "English"),))
        text, shown = both(replace(ISSUE, template=template, articles=(*lead, day)))
        assert "Thursday 4 November 2021, 9:30 to 12:30, Brussels time" in text
        assert all(
            "9:30 to 12:30" in part and "A seat" in part and "Spoken in" in part for part in (text, shown)
        )
        assert "https://example.org/me/calendar_url/day/event" in text


def test_a_reminder_uses_the_words_of_its_rung_and_general_ones_where_there_are_none():
    assert all("Seven more days" in part and "Come on." in part for part in both(REMINDER))
    assert all("One day left: The form" in part for part in both(replace(REMINDER, rung=1)))


@pytest.mark.parametrize(
    ("rung", "subject"),
    [
        (30, "One month left: The form"),
        (14, "14 days left: The form"),
        (7, "Seven more days"),
        (1, "One day left: The form"),
        (0, "Today: The form"),
    ],
)
def test_a_reminder_without_a_subject_gets_one_that_says_how_long(rung, subject):
    assert default_subject(replace(REMINDER, rung=rung), Catalogue("en")) == subject


def test_the_inbox_line_of_a_reminder_is_the_date_itself():
    line = default_preheader(REMINDER, Catalogue("en")).replace("\u00a0", " ")
    assert line.startswith("Tuesday 19 October 2021, 12:00 noon, Brussels time.")


def test_only_the_last_reminder_has_the_solid_box():
    assert 'class="stub g-amb ' not in copy_of(REMINDER).html
    assert 'class="stub g-amb ' in copy_of(replace(REMINDER, rung=1)).html


def test_a_correction_says_the_old_date_the_new_one_and_when_reminders_come():
    text, shown = both(CORRECTION)
    for part in (text, shown):
        assert "We told you 19 October. The date has moved to 26 October." in part
        assert "Before: 19 October 2021, 12:00 noon, Brussels time" in part
        assert "Your reminders follow the new date: 19 October and 25 October." in part
        assert "We are sorry" in part
    assert "<s>19" in copy_of(CORRECTION).html
    assert copy_of(CORRECTION).subject == "Correction: The form closes on 26 October"


def test_a_correction_without_reminders_to_come_says_so():
    text, shown = both(replace(CORRECTION, ladder_planned=()))
    assert all("No reminder comes before the new date" in part for part in (text, shown))


def test_mails_about_a_deadline_stand_without_their_article():
    for content in (replace(REMINDER, articles=()), replace(CORRECTION, articles=())):
        assert all("call/form" in part for part in both(content))


def test_a_letter_stands_without_articles():
    for template in ("issue", "announcement", "plain"):
        html = copy_of(
            replace(ISSUE, template=template, articles=(), deadlines={}, opening="Only this.")
        ).html
        assert "Only this." in html


HOSTILE = [
    "</mj-text></mj-column> {{7*191}} {% raw %} {# x #}",
    "\"quotes\" 'and' <b>tags</b> & &amp; entities",
    "<script>alert(1)</script>",
    "emoji \U0001f468\u200d\U0001f469\u200d\U0001f467 and nbsp\u00a0: \u00ab\u00a0oui\u00a0\u00bb",
    "back\\slash \\n \\u{a0} $& %s {name} {0}",
    "\u0645\u0631\u062d\u0628\u0627 \u0928\u092e\u0938\u094d\u0924\u0947",
]


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("template", ["issue", "announcement", "plain", "reminder", "correction"])
def test_what_an_author_writes_stays_what_it_is(template, evil):
    entry = replace(ENTRY, text=replace(ENTRY.text, label=evil, action=evil, steps=(evil,), reminders={}))
    image = Image("images/lead.png", evil, evil)
    article = replace(
        CALL,
        title=evil,
        kicker=evil,
        summary=evil,
        image=image,
        facts=(Fact(evil, evil),),
        deadlines=(entry,),
    )
    base = {"reminder": REMINDER, "correction": CORRECTION}.get(template, ISSUE)
    text, shown = both(replace(base, template=template, articles=(article,), signature=evil))
    wanted = " ".join(evil.replace("\u00a0", " ").replace("|", " ").split())
    assert wanted in text
    assert wanted in shown
    assert "1337" not in text + shown


@pytest.mark.parametrize("evil", HOSTILE)
def test_what_a_reader_is_called_stays_what_it_is(evil):
    copy = copy_of(ISSUE, greeting=evil)
    assert evil in copy.text.replace("\n", " ")
    assert evil in unescape(copy.html)
    assert "<script" not in copy.html


def test_a_subject_is_the_title_of_the_page_and_quotes_do_not_end_it():
    subject = 'Say "hello" <now> & {{7*7}}'
    copy = copy_of(replace(ISSUE, subject=subject))
    assert copy.subject == subject
    assert subject in unescape(re.search("<title>(.*?)</title>", copy.html, re.DOTALL)[1])


def refused(name, source, content=ISSUE):
    templates = TemplateSet({**SOURCES, name: source})
    with pytest.raises(ContentRefused) as caught:
        compile_mail(templates, content, BRAND, Catalogue("en"), "0123456789")
    return caught.value.problems[0]


def test_a_template_that_asks_for_what_is_not_there_is_refused_with_its_file_and_line():
    problem = refused("parts/opening.mjml.j2", "\n\n<mj-section>{{ mail.colour }}</mj-section>")
    assert (problem.path, problem.line) == ("templates/email/parts/opening.mjml.j2", 3)
    assert "colour" in problem.what
    assert problem.remedy


def test_a_macro_that_asks_for_what_is_not_there_is_refused_with_its_file_and_line():
    lead = SOURCES["parts/lead.mjml.j2"]
    source = lead.replace("{{ type.kicker(article.kicker) }}", "{{ article.subtitle }}")
    problem = refused("parts/lead.mjml.j2", source)
    assert problem.path == "templates/email/parts/lead.mjml.j2"
    assert "article.subtitle" in source.split("\n")[problem.line - 1]


def test_a_template_with_a_broken_tag_is_refused_with_its_file_and_line():
    problem = refused("parts/opening.mjml.j2", "\n{% if mail.opening %}\n{{ mail.opening }\n")
    assert problem.path == "templates/email/parts/opening.mjml.j2"
    assert problem.line in {3, 4}


def test_a_template_cannot_reach_into_python():
    problem = refused("parts/opening.mjml.j2", "{{ mail.__class__.__mro__ }}")
    assert problem.path == "templates/email/parts/opening.mjml.j2"


def test_a_template_that_cannot_compute_is_refused_with_its_file_and_line():
    problem = refused("parts/opening.mjml.j2", "\n{{ 1 / 0 }}")
    assert (problem.path, problem.line) == ("templates/email/parts/opening.mjml.j2", 2)


def test_a_mail_without_a_template_is_refused_and_those_that_exist_are_named():
    with pytest.raises(ContentRefused) as caught:
        copy_of(replace(ISSUE, template="circular"))
    problem = caught.value.problems[0]
    assert "circular.mjml.j2" in problem.what
    assert "issue" in problem.remedy


def test_mjml_that_cannot_be_compiled_is_refused_with_the_template():
    problem = refused("parts/opening.mjml.j2", "<mj-section><mj-colum></mj-colum></mj-section>")
    assert (problem.path, problem.line) == ("templates/email/parts/opening.mjml.j2", 1)


def test_a_copy_without_one_of_its_values_is_refused():
    edition = compile_mail(TEMPLATES, ISSUE, BRAND, Catalogue("en"), "0123456789")
    with pytest.raises(Refusal):
        fill_mail(edition, {"greeting": "Dear Ada,"}, frozenset())
