"""The readers of the demonstration: they know only the mails in their inbox, and act on the links in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter.core.token import Purpose
from newsletter.flows.people import mark_deadline, unsubscribe

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path

    from newsletter.flows.office import Office

_LINK = re.compile(r"https://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class InboxMail:
    """A message of the Maildir, parsed by the standard library: an independent reader."""

    name: str
    message: EmailMessage

    @property
    def recipient(self) -> str:
        return str(self.message["To"].addresses[0].addr_spec)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def campaign(self) -> str:
        return str(self.message["X-Campaign"])

    @property
    def language(self) -> str:
        return str(self.message["Content-Language"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def sent(self) -> datetime:
        moment: datetime = self.message["Date"].datetime
        return moment

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return "" if part is None else str(part.get_content())


def read_inbox(folder: Path) -> list[InboxMail]:
    """Every mail of a Maildir, in the order in which they were sent."""
    parser = BytesParser(policy=policy.default)
    mails = []
    for path in sorted([*(folder / "new").iterdir(), *(folder / "cur").iterdir()]):
        with path.open("rb") as file:
            mails.append(InboxMail(path.name, parser.parse(file)))
    return sorted(mails, key=lambda mail: (mail.sent, mail.campaign, mail.recipient))


def mail_to(inbox: list[InboxMail], address: str, campaign: str) -> InboxMail:
    """The mail of a campaign that reached `address`.

    Raises:
        LookupError: it got none.
    """
    for mail in inbox:
        if mail.recipient == address and mail.campaign == campaign:
            return mail
    raise LookupError(f"{address} did not get {campaign}")


def press_unsubscribe(office: Office, mail: InboxMail, now: datetime) -> None:
    """Do what a mail program does with the one-click header (RFC 8058)."""
    if mail.message["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        raise LookupError("the mail has no one-click header")
    url = _LINK.search(str(mail.message["List-Unsubscribe"]))
    if url is None or not unsubscribe(office, _last_part(url[0].rstrip(">,")), now):
        raise LookupError("the link to unsubscribe does not work")


def press_deadline_link(
    office: Office, mail: InboxMail, purpose: Purpose, deadline: str, now: datetime
) -> None:
    """Press "I have applied" or "stop these reminders" in the text of a mail."""
    path = {Purpose.APPLIED: "applied", Purpose.STOP: "stop"}[purpose]
    wanted = f"/{path}/{deadline}/"
    for url in _LINK.findall(mail.html):
        if wanted in url and mark_deadline(office, deadline, _last_part(url), purpose, now):
            return
    raise LookupError(f"the mail has no working link {wanted}")


def _last_part(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1]
