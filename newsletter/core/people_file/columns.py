"""What the columns of a file mean: as said, as a file of the same source had it, by their names, or guessed from them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from newsletter.core.people_file.cells import shown
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.segment.reader import choose_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletter.core.segment.fields import Fields

COLUMNS = (
    "email", "given_name", "language", "country", "zone", "topics", "joined",
    "consent_source", "consent_wording", "consent_date", "status", "paused_until",
)  # fmt: skip
AS_IT_STOOD = "row"
"""The column of a rejects file that holds the text of a row whose cells cannot be told apart."""
REST = "*"
"""In what is given: all columns that nobody knows."""
_OF_REJECTS = ("line", "reason", AS_IT_STOOD)  # so that a mended rejects file can be imported as it is
# Without accents, signs and spaces, in small letters.
_CALLED = {
    "email": (
        "mail emailaddress mailaddress emailadress adresseemail adressemail adressedemessagerie courriel "
        "adressecourriel adressedecourriel courrierelectronique adresseelectronique mel"
    ),
    "given_name": "firstname forename fname prenom givennames",
    "language": "lang locale preferredlanguage langue languepreferee",
    "country": "countrycode countryregion pays codepays paysderesidence",
    "zone": "timezone tz fuseau fuseauhoraire",
    "topics": "topic interests theme themes thematique thematiques sujets centresdinteret",
    "joined": "signupdate signedup created createdat dateadded dateinscription datedinscription inscritle dateajout",
    "consent_source": "source optinsource origine provenance sourceduconsentement origineduconsentement",
    "consent_wording": "wording consenttext optintext texteduconsentement libelleduconsentement mentionacceptee",
    "consent_date": "consentedat optindate optintime confirmtime dateconsentement dateduconsentement consentile",
    "status": "subscriptionstatus statut etat",
    "paused_until": "enpausejusquau pausejusquau",
}


class How(StrEnum):
    """How it is known what a column means."""

    GIVEN = "given"
    SAVED = "saved"
    NAMED = "named"
    GUESSED = "guessed"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class ColumnMeaning:
    """A column of the file: its header, what it is taken as ("" for nothing), and how that is known."""

    header: str
    column: str
    how: How

    def as_dict(self) -> dict[str, str]:
        return {"header": self.header, "column": self.column, "how": self.how.value}


@dataclass(frozen=True, slots=True)
class Matching:
    """What is said about the columns of a file.

    Attributes:
        given: columns by header, "" to leave it out; `*` is the rest.
        saved: the same, of an earlier file of this source.
        leave_rest: pass over what nobody knows.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    saved: Mapping[str, str] = field(default_factory=dict)
    leave_rest: bool = False


def meanings(headers: Sequence[str], fields: Fields, matching: Matching) -> list[ColumnMeaning]:
    """What each column is taken as; a header that says nothing has the column "?".

    Args:
        headers: of the file, stripped.
    """
    given = matching.given
    known = (*COLUMNS, *fields.fields)
    guesses = _guesses(fields)
    sure = {header: _sure(header, known, matching) for header in headers}
    taken = {meaning.column for meaning in sure.values() if meaning}
    found = []
    for header in headers:
        meaning = sure[header]
        if meaning is None:
            guess = guesses.get(_bare(header), "")
            if guess and guess not in taken:
                taken.add(guess)
                meaning = ColumnMeaning(header, guess, How.GUESSED)
            elif matching.leave_rest or given.get(REST) == "" or (guess and header):
                meaning = ColumnMeaning(header, "", How.LEFT_OUT)
            else:
                meaning = ColumnMeaning(header, "?", How.LEFT_OUT)
        found.append(meaning)
    return found


def check_meanings(
    found: Sequence[ColumnMeaning], fields: Fields, matching: Matching, path: str, line: int
) -> None:
    """Refuse what cannot be used.

    Raises:
        ContentRefused: `email` is missing, a column comes twice, or nobody knows what one means.
    """
    known, problems = (*COLUMNS, *fields.fields), []
    if all(meaning.column != "email" for meaning in found):
        remedy = "Name the columns in the first line, or say which one it is: --map 'NAME IN THE FILE=email'."
        problems.append(Problem("The column 'email' is missing.", remedy, path, line))
    for column, count in Counter(meaning.column for meaning in found).items():
        if count > 1 and column in known:
            headers = ", ".join(f"'{shown(meaning.header)}'" for meaning in found if meaning.column == column)
            what = f"The column '{column}' is named twice: {headers}."
            problems.append(
                Problem(what, "Keep one of them; --map 'NAME=' leaves one out.", path, line, column)
            )
    for header in dict.fromkeys(meaning.header for meaning in found if meaning.column == "?"):
        named = shown(header)
        remedy = (
            f"{choose_from(header, known)} --map '{named}=COLUMN' says what it is, --map '{named}=' leaves it out, "
            "--map '*=' leaves out all that are not known. More can be named in subscribers/fields.yaml."
        )
        problems.append(Problem(f"The column '{named}' is not known.", remedy, path, line, named))
    there = {meaning.header for meaning in found}
    for header, column in matching.given.items():
        if header != REST and header not in there:
            what = f"The file has no column '{shown(header)}'."
            problems.append(Problem(what, choose_from(header, sorted(there)), path, line, "--map"))
        if column and column not in known:
            what = f"'{shown(column)}' is not a column of ours."
            problems.append(Problem(what, choose_from(column, known), path, line, "--map"))
    if problems:
        raise ContentRefused(*problems)


def _sure(header: str, known: Sequence[str], matching: Matching) -> ColumnMeaning | None:
    for said, how in ((matching.given, How.GIVEN), (matching.saved, How.SAVED)):
        if header in said and header != REST:
            column = said[header]
            if column in known or how is How.GIVEN:
                return ColumnMeaning(header, column, how if column else How.LEFT_OUT)
            if not column:
                return ColumnMeaning(header, "", How.LEFT_OUT)
    if header in known:
        return ColumnMeaning(header, header, How.NAMED)
    return ColumnMeaning(header, "", How.LEFT_OUT) if header in _OF_REJECTS else None


def _guesses(fields: Fields) -> dict[str, str]:
    """Columns by what a header that means them may look like; what is named in `fields.yaml` comes before our own words."""
    guesses = {word: column for column, words in _CALLED.items() for word in (_bare(column), *words.split())}
    for name, known in fields.fields.items():
        guesses |= {_bare(label): name for label in (name, *known.labels.values()) if _bare(label)}
    return guesses


def _bare(text: str) -> str:
    split = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in split if sign.isalnum())
