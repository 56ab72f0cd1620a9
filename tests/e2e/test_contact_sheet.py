"""The contact sheet shows every mail, runs nothing that stands in one, fetches nothing, and is the same every time."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from newsletter.core.brand import Brand
from newsletter.core.refusal import ContentRefused
from newsletter.demo.contact_sheet import write_contact_sheet
from newsletter.demo.letter import with_own_pictures
from newsletter.demo.readers import InboxMail
from newsletter.demo.timeline import Moment
from newsletter.demo.weeks import left_out_words, picture_of_weeks
from newsletter.library import Library

ROOT = Path(__file__).parents[2]
BASE = "https://news.example.org/images"
VOID = {"meta", "link", "img", "br", "hr", "input", "line", "circle"}
HOSTILE = '</title><script>alert("Ada")</script>'
CALENDAR = """\
BEGIN:VCALENDAR
BEGIN:VTIMEZONE
BEGIN:STANDARD
DTSTART:19701025T030000
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Brussels:
 20211019T120000
END:VEVENT
END:VCALENDAR
"""
HTML = f"""\
<!doctype html><html><head><title>A call</title></head><body>
<div style="display:none;font-size:1px">Closes at noon &amp; not later</div>
<img src="{BASE}/mark.png" alt=""><img src="{BASE}/call/images/lead%20one.png" alt="">
<div style="background:url('{BASE}/mark.png')">x</div>
<a href="{BASE}/mark.png">the mark</a><script>alert(1)</script><img src="https://elsewhere.example.net/pixel.gif" alt="">
</body></html>
"""
MESSAGE = """\
From: Common Thread <letter@news.example.org>
To: {to}
Subject: {subject}
Date: Thu, 16 Sep 2021 09:30:00 +0200
Message-ID: <{id}@news.example.org>
List-Unsubscribe: <https://news.example.org/u/abc>,
 <mailto:hello@example.org?subject=unsubscribe>
X-Campaign: {campaign}
MIME-Version: 1.0
Content-Language: {language}
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

Dear {to}, 1 < 2 & "so on".
--a
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: 8bit

{html}
--a--
--m
Content-Type: text/calendar; charset="utf-8"
Content-Disposition: attachment; filename="call.ics"

{calendar}
--m--
"""


def mail(to, subject="A call", campaign="september-2021", language="en", html=HTML):
    parts = {
        "subject": subject,
        "campaign": campaign,
        "language": language,
        "html": html,
        "calendar": CALENDAR,
    }
    source = MESSAGE.format(to=to, id=re.sub(r"\W", "", to + campaign), **parts)
    return InboxMail(to, message_from_bytes(source.encode(), policy=policy.default))


MAILS = [
    mail("Ada <ada@example.org>"),
    mail("ben@example.net", HOSTILE),
    mail("Chiara <chiara@example.com>", "Un appel", language="fr"),
    mail("Ada <ada@example.org>", campaign="call-call-reminder-7"),
]
AT = datetime(2021, 9, 16, 9, 30)  # noqa: DTZ001 - wall-clock time, as a moment has it
MOMENTS = [
    Moment(AT.replace(hour=8), "import", what=f"people.csv imported {HOSTILE}"),
    Moment(
        AT, "issue", "september-2021", {"en": 2, "fr": 1}, {"paused": 1, "unsubscribed": 4}, title="Issue"
    ),
    Moment(
        AT.replace(day=20), "reminder", "call-call-reminder-7", {"en": 1}, title="Reminder, 7 days before"
    ),
]
AHEAD = [
    Moment(
        AT.replace(month=11),
        "reminder",
        "call-call-reminder-1-moved-1",
        {"en": 1},
        {"applied": 1},
        title="Reminder, 1 day before the new date",
    )
]


@pytest.fixture
def office(tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(ROOT / "templates" / "web", workspace / "templates" / "web")
    for path in ("templates/email/images/mark.png", "articles/call/images/lead one.png"):
        (workspace / path).parent.mkdir(parents=True)
        shutil.copyfile(ROOT / "templates/email/images/mark.png", workspace / path)
    library = Library(workspace, Path("articles"), Path("templates"), Path("subscribers"))
    brand = Brand({"en": "Common Thread"}, "Common Thread aisbl", {}, (), "hello@example.org", "", "", BASE)
    return SimpleNamespace(library=library, brand=brand)


@pytest.fixture
def sheet(tmp_path, office):
    return write_contact_sheet(tmp_path / "demo", MOMENTS, AHEAD, MAILS, office).parent


class Page(HTMLParser):
    """Elements with their attributes, the text, and the first element that is not closed where it was opened."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.text, self.open, self.crooked = [], "", [], None
        self.feed(source)
        self.close()
        self.crooked = self.crooked or (self.open or [None])[0]

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crooked = self.crooked or tag

    def handle_data(self, data):
        self.text += data.replace("\u00a0", " ")

    def all(self, tag):
        return [attrs for each, attrs in self.elements if each == tag]


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def test_it_writes_an_index_a_style_sheet_and_two_pages_for_each_mail(sheet):
    pages = {f"mails/{number:04d}{kind}" for number in range(1, 5) for kind in (".html", ".mail.html")}
    written = {path.relative_to(sheet).as_posix() for path in sheet.rglob("*") if path.is_file()}
    assert written == pages | {"index.html", "contact-sheet.css"}


