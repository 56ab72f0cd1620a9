"""Reminders of several deadlines that fall on one day go to each person in one mail, and each rung knows it."""

from __future__ import annotations

import pytest

from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows.deadlines import cancel_deadline, move_deadline
from newsletter.flows.plan import forecast
from newsletter.flows.tick import launch_due
from newsletter.store.ledger import list_deliveries
from newsletter.store.reminders import merged_into
from newsletter.transports.contract import Outcome

ONE, TWO = "erasmus-accreditation/accreditation", "kitchen-partners/partners-call"
STEM_1, STEM_2 = "erasmus-accreditation-accreditation", "kitchen-partners-partners-call"
MERGED_7 = f"{STEM_1}-reminder-7-merged"


def together(bench, at="2021-10-19T18:00", zone="Europe/Brussels", audience="erasmus-interested"):
    """The second deadline closes on the day of the first, so that all their rungs fall together."""
    for language in ("en", "fr"):
        path = f"articles/kitchen-partners/{language}.md"
        bench.rewrite(path, "at: 2021-11-30T18:00", f"at: {at}")
        bench.rewrite(path, "zone: Europe/Lisbon", f"zone: {zone}")
        bench.rewrite(path, "audience: erasmus-interested", f"audience: {audience}")
    bench.sync()


def text_of(bench, address):
    (mail,) = [one for one in bench.transport.accepted if one.recipient == address]
    return mail.content.replace(b"=\r\n", b"").decode()


def subject_of(bench, address):
    return next(line for line in text_of(bench, address).split("\r\n") if line.startswith("Subject: "))


