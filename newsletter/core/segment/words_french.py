"""The words of a segment in French. "Personnes" is feminine; a field's gender is not known, so no article stands there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from babel.dates import format_date

from newsletter.core.segment.tree import Operator
from newsletter.core.segment.words import EnglishWords

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

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
        told = {
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

    def joined_before(self, day: date, *, yes: bool) -> str:
        return f"{'' if yes else 'non '}inscrites avant le {self.day(day)}"

    def joined_after(self, day: date, *, yes: bool) -> str:
        return f"{'' if yes else 'non '}inscrites après le {self.day(day)}"

    def joined_within(self, days: int, *, yes: bool) -> str:
        length = f"{days} jours" if days > 1 else "24 heures"
        return f"inscrites depuis {length} au plus" if yes else f"inscrites depuis plus de {length}"

    def received(self, campaign: str, *, yes: bool) -> str:
        return f"qui {'ont' if yes else 'n’ont pas'} reçu {self.quoted(campaign)}"

    def applied(self, deadline: str, *, yes: bool) -> str:
        return f"qui {'ont déjà' if yes else 'n’ont pas encore'} postulé à {self.quoted(deadline)}"

    def segment(self, title: str, *, yes: bool) -> str:
        return f"{'du' if yes else 'hors du'} segment {self.quoted(title)}"


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
