"""`newsletter deadlines`: the dates that cost something, and their reminders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli import finds
from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, local_text, out, print_json, print_table
from newsletter.core.wallclock import parse_local
from newsletter.flows.calendar_feeds import written_feed
from newsletter.flows.deadlines import (
    DeadlineChange,
    approve_deadline,
    cancel_deadline,
    move_deadline,
    sync_deadlines,
)
from newsletter.flows.ladder_preview import preview_ladder
from newsletter.flows.ladders import Ladder, known_ladder, list_ladders

app = typer.Typer(name="deadlines", help="Deadlines of articles and their reminders.", no_args_is_help=True)
finds.add_commands(app)
Key = Annotated[str, typer.Argument(help="article/deadline, as `deadlines list` shows it.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the deadlines that the articles name, with the next reminder of each."""
    with office() as here:
        now = here.clock()
        sync_deadlines(here, now)
        ladders = list_ladders(here, now)
    if as_json:
        print_json({"deadlines": [ladder.as_dict() for ladder in ladders]})
        return
    rows = [
        (one.deadline.key, f"{one.deadline.at:%Y-%m-%d %H:%M}", one.deadline.zone, one.words, one.next)
        for one in ladders
    ]
    empty = "No deadlines: an article names one in its front matter."
    print_table("Deadlines", ["deadline", "at", "zone", "state", "next reminder"], rows, empty)


@app.command("show")
def show(key: Key, as_json: AsJson = False) -> None:
    """Show the whole ladder of a deadline."""
    with office() as here:
        ladder = known_ladder(here, key, here.clock())
    if as_json:
        print_json(ladder.as_dict())
        return
    print_table(
        _title(ladder),
        ["days before", "when", "segment", "state"],
        [(r.rung, r.when, r.segment, r.state) for r in ladder.rungs],
        "No rungs.",
    )


def _title(ladder: Ladder) -> str:
    deadline = ladder.deadline
    before = f", before: {deadline.former_at:%Y-%m-%d %H:%M}" if deadline.former_at else ""
    return f"{deadline.key}: {deadline.at:%Y-%m-%d %H:%M} {deadline.zone} ({ladder.words}{before})"


@app.command("sync")
def sync(as_json: AsJson = False) -> None:
    """Follow the articles' files now; the scheduler does so by itself."""
    with office() as here:
        changes = sync_deadlines(here, here.clock())
    if as_json:
        print_json({"changes": [_change(change) for change in changes]})
        return
    for change in changes:
        out.print(f"{change.key}: {change.what}", highlight=False)
    if not changes:
        out.print("Nothing has changed.")


@app.command("move")
def move(
    key: Key,
    at: Annotated[
        str, typer.Option(help="New wall-clock time in the deadline's zone, such as 2021-10-27T12:00.")
    ],
    as_json: AsJson = False,
) -> None:
    """Move a deadline: the article's files, the ladder, and one correction to those already reminded."""
    with office() as here:
        change = move_deadline(here, key, parse_local(at), here.clock())
    if as_json:
        print_json({"change": None if change is None else _change(change)})
        return
    out.print(f"{key}: {'nothing to change' if change is None else change.what}.", highlight=False)


@app.command("preview")
def preview(
    key: Key,
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder for the mails as HTML and text, in each language.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is to come of a ladder on a time line: moments, people, subjects, and what goes in one mail."""
    with office() as here:
        now = here.clock()
        sync_deadlines(here, now)
        found = preview_ladder(here, key, now, to)
        ladder = known_ladder(here, key, now)
    if as_json:
        print_json(found.as_dict() | {"approval": ladder.approval or None})
        return
    rows = [
        (
            f"{local_text(rung.instant, rung.campaign.zone)}",
            "in one mail" if rung.is_merged else f"{rung.campaign.rung} before",
            rung.campaign.segment,
            rung.recipients,
            counted(dict(rung.withheld)),
            "\n".join(f"{language}: {subject}" for language, subject in rung.subjects.items()),
            "\n".join(rung.together),
        )
        for rung in found.rungs
    ]
    columns = ["when", "days", "segment", "people#", "withheld", "subject", "together with"]
    print_table(_title(ladder), columns, rows, "Nothing is to come of this ladder.")
    for path in found.files:
        out.print(str(path), highlight=False)


@app.command("approve")
def approve(key: Key, as_json: AsJson = False) -> None:
    """Approve a ladder as it stands; without it nothing of it leaves where `approval: required` is configured."""
    with office() as here:
        now = here.clock()
        sync_deadlines(here, now)
        approve_deadline(here, key, now)
        ladder = known_ladder(here, key, now)
    if as_json:
        print_json(ladder.as_dict())
        return
    out.print(f"The ladder of {key} is approved; next reminder: {ladder.next or 'none'}.", highlight=False)


@app.command("cancel")
def cancel(
    key: Key,
    silent: Annotated[bool, typer.Option("--silent", help="No notice to those who had been told.")] = False,
    as_json: AsJson = False,
) -> None:
    """Call a deadline off: no reminder any more, and one notice to those who had been told of it."""
    with office() as here:
        change = cancel_deadline(here, key, here.clock(), silent=silent)
    if as_json:
        print_json({"change": _change(change)})
        return
    told = "Nobody is told" if silent else "Whoever had been told gets one notice"
    out.print(f"{key} is cancelled. {told}.", highlight=False)


@app.command("calendar")
def calendar(
    topic: Annotated[
        str, typer.Option(help="Dates of articles with this topic; of all when none is named.")
    ] = "",
    language: Annotated[
        str, typer.Option(help="Edition, such as fr; the first of config.yaml otherwise.")
    ] = "",
    out_file: Annotated[
        Path | None, typer.Option("--out", help="File to write; standard output when none is named.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the calendar of deadlines and events (.ics), for a website that hosts it itself."""
    with office() as here:
        now = here.clock()
        sync_deadlines(here, now)
        feed = written_feed(here, topic, language, out_file, now)
        spoken = language or here.settings.languages[0]
    if as_json:
        told = {"topic": topic, "language": spoken, "entries": feed.entries, "changed_at": feed.changed_at}
        where = {"calendar": feed.content.decode()} if out_file is None else {"file": str(out_file)}
        print_json(told | where)
    elif out_file is None:
        sys.stdout.buffer.write(feed.content)
    else:
        out.print(f"{out_file}: {feed.entries} entries.", markup=False, highlight=False)


def _change(change: DeadlineChange) -> dict[str, object]:
    return {
        "deadline": change.key,
        "what": change.what,
        "before": None if change.before is None else change.before.at.isoformat(timespec="minutes"),
        "at": change.after.at.isoformat(timespec="minutes"),
        "zone": change.after.zone,
        "utc": local_text(change.after.instant, "UTC"),
    }
