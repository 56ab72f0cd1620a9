"""The preflight: every rule that a finished mail is asked, in the order in which a person reads the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.preflight.contrast import CONTRAST_RULES
from newsletter.core.preflight.dates import DATE_RULES
from newsletter.core.preflight.inbox import INBOX_RULES
from newsletter.core.preflight.language import LANGUAGE_RULES
from newsletter.core.preflight.leftovers import LEFTOVER_RULES
from newsletter.core.preflight.links import LINK_RULES
from newsletter.core.preflight.parity import PARITY_RULES
from newsletter.core.preflight.size import SIZE_RULES
from newsletter.core.preflight.structure import STRUCTURE_RULES
from newsletter.core.refusal import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from newsletter.core.preflight.mail import CheckedMail
    from newsletter.core.refusal import Problem

MAIL_RULES: tuple[Callable[[CheckedMail], Iterator[Problem]], ...] = (
    *INBOX_RULES,
    *SIZE_RULES,
    *LEFTOVER_RULES,
    *DATE_RULES,
    *LANGUAGE_RULES,
    *LINK_RULES,
    *STRUCTURE_RULES,
    *CONTRAST_RULES,
    *PARITY_RULES,
)
_DEEPEST = 150
_WEIGHTS = {Level.ERROR: 0, Level.WARNING: 1, Level.ADVICE: 2}


def check_mail(mail: CheckedMail) -> list[Problem]:
    """What every rule says of a mail: what blocks first, then what warns, then advice, each in the order of the rules."""
    if mail.page.depth > _DEEPEST:
        what = f"{mail.page.depth} elements stand in one another."
        remedy = "Make it flatter; a mail needs about 30."
        return [
            mail.told(
                "depth", Level.ERROR, what, remedy, "Mail programs give up on such a page, and so do we."
            )
        ]
    return heaviest_first(problem for rule in MAIL_RULES for problem in rule(mail))


def heaviest_first(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, each once, errors before warnings before advice."""
    return sorted(dict.fromkeys(problems), key=lambda problem: _WEIGHTS[problem.level])