def test_every_page_is_well_formed_and_every_link_inside_the_sheet_leads_somewhere(sheet):
    for path in (sheet / "index.html", *sheet.glob("mails/????.html")):
        page = read(path)
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        assert page.crooked is None
        assert len(set(ids)) == len(ids)
        for attrs in page.all("a"):
            target, _, anchor = attrs["href"].partition("#")
            if target == "inbox/new/":
                continue
            found = (path.parent / target) if target else path
            assert found.is_file(), attrs["href"]
            assert not anchor or f'id="{anchor}"' in found.read_text(encoding="utf-8")


def test_every_mail_is_linked_from_the_index(sheet):
    links = {attrs["href"] for attrs in read(sheet / "index.html").all("a")}
    assert {f"mails/000{number}.html" for number in range(1, 5)} <= links


def test_a_hostile_subject_is_text_wherever_it_is_shown(sheet):
    for path in (sheet / "index.html", *sheet.glob("mails/????.html")):
        assert not read(path).all("script")
        assert "<script" not in path.read_text(encoding="utf-8")
    page = read(sheet / "mails/0002.html")
    assert page.text.count(HOSTILE) == 3  # title, heading, header
    assert page.all("iframe")[0]["title"] == f"{HOSTILE}, to ben@example.net, on a desktop"


def test_frames_run_nothing_have_a_title_and_load_when_they_come_into_view(sheet):
    frames = read(sheet / "index.html").all("iframe")
    assert len(frames) == 3 * 2  # two languages of the issue, one of the reminder; desktop and phone
    for frame in frames:
        assert (frame["sandbox"], frame["loading"]) == ("", "lazy")
        assert frame["title"]
        assert (sheet / frame["src"]).is_file()
    assert [frame["width"] for frame in frames[:2]] == ["700", "375"]


def test_nothing_is_fetched_from_the_network(sheet):
    for path in (sheet / "index.html", *sheet.glob("mails/????.html")):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"""\b(?:src|srcset|background)=["']?http|url\(["']?http""", source)
        assert not [attrs for attrs in read(path).all("link") if attrs["href"].startswith("http")]
    shown = (sheet / "mails/0001.mail.html").read_text(encoding="utf-8")
    policy_at = shown.index("default-src 'none'; img-src data:")
    assert policy_at < shown.index(
        "elsewhere.example.net"
    )  # what a mail fetches from elsewhere is forbidden first


def test_pictures_of_the_brand_are_put_into_the_mail_and_links_to_them_stay(sheet):
    shown = (sheet / "mails/0001.mail.html").read_text(encoding="utf-8")
    assert shown.count("data:image/png;base64,") == 3
    assert f"url('{BASE}" not in shown
    assert re.findall(rf"[^ ]*{re.escape(BASE)}[^ >]*", shown) == [f'href="{BASE}/mark.png"']


def test_a_picture_of_another_address_that_begins_alike_is_left_alone():
    html = f'<img src="{BASE}-other/mark.png"><img src="https://example.org/?{BASE}/mark.png">'
    assert with_own_pictures(html, BASE, pytest.fail) == html


@pytest.mark.parametrize(
    "path", ["gone.png", "call/gone.png", "../x.png", "../call/x.png", "call/../../secret.yaml"]
)
def test_a_picture_that_is_not_in_the_library_is_refused(tmp_path, office, path):
    (tmp_path / "workspace/secret.yaml").write_text("secret")
    lost = mail("ada@example.org", html=f'<p><img src="{BASE}/{path}" alt=""></p>')
    with pytest.raises(ContentRefused):
        write_contact_sheet(tmp_path / "demo", [], [], [lost], office)