def test_two_rungs_of_one_day_are_one_mail(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    together(bench)
    assert sorted(bench.beat("2021-10-12T09:00")[-3:]) == [
        f"{STEM_1}-reminder-7",
        MERGED_7,
        f"{STEM_2}-reminder-7",
    ]
    assert bench.sent() == ["ada@example.org", "ben@example.org"]
    assert bench.rows(MERGED_7) == {"ada@example.org": "sent", "ben@example.org": "sent"}
    for stem in (STEM_1, STEM_2):
        rows = bench.rows(f"{stem}-reminder-7", "state", "withheld")
        assert set(rows.values()) == {("skipped", "merged")}
    assert (
        subject_of(bench, "ada@example.org")
        == "Subject: One week left: Erasmus+ accreditation 2021, and 1 more date"
    )
    text = text_of(bench, "ada@example.org")
    assert text.index("Erasmus+ accreditation 2021") < text.index("Two partners for a training kitchen")
    for way in ("applied", "stop", "later", "calendar"):
        assert f"/{way}/{ONE}" in text
        assert f"/{way}/{TWO}" in text


def test_who_is_due_for_one_only_gets_the_plain_one(bench):
    bench.enrol("ada@example.org")
    bench.enrol("ben@example.org", topics="events")
    bench.enrol("chiara@example.org", topics="partnerships")
    bench.rewrite(
        "subscribers/segments.yaml",
        "segments:\n",
        "segments:\n  kitchen:\n    title: {en: K, fr: K}\n    where: {topic: [erasmus, partnerships]}\n",
    )
    together(bench, audience="kitchen")
    bench.beat("2021-10-12T09:00")
    assert bench.rows(MERGED_7) == {"ada@example.org": "sent"}
    assert bench.rows(f"{STEM_2}-reminder-7", "state", "withheld") == {
        "ada@example.org": ("skipped", "merged"),
        "chiara@example.org": ("sent", None),
    }
    assert sorted(bench.sent()) == ["ada@example.org", "chiara@example.org"]


@pytest.mark.parametrize("when", ["before the launch", "before the hand-over"])
def test_whoever_has_acted_on_one_sees_only_the_other(bench, when):
    bench.enrol("ada@example.org", "ben@example.org")
    together(bench)
    if when == "before the launch":
        bench.applies("ada@example.org", ONE)
    bench.at("2021-10-12T09:00")
    bench.launch()
    bench.applies("ada@example.org", ONE)
    bench.deliver()
    assert sorted(bench.sent()) == ["ada@example.org", "ben@example.org"]
    text = text_of(bench, "ada@example.org")
    assert "Erasmus+ accreditation 2021" not in text
    assert "training kitchen" in text
    first = bench.rows(f"{STEM_1}-reminder-7", "state", "withheld")["ada@example.org"]
    assert first == (("skipped", "applied") if when == "before the launch" else ("skipped", "merged"))
    assert "more date" not in subject_of(bench, "ada@example.org")
    assert "1 more date" in subject_of(bench, "ben@example.org")


def test_whoever_has_acted_on_all_of_them_gets_nothing(bench):
    bench.enrol("ada@example.org")
    together(bench)
    bench.at("2021-10-12T09:00")
    bench.launch()
    bench.applies("ada@example.org", ONE)
    bench.applies("ada@example.org", TWO)
    bench.deliver()
    assert bench.sent() == []
    assert bench.rows(MERGED_7, "state", "withheld") == {"ada@example.org": ("skipped", "applied")}


def test_a_deadline_that_moves_after_the_launch_is_left_out_and_corrected_only_for_those_who_read_it(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    together(bench)
    bench.transport.answers["ben@example.org"] = Outcome.LATER
    bench.beat("2021-10-12T09:00")
    bench.transport.answers.clear()
    bench.at("2021-10-12T09:30")
    move_deadline(bench.office, TWO, parse_local("2021-10-26T18:00"), bench.now)
    bench.beat("2021-10-12T10:30")
    ben = [one for one in bench.transport.accepted if one.recipient == "ben@example.org"]
    assert len(ben) == 1
    assert b"partners-call" not in ben[0].content
    assert bench.sent("correction") == ["ada@example.org"]


def test_a_deadline_that_is_called_off_tells_those_whose_copy_told_it(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    together(bench)
    bench.applies("ben@example.org", TWO)
    bench.beat("2021-10-12T09:00")
    cancel_deadline(bench.office, TWO, bench.now)
    assert bench.beat("2021-10-12T09:01") == [f"{STEM_2}-deadline-cancelled"]
    assert bench.sent("cancelled") == ["ada@example.org"]


def test_a_rung_later_the_same_day_is_told_in_the_mail_of_the_first(bench):
    bench.enrol("ada@example.org")
    bench.enrol("ben@example.org", topics="partnerships")
    together(bench, zone="Europe/Lisbon")
    assert bench.beat("2021-10-12T09:00")[-2:] == [f"{STEM_1}-reminder-7", MERGED_7]
    assert bench.sent() == ["ada@example.org"]
    bench.enrol("chiara@example.org")
    assert bench.beat("2021-10-12T10:00") == [f"{STEM_2}-reminder-7"]
    assert bench.sent() == ["ada@example.org", "chiara@example.org"]


def test_who_joins_the_second_between_two_rungs_of_a_day_hears_of_it_a_day_later(bench):
    bench.enrol("ada@example.org", topics="erasmus")
    bench.rewrite(
        "subscribers/segments.yaml",
        "segments:\n",
        "segments:\n  kitchen:\n    title: {en: K, fr: K}\n    where: {topic: partnerships}\n",
    )
    together(bench, zone="Europe/Lisbon", audience="kitchen")
    bench.beat("2021-10-12T09:00")
    bench.enrol("ada@example.org", topics="erasmus;partnerships")
    bench.beat("2021-10-12T10:00")
    assert bench.rows(f"{STEM_2}-reminder-7", "state", "withheld") == {
        "ada@example.org": ("skipped", "one_a_day")
    }
    assert bench.beat("2021-10-13T10:00") == [f"{STEM_2}-later-20211013t0900"]
    assert bench.sent() == ["ada@example.org", "ada@example.org"]


def test_the_forecast_of_a_shared_day_is_what_happens(bench):
    bench.enrol("ada@example.org", "ben@example.org")
    bench.enrol("chiara@example.org", paused_until="2021-12-01")
    together(bench)
    bench.at("2021-10-11T09:00")
    bench.launch()
    end = to_instant(parse_local("2021-10-13T00:00"), "Europe/Brussels")
    told = {
        one.campaign.name: (one.recipients, one.withheld())
        for one in forecast(bench.office, bench.now, end, bench.now)
    }
    assert told == {
        MERGED_7: (2, {}),
        f"{STEM_1}-reminder-7": (0, {"merged": 2, "paused": 1}),
        f"{STEM_2}-reminder-7": (0, {"merged": 2, "paused": 1}),
    }
    bench.beat("2021-10-12T09:00")
    for name, (recipients, withheld) in told.items():
        report = bench.report(name)
        assert (sum(report.by_language.values()), dict(report.withheld)) == (recipients, withheld)


def test_the_ledger_says_into_which_mail_a_reminder_went(bench):
    bench.enrol("ada@example.org")
    together(bench)
    bench.beat("2021-10-12T09:00")
    with bench.office.database.read() as connection:
        rows = list_deliveries(connection, campaign=bench.campaign(f"{STEM_2}-reminder-7").id)
        assert merged_into(connection, [row["id"] for row in rows]) == {rows[0]["id"]: MERGED_7}


def test_a_wrong_article_holds_up_its_own_reminder_only(bench):
    bench.enrol("ada@example.org")
    together(bench)
    path = bench.workspace / "articles" / "kitchen-partners" / "en.md"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("alt:", "alternative:"), encoding="utf-8")
    bench.at("2021-10-12T09:00")
    launches, refusals = launch_due(bench.office, bench.now)
    assert [one.campaign.name for one in launches][-1] == f"{STEM_1}-reminder-7"
    assert len(refusals) == 1
    path.write_text(good, encoding="utf-8")
    bench.beat("2021-10-12T11:00")
    assert bench.rows(f"{STEM_2}-reminder-7", "withheld") == {"ada@example.org": "one_a_day"}
    assert bench.beat("2021-10-13T09:00") == [f"{STEM_2}-later-20211013t0900"]
    assert len(bench.sent()) == 2
