"""The words of a segment in French. "Personnes" is feminine; a field's gender is not known, so no article stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from babel.dates import format_date
from babel.lists import format_list

from newsletter.core.deadline import DeadlineMark
from newsletter.core.engagement import DeedKind
from newsletter.core.segment.tree import Operator, When
from newsletter.core.segment.words import EnglishWords
from newsletter.core.subscriber import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from newsletter.core.segment.tree import Period

# Participle, and what leads to the mail.
_DEEDS = {
    DeedKind.RECEIVED: ("reçu", ""),
    DeedKind.OPENED: ("ouvert", ""),
    DeedKind.CLICKED: ("cliqué", "dans "),
    DeedKind.REPLIED: ("répondu", "à "),
}
# Participle, what leads to the deadline, and what is said of any deadline, affirmed and denied.
_STOPPED = "arrêté", "les rappels de ", ("les rappels d’une échéance", "les rappels d’aucune échéance")
_ANSWERS = "répondu", "aux rappels de ", ("aux rappels d’une échéance", "aux rappels d’aucune échéance")
# Which word leads into a country follows its gender, and that follows the last letter, with these exceptions.
# Codes are two letters, so `in` finds whole ones only.
_AUX = "AE AS BM BQ BS FJ FK FO KM KY MH MP MV NL PH PS PW SB SC TC TF TO UM US VG VI"
_A = (
    "AG AW BH BL CU CW CY DJ GG GI GU HT JE KN LC MC MF MG MS MT MU NR NU OM PM PR RE SG SH SM ST SX TT TV TW VC"
    " WF YT"
)
_AU_ALTHOUGH_E = "BZ CG GB KH MX MZ SR ZW"
_VOWELS = "AEÉIOÔU"


class FrenchWords(EnglishWords):
    """How a condition is said in French."""

    language = "fr"
    people = "Personnes"
    everybody = "Toutes les personnes"
    nobody = "Personne"
    unknown = "inconnu"
    no_topic = "aucun thème"
    yes = "oui"
    no = "non"
    all_of = "Tout ceci :"
    any_of = "Au moins l’un de ces points :"
    none_of = "Rien de ceci :"
    quotes = ("« ", " »")

    def day(self, day: date) -> str:
        return re.sub("^1 ", "1er ", format_date(day, "long", "fr"))

    def both(self, phrases: Sequence[str]) -> str:
        return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])}, et {phrases[-1]}"

    def either(self, phrases: Sequence[str], *, nested: bool) -> str:
        if nested:
            return ", ".join(f"soit {phrase}" for phrase in phrases)
        return f"{', '.join(phrases[:-1])} ou {phrases[-1]}"

    def topic(self, topics: Sequence[str], *, yes: bool) -> str:
        return f"{'' if yes else 'non '}intéressées par le thème {self.any_listed(topics)}"

    def reads(self, languages: Sequence[str], *, yes: bool) -> str:
        return f"qui {'lisent' if yes else 'ne lisent pas'} en {self.any_listed(languages)}"

    def country(self, countries: Sequence[tuple[str, str]], *, yes: bool) -> str:
        places = [_led_into(code, name) for code, name in countries]
        if yes:
            return self.any_listed(places)
        return f"qui ne sont {'pas' if len(places) == 1 else 'ni'} {' ni '.join(places)}"

    def attribute(self, field: str, operator: Operator, values: Sequence[str], *, yes: bool) -> str:
        listed = self.any_listed(values)
        every = format_list(list(values), locale="fr")
        day = values[0] == "1"
        told = {
            Operator.BETWEEN: f"entre le {values[0]} et le {values[-1]}",
            Operator.WITHIN_DAYS: "aujourd’hui ou hier"
            if day
            else f"une date des {values[0]} derniers jours",
            Operator.IN_NEXT_DAYS: "aujourd’hui ou demain"
            if day
            else f"une date des {values[0]} prochains jours",
            Operator.OLDER_THAN_DAYS: f"une date vieille de plus {'d’un jour' if day else f'de {values[0]} jours'}",
            Operator.HAS: f"entre autres {listed}" if yes else listed,
            Operator.HAS_ALL: f"entre autres {every}" if yes else f"{every} à la fois",
            Operator.CONTAINS: f"un texte qui contient {listed}",
            Operator.AT_LEAST: f"{listed} ou plus",
            Operator.AT_MOST: f"{listed} ou moins",
            Operator.BEFORE: f"avant le {listed}",
            Operator.AFTER: f"après le {listed}",
        }.get(operator, listed)
        return f"{'avec' if yes else 'sans avoir'} pour {field} : {told}"

    def known(self, field: str, *, yes: bool) -> str:
        return f"dont le champ {self.quoted(field)} {'est' if yes else 'n’est pas'} renseigné"

    def truth(self, field: str, *, value: bool, yes: bool) -> str:
        return f"{'avec' if yes else 'sans'} {self.quoted(field)} : {self.yes if value else self.no}"

    def when(self, period: Period) -> str:
        match period.when:
            case When.BEFORE if period.first:
                return f" avant le {self.day(period.first)}"
            case When.AFTER if period.first:
                return f" après le {self.day(period.first)}"
            case When.BETWEEN if period.first and period.last:
                return f" entre le {self.day(period.first)} et le {self.day(period.last)}"
            case When.WITHIN_DAYS:
                return f" au cours des {'dernières 24 heures' if period.days == 1 else f'{period.days} derniers jours'}"
            case When.OLDER_THAN_DAYS:
                return f" il y a plus de {_length(period.days)}"
            case _:
                return ""

    def joined(self, period: Period, *, yes: bool) -> str:
        since = (When.WITHIN_DAYS, When.OLDER_THAN_DAYS)
        if period.when not in since:
            return f"{'' if yes else 'non '}inscrites{self.when(period)}"
        lately = yes is (period.when is When.WITHIN_DAYS)
        length = _length(period.days)
        return f"inscrites depuis {length} au plus" if lately else f"inscrites depuis plus de {length}"

    def stands(self, standings: Sequence[Standing], *, yes: bool) -> str:
        words = [self.standing(standing) for standing in standings]
        return f"dont le consentement {self._est(words, yes=yes)}"

    def _est(self, words: Sequence[str], *, yes: bool) -> str:
        return f"est {self.any_listed(words)}" if yes else f"n’est {_neither(words, 'pas ')}"

    def standing(self, standing: Standing) -> str:
        words = {
            Standing.PENDING: "en attente",
            Standing.CONFIRMED: "confirmé",
            Standing.INFORMED: "sans objet",
        }
        return words.get(standing, "retiré")

    def granted(self, period: Period, *, yes: bool) -> str:
        return f"dont le dernier consentement {'a' if yes else 'n’a pas'} été donné{self.when(period)}"

    def granted_by(self, sources: Sequence[str], *, yes: bool) -> str:
        words = [f"de {self.quoted(source)}" for source in sources]
        said = f"vient {self.any_listed(words)}" if yes else f"ne vient {_neither(words, 'pas ')}"
        return f"dont le dernier consentement {said}"

    def domain(self, domains: Sequence[str], *, yes: bool) -> str:
        return f"{'avec une' if yes else 'sans'} adresse chez {self.any_listed(domains)}"

    def did(
        self, kind: DeedKind, campaigns: Sequence[str], topics: Sequence[str], period: Period, *, yes: bool
    ) -> str:
        participle, link = _DEEDS[kind]
        about = f" sur le thème {self.any_listed(topics)}" if topics else ""
        if kind is DeedKind.CLICKED and topics:
            where = f" dans {self.any_listed([self.quoted(one) for one in campaigns])}" if campaigns else ""
            mails, any_mail = (
                [],
                f"sur {'un' if yes else 'aucun'} article{about.replace(' sur le', ' du')}{where}",
            )
        else:
            mails = [f"{link}{self.quoted(campaign)}" for campaign in campaigns]
            any_mail = f"{link}{'un' if yes else 'aucun'} message{about}"
        aside = f" ({about.strip()})" if about else ""
        if yes:
            told = f"ont {participle} {self.any_listed(mails) + aside if mails else any_mail}"
        elif len(mails) == 1:
            told = f"n’ont pas {participle} {mails[0]}{aside}"
        else:
            told = f"n’ont {participle} {_neither(mails, '') + aside if mails else any_mail}"
        return f"qui {told}{self.when(period)}"

    def never(self) -> str:
        return "jamais"

    def acted(
        self, marks: Sequence[DeadlineMark], deadlines: Sequence[str], period: Period, *, yes: bool
    ) -> str:
        names, when = [self.quoted(deadline) for deadline in deadlines], self.when(period)
        if tuple(marks) == (DeadlineMark.APPLIED,):
            return f"qui {self._applied(names, ever=not when, yes=yes)}{when}"
        participle, link, any_one = _ANSWERS if len(marks) > 1 else _STOPPED
        if not names:
            return f"qui {'ont' if yes else 'n’ont'} {participle} {any_one[0 if yes else 1]}{when}"
        if yes or len(names) == 1:
            listed = self.any_listed([f"{link}{name}" for name in names])
            return f"qui {'ont' if yes else 'n’ont pas'} {participle} {listed}{when}"
        return f"qui n’ont {participle} {_neither([f'{link}{name}' for name in names], '')}{when}"

    def _applied(self, names: Sequence[str], *, ever: bool, yes: bool) -> str:
        to = [f"à {name}" for name in names]
        if yes:
            return f"ont {'déjà ' if ever else ''}postulé {self.any_listed(to)}".rstrip()
        if len(to) > 1:
            return f"n’ont {'encore ' if ever else ''}postulé {_neither(to, '')}"
        never = "pas encore" if to else "encore jamais"
        return f"n’ont {never if ever else 'pas'} postulé {''.join(to)}".rstrip()

    def segment(self, title: str, *, yes: bool) -> str:
        return f"{'du' if yes else 'hors du'} segment {self.quoted(title)}"


def _length(days: int) -> str:
    return f"{days} jours" if days > 1 else "24 heures"


def _neither(words: Sequence[str], alone: str) -> str:
    """`ni à l’un ni à l’autre`; a single one stands behind `alone`."""
    return f"{alone}{words[0]}" if len(words) == 1 else f"ni {' ni '.join(words)}"


def _led_into(code: str, country: str) -> str:
    """`en France`, `au Portugal`, `aux Pays-Bas`, `à Malte`."""
    return next(word for applies, word in _LEADS if applies(code, country)) + country


def _is_feminine(name: str) -> bool:
    return name.endswith("e") or name.replace("-", " ").split()[0].endswith("e")


_LEADS: tuple[tuple[Callable[[str, str], bool], str], ...] = (
    (lambda _, name: name.startswith("Île "), "sur l’"),
    (lambda _, name: name.startswith("R.A.S. "), "dans la "),
    (lambda _, name: name.startswith("État "), "dans l’"),
    (lambda code, name: code in _AUX or name.startswith("Îles "), "aux "),
    (lambda code, _: code in _A, "à "),
    (lambda code, _: code in _AU_ALTHOUGH_E, "au "),
    (lambda _, name: _is_feminine(name) or name[0] in _VOWELS, "en "),
    (lambda _code, _name: True, "au "),
)
