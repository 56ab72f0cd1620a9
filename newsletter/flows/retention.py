"""The rule of retention: whoever was not heard of for so many months is asked whether to stay, and set aside without an answer.

Nobody is asked unless `retention.inactive_months` says so. Whom a re-permission campaign (`flows/re_permission`) asked, and who has
not answered after `retention.answer_days`, is set aside by it too. Setting aside is an event of consent like any other; it can be looked up, and
undone by signing up again. Nobody is erased by it: that is a person's own wish.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignState
from newsletter.core.consent import ConsentAction
from newsletter.core.rights_request import months_after
from newsletter.core.wallclock import to_instant, to_local
from newsletter.flows.compose import compose_editions, freeze_editions, lay_desk
from newsletter.flows.languages import spoken
from newsletter.flows.re_permission import question
from newsletter.store import campaigns as campaign_rows
from newsletter.store.inactive import inactive_people, silent_people, unanswered_people
from newsletter.store.people import record_consent
from newsletter.store.sign_up import put_delivery

if TYPE_CHECKING:
    from newsletter.flows.office import Office
    from newsletter.store.engine import Connection

SOURCE = "no answer"
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Retention:
    """What the rule comes to now.

    Attributes:
        months: without a sign of life, 0 when the rule is off.
        to_ask: how many people would be asked today.
        to_set_aside: how many were asked and have not answered in time.
    """

    months: int
    to_ask: int
    to_set_aside: int

    def as_dict(self) -> dict[str, Any]:
        """The state for scripts."""
        return {"inactive_months": self.months, "to_ask": self.to_ask, "to_set_aside": self.to_set_aside}


def look_at_retention(office: Office, now: datetime, months: int = 0) -> Retention:
    """What the rule would do today; nothing is done.

    Args:
        months: to try with; those of the configuration when 0.
    """
    wanted = months or office.settings.retention.inactive_months
    with office.database.read() as connection:
        aside = _without_answer(office, connection, wanted, now)
        if not wanted:
            return Retention(0, 0, len(aside))
        since = _since(office, wanted, now)
        ask = inactive_people(connection, since, since, _MOST)
    return Retention(wanted, len(ask), len(aside))


def keep_to_retention(office: Office, now: datetime) -> Retention:
    """Ask whom the rule says, in one campaign a day, and set aside who has not answered.

    Raises:
        ContentRefused: the template of the question is wrong; nobody is asked then.
    """
    months = office.settings.retention.inactive_months
    with office.database.write() as connection:
        aside = _without_answer(office, connection, months, now)
        for person in aside:
            record_consent(connection, person, ConsentAction.WITHDRAWN, now, source=SOURCE)
    asked = _ask(office, _since(office, months, now), now) if months else 0
    return Retention(months, asked, len(aside))


def _without_answer(office: Office, connection: Connection, months: int, now: datetime) -> list[int]:
    """Who was asked, by the rule or by a re-permission campaign, and has not answered in time."""
    before = now - timedelta(days=office.settings.retention.answer_days)
    aside = set(unanswered_people(connection, before, _MOST))
    if months:
        aside.update(silent_people(connection, _since(office, months, now), before, _MOST))
    return sorted(aside)


def _ask(office: Office, since: datetime, now: datetime) -> int:
    campaign = question(office, now)
    with office.database.read() as connection:
        people = inactive_people(connection, since, since, _MOST)
        was_today = campaign_rows.find_campaign(connection, campaign.name) is not None
    if not people or was_today:
        return 0
    editions = compose_editions(lay_desk(office, campaign, {}, now), campaign)
    with office.database.write() as connection:
        if campaign_rows.find_campaign(connection, campaign.name) is not None:
            return 0
        identity = campaign_rows.add_campaign(connection, campaign, now)
        freeze_editions(connection, identity, editions)
        before, after = CampaignState.DRAFT, CampaignState.SENDING
        campaign_rows.move_campaign(connection, identity, before, after, launched_at=now)
        put = [
            put_delivery(connection, identity, person, spoken(office, language), office.groups, now)
            for person, language in people
        ]
    return sum(put)


def _since(office: Office, months: int, now: datetime) -> datetime:
    today = to_local(now, office.settings.zone).date()
    return to_instant(datetime.combine(months_after(today, -months), time()), office.settings.zone)
