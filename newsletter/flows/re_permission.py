"""A re-permission campaign: a segment is asked whether our letters are still welcome, and silence means no.

The officer drafts it for a segment, then looks, tests, approves and schedules it as any other campaign; its audience is frozen with
reasons. Whoever presses the button has consented anew, with that wording; whoever was informed only has consented from then on. Who
got the question and has not answered after `retention.answer_days` is set aside by the rule of retention.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsletter.core.campaign import STAY, Campaign, CampaignContent, CampaignKind
from newsletter.core.legal_basis import LegalBasis
from newsletter.core.wallclock import to_local
from newsletter.flows.approve import create_campaign
from newsletter.flows.workspace import read_catalogues

if TYPE_CHECKING:
    from datetime import datetime

    from newsletter.core.wording import Catalogue
    from newsletter.flows.office import Office


def draft_re_permission(office: Office, segment: str, now: datetime) -> Campaign:
    """Store the draft of a re-permission campaign for a segment; one drafted on the same day is brought up to date.

    Raises:
        ContentRefused: there is no such segment.
        MoveRefused: the one of this day is no draft any more.
    """
    return create_campaign(office, question(office, now, segment), now)


def question(office: Office, now: datetime, segment: str = "") -> Campaign:
    """The campaign that asks people whether they want to stay.

    Args:
        segment: whom it is for, by its name; "" when the rule of retention chooses them one by one.
    """
    words, day = read_catalogues(office).items(), to_local(now, office.settings.zone).date()
    content = CampaignContent(
        STAY,
        subjects={code: word.gettext("Do you still want this letter?") for code, word in words},
        preheaders={
            code: word.gettext("One press keeps you on the list. Without it, no more letters will come.")
            for code, word in words
        },
        openings={code: _why_we_ask(word) for code, word in words} if segment else {},
        public=False,
    )
    return Campaign(
        name="-".join(filter(None, (STAY, segment, day.isoformat()))),
        kind=CampaignKind.ANNOUNCEMENT,
        content=content,
        segment=segment,
        zone=office.settings.zone,
        lateness=timedelta(days=1),
        basis=LegalBasis.INTEREST,
    )


def _why_we_ask(catalogue: Catalogue) -> str:
    return catalogue.gettext(
        "We ask everybody on this list from time to time whether our letters are still welcome."
        " One press, and everything goes on as before."
    )
