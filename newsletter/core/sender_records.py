"""What a domain publishes about its mail: who may send for it (SPF, RFC 7208), and what is to be checked (DMARC, RFC 7489)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_SPF = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)  # RFC 7208 section 4.5
_DMARC = re.compile(
    r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)"
)  # RFC 7489 section 6.4; these capitals and no others
_LABELS = 7  # of the longest parent that is asked, so that nobody makes us ask a hundred times


def spf_records(texts: Sequence[str]) -> tuple[str, ...]:
    """Those of a domain's TXT records that are SPF records."""
    return tuple(text for text in texts if _SPF.match(text))


def dmarc_records(texts: Sequence[str]) -> tuple[str, ...]:
    """Those of the TXT records under a `_dmarc` name that are DMARC records; others are passed over by receivers."""
    return tuple(text for text in texts if _DMARC.match(text))


def dmarc_names(domain: str) -> tuple[str, ...]:
    """Where the DMARC record of `domain` may stand, in the order in which it counts.

    At the domain itself, then at its parents, up to the one below the top. Which parent is the organisation is not decided
    here: that would need a list of public suffixes, and nearly always only the organisation's has a record. Receivers
    that walk up the tree, as the revision of DMARC wants, do the same.
    """
    labels = domain.split(".")
    parents = [labels[at:] for at in range(1, len(labels) - 1)]
    return tuple(
        f"_dmarc.{'.'.join(name)}" for name in [labels, *(one for one in parents if len(one) <= _LABELS)]
    )


def spf_problems(domain: str, records: Sequence[str]) -> tuple[Problem, ...]:
    """What keeps receivers from knowing who may send for `domain`.

    Args:
        domain: of the return path.
        records: its SPF records, as `spf_records` finds them.
    """
    if not records:
        what = f"{domain} has no SPF record, so receivers cannot tell who may send for it."
        remedy = (
            f"Publish one TXT record under {domain}, such as: v=spf1 a:mail.{domain} -all "
            "(whoever runs your mail server knows what belongs into it)."
        )
    elif len(records) > 1:
        what = f"{domain} has {len(records)} SPF records; receivers count that as an error and take none."
        remedy = "Put them into one record: v=spf1, then what each of them allows, and one -all or ~all at the end."
    else:
        return ()
    return (Problem(what, remedy, field="spf", level=Level.WARNING),)


def dmarc_problems(domain: str, name: str, records: Sequence[str]) -> tuple[Problem, ...]:
    """What keeps receivers from knowing what to do with mail of `domain` that fails the checks.

    Args:
        domain: of From.
        name: where the records stand, one of `dmarc_names`.
        records: as `dmarc_records` finds them.
    """
    if not records:
        what = f"{domain} has no DMARC record, which large receivers want of whoever sends newsletters."
        remedy = f"Publish a TXT record under {dmarc_names(domain)[0]}; to begin with: v=DMARC1; p=none"
    elif len(records) > 1:
        what = f"{name} has {len(records)} DMARC records; receivers take none of them."
        remedy = "Keep one."
    else:
        return ()
    return (Problem(what, remedy, field="dmarc", level=Level.WARNING),)
