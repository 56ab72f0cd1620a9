"""The six weeks of the demonstration come out as the story and the list of people imply, every time."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ISSUE = "september-2021"
STEM = "erasmus-accreditation-accreditation"
REMINDER_30, REMINDER_7, REMINDER_1 = (f"{STEM}-reminder-{days}" for days in (30, 7, 1))
CORRECTION, REMINDER_7_MOVED = f"{STEM}-correction-moved-1", f"{STEM}-reminder-7-moved-1"

# Campaign, wall clock in Brussels, mails by language, people of the segment who got none and why.
TIMELINE = [
    (
        ISSUE,
        "2021-09-16T09:30",
        {"en": 59, "fr": 63},
        {"not_confirmed": 6, "paused": 4, "suppressed": 4, "unsubscribed": 3},
    ),
    (
        REMINDER_30,
        "2021-09-19T09:00",
        {"en": 46, "fr": 51},
        {"not_confirmed": 4, "paused": 4, "suppressed": 4, "unsubscribed": 1},
    ),
    # Since then two have applied, one has stopped the reminders, one has left; two pauses are over.
    (
        REMINDER_7,
        "2021-10-12T09:00",
        {"en": 44, "fr": 51},
        {"applied": 2, "not_confirmed": 4, "paused": 2, "stopped": 1, "suppressed": 4, "unsubscribed": 2},
    ),
    # Three more have applied, two of them in English.
    (
        REMINDER_1,
        "2021-10-18T09:00",
        {"en": 42, "fr": 50},
        {"applied": 5, "not_confirmed": 4, "paused": 2, "stopped": 1, "suppressed": 4, "unsubscribed": 2},
    ),
    # To the 99 who were told of 19 October at least once, but for those who acted or left since.
    (
        CORRECTION,
        "2021-10-18T15:00",
        {"en": 42, "fr": 50},
        {"applied": 5, "stopped": 1, "unsubscribed": 1},
    ),
    # The ladder of 27 October: its first rung, 27 September, has passed and is skipped.
    (
        REMINDER_7_MOVED,
        "2021-10-20T09:00",
        {"en": 42, "fr": 50},
        {"applied": 5, "not_confirmed": 4, "paused": 2, "stopped": 1, "suppressed": 4, "unsubscribed": 2},
    ),
]
KINDS = ["issue", "reminder", "reminder", "reminder", "correction", "reminder"]
APPLIED_FIRST = {"ada@example.org", "chiara@example.org"}
APPLIED_LATER = {
    "office@tyneside-loom.example.net",
    "direction@passerelle-43.example.com",
    "ada@filo-rosso.example.org",
}
STOPPED, LEFT = "ben@jardins-ferriere.example.net", "ben@example.org"


def test_the_timeline_is_the_expected_one(demo):
    printed = [
        (line["campaign"], line["at"], line["languages"], line["withheld"])
        for line in demo.document["timeline"]
    ]
    assert printed == TIMELINE


def test_each_line_of_the_timeline_has_what_scripts_rely_on(demo):
    timeline = demo.document["timeline"]
    assert [line["kind"] for line in timeline] == KINDS
    assert {line["zone"] for line in timeline} == {"Europe/Brussels"}
    assert [line["sent"] for line in timeline] == [sum(counts.values()) for _, _, counts, _ in TIMELINE]


def test_the_inbox_holds_exactly_what_the_timeline_says(demo):
    counted = Counter((mail.campaign, mail.language) for mail in demo.mails)
    expected = {(name, code): n for name, _, counts, _ in TIMELINE for code, n in counts.items()}
    assert counted == expected
    assert demo.document["messages"] == len(demo.mails) == sum(expected.values()) == 590
    assert Path(demo.document["inbox"]) == demo.folder / "inbox"
    assert Path(demo.document["index"]).is_file()


def test_nobody_gets_the_same_mail_twice(demo):
    assert demo.document["duplicates"] == 0
    assert max(Counter((mail.campaign, mail.address) for mail in demo.mails).values()) == 1


def _sample(demo):
    """The people of the file, by the rules of segments.yaml and fields.yaml written a second time."""
    with (demo.folder / "workspace" / "subscribers" / "sample.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        people = {row["email"].lower(): row for row in reversed(list(csv.DictReader(file)))}
    for row in people.values():
        topics = row["topics"].split(";")
        row["erasmus"] = "erasmus" in topics
        partner = row["kind"] in {"association", "cooperative", "foundation"}
        row["letter"] = row["erasmus"] or ("social-economy" in topics and partner)
    return people.values()


def _fate(row, moment):
    reasons = {"unsubscribed": "unsubscribed", "bounced": "suppressed", "pending": "not_confirmed"}
    if row["status"] in reasons:
        return reasons[row["status"]]
    if row["paused_until"]:
        until = datetime.fromisoformat(row["paused_until"])
        if (until if until.tzinfo else until.replace(tzinfo=UTC)) > moment:
            return "paused"
    return "fr" if row["language"].startswith("fr") else "en"


def _on_the_wire(address):
    local, _, domain = address.lower().partition("@")
    return f"{local}@{domain.encode('idna').decode()}"


@pytest.mark.parametrize(("index", "segment"), [(0, "letter"), (1, "erasmus")])
def test_the_first_two_mails_reach_whom_the_file_says(demo, index, segment):
    campaign, at, languages, withheld = TIMELINE[index]
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Brussels"))
    inside = [row for row in _sample(demo) if row[segment]]
    fates = Counter(_fate(row, moment) for row in inside)
    assert fates == Counter(languages) + Counter(withheld)
    reached = {_on_the_wire(row["email"]) for row in inside if _fate(row, moment) in {"en", "fr"}}
    assert {address.lower() for address in demo.readers(campaign)} == reached


@pytest.mark.parametrize(
    ("people", "last", "never_again"),
    [
        (APPLIED_FIRST, REMINDER_30, (REMINDER_7, REMINDER_1, CORRECTION, REMINDER_7_MOVED)),
        ({STOPPED}, REMINDER_30, (REMINDER_7, REMINDER_1, CORRECTION, REMINDER_7_MOVED)),
        ({LEFT}, REMINDER_30, (REMINDER_7, REMINDER_1, CORRECTION, REMINDER_7_MOVED)),
        (APPLIED_LATER, REMINDER_7, (REMINDER_1, CORRECTION, REMINDER_7_MOVED)),
    ],
)
def test_who_has_acted_or_left_gets_no_more(demo, people, last, never_again):
    assert people <= demo.readers(last)
    for campaign in never_again:
        assert not people & demo.readers(campaign)


def test_who_paused_comes_back_when_the_pause_is_over(demo):
    back = {"ben@ecluse.example.com", "chiara@alzette.example.net"}  # until 1 and 5 October
    away = {"bonjour@abeilles-canal.example.org", "contact@folkhogskolan-sjovik.example.net"}
    assert not (back | away) & (demo.readers(ISSUE) | demo.readers(REMINDER_30))
    assert back <= demo.readers(REMINDER_7)
    assert not away & {mail.address for mail in demo.mails}


def test_the_move_is_corrected_once_for_exactly_those_who_were_told_and_have_not_acted(demo):
    told = demo.readers(REMINDER_30) | demo.readers(REMINDER_7) | demo.readers(REMINDER_1)
    assert demo.readers(CORRECTION) == told - APPLIED_FIRST - APPLIED_LATER - {STOPPED, LEFT}
    assert [line["kind"] for line in demo.document["timeline"]].count("correction") == 1


def test_the_new_ladder_goes_on_after_the_curtain(demo):
    planned = {line["campaign"]: line for line in demo.document["planned"]}
    tomorrow = planned[f"{STEM}-reminder-1-moved-1"]
    assert (tomorrow["at"], tomorrow["sent"]) == ("2021-10-26T09:00", 92)
    assert f"{STEM}-reminder-30-moved-1" not in planned


def test_the_forecast_knows_when_pauses_end(demo):
    last = {line["campaign"]: line for line in demo.document["planned"]}[
        "kitchen-partners-partners-call-reminder-7"
    ]
    assert last["at"].startswith("2021-11-23")
    # One pause ends on 2 November, the other on 1 December.
    assert last["withheld"]["paused"] == 1


def test_what_people_did_stands_between_the_mails(demo):
    events = [(event["at"], event["kind"]) for event in demo.document["events"]]
    assert events == [
        ("2021-09-15T08:00", "import"),
        ("2021-09-15T08:00", "deadlines"),
        ("2021-09-15T10:00", "approve"),
        ("2021-09-22T11:20", "applied"),
        ("2021-09-24T16:05", "stopped"),
        ("2021-09-28T08:45", "unsubscribed"),
        ("2021-10-14T14:30", "applied"),
        ("2021-10-18T15:00", "moved"),
    ]


def test_playing_again_gives_the_same_bytes_whatever_the_shell_says(demo, play_again):
    other = play_again(NEWSLETTER_SECRET="another key", NEWSLETTER_ZONE="Asia/Tokyo", TZ="America/New_York")
    different = ("inbox", "index")
    assert {k: v for k, v in other.items() if k not in different} == {
        k: v for k, v in demo.document.items() if k not in different
    }
    again = {path.name: path.read_bytes() for path in (Path(other["inbox"]) / "new").iterdir()}
    assert again == {mail.path.name: mail.raw for mail in demo.mails}
