"""Whether what receivers look up about us is published: the DKIM keys, SPF and DMARC of the senders' domains."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from newsletter.core.dkim_key import public_record, record_problems, zone_line
from newsletter.core.refusal import Level, Problem
from newsletter.core.sender_records import (
    dmarc_names,
    dmarc_problems,
    dmarc_records,
    spf_problems,
    spf_records,
)
from newsletter.settings import FolderTransport
from newsletter.sources.dns import REMEDY, DnsUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from newsletter.core.dkim_key import DkimKey
    from newsletter.flows.office import Office
    from newsletter.sources.dns import Dns

_AT_ONCE = 32  # names; an office has a few senders, each with a few parents

_Answers = dict[str, tuple[str, ...] | DnsUnavailable]


@dataclass(slots=True)
class Published:
    """What was found: facts by name, problems, and names by the reason why nothing could be found out about them."""

    facts: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)

    def miss(self, fact: str, name: str, error: DnsUnavailable) -> None:
        """Note that `fact` is not known, because DNS could not be asked about `name`."""
        self.facts[fact] = f"could not be looked up: {error.reason}"
        self.unknown.setdefault(error.reason, []).append(name)


def look_up_records(office: Office) -> Published:
    """Ask DNS for every record that receivers want of us. What could not be asked is a warning, never an error.

    Nothing is asked when no mail leaves this machine and none is signed.
    """
    published = Published()
    keys = office.dkim_keys
    if isinstance(office.settings.transport, FolderTransport) and not keys:
        return published
    domains = sorted({sender.address.rpartition("@")[2] for sender in office.settings.senders.values()})
    names = {key.record_name for key in keys} | set(domains)
    answers = _ask(office.dns, names.union(*map(dmarc_names, domains)))
    for key in keys:
        _dkim(key, answers, published)
    for domain in domains:
        _spf(domain, answers, published)
        _dmarc(domain, answers, published)
    for reason, missed in published.unknown.items():
        what = f"DNS could not be asked about {', '.join(missed)}: {reason}."
        published.problems.append(Problem(what, REMEDY, field="dns", level=Level.WARNING))
    return published


def _ask(dns: Dns, names: Iterable[str]) -> _Answers:
    """All at once: a name server that says nothing costs its time-out one time, and not for each name."""

    def ask(name: str) -> tuple[str, ...] | DnsUnavailable:
        try:
            return dns.txt(name)
        except DnsUnavailable as error:
            return error

    wanted = sorted(names)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return dict(zip(wanted, threads.map(ask, wanted), strict=True))


def _dkim(key: DkimKey, answers: _Answers, published: Published) -> None:
    fact = f"dkim {key.selector} of {key.domain}"
    answer = answers[key.record_name]
    if isinstance(answer, DnsUnavailable):
        published.miss(fact, key.record_name, answer)
    elif len(answer) > 1:
        published.facts[fact] = "published more than once"
        what = f"{key.record_name} has {len(answer)} records, and receivers take any of them (RFC 6376)."
        published.problems.append(Problem(what, f"Keep this one: {public_record(key)}", field="dkim"))
    else:
        problems = record_problems(key, "".join(answer))
        wrong = any(problem.level is Level.ERROR for problem in problems)
        published.facts[fact] = (
            f"published {'but wrong' if wrong else 'and right'}" if answer else "not published"
        )
        published.problems += problems
    published.facts[f"{fact}: record"] = zone_line(key)


def _spf(domain: str, answers: _Answers, published: Published) -> None:
    answer = answers[domain]
    if isinstance(answer, DnsUnavailable):
        published.miss(f"spf of {domain}", domain, answer)
        return
    records = spf_records(answer)
    published.facts[f"spf of {domain}"] = _counted(records)
    published.problems += spf_problems(domain, records)


def _dmarc(domain: str, answers: _Answers, published: Published) -> None:
    """The first name that has a record counts. A name that could not be asked about hides those that come after it."""
    fact = f"dmarc of {domain}"
    for name in dmarc_names(domain):
        answer = answers[name]
        if isinstance(answer, DnsUnavailable):
            published.miss(fact, name, answer)
            return
        records = dmarc_records(answer)
        if records:
            published.facts[fact] = f"{_counted(records)}, at {name}"
            published.problems += dmarc_problems(domain, name, records)
            return
    published.facts[fact] = "not published"
    published.problems += dmarc_problems(domain, "", ())


def _counted(records: tuple[str, ...]) -> str:
    if len(records) > 1:
        return f"{len(records)} records"
    return "published" if records else "not published"
