"""Whether words can be told from what is behind them, in light and in dark (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.preflight.colours import contrast, painted, written
from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail

LEAST, LEAST_FOR_LARGE, UNSEEN = 4.5, 3.0, 1.25
_SAID = 3


def words_can_be_read(mail: CheckedMail) -> Iterator[Problem]:
    yield from _in_scheme(mail, "light")


def words_can_be_read_in_the_dark(mail: CheckedMail) -> Iterator[Problem]:
    """Only where the mail has colours for it: programs that invert by themselves look after contrast by themselves."""
    if any("prefers-color-scheme" in rule.media for rule in mail.page.style_rules):
        yield from _in_scheme(mail, "dark")


def _in_scheme(mail: CheckedMail, scheme: str) -> Iterator[Problem]:
    said: set[tuple[str, str]] = set()
    for each in painted(mail.page, dark=scheme == "dark"):
        ratio = contrast(each.ink, each.ground)
        colours = written(each.ink), written(each.ground)
        if ratio >= (LEAST_FOR_LARGE if each.is_large else LEAST) or colours in said or len(said) == _SAID:
            continue
        said.add(colours)
        least = LEAST_FOR_LARGE if each.is_large else LEAST
        what = f"'{each.words[:60]}' has a contrast of {ratio:.1f} in {scheme} colours ({colours[0]} on {colours[1]})."
        if ratio < UNSEEN:
            what = f"'{each.words[:60]}' cannot be seen in {scheme} colours ({colours[0]} on {colours[1]})."
        why = "Filters take hidden words for deceit." if ratio < UNSEEN else "Many people cannot read it."
        level = Level.ERROR if ratio < UNSEEN else Level.WARNING
        remedy = f"Take a darker or lighter colour: at least {least} is needed."
        yield mail.told(f"contrast-{scheme}", level, what, remedy, why, tag=each.tag)


CONTRAST_RULES = (words_can_be_read, words_can_be_read_in_the_dark)
