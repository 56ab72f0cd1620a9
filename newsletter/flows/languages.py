"""In which of the office's languages somebody is written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.flows.office import Office


def spoken(office: Office, language: str) -> str:
    """The language of the edition: theirs where there is one, else its base (`fr` for `fr-BE`), else the first."""
    have = office.settings.languages
    return next((one for one in (language, language.split("-", maxsplit=1)[0]) if one in have), have[0])
