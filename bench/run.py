"""Measure what the product promises: how fast mail leaves, and what it costs, from the audience to the settled ledger.

Prints a line for each case and a table in Markdown at the end, and writes bench/results.json. The sink is compiled from
the C file that --sink-source or NEWSLETTER_FSINK names; without it Debian's smtp-sink is taken, and without that one of
our own, which is slower than the sender.
"""

# ruff: noqa: INP001, T201 - a script, not a package; it prints

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audience import freeze, imported
from databases import Databases
from distance import distance, shortfall
from oneclick import oneclick
from planning import planning
from postfix import postfix, why_not
from results import show, table
from segments import segments
from sending import Sending, send
from sink import running, sink_command, source_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CASES = ("send", "freeze", "import", "postfix", "distance", "plan", "segments", "oneclick")
LETTER = range(44_000, 47_001)  # octets on the wire that figures of other senders are for
TRIAL = 300


class Bench:
    """What one run needs: databases, the command of the sink, and the size of the letter."""

    def __init__(self, databases: Databases, sink: tuple[str, list[str]], wanted: argparse.Namespace) -> None:
        self._databases, self._sink, self._wanted = databases, sink, wanted
        self._kinds = [kind for kind in wanted.database if databases.has(kind)]
        for missing in sorted(set(wanted.database) - set(self._kinds)):
            print(f"{missing} is not installed: left out")

    def results(self) -> Iterator[dict[str, Any]]:
        """Case by case, in the order in which they were asked for."""
        for case in self._wanted.case:
            yield from getattr(self, f"_{case}")()

    @cached_property
    def _octets(self) -> int:
        """The size of the letter: a few are sent, for the cases that need to know."""
        with running(*self._sink) as port:
            octets = int(send(self._databases, Sending("sqlite", TRIAL), port)["octets"])
        print(
            f"the letter has {octets:,} octets on the wire"
            + ("" if octets in LETTER else ": NOT about 45 kB")
        )
        return octets

    def _send(self) -> Iterator[dict[str, Any]]:
        wanted = self._wanted
        for kind in self._kinds:
            for dkim in wanted.dkim:
                for workers in wanted.workers:
                    way = Sending(
                        kind, wanted.people, workers, dkim, wanted.connections, wanted.batch,
                        not wanted.no_stages, wanted.profile, wanted.clicks,
                    )  # fmt: skip
                    with running(*self._sink) as port:
                        one = send(self._databases, way, port, lambda at=port: source_rate(at, self._octets))
                    yield one | {"sink": self._sink[0]}

    def _freeze(self) -> Iterator[dict[str, Any]]:
        return (freeze(self._databases, kind, self._wanted.audience) for kind in self._kinds)

    def _import(self) -> Iterator[dict[str, Any]]:
        return (imported(self._databases, kind, self._wanted.import_rows) for kind in self._kinds)

    def _postfix(self) -> Iterator[dict[str, Any]]:
        reason = why_not()
        if reason:
            print(f"no Postfix: {reason}")
            return
        yield from postfix(self._databases, self._wanted.postfix_people, self._octets)

    def _distance(self) -> Iterator[dict[str, Any]]:
        with running(*self._sink) as port:
            yield from distance(port, self._octets)

    def _segments(self) -> Iterator[dict[str, Any]]:
        for kind in self._kinds:
            yield from segments(self._databases, kind, self._wanted.audience)

    def _oneclick(self) -> Iterator[dict[str, Any]]:
        return (oneclick(self._databases, kind, self._wanted.one_clicks) for kind in self._kinds)

    def _plan(self) -> Iterator[dict[str, Any]]:
        yield planning()


def main() -> None:
    """Run what the command line asks for."""
    wanted = _arguments()
    results: list[dict[str, Any]] = []
    with Databases() as databases, tempfile.TemporaryDirectory(prefix="newsletter-bench-") as scratch:
        name, command = sink_command(wanted.sink_source, Path(scratch))
        slow = " - slower than the sender, so it is what is measured" if name == "asyncio" else ""
        print(f"sink: {name}{slow}")
        for one in Bench(databases, (name, command), wanted).results():
            results.append(one)
            show(one)
            Path(wanted.out).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"\n{table(results)}")
    short = shortfall([one for one in results if one["case"] == "distance"])
    if short:
        sys.exit(short)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--case", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--database", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--dkim", nargs="+", default=["none", "ed25519", "rsa2048"])
    parser.add_argument("--people", type=int, default=20_000, help="messages of each case `send`")
    parser.add_argument("--audience", type=int, default=1_000_000, help="people of the frozen audience")
    parser.add_argument("--import-rows", type=int, default=1_000_000, help="rows of the imported file")
    parser.add_argument("--postfix-people", type=int, default=3_000, help="messages to Postfix")
    parser.add_argument("--one-clicks", type=int, default=5_000, help="readers who leave in `oneclick`")
    parser.add_argument("--connections", type=int, default=5, help="connections of each worker")
    parser.add_argument("--batch", type=int, default=0, help="rows that a worker takes, 0 as configured")
    parser.add_argument("--profile", default="", help="write profiles of the workers to this name")
    parser.add_argument(
        "--clicks", default="off", help="`counted`: links lead over redirects, see config.yaml"
    )
    parser.add_argument(
        "--sink-source", default=os.environ.get("NEWSLETTER_FSINK", ""), help="C file of a sink"
    )
    parser.add_argument(
        "--no-stages", action="store_true", help="do not count by stage; costs 1 to 2 µs a message"
    )
    parser.add_argument("--out", default=str(HERE / "results.json"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
