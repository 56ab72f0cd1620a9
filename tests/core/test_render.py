"""Every mail in every language, made from the sample articles and the templates that the project ships."""

import re
from datetime import UTC, date, datetime, time
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from time import perf_counter

import pytest

from newsletter.core.brand import Brand
from newsletter.core.campaign import CampaignKind
from newsletter.core.deadline import Deadline
from newsletter.core.flags import flags_of
from newsletter.core.front_matter import parse_article
from newsletter.core.mail_content import MailContent
from newsletter.core.recipient import Recipient, slot_values
from newsletter.core.reminder import plan_ladder
from newsletter.core.render import CompiledEmail, compile_mail, fill_mail
from newsletter.core.template_set import TemplateSet
from newsletter.core.wording import Catalogue

ROOT = Path(__file__).parents[2]
EMAIL = ROOT / "templates" / "email"
TEMPLATES = TemplateSet(
    {path.relative_to(EMAIL).as_posix(): path.read_text("utf-8") for path in EMAIL.rglob("*.j2")}
)
at = datetime.fromisoformat
NONCE = "0123456789"
BRAND = Brand(
    wordmark={"en": "Common Thread", "fr": "Fil commun"},
    legal_name="Common Thread aisbl",
    legal_note={"en": "a non-profit association", "fr": "association sans but lucratif"},
    postal_address=("Rue de l’Exemple 12", "1000 Brussels, Belgium"),
    contact="hello@example.org",
    website="https://example.org/",
    privacy_url="https://example.org/privacy",
    image_base="https://example.org/images",
    article_page="https://example.org/{language}/articles/{slug}",
)
CALL, KITCHEN = "erasmus-accreditation/accreditation", "kitchen-partners/partners-call"
DEADLINES = {
    CALL: Deadline(
        CALL, at("2021-10-19T12:00"), "Europe/Brussels", "https://example.org/go/call", "x", (30, 7, 1)
    ),
    KITCHEN: Deadline(
        KITCHEN, at("2021-11-30T18:00"), "Europe/Lisbon", "https://example.org/go/k", "x", (30, 7, 1)
    ),
}
SLUGS = ("sse-global-action", "erasmus-accreditation", "working-across-borders", "kitchen-partners")
MAILS = (
    "issue",
    "announcement",
    "reminder-30",
    "reminder-7",
    "reminder-1",
    "correction",
    "confirmation",
    "plain",
    "welcome",
)
EDITIONS = list(product(MAILS, ("en", "fr")))


class Links:
    """Every link of one person, each recognisable."""

    def __getattr__(self, name):
        return lambda *arguments: ["/".join(["https://example.org/me", name, *arguments])]


