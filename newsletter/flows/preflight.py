"""The preflight of a campaign: each of its editions as a reader gets it, asked every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsletter.core.preflight.mail import CheckedMail, House
from newsletter.core.preflight.reading import read_message
from newsletter.core.preflight.rules import check_mail
from newsletter.core.wallclock import to_local
from newsletter.flows.fill import LISTED
from newsletter.flows.link_answers import check_links
from newsletter.flows.sample import copy_for, message_for, sample_reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.core.campaign import Campaign
    from newsletter.core.refusal import Problem
    from newsletter.flows.compose import Edition
    from newsletter.flows.office import Office


def checked_mails(
    office: Office, campaign: Campaign, editions: Mapping[str, Edition], now: datetime
) -> list[CheckedMail]:
    """Each edition as a whole message to a sample reader, with what is known of it besides.

    Raises:
        ContentRefused: a header cannot be sent.
    """
    return [_checked(office, campaign, language, edition, now) for language, edition in editions.items()]


def check_editions(
    office: Office, campaign: Campaign, editions: Mapping[str, Edition], now: datetime
) -> list[Problem]:
    """What the rules say of every edition; nothing is asked of the network.

    Raises:
        ContentRefused: a header cannot be sent.
    """
    return [
        problem for mail in checked_mails(office, campaign, editions, now) for problem in check_mail(mail)
    ]


def ask_the_network(
    office: Office, campaign: Campaign, editions: Mapping[str, Edition], now: datetime
) -> list[Problem]:
    """What others say of every edition: the servers behind its links.

    Raises:
        ContentRefused: a header cannot be sent.
    """
    mails = checked_mails(office, campaign, editions, now)
    return check_links(office.web, mails, office.settings.public_url)


def _checked(
    office: Office, campaign: Campaign, language: str, edition: Edition, now: datetime
) -> CheckedMail:
    sample = copy_for(office, campaign, language, edition, sample_reader(office, language))
    raw = message_for(office, campaign, language, edition, sample, now)
    read = read_message(raw, f"edition {language}", to_local(now, campaign.zone).date(), language)
    organisation = office.settings.organisation
    return CheckedMail(
        place=read.place,
        language=language,
        today=read.today,
        subject=sample.mail.subject,
        preheader=edition.mail.preheader,
        html=sample.mail.html,
        text=sample.mail.text,
        headers=read.headers,
        raw=raw,
        house=House(
            organisation.legal_name,
            organisation.postal_address,
            sample.unsubscribe_url if campaign.kind in LISTED else "",
        ),
    )
