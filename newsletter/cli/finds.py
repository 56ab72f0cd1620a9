"""`newsletter deadlines suggest | finds | confirm | reject`: dates that stand in texts."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.place import office, workspace
from newsletter.cli.show import AsJson, out, print_json, print_table
from newsletter.core.deadline_finder.find import written
from newsletter.core.deadline_finder.finder import find_deadlines
from newsletter.core.refusal import ConfigurationRefused, ContentRefused, Problem
from newsletter.core.wallclock import parse_local, zone_named
from newsletter.flows.finds import Confirmation, confirm_find, open_finds, reject_one
from newsletter.library import read_text
from newsletter.settings import load_settings

if TYPE_CHECKING:
    from newsletter.core.deadline_finder.find import Find

_YEARS = range(1900, 2200)
_PUBLISHED = re.compile(r"\A\ufeff?---[ \t]*\n(?:.*\n)*?published:[ \t]*[\"']?(\d{4}-\d{2}-\d{2})")
_FRONT = re.compile(r"\A\ufeff?---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
Article = Annotated[str, typer.Argument(help="Its folder's name, as `articles list` shows it.")]
FindId = Annotated[str, typer.Argument(metavar="FIND", help="As `deadlines finds` shows it.")]


def add_commands(app: typer.Typer) -> None:
    """Put the commands of this module into `app`."""
    app.command("suggest")(suggest)
    app.command("finds")(finds)
    app.command("confirm")(confirm)
    app.command("reject")(reject)


def suggest(
    file: Annotated[Path, typer.Argument(help="Markdown or plain text, in a workspace or not.")],
    published: Annotated[
        str, typer.Option(help="Day from which missing years are worked out; the file's own, or today.")
    ] = "",
    zone: Annotated[
        str, typer.Option(help="Zone that is meant when the text names none; the office's.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Find deadlines, events and periods in a text, and say what a person must decide about each. Nothing is stored."""
    text = read_text(file)
    usual = zone or _zone_of_office()
    found = find_deadlines(text, _published(published, text, usual), zone_named(usual).key)
    if as_json:
        print_json({"deadlines": [find.as_dict() for find in found]})
        return
    rows = [(f"{find.line}:{find.column}", *_cells(find)) for find in found]
    print_table("Dates in the text", ["place", *_COLUMNS], rows, "No dates found.")


def finds(
    article: Annotated[str, typer.Argument(help="One article; all of them when none is named.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the dates in the articles that are neither confirmed as deadlines nor rejected."""
    with office() as here:
        found = open_finds(here, article)
    if as_json:
        print_json({"finds": [one.as_dict() for one in found]})
        return
    rows = [(one.id, f"{one.path}:{one.find.line}", *_cells(one.find)) for one in found]
    print_table("Finds", ["find", "place", *_COLUMNS], rows, "No finds that wait for anybody.")


def confirm(
    article: Article,
    find: FindId,
    deadline: Annotated[str, typer.Option("--id", help="Short name of the new deadline.")],
    audience: Annotated[str, typer.Option(help="Segment that is reminded.")],
    at: Annotated[str, typer.Option(help="Wall-clock time, such as 2021-10-19T12:00; the find's.")] = "",
    zone: Annotated[str, typer.Option(help="Its zone; the find's.")] = "",
    label: Annotated[str, typer.Option(help="What closes; the article's title in each language.")] = "",
    url: Annotated[str, typer.Option(help="Where the reader acts; the article's link.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a deadline of a find: it is written into every language of the article, and its reminders are planned."""
    said = Confirmation(deadline, audience, parse_local(at) if at else None, zone, label, url)
    with office() as here:
        entry = confirm_find(here, article, find, said, here.clock())
    key = f"{article}/{entry.id}"
    if as_json:
        print_json({"deadline": key, "at": written(entry.at), "zone": entry.zone})
        return
    out.print(f"{key} is a deadline now: {entry.at:%Y-%m-%d %H:%M} {entry.zone}.", highlight=False)


def reject(article: Article, find: FindId, as_json: AsJson = False) -> None:
    """Say that a find is no deadline; it is not shown again while its words stay as they are."""
    with office() as here:
        found = reject_one(here, article, find, here.clock())
    if as_json:
        print_json({"rejected": found.id, "quote": found.find.quote})
        return
    out.print(f"{found.id} is rejected.", highlight=False)


_COLUMNS = ["quote", "kind", "when", "zone", "sure", "needs somebody for"]


def _cells(find: Find) -> tuple[str, ...]:
    when = " to ".join(part.replace("T", " ") for part in (written(find.local), written(find.until)) if part)
    zone = find.zone if find.zone_source == "text" else f"{find.zone} (assumed)"
    quote = " ".join(find.quote.split())
    return quote, find.kind.value, when or "?", zone, f"{find.confidence:.0%}", "; ".join(find.needs)


def _zone_of_office() -> str:
    try:
        return load_settings(workspace()).zone
    except ConfigurationRefused as refused:
        more = Problem(
            "Without a workspace no zone is known.", "Give one with --zone, such as Europe/Brussels."
        )
        raise ConfigurationRefused(*refused.problems, more) from None


def _published(given: str, text: str, zone: str) -> date:
    """The day that was given, else that of the front matter, else today in the zone."""
    front = _FRONT.match(text)
    own = _PUBLISHED.match(front[0]) if front and not given else None
    if not given and own is None:
        return datetime.now(zone_named(zone)).date()
    said = given or (own[1] if own else "")
    try:
        day = datetime.strptime(said, "%Y-%m-%d").date()  # noqa: DTZ007 - a day on the calendar, in no zone
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        what = f"'{said}' is not a day of publication."
        remedy = "Write a day that exists, such as 2021-09-16."
        raise ContentRefused(Problem(what, remedy, field="--published" if given else "published"))
    return day