class Page(HTMLParser):
    """What the tests ask of a finished mail."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.headings, self.links, self.words = [], [], set(), []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        self._silent += tag in {"style", "title"}
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "a" and not values["href"].startswith("#"):
            self.links.add(values["href"].removeprefix("mailto:"))

    def handle_endtag(self, tag):
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data):
        if not self._silent:
            self.words.append(data)

    @property
    def text(self):
        return " / ".join(self.words)


@cache
def catalogue(language):
    path = ROOT / "templates" / "locale" / f"{language}.po"
    return Catalogue.from_po(language, path.read_text("utf-8"), path.name)


@cache
def article(slug, language):
    text, problems = parse_article(
        (ROOT / "articles" / slug / f"{language}.md").read_text("utf-8"),
        f"articles/{slug}/{language}.md",
        slug,
    )
    assert text is not None, problems
    return text


def plan(deadline, since):
    return tuple((rung.rung, rung.at) for rung in plan_ladder(deadline, time(9), since))


def content(mail, language):
    texts = {slug: article(slug, language) for slug in SLUGS}
    common = {"campaign": mail, "language": language, "languages": ("en", "fr"), "deadlines": DEADLINES}
    words = {**common, "subject": "A subject", "preheader": "A preheader", "signature": "Ben"}
    letter = {**words, "opening": "Good *morning*.", "closing": "Until [soon](https://example.org/soon)."}
    if mail == "issue":
        return MailContent(
            CampaignKind.ISSUE,
            mail,
            sent_on=date(2021, 9, 7),
            number=42,
            articles=tuple(texts.values()),
            **letter,
        )
    if mail == "announcement":
        news = (texts["working-across-borders"],)
        return MailContent(
            CampaignKind.ANNOUNCEMENT, mail, sent_on=date(2021, 10, 12), articles=news, **letter
        )
    if mail in {"plain", "welcome"}:
        news = (texts["erasmus-accreditation"], texts["kitchen-partners"])
        return MailContent(CampaignKind.ISSUE, mail, sent_on=date(2021, 9, 20), articles=news, **letter)
    if mail == "confirmation":
        return MailContent(CampaignKind.SYSTEM, mail, sent_on=date(2021, 9, 20), **words)
    if mail == "correction":
        was = DEADLINES[KITCHEN]
        moved = Deadline(
            KITCHEN,
            at("2021-12-14T18:00"),
            was.zone,
            was.url,
            was.audience,
            was.ladder,
            1,
            former_at=was.at,
        )
        own = {**common, "deadlines": {KITCHEN: moved}, "subject": "", "preheader": "", "deadline": moved}
        return MailContent(
            CampaignKind.CORRECTION,
            mail,
            sent_on=date(2021, 10, 20),
            articles=(texts["kitchen-partners"],),
            ladder_planned=plan(moved, datetime(2021, 10, 20, tzinfo=UTC)),
            **own,
        )
    rung = int(mail.removeprefix("reminder-"))
    return MailContent(
        CampaignKind.REMINDER,
        "reminder",
        sent_on=DEADLINES[CALL].at.date().fromordinal(DEADLINES[CALL].at.toordinal() - rung),
        articles=(texts["erasmus-accreditation"],),
        deadline=DEADLINES[CALL],
        rung=rung,
        ladder_planned=plan(DEADLINES[CALL], datetime(2021, 9, 1, tzinfo=UTC)),
        subject="",
        preheader="",
        **common,
    )


@cache
def compiled(mail, language):
    return compile_mail(TEMPLATES, content(mail, language), BRAND, catalogue(language), NONCE)


@cache
def filled(mail, language):
    edition = compiled(mail, language)
    reader = Recipient("ada@example.org", "Ada", date(2021, 3, 3), ("Erasmus+",))
    kind = content(mail, language).kind
    values = slot_values(edition.slots, reader, Links(), catalogue(language), kind, "https://example.org")
    return fill_mail(edition, values, flags_of("Ada", ["erasmus"]))


def spaced(text):
    return " ".join(text.replace("\u00a0", " ").split())


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_nothing_of_the_machinery_is_left_in_a_mail(mail, language):
    copy = filled(mail, language)
    for text in (copy.subject, copy.html, copy.text):
        assert NONCE not in text
        assert "{{" not in text
        assert "{%" not in text
        assert "None" not in text
    assert "&lt;" not in copy.html
    assert "&#39;" not in copy.text
    assert "<mj" not in copy.html


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_a_mail_has_one_title_and_skips_no_heading(mail, language):
    levels = Page(filled(mail, language).html).headings
    assert levels.count(1) == 1
    assert levels[0] == 1 or mail == "issue"
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_a_mail_says_its_language_and_names_its_parts_for_screen_readers(mail, language):
    tags = Page(filled(mail, language).html).tags
    root = next(values for tag, values in tags if tag == "html")
    assert (root["lang"], root["dir"]) == (language, "ltr")
    assert all("alt" in values for tag, values in tags if tag == "img")
    layouts = [values for tag, values in tags if tag == "table" and values.get("role") == "presentation"]
    data = [values for tag, values in tags if tag == "table" and values.get("role") != "presentation"]
    headers = [values for tag, values in tags if tag == "th"]
    assert layouts
    assert bool(data) == bool(headers)
    assert all(values.get("scope") in {"row", "col"} for values in headers)


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_a_mail_fetches_nothing_but_pictures_over_https(mail, language):
    html = filled(mail, language).html
    assert "@import" not in html
    assert "@font-face" not in html
    assert "url(" not in html
    for tag, values in Page(html).tags:
        assert tag not in {"script", "link", "iframe", "form", "object"}
        assert values.get("src", "https://").startswith("https://")
        assert values.get("href", "https://").startswith(("https://", "mailto:", "#"))


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_html_and_text_lead_to_the_same_places(mail, language):
    copy = filled(mail, language)
    found = set(re.findall(r"https://[^\s<>]+|[\w.-]+@[\w.-]+\w", copy.text))
    assert found - {"ada@example.org"} == Page(copy.html).links


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_html_and_text_tell_the_same_dates_and_steps(mail, language):
    copy = filled(mail, language)
    text, page = spaced(re.sub(r"^\| ?", "", copy.text, flags=re.MULTILINE)), spaced(Page(copy.html).text)
    days = set(
        re.findall(r"\b\d{1,2} (?:September|October|November|December|octobre|novembre|décembre)", page)
    )
    assert days or mail in {"confirmation", "welcome"}
    assert all(day in text for day in days)
    for story in content(mail, language).articles if "reminder" not in mail and mail != "welcome" else ():
        for entry in story.deadlines:
            assert all(spaced(step) in text and spaced(step) in page for step in entry.text.steps)


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_both_parts_say_who_writes_and_why_and_how_to_leave(mail, language):
    copy = filled(mail, language)
    for part in (spaced(copy.text), spaced(Page(copy.html).text)):
        assert "Common Thread aisbl" in part
        assert "Rue de l’Exemple 12" in part
        assert "ada@example.org" in part
    if mail != "confirmation":
        assert "https://example.org/me/unsubscribe" in copy.text


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_the_text_part_has_short_lines_and_no_holes(mail, language):
    text = filled(mail, language).text
    for line in text.split("\n"):
        assert len(line) <= 72 or len(line.split()) == 1, line
        assert line == line.rstrip()
    assert "\n\n\n" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_a_mail_stays_far_from_the_size_at_which_it_is_cut(mail, language):
    assert len(filled(mail, language).html.encode()) < 60_000
    assert all(
        len(style.encode()) < 16_000
        for style in re.findall("<style.*?</style>", filled(mail, language).html, re.DOTALL)
    )


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_an_edition_survives_storage_and_keeps_its_digest(mail, language):
    edition = compiled(mail, language)
    again = CompiledEmail.from_json(edition.to_json())
    assert again == edition
    assert again.digest == edition.digest
    assert re.fullmatch("[0-9a-f]{64}", edition.digest)


def test_the_digest_changes_with_a_word():
    edition = compiled("plain", "en")
    other = CompiledEmail.from_json(edition.to_json().replace("A preheader", "A preface"))
    assert other.digest != edition.digest


@pytest.mark.parametrize(("mail", "language"), EDITIONS)
def test_every_colour_has_its_twin_in_the_dark(mail, language):
    html = filled(mail, language).html
    dark = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL))
    used = {name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()}
    coloured = {name for name in used if re.fullmatch(r"(c|g|l|lk)(-\w+)?|b[12]|s-now", name)}
    assert coloured
    for name in coloured:
        assert re.search(rf"\.{name}[ ,>{{]", dark), name
    assert "[data-ogsc] .c-ink>div{color:#E8EAED" in html
    assert "[data-ogsb] .paper>table{background-color:#1A2029" in html


def test_a_letter_offers_its_other_editions_and_no_edition_of_itself():
    html = filled("issue", "fr").html
    assert "https://example.org/me/other_language/en" in html
    assert "https://example.org/me/other_language/fr" not in html


def test_a_compilation_is_quick():
    compiled("issue", "en")
    start = perf_counter()
    compile_mail(TEMPLATES, content("issue", "en"), BRAND, catalogue("en"), NONCE)
    assert perf_counter() - start < 1.5
