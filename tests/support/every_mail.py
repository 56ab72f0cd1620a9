"""Three months of an office: every kind of mail that it makes, in English to Ada and in French to Chiara, by the real flows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from newsletter.core.campaign import CampaignKind
from newsletter.core.mail_content import MailContent
from newsletter.core.recipient import Recipient, slot_values
from newsletter.core.render import compile_mail, fill_mail
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows import approve
from newsletter.flows.deadlines import cancel_deadline, move_deadline, sync_deadlines
from newsletter.flows.deliver import deliver_due
from newsletter.flows.digests import prepare_due_digests
from newsletter.flows.import_people import import_people
from newsletter.flows.issues import read_issue
from newsletter.flows.notices import send_notices
from newsletter.flows.series import approve_series
from newsletter.flows.tick import launch_due
from newsletter.flows.workspace import read_catalogues, read_templates
from newsletter.transports.memory import MemoryTransport
from newsletter.wiring import open_office

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = """\
email,given_name,language,topics,consent_source,consent_date,consent_wording
ada@example.org,Ada,en,erasmus;social-economy;partnerships;events,form,2021-09-15T07:00+02:00,Yes
chiara@example.com,Chiara,fr,erasmus;social-economy;partnerships;events,form,2021-09-15T07:00+02:00,Yes
"""
ANNOUNCEMENT = """\
kind: announcement
subject: {en: Save a morning in November, fr: Une matinée à noter en novembre}
preheader: {en: Online and free of charge., fr: En ligne et gratuit.}
opening: {en: One date for your calendar., fr: Une date pour votre agenda.}
articles: [working-across-borders]
segment: september-letter
zone: Europe/Brussels
"""
DIGEST = """\
every: every %s at 09:30
begins: 2021-10-01
topics: [%s]
segment: erasmus-interested
prepare: 1 day before
approval: %s
subject: {en: "New: {lead}", fr: "Du neuf\N{NO-BREAK SPACE}: {lead}"}
preheader: {en: "{count} pieces", fr: "{count} articles"}
opening: {en: What is new this week., fr: Ce qui est nouveau cette semaine.}
signature: {en: Ben, fr: Ben}
"""
DIGESTS = {
    "weekly": ("Wednesday", "erasmus", "none"),
    "lunches": ("Wednesday", "events", "required"),
    "tables": ("Thursday", "partnerships", "required"),
}
ARTICLE = """\
---
title: "%s"
kicker: %s
summary: "%s"
language: %s
published: 2021-10-05
topics: [%s]
link: {label: "%s", url: https://example.org/%s}
---
%s
"""
WORDS = {
    "en": (
        "News",
        "Twelve houses have said how they did it, and what they would leave out.",
        "Read the whole story",
    ),
    "fr": (
        "Actualité",
        "Douze maisons disent comment elles ont fait, et ce qu’elles omettraient.",
        "Lire toute l’histoire",
    ),
}
NEWS = {
    "visits": ("erasmus", "What a week abroad leaves behind", "Ce que laisse une semaine à l’étranger"),
    "ledgers": ("erasmus", "Two forms fewer for small houses", "Deux formulaires de moins pour les petites structures"),
    "lunch": ("events", "A lunch that became a network", "Un déjeuner devenu réseau"),    "tables": ("partnerships", "A long table, and who sits at it", "Une longue table, et qui s’y assoit"),
}  # fmt: skip
CALL, KITCHEN, SECOND = (
    "erasmus-accreditation/accreditation",
    "kitchen-partners/partners-call",
    "garden-partners/partners-call",
)


@dataclass(frozen=True)
class Mail:
    """One finished mail; `name` is the template, with the rung for reminders."""

    name: str
    language: str
    subject: str
    html: str
    text: str


@dataclass
class _Play:
    office: object
    workspace: Path
    clock: object
    transport: MemoryTransport
    mails: dict[tuple[str, str], Mail]

    def at(self, local):
        self.clock.set(to_instant(parse_local(local), "Europe/Brussels"))
        return self.clock()

    def beat(self, local, name):
        """Go to a moment; what leaves then is kept under a name, the first in each language."""
        _, refusals = launch_due(self.office, self.at(local))
        assert not refusals, refusals
        deliver_due(self.office)
        self.keep(name)

    def keep(self, name, language=""):
        for envelope in self.transport.accepted:
            message = message_from_bytes(envelope.content, policy=policy.default)
            text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
            told = language or str(message["Content-Language"])
            mail = Mail(name, told, str(message["Subject"]), html, text)
            self.mails.setdefault((name, told), mail)
        self.transport.accepted.clear()


def every_mail(workspace, clock):
    """Every mail there is, by name and language. The workspace is changed, the clock runs from 15 September 2021."""
    _write(workspace)
    opened = open_office(workspace, clock, {"secret": "a key for tests"})
    transport = MemoryTransport()
    office = replace(opened, open_transport=lambda: transport)
    play = _Play(office, workspace, clock, transport, {})
    try:
        _letters(play)
        _deadlines(play)
        for language in ("en", "fr"):
            play.mails["confirmation", language] = _asking(
                office, language, "confirmation", CampaignKind.SYSTEM, _CONFIRM[language]
            )
            play.mails["stay", language] = _asking(
                office, language, "stay", CampaignKind.ANNOUNCEMENT, _STAY[language]
            )
    finally:
        opened.database.close()
    return list(play.mails.values())


def _write(workspace):
    (workspace / "people.csv").write_text(PEOPLE, encoding="utf-8")
    articles = workspace / "articles"
    (articles / "morning.issue.yaml").write_text(ANNOUNCEMENT, encoding="utf-8")
    for name, filled in DIGESTS.items():
        (articles / f"{name}.digest.yaml").write_text(DIGEST % filled, encoding="utf-8")
    for slug, (topic, *titles) in NEWS.items():
        (articles / slug).mkdir()
        for language, title in zip(("en", "fr"), titles, strict=True):
            kicker, summary, label = WORDS[language]
            article = ARTICLE % (title, kicker, summary, language, topic, label, slug, summary)
            (articles / slug / f"{language}.md").write_text(article, encoding="utf-8")
    _change(articles / "september-2021.issue.yaml", "segment:", "closing_soon: {days: 90, most: 5}\nsegment:")
    _change(articles / "welcome.series.yaml", "zone: reader #", "zone: Europe/Brussels #")
    _change(workspace / "config.yaml", "officers: []", "officers: [ben@example.net]")
    (articles / "garden-partners").mkdir()
    for language, label in (("en", "A garden seeks gardeners"), ("fr", "Un jardin cherche des jardiniers")):
        text = (articles / "kitchen-partners" / f"{language}.md").read_text(encoding="utf-8")
        text = re.sub(r"(?m)^( +label: ).*(?=\n +at:)", rf"\g<1>{label}", text)
        text = re.sub(r"(?m)^image:\n(  .*\n)+", "", text).replace("2021-11-30T18:00", "2021-11-30T20:00")
        (articles / "garden-partners" / f"{language}.md").write_text(text, encoding="utf-8")


def _change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _letters(play):
    office = play.office
    sync_deadlines(office, play.clock())
    approve_series(office, "welcome", "officer", play.clock())
    import_people(office, play.workspace / "people.csv", play.clock())
    play.beat("2021-09-15T09:00", "welcome")
    for name, at, kind in (
        ("september-2021", "2021-09-16T09:30", "issue"),
        ("morning", "2021-09-17T09:30", "announcement"),
    ):
        approve.create_campaign(office, read_issue(office, name), play.clock())
        approve.approve_campaign(office, name, "officer", play.clock())
        approve.schedule_campaign(office, name, parse_local(at), "Europe/Brussels", play.clock())
        play.beat(at, kind)


def _deadlines(play):
    office = play.office
    play.beat("2021-09-19T09:00", "reminder-30")
    play.beat("2021-09-22T09:00", "plain")  # the second letter of the series
    _digests(play)
    play.beat("2021-10-12T09:00", "reminder-7")
    play.beat("2021-10-18T09:00", "reminder-1")
    move_deadline(office, CALL, parse_local("2021-10-27T12:00"), play.at("2021-10-18T10:00"))
    play.beat("2021-10-18T10:01", "correction")
    play.beat("2021-10-31T10:00", "reminders")
    cancel_deadline(office, KITCHEN, play.at("2021-11-02T10:00"))
    play.beat("2021-11-02T10:01", "cancelled")


def _digests(play):
    """One goes by itself; of the two others an officer is told, in the office's first language."""
    office = play.office
    turned = replace(office, settings=office.settings.model_copy(update={"languages": ("fr", "en")}))
    for of, language, at in ((office, "en", "2021-10-05T09:30"), (turned, "fr", "2021-10-06T09:30")):
        _, refusals = prepare_due_digests(of, play.at(at))
        assert not refusals, refusals
        send_notices(of, play.clock())
        play.keep("notice", language)
    play.beat("2021-10-06T09:30", "digest")


class _Links:
    """Every link of one person, each recognisable: nobody has signed up yet."""

    def __getattr__(self, name):
        return lambda *arguments: ["/".join(["https://example.org/me", name, *arguments])]


_CONFIRM = {"en": "Please confirm", "fr": "Merci de confirmer"}
_STAY = {"en": "Do you still want this letter?", "fr": "Voulez-vous encore de cette lettre\u00a0?"}


def _asking(office, language, template, kind, subject):
    content = MailContent(
        kind=kind,
        template=template,
        campaign=template,
        language=language,
        languages=("en", "fr"),
        subject=subject,
        preheader="",
        sent_on=office.clock().date(),
    )
    catalogue = read_catalogues(office)[language]
    mail = compile_mail(read_templates(office), content, office.brand, catalogue, office.nonce(), ())
    recipient = Recipient("ada@example.org", "Ada")
    values = slot_values(mail.slots, recipient, _Links(), catalogue, content.kind, office.settings.public_url)
    filled = fill_mail(mail, values, frozenset())
    return Mail(template, language, filled.subject, filled.html, filled.text)
