"""Which of our languages a reader or a browser wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def nearest(wanted: str, have: Sequence[str]) -> str:
    """The one of `have` that is `wanted`, or its base language, or a variant of it; "" when none is (RFC 4647 section 3.4)."""
    wanted = wanted.strip().lower()
    base = wanted.split("-")[0]
    known = {each.lower(): each for each in have}
    if not base:
        return ""
    for each in (wanted, base):
        if each in known:
            return known[each]
    return next((each for each in have if each.lower().split("-")[0] == base), "")


def best_of(header: str, have: Sequence[str]) -> str:
    """The best of `have` by an Accept-Language header (RFC 9110 section 12.5.4); "" when it wants none of them."""
    for _, wanted in sorted(_weighed(header), key=lambda item: -item[0]):
        found = nearest(wanted, have)
        if found:
            return found
    return ""


def _weighed(header: str) -> Iterator[tuple[float, str]]:
    for part in header[:1000].split(","):
        wanted, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            yield quality, wanted
