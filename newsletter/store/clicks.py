"""Where the redirects of a campaign lead, and how often each was pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from newsletter.store.click_tables import campaign_links, link_counts
from newsletter.store.insert import insert_or_update
from newsletter.store.tables import campaigns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from newsletter.core.content_links import ContentLink

PICTURE = 0
"""The number under which the loads of the invisible picture are counted."""


class CountedLink(NamedTuple):
    """A link of a campaign, and how often it was pressed by people and by machines."""

    number: int
    url: str
    words: str
    article: str
    people: int
    machines: int


def set_links(connection: Connection, campaign: int, links: Iterable[ContentLink]) -> None:
    """Freeze the counted links of a campaign, each address once, with its first words.

    What may have gone out already keeps its number: new ones come behind it.
    """
    link = campaign_links.c
    launched = select(campaigns.c.id).where(campaigns.c.id == campaign, campaigns.c.launched_at.is_not(None))
    connection.execute(delete(campaign_links).where(link.campaign_id == campaign, ~launched.exists()))
    known = link_numbers(connection, campaign)
    new: dict[str, ContentLink] = {}
    for each in links:
        if each.url not in known:
            new.setdefault(each.url, each)
    rows = [
        {"campaign_id": campaign, "number": number, "url": each.url, "words": each.words}
        | {"article": each.article}
        for number, each in enumerate(new.values(), max(known.values(), default=PICTURE) + 1)
    ]
    if rows:
        connection.execute(insert(campaign_links), rows)


def link_numbers(connection: Connection, campaign: int) -> dict[str, int]:
    """The numbers of a campaign's links by where they lead."""
    row = campaign_links.c
    query = select(row.url, row.number).where(row.campaign_id == campaign)
    return {url: number for url, number in connection.execute(query)}  # noqa: C416 - Row is no tuple to mypy


def link_target(connection: Connection, campaign: int, number: int) -> str | None:
    """Where a redirect leads; None if there is none."""
    row = campaign_links.c
    here = row.campaign_id == campaign, row.number == number
    url: str | None = connection.scalar(select(row.url).where(*here))
    return url


def link_subject(connection: Connection, campaign: int, number: int) -> str:
    """What a link is about: the article that it belongs to, else where it leads."""
    row = campaign_links.c
    here = row.campaign_id == campaign, row.number == number
    found = connection.execute(select(row.article, row.url).where(*here)).one()
    return str(found.article or found.url)


def count(
    connection: Connection, campaign: int, number: int, day: date, *, people: int = 0, machines: int = 0
) -> None:
    """Add to the counts of one link on one day; what was taken for a person's is taken back with a negative number."""
    row = link_counts.c
    key = {"campaign_id": campaign, "number": number, "day": day}
    values: dict[str, Any] = key | {"people": people, "machines": machines}
    more = {"people": row.people + people, "machines": row.machines + machines}
    connection.execute(insert_or_update(connection, link_counts, values, [*key], more))


def counted_links(connection: Connection, campaign: int) -> list[CountedLink]:
    """The links of a campaign with their counts, in the order of the mail; those that nobody pressed, too."""
    link, sums = campaign_links.c, link_counts.c
    people, machines = (func.coalesce(func.sum(column), 0) for column in (sums.people, sums.machines))
    query = (
        select(link.number, link.url, link.words, link.article, people, machines)
        .outerjoin(link_counts, (sums.campaign_id == link.campaign_id) & (sums.number == link.number))
        .where(link.campaign_id == campaign)
        .group_by(link.number, link.url, link.words, link.article)
        .order_by(link.number)
    )
    return [CountedLink(*row) for row in connection.execute(query)]


def counts_by_day(connection: Connection, campaign: int) -> list[tuple[date, int, int, int]]:
    """Day, number of the link, people and machines; days without a click have no row."""
    row = link_counts.c
    query = select(row.day, row.number, row.people, row.machines).where(row.campaign_id == campaign)
    return [tuple(found) for found in connection.execute(query.order_by(row.day, row.number))]