def test_a_mail_has_a_page_with_its_headers_and_its_calendar(sheet):
    page = read(sheet / "mails/0001.html")
    for shown in (
        "Common Thread <letter@news.example.org>",
        "Ada <ada@example.org>",
        "Thu, 16 Sep 2021 09:30:00 +0200",
        "<Adaadaexampleorgseptember2021@news.example.org>",
        "<https://news.example.org/u/abc>, <mailto:hello@example.org?subject=unsubscribe>",
        "call.ics",
        "DTSTART;TZID=Europe/Brussels:20211019T120000",
        "Closes at noon & not later",
        'Dear Ada <ada@example.org>, 1 < 2 & "so on".',
    ):
        assert shown in page.text
    assert "19701025" not in page.text


def test_a_page_leads_to_the_mails_beside_it_in_the_same_language(sheet):
    turns = [
        {attrs["rel"]: attrs["href"] for attrs in read(page).all("a") if "rel" in attrs}
        for page in sorted(sheet.glob("mails/????.html"))
    ]
    assert turns == [{"next": "0002.html"}, {"prev": "0001.html"}, {}, {}]


def test_the_timeline_tells_who_was_left_out_and_what_is_still_planned(sheet):
    text = re.sub(r"\s+", " ", read(sheet / "index.html").text)
    assert "4 had unsubscribed, 1 had paused" in text
    assert "Six weeks at Common Thread, 15 September to 20 October 2021" in text
    happened, planned = text.split("Still planned")
    assert "Reminder, 7 days before" in happened
    assert "Reminder, 1 day before the new date" in planned
    assert "1 has applied" in planned


def test_the_figures_are_counted_in_the_inbox(tmp_path, office):
    again = [*MAILS, mail("ADA@example.org")]
    page = read(write_contact_sheet(tmp_path / "demo", [], [], again, office))
    found = re.findall(r"(Mails|People|Campaigns|Duplicates)(\d+)", page.text)
    assert found == [("Mails", "5"), ("People", "3"), ("Campaigns", "2"), ("Duplicates", "1")]


def test_an_empty_inbox_still_makes_a_page(tmp_path, office):
    page = read(write_contact_sheet(tmp_path / "demo", [], [], [], office))
    assert page.crooked is None
    assert not page.all("iframe")


def test_the_same_mails_give_the_same_bytes_and_no_path_of_this_machine(tmp_path, office, sheet):
    again = write_contact_sheet(tmp_path / "elsewhere", MOMENTS, AHEAD, MAILS, office).parent
    for path in sheet.rglob("*.*"):
        assert path.read_bytes() == (again / path.relative_to(sheet)).read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("reason", "count", "planned", "words"),
    [
        ("unsubscribed", 4, False, "4 had unsubscribed"),
        ("unsubscribed", 1, True, "1 has unsubscribed"),
        ("stopped", 2, True, "2 have stopped these reminders"),
        ("not_confirmed", 1, False, "1 had not confirmed"),
        ("some_new_reason", 3, False, "3 some new reason"),
    ],
)
def test_reasons_are_said_in_words(reason, count, planned, words):
    assert left_out_words(reason, count, planned=planned) == words


def test_the_picture_of_the_weeks_keeps_their_order_and_its_margins():
    weeks = picture_of_weeks(MOMENTS, AHEAD)
    places = [dot.x for dot in weeks.dots]
    assert places == sorted(places)
    assert 0 < places[0] < places[1] < weeks.now < places[-1] < 100
    assert [dot.planned for dot in weeks.dots] == [False, False, True]
    assert [name for _, name in weeks.months] == ["October", "November"]


@pytest.mark.browser
def test_a_browser_shows_it_from_a_file_with_its_pictures_at_every_width(sheet, browser):
    for page in sheet.glob(
        "mails/*.mail.html"
    ):  # the only thing that is not there is refused by the mail's policy
        page.write_text(
            re.sub(r'<img src="https[^>]*>', "", page.read_text(encoding="utf-8")), encoding="utf-8"
        )
    for width in (360, 800, 1400):
        page = browser.new_page(viewport={"width": width, "height": 900})
        failed: list[str] = []
        page.on("requestfailed", lambda request, failed=failed: failed.append(request.url))
        page.goto((sheet / "index.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.locator("iframe").first.scroll_into_view_if_needed()
        picture = page.frame_locator("iframe").first.locator("img").first
        picture.wait_for()
        assert picture.bounding_box()["width"] > 10
        assert failed == []
        page.close()
