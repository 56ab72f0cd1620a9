"""A series as a file: `articles/welcome.series.yaml` says what starts it, for whom it is, and its steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Any

from newsletter.core.campaign import CampaignContent
from newsletter.core.refusal import ContentRefused, Problem, Refusal
from newsletter.core.reminder import LONGEST_NAME
from newsletter.core.segment.reader import Reader, choose_from
from newsletter.core.segment.tree import FieldType
from newsletter.core.series import READER, Moment, Series, Step
from newsletter.core.wallclock import zone_named

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from newsletter.core.located_yaml import Path

_KEYS = ("starts", "segment", "exclude", "zone", "sender", "repeat", "steps")
_STEP_KEYS = (
    "name", "after", "before", "at", "template", "subject", "preheader", "opening", "closing", "signature", "articles",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DAYS = re.compile(r"(-?\d{1,6})\s*(days?|weeks?)?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MOST_DAYS, _MOST_DAYS_YEARLY = 3650, 180
_LONGEST_NAME = 40
_USUAL_HOUR = "09:00"


@dataclass(frozen=True, slots=True)
class Known:
    """What a series may speak of.

    Attributes:
        zone: the office's, where the file names none.
        fields: type of each attribute of `fields.yaml`, by name.
        templates: names of the mails that can be made without a deadline.
    """

    languages: tuple[str, ...]
    zone: str
    fields: Mapping[str, FieldType]
    segments: Collection[str]
    senders: Collection[str]
    templates: Collection[str]
    articles: Collection[str]


def parse_series(text: str, path: str, name: str, known: Known) -> Series:
    """Read a series file.

    Args:
        name: from the file's name.

    Raises:
        ContentRefused: with every problem, by line.
    """
    _check_name(name, path)
    reader = Reader(text, path)
    root = reader.root(_KEYS)
    starts = _starts(reader, root, known)
    yearly = _choice(reader, root, "repeat", ("yearly",), "") == "yearly"
    series = Series(
        name=name,
        starts=starts,
        segment=_one_of(reader, root, "segment", known.segments),
        zone=_zone(reader, root, known.zone),
        steps=_steps(
            reader, root, known, may_precede=yearly or starts not in {Moment.JOINED, Moment.CONFIRMED}
        ),
        yearly=yearly,
        exclude=_names(reader, root, "exclude", (), known.segments),
        sender=_choice(reader, root, "sender", known.senders, "default"),
    )
    _check_order(reader, root, series)
    reader.finish()
    return Series(**{**_fields_of(series), "steps": tuple(sorted(series.steps, key=_moment_of))})


def _fields_of(series: Series) -> dict[str, Any]:
    return {name: getattr(series, name) for name in Series.__slots__}


def _moment_of(step: Step) -> tuple[int, time]:
    return step.days, step.at


def _check_name(name: str, path: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        remedy = f"Use at most {_LONGEST_NAME} lower-case letters, digits and hyphens: welcome.series.yaml."
        raise ContentRefused(Problem(f"'{name}' cannot be the name of a series.", remedy, path))


def _starts(reader: Reader, root: dict[str, Any], known: Known) -> str:
    dates = [field for field, kind in known.fields.items() if kind is FieldType.DATE]
    allowed = (Moment.JOINED.value, Moment.CONFIRMED.value, *dates)
    value = root.get("starts")
    if value is None:
        reader.blame("The key 'starts' is missing.", choose_from("", allowed), ())
    elif str(value) in known.fields and str(value) not in dates:
        what = f"'{value}' is of type {known.fields[str(value)]}, and a series is counted from a date."
        reader.blame(what, choose_from("", allowed), ("starts",))
    elif value not in allowed:
        what = f"'{value}' is no moment in a person's life that is known here."
        reader.blame(
            what,
            f"{choose_from(str(value), allowed)} Dates are named in subscribers/fields.yaml.",
            ("starts",),
        )
    else:
        return str(value)
    return Moment.JOINED.value


def _choice(reader: Reader, root: dict[str, Any], key: str, allowed: Collection[str], default: str) -> str:
    value = root.get(key, default)
    if value != default and value not in allowed:
        reader.blame(f"'{value}' is not known here.", choose_from(str(value), allowed), (key,))
        return default
    return str(value)


def _one_of(reader: Reader, root: dict[str, Any], key: str, allowed: Collection[str]) -> str:
    if key not in root:
        reader.blame(f"The key '{key}' is missing.", choose_from("", allowed), ())
        return ""
    if root[key] not in allowed:
        reader.blame(f"There is no {key} '{root[key]}'.", choose_from(str(root[key]), allowed), (key,))
    return str(root[key])


def _zone(reader: Reader, root: dict[str, Any], default: str) -> str:
    value = str(root.get("zone", default))
    if value == READER:
        return value
    try:
        zone_named(value)
    except Refusal as refusal:
        remedy = f"{refusal.problems[0].remedy} Or '{READER}', for each person's own."
        reader.blame(refusal.problems[0].what, remedy, ("zone",))
    return value


def _names(
    reader: Reader, mapping: dict[str, Any], key: str, keys: Path, allowed: Collection[str]
) -> tuple[str, ...]:
    value = mapping.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        reader.blame(
            f"'{key}' should be a list of names.", "Write one name on each line, after a dash.", (*keys, key)
        )
        return ()
    for at, name in enumerate(value):
        if name in value[:at]:
            reader.blame(f"'{name}' stands here twice.", "Keep one of them.", (*keys, key, at))
        elif name not in allowed:
            reader.blame(f"There is no '{name}'.", choose_from(name, allowed), (*keys, key, at))
    return tuple(value)


def _steps(reader: Reader, root: dict[str, Any], known: Known, *, may_precede: bool) -> tuple[Step, ...]:
    value = root.get("steps")
    if not isinstance(value, list) or not value:
        place: Path = ("steps",) if "steps" in root else ()
        reader.blame("A series needs steps.", "Write steps: and one step after each dash.", place)
        return ()
    return tuple(_step(reader, each, ("steps", at), known, may_precede) for at, each in enumerate(value))


def _step(reader: Reader, value: Any, keys: Path, known: Known, may_precede: bool) -> Step:  # noqa: FBT001 - one caller
    mapping = reader.mapping(value, keys, _STEP_KEYS)
    name = str(mapping.get("name", ""))
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        what = f"'{name}' cannot be the name of a step." if name else "The step has no name."
        remedy = f"Use at most {_LONGEST_NAME} lower-case letters, digits and hyphens: how-we-write."
        reader.blame(what, remedy, (*keys, "name"))
    content = CampaignContent(
        template=_template(reader, mapping, keys, known),
        articles=_names(reader, mapping, "articles", keys, known.articles),
        subjects=_words(reader, mapping, "subject", keys, known.languages, needed=True),
        preheaders=_words(reader, mapping, "preheader", keys, known.languages, needed=True),
        openings=_words(reader, mapping, "opening", keys, known.languages),
        closings=_words(reader, mapping, "closing", keys, known.languages),
        signatures=_words(reader, mapping, "signature", keys, known.languages),
    )
    return Step(
        name, _days(reader, mapping, keys, may_precede=may_precede), _at(reader, mapping, keys), content
    )


def _template(reader: Reader, mapping: dict[str, Any], keys: Path, known: Known) -> str:
    value = str(mapping.get("template", "plain"))
    if value not in known.templates:
        reader.blame(
            f"There is no template '{value}'.", choose_from(value, known.templates), (*keys, "template")
        )
    return value


def _words(
    reader: Reader,
    mapping: dict[str, Any],
    key: str,
    keys: Path,
    languages: tuple[str, ...],
    *,
    needed: bool = False,
) -> dict[str, str]:
    place, example = (*keys, key), ", ".join(f"{language}: …" for language in languages)
    if key not in mapping:
        if needed:
            reader.blame(f"The step has no {key}.", f"Write {key}: {{{example}}}.", keys)
        return {}
    value = mapping[key]
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        reader.blame(f"'{key}' should have a text for each language.", f"Write {{{example}}}.", place)
        return {}
    for language in languages:
        if (needed or value) and not value.get(language, "").strip():
            what = f"'{key}' has no text in '{language}'."
            reader.blame(what, "Write one: every edition needs it.", (*place, language))
    return {language: text.strip() for language, text in value.items()}


def _days(reader: Reader, mapping: dict[str, Any], keys: Path, *, may_precede: bool) -> int:
    given = [key for key in ("after", "before") if key in mapping]
    if len(given) != 1:
        what = (
            "A step says 'after' or 'before', one of them."
            if given
            else "The step does not say when it comes."
        )
        reader.blame(what, "Write after: 7 days.", (*keys, *given[1:]))
        return 0
    key, place = given[0], (*keys, given[0])
    match = _DAYS.fullmatch(str(mapping[key]).strip())
    if match is None:
        reader.blame(f"'{mapping[key]}' is no number of days.", f"Write {key}: 7 days.", place)
        return 0
    days = int(match[1]) * (7 if (match[2] or "").startswith("week") else 1)
    if days < 0 or str(match[1]).startswith("-"):
        other = "before" if key == "after" else "after"
        reader.blame(f"'{mapping[key]}' is less than nothing.", f"Write {other}: {-days} days.", place)
    elif days > _MOST_DAYS:
        reader.blame(f"{days} days are too many.", f"Write at most {_MOST_DAYS} days.", place)
    elif key == "before" and days and not may_precede:
        what = "Nobody is known before they join, so nothing can go to them before that."
        reader.blame(what, "Write after:, or repeat: yearly for the anniversary.", place)
    else:
        return -days if key == "before" else days
    return 0


def _at(reader: Reader, mapping: dict[str, Any], keys: Path) -> time:
    value = str(mapping.get("at", _USUAL_HOUR))
    if not _CLOCK.fullmatch(value):
        reader.blame(f"'{value}' is no time of day.", 'Write it as "09:00", in quotes.', (*keys, "at"))
        return time(9)
    return time.fromisoformat(value)


def _check_order(reader: Reader, root: dict[str, Any], series: Series) -> None:
    names: set[str] = set()
    moments: dict[tuple[int, time], str] = {}
    for at, step in enumerate(series.steps):
        place: Path = ("steps", at)
        if step.name in names:
            reader.blame(f"Two steps are called '{step.name}'.", "Give each its own name.", (*place, "name"))
        elif _moment_of(step) in moments:
            what = f"'{step.name}' comes at the same moment as '{moments[_moment_of(step)]}'."
            reader.blame(what, "Give it another day, or another hour.", place)
        if series.yearly and abs(step.days) > _MOST_DAYS_YEARLY:
            what = f"{abs(step.days)} days are too many for what comes again each year."
            key = "before" if "before" in root["steps"][at] else "after"
            reader.blame(what, f"Write at most {_MOST_DAYS_YEARLY} days.", (*place, key))
        if len(f"{series.name}-{step.name}-2026-11-25-utc-minus-010000") > LONGEST_NAME:
            reader.blame(f"The name '{step.name}' is too long.", "Shorten it.", (*place, "name"))
        names.add(step.name)
        moments.setdefault(_moment_of(step), step.name)
