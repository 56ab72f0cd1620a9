"""Whether a mail is in the language that it says, by its smallest words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from newsletter.core.refusal import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsletter.core.preflight.mail import CheckedMail

# Words that are frequent in one of these languages and rare or unknown in the others.
_SMALL_WORDS = {
    "en": "the of and to is that for with you are this from have by at not will your they their which who been was were",
    "fr": "le les des est et du une dans pour que qui vous nous sur avec pas ne ce cette aux sont votre vos leur être au",
    "de": "der die und das nicht ist mit ein eine den dem sie für auf wir ihr zu von im sich auch werden oder bei",
    "es": "el los las y una por para con que del se su lo más está sus como pero al son muy hasta desde",
    "it": "il gli della di che per una è con non sono del nel alla più come anche questo dei delle nella",
    "nl": "het een van en is dat niet zijn op met voor aan er ook uit naar bij ze wordt deze worden maar om",
    "pt": "os as uma não com do da em para por mais como dos das no na ao pelo pela você são está seu sua",
}
_SETS = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_FEWEST = 60
"""Words of a text from which its language can be told."""
_CLEARLY = 2


def words_are_in_the_language(mail: CheckedMail) -> Iterator[Problem]:
    language = mail.language.partition("-")[0]
    words = re.findall(r"[^\W\d_]+", mail.page.words.lower())
    if language not in _SETS or len(words) < _FEWEST:
        return
    counts = {each: sum(word in known for word in words) for each, known in _SETS.items()}
    likeliest = max(counts, key=lambda each: counts[each])
    if likeliest != language and counts[likeliest] > _CLEARLY * counts[language]:
        what = f"The mail should be in '{mail.language}', and its words look like '{likeliest}'."
        remedy = "Write the translation of its articles, or take the language out of config.yaml."
        why = "Its readers asked for their own language."
        yield mail.told("language-of-words", Level.WARNING, what, remedy, why)


LANGUAGE_RULES = (words_are_in_the_language,)
