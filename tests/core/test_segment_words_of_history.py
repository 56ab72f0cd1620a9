"""What has happened, told in a sentence in both languages: consent, mails, deadlines, dates relative to today, lists."""

from __future__ import annotations

import pytest
from segment_file import FIELDS, segment_file

from newsletter.core.segment.describe import describe
from newsletter.core.segment.parse import parse_segments


def _told(where, language):
    segments = parse_segments(segment_file(where), "segments.yaml", FIELDS)
    text = describe(segments["one"].where, segments, FIELDS, language, {"letter": "The letter"})
    return text.replace("\u00a0", " ").replace("\u202f", " ")


SAID = """
{consent: confirmed}
People whose consent is confirmed.
Personnes dont le consentement est confirmé.

{none: [{consent: [pending, unsubscribed]}]}
People whose consent is not pending or withdrawn.
Personnes dont le consentement n’est ni en attente ni retiré.

{consent: {granted: {older_than_days: 730}}}
People whose last consent was given more than 730 days ago.
Personnes dont le dernier consentement a été donné il y a plus de 730 jours.

{none: [{consent: {source: sign-up form}}]}
People whose last consent did not come from “sign-up form”.
Personnes dont le dernier consentement ne vient pas de « sign-up form ».

{consent: {granted: {between: [2021-01-01, 2021-03-31]}}}
People whose last consent was given between 1 January 2021 and 31 March 2021.
Personnes dont le dernier consentement a été donné entre le 1er janvier 2021 et le 31 mars 2021.

{clicked: {topic: erasmus, within_days: 90}}
People who clicked an article about Erasmus+ in the last 90 days.
Personnes qui ont cliqué sur un article du thème Erasmus+ au cours des 90 derniers jours.

{none: [{clicked: {topic: erasmus, within_days: 90}}]}
People who have not clicked any article about Erasmus+ in the last 90 days.
Personnes qui n’ont cliqué sur aucun article du thème Erasmus+ au cours des 90 derniers jours.

{none: [{received: anything}]}
People who have not received any mail.
Personnes qui n’ont reçu aucun message.

{received: {topic: erasmus, before: 2021-06-01}}
People who received a mail about Erasmus+ before 1 June 2021.
Personnes qui ont reçu un message sur le thème Erasmus+ avant le 1er juin 2021.

{none: [{opened: {after: 2021-06-01}}]}
People who did not open any mail after 1 June 2021.
Personnes qui n’ont ouvert aucun message après le 1er juin 2021.

{none: [{replied: [letter, other]}]}
People who have not replied to “The letter” or “other”.
Personnes qui n’ont répondu ni à « The letter » ni à « other ».

{clicked: letter}
People who clicked in “The letter”.
Personnes qui ont cliqué dans « The letter ».

{none: [{received: letter}]}
People who have not received “The letter”.
Personnes qui n’ont pas reçu « The letter ».

{applied: {deadline: call/first, within_days: 1}}
People who applied for “call/first” in the last 24 hours.
Personnes qui ont postulé à « call/first » au cours des dernières 24 heures.

{none: [{applied: [call/first, call/second]}]}
People who have not applied for “call/first” or “call/second”.
Personnes qui n’ont encore postulé ni à « call/first » ni à « call/second ».

{none: [{applied: anything}]}
People who have not applied for anything.
Personnes qui n’ont encore jamais postulé.

{stopped: call/first}
People who have stopped the reminders of “call/first”.
Personnes qui ont arrêté les rappels de « call/first ».

{none: [{acted: anything}]}
People who have not answered the reminders of any deadline.
Personnes qui n’ont répondu aux rappels d’aucune échéance.

{joined: {older_than_days: 30}}
People who joined more than 30 days ago.
Personnes inscrites depuis plus de 30 jours.

{joined: {between: [2021-01-01, 2021-03-31]}}
People who joined between 1 January 2021 and 31 March 2021.
Personnes inscrites entre le 1er janvier 2021 et le 31 mars 2021.

{domain: [example.org, example.net]}
People with an address at example.org or example.net.
Personnes avec une adresse chez example.org ou example.net.

{none: [{domain: example.org}]}
People without an address at example.org.
Personnes sans adresse chez example.org.

{attribute: founded, within_days: 30}
People whose date of foundation is within the last 30 days.
Personnes avec pour date de fondation : une date des 30 derniers jours.

{attribute: founded, in_next_days: 1}
People whose date of foundation is within the next day.
Personnes avec pour date de fondation : aujourd’hui ou demain.

{attribute: founded, older_than_days: 365}
People whose date of foundation is more than 365 days ago.
Personnes avec pour date de fondation : une date vieille de plus de 365 jours.

{attribute: founded, between: [2021-01-01, 2021-03-31]}
People whose date of foundation is between 1 January 2021 and 31 March 2021.
Personnes avec pour date de fondation : entre le 1er janvier 2021 et le 31 mars 2021.

{attribute: budget, at_least: 1234.5}
People whose budget in millions is 1,234.5 or more.
Personnes avec pour budget en millions : 1 234,5 ou plus.

{attribute: roles, has: [press, trainer]}
People with press or trainer among their roles.
Personnes avec pour rôles : entre autres presse ou formation.

{none: [{attribute: tags, has_all: [vip, lyon]}]}
People without “vip” and “lyon” together among their tags.
Personnes sans avoir pour étiquettes : « vip » et « lyon » à la fois.

{none: [{attribute: roles, has: [press, trainer]}]}
People without press or trainer among their roles.
Personnes sans avoir pour rôles : presse ou formation.
"""
CASES = [part.split("\n") for part in SAID.strip().split("\n\n")]


@pytest.mark.parametrize(("where", "english", "french"), CASES, ids=[case[0] for case in CASES])
def test_what_has_happened_is_told_in_both_languages(where, english, french):
    assert _told(where, "en") == english
    assert _told(where, "fr") == french
