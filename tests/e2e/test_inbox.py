"""Every mail of the demonstration, read by the standard library and by rules of the RFCs written here a second time."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from email import message_from_bytes, policy
from html.parser import HTMLParser

from icalendar import Calendar

BULK = ("issue", "reminder", "correction")
MOST_BYTES = 100_000  # Gmail clips at about 102 kB
FRENCH = re.compile(r"\b(et|de|la|les|pour|vous|une|dans|ne|pas)\b", re.IGNORECASE)
ENGLISH = re.compile(r"\b(and|of|the|for|you|with|is|not|to)\b", re.IGNORECASE)


def _wrong(demo, fault):
    """Names of the mails in which `fault` finds something, with what it found."""
    found = ((mail.path.name, fault(mail)) for mail in demo.mails)
    return [(name, what) for name, what in found if what]


def _body(mail, subtype):
    return mail.message.get_body((subtype,)).get_content()


def _kind(mail):
    return str(mail.message["Feedback-ID"]).split(":")[1]


def _headers(mail):
    """The header as it stands in the file: name and raw value, folded lines joined."""
    block = mail.raw.split(b"\n\n", 1)[0].decode("ascii")
    return [line.split(": ", 1) for line in re.sub(r"\n[ \t]", " ", block).split("\n")]


def test_every_mail_is_plain_ascii_on_the_wire(demo):
    assert not _wrong(demo, lambda mail: not mail.raw.isascii())


def test_every_mail_parses_without_defects_in_any_part_or_header(demo):
    def defects(mail):
        found = []
        for part in mail.message.walk():
            found += part.defects
            found += [defect for value in part.values() for defect in value.defects]
        return found

    assert not _wrong(demo, defects)


def test_every_mail_has_a_text_and_an_html_part(demo):
    def parts(mail):
        kinds = [part.get_content_type() for part in mail.message.walk() if not part.is_multipart()]
        calendar = ["text/calendar"] if _kind(mail) in {"reminder", "correction"} else []
        return None if kinds == ["text/plain", "text/html", *calendar] else kinds

    assert not _wrong(demo, parts)


def test_the_language_stands_in_the_header_and_in_the_html(demo):
    def language(mail):
        html = re.search(r"<html[^>]*\blang=\"([^\"]+)\"", _body(mail, "html"))
        return None if html and html[1] == mail.language else (html and html[1], mail.language)

    assert not _wrong(demo, language)


def test_mails_are_written_in_their_language(demo):
    def other(mail):
        text = _body(mail, "plain")
        french, english = len(FRENCH.findall(text)), len(ENGLISH.findall(text))
        fine = french > 3 * english if mail.language == "fr" else english > 3 * french
        return None if fine else (mail.language, french, english)

    assert not _wrong(demo, other)


def test_one_click_headers_are_raw_and_short(demo):
    def one_click(mail):
        headers = dict(_headers(mail))
        url = re.match(r"<(https://[\x21-\x7e]+?)>, ?<mailto:[^>]+>$", headers.get("List-Unsubscribe", ""))
        if url is None or len(url[1]) > 75:
            return headers.get("List-Unsubscribe")
        return headers.get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click"

    assert {_kind(mail) for mail in demo.mails} == set(BULK)
    assert not _wrong(demo, one_click)


def test_the_link_to_leave_also_stands_in_text_and_html(demo):
    def missing(mail):
        url = re.search(r"<(https://[^>]+)>", dict(_headers(mail))["List-Unsubscribe"])[1]
        return [part for part in ("plain", "html") if url not in _body(mail, part)]

    assert not _wrong(demo, missing)


def test_links_are_personal(demo):
    links = Counter(dict(_headers(mail))["List-Unsubscribe"] for mail in demo.mails)
    assert max(links.values()) == 1


def test_message_ids_are_unique_and_well_formed(demo):
    ids = [str(mail.message["Message-ID"]) for mail in demo.mails]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"<[A-Za-z0-9]+@news\.example\.org>", one) for one in ids)


def test_nothing_of_the_machinery_is_left_over(demo):
    left = re.compile(r"\{\{|\{%|</?mj-|\bNone\b|\bundefined\b|<slot|\[\[")

    def rest(mail):
        everything = (
            _body(mail, "plain"),
            _body(mail, "html"),
            *(value for _, value in mail.message.items()),
        )
        return [left.search(text)[0] for text in everything if left.search(text)]

    assert not _wrong(demo, rest)


def test_no_marker_survives(demo):
    """Two readers of one edition have the same words but for what is theirs: tokens, name and reasons, no nonce."""
    nonce = re.compile(r"(?<![0-9a-f])[0-9a-f]{10}(?![0-9a-f])")
    by_edition = defaultdict(list)
    for mail in demo.mails:
        by_edition[mail.campaign, mail.language].append(mail)
    for mails in by_edition.values():
        for mail in mails[:2]:
            for part in ("plain", "html"):
                words = re.sub(r"https?://\S+", "", _body(mail, part))
                assert not nonce.search(words)


def test_nothing_is_fetched_but_pictures_of_our_own(demo):
    def remote(mail):
        html = _body(mail, "html")
        found = re.findall(
            r"@import|@font-face|fonts\.g\w+\.com|<link\b[^>]*>|<script\b", html, re.IGNORECASE
        )
        sources = re.findall(r"(?:src|background)=\"([^\"]+)\"|url\(['\"]?([^)'\"]+)", html)
        away = [src for pair in sources for src in pair if src]
        return found + [src for src in away if not src.startswith("https://news.example.org/images/")]

    assert not _wrong(demo, remote)


class _Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.without_alt = []

    def handle_starttag(self, tag, attrs):
        if tag == "img" and "alt" not in dict(attrs):
            self.without_alt.append(dict(attrs).get("src"))


def test_every_picture_has_an_alternative_text(demo):
    def without(mail):
        parser = _Pictures()
        parser.feed(_body(mail, "html"))
        return parser.without_alt

    assert not _wrong(demo, without)


def test_headers_survive_a_round_trip(demo):
    def changed(mail):
        again = message_from_bytes(mail.message.as_bytes(policy=policy.SMTP), policy=policy.default)
        before = [(name, str(value)) for name, value in mail.message.items()]
        after = [(name, str(value)) for name, value in again.items()]
        return [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]] or again.defects

    assert not _wrong(demo, changed)


def test_one_mailbox_writes_to_one_mailbox(demo):
    def crowd(mail):
        counts = [len(mail.message[name].addresses) for name in ("From", "To")]
        return None if counts == [1, 1] and len(mail.message.get_all("To")) == 1 else counts

    assert not _wrong(demo, crowd)


def test_headers_stand_once_each(demo):
    assert not _wrong(demo, lambda mail: [n for n, c in Counter(mail.message.keys()).items() if c > 1])


def test_lines_are_as_short_as_mail_demands(demo):
    def long(mail):
        header, _, body = mail.raw.partition(b"\n\n")
        too_long = [line for line in header.split(b"\n") if len(line) > 998]
        return too_long + [line for line in body.split(b"\n") if len(line) > 76]

    assert not _wrong(demo, long)


def test_no_mail_is_clipped(demo):
    assert not _wrong(demo, lambda mail: len(_body(mail, "html").encode()) >= MOST_BYTES)


def test_the_calendar_part_says_the_hour_in_utc_and_follows_the_move(demo):
    def entry(mail):
        part = next(part for part in mail.message.walk() if part.get_content_type() == "text/calendar")
        event = Calendar.from_ical(part.get_content()).walk("VEVENT")[0]
        return event.decoded("DTSTART").strftime("%Y%m%dT%H%M%S%z"), int(event["SEQUENCE"]), str(event["UID"])

    dated = [mail for mail in demo.mails if _kind(mail) != "issue"]
    entries = {mail.campaign: set() for mail in dated}
    for mail in dated:
        entries[mail.campaign].add(entry(mail))
    uid = "erasmus-accreditation/accreditation@letter.news.example.org"
    before, after = ("20211019T100000+0000", 0, uid), ("20211027T100000+0000", 1, uid)
    assert entries == {name: {after if "moved" in name else before} for name in entries}
    assert len(entries) == 5


def test_no_mail_after_the_move_calls_for_the_former_date(demo):
    """The correction names both dates, with the former one as former; the next reminder only the new one."""
    dates = re.compile(r"\b(19|27)[\s\u00a0\u202f](?:October|octobre) 2021")
    for mail in demo.mails:
        named = set(dates.findall(_body(mail, "plain")))
        if mail.campaign.endswith("reminder-7-moved-1"):
            assert named == {"27"}
        elif "correction" in mail.campaign:
            assert "27" in named
        else:
            assert "27" not in named


def test_the_feedback_id_has_few_fields_and_one_sender(demo):
    """Gmail takes at most four fields; the last one names the sender with 5 to 15 signs."""
    fields = [str(mail.message["Feedback-ID"]).split(":") for mail in demo.mails]
    assert {len(one) for one in fields} == {3}
    (sender,) = {one[-1] for one in fields}
    assert 5 <= len(sender) <= 15
    assert len({one[0] for one in fields}) == len({mail.campaign for mail in demo.mails})


def test_mail_by_rule_asks_for_no_automatic_answer(demo):
    for mail in demo.mails:
        by_rule = None if _kind(mail) == "issue" else "auto-generated"
        assert mail.message["Auto-Submitted"] == by_rule
