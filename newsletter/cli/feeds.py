"""`newsletter feeds`: what others publish, and what became of it here."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, local_text, print_json, print_table
from newsletter.flows.feeds import items_of, list_feeds, poll_due_feeds, poll_feed

app = typer.Typer(
    name="feeds",
    help="Feeds of others: what is new in them becomes drafts of articles.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="Name of the feed in config.yaml.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the feeds of config.yaml: when each was read, when it is next, and what went wrong."""
    with office() as here:
        found, zone = list_feeds(here), here.settings.zone
    if as_json:
        document = [
            {
                "feed": name,
                "url": part.url,
                "language": part.language,
                "topics": list(part.topics),
                "every_seconds": int(part.every.total_seconds()),
                "title": row.title if row else "",
                "read_at": row.read_at if row else None,
                "next_at": row.next_at if row else None,
                "failures": row.failures if row else 0,
                "trouble": row.trouble if row else "",
            }
            for name, part, row in found
        ]
        print_json({"feeds": document})
        return
    rows = [
        (
            name,
            local_text(row.read_at, zone) if row else "",
            local_text(row.next_at, zone) if row else "now",
            row.failures or "" if row else "",
            row.trouble if row else "",
        )
        for name, _, row in found
    ]
    print_table(
        "Feeds", ["feed", "read", "next", "failures#", "trouble"], rows, "config.yaml names no feeds yet."
    )


@app.command("poll")
def poll(
    names: Annotated[
        list[str] | None, typer.Argument(help="Feeds to read now; those that are due when none is named.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read feeds and make drafts of what is new. Ends with 1 when a feed could not be read."""
    with office() as here:
        now = here.clock()
        polls = [poll_feed(here, name, now) for name in names] if names else poll_due_feeds(here, now)
    if as_json:
        print_json({"polls": [one.as_dict() for one in polls]})
    else:
        rows = [
            (
                one.feed,
                " ".join(one.new),
                " ".join(one.updated),
                " ".join(one.told),
                one.left or "",
                one.trouble,
            )
            for one in polls
        ]
        columns = ["feed", "new drafts", "written again", "changed, but touched here", "left#", "trouble"]
        print_table("Feeds that were read", columns, rows, "No feed is due.")
    if any(one.trouble for one in polls):
        raise typer.Exit(1)


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show what a feed has said, and which article each item became."""
    with office() as here:
        items, zone = items_of(here, name), here.settings.zone
    if as_json:
        document = [
            {
                "title": item.title,
                "article": item.slug or None,
                "first_seen": item.first_seen,
                "changed_at": item.changed_at,
            }
            for item in items
        ]
        print_json({"feed": name, "items": document})
        return
    rows = [
        (
            item.title,
            item.slug or "(passed over)",
            local_text(item.first_seen, zone),
            local_text(item.changed_at, zone),
        )
        for item in items
    ]
    print_table(name, ["item", "article", "first seen", "changed"], rows, "Nothing was read yet.")
