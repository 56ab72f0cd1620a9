"""What every engine can do. An engine knows nothing of mails: what it runs is given to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import threading

Work = Callable[[Callable[[], bool]], None]
"""One pass over everything that is due. It ends when nothing is left, or soon after what it is given says so.

It may be run at any moment, any number of times and in many places at once, tells its own troubles and does not raise: whether a
mail may go is the ledger's to say, so that an engine that runs too much does no harm, and one that runs too little only delays.
"""


class Engine(Protocol):
    """Decides when and where work is done.

    Attributes:
        name: what the log calls it.
        looks_by_itself: its workers look for work every moment; the others must be woken, again and again while there is any.
    """

    name: str
    looks_by_itself: bool

    def wake(self, campaign: str, connection: Any = None) -> None:
        """There is work for this campaign.

        Args:
            campaign: its name.
            connection: the driver's own connection to the database, where waking is to be a part of its transaction.
        """

    def run(self, stop: threading.Event) -> None:
        """Work in this thread until `stop` is set; what is in hand is finished."""
