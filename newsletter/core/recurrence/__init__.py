"""Rules of time in plain words: "first Tuesday of the month at 09:30, Brussels time".

`parse_recurrence` reads one in English or French. `Recurrence.between` gives its occurrences as wall-clock times,
`Recurrence.instants` as instants, and `Recurrence.words` says it again in either language; reading that gives the same rule.
"""

from newsletter.core.recurrence.days import ALL_DAYS, ALL_MONTHS, WORKING_DAYS, Daily, Monthly, Weekly
from newsletter.core.recurrence.parse import EXAMPLES, parse_recurrence
from newsletter.core.recurrence.places import zone_called
from newsletter.core.recurrence.rule import Recurrence, in_order

__all__ = [
    "ALL_DAYS",
    "ALL_MONTHS",
    "EXAMPLES",
    "WORKING_DAYS",
    "Daily",
    "Monthly",
    "Recurrence",
    "Weekly",
    "in_order",
    "parse_recurrence",
    "zone_called",
]
