"""Series as the officer knows them: the file, its approval, and where each stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from newsletter.core.refusal import ContentRefused, Level, MoveRefused, Problem, refuse_errors
from newsletter.core.rule_file import RuleFile
from newsletter.core.series import Moment, SeriesState, counted_from, ladder_from
from newsletter.core.series_file import Known, parse_series
from newsletter.core.wallclock import parse_local, to_instant
from newsletter.flows.build import build_previews
from newsletter.flows.check import check_campaign
from newsletter.flows.series_steps import series_digest, step_campaign
from newsletter.flows.workspace import read_people
from newsletter.store.series import (
    KnownSeries,
    count_steps,
    find_series,
    keep_series,
    list_series,
    move_series,
)

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from newsletter.core.series import Series, StepDay
    from newsletter.flows.office import Office

# Mails about a deadline, or to somebody who has not confirmed: a series cannot fill them.
_NOT_FOR_SERIES = frozenset({"reminder", "correction", "confirmation"})
_TEMPLATE = ".mjml.j2"


@dataclass(frozen=True, slots=True)
class SeriesStanding:
    """Where a series stands.

    Attributes:
        state: `not approved`, `running`, `paused`, `changed` (the file is another than was approved) or `file is gone`.
        series: as its file says it; as it was approved where the file is wrong or gone.
        problems: what is wrong in the file.
        sent: how many times each step has gone into somebody's ledger.
    """

    name: str
    state: str
    series: Series | None
    known: KnownSeries | None
    problems: tuple[Problem, ...]
    sent: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The series for scripts."""
        series, known = self.series, self.known
        return {
            "series": self.name,
            "state": self.state,
            "starts": series.starts if series else None,
            "yearly": series.yearly if series else None,
            "segment": series.segment if series else None,
            "zone": series.zone if series else None,
            "approved_at": known.approved_at.isoformat() if known else None,
            "approved_by": known.approved_by if known else None,
            "since": known.since.isoformat() if known else None,
            "steps": [
                {
                    "step": step.name,
                    "days": step.days,
                    "at": f"{step.at:%H:%M}",
                    "template": step.content.template,
                    "subjects": dict(step.content.subjects),
                    "people": self.sent.get(step.name, 0),
                }
                for step in (series.steps if series else ())
            ],
            "problems": [problem.as_dict() for problem in self.problems],
        }


def read_series(office: Office, name: str) -> Series:
    """What `articles/NAME.series.yaml` says.

    Raises:
        ContentRefused: there is no such file, or it is wrong; with every problem, by line.
    """
    path, text = office.library.rule_source(RuleFile.SERIES, name)
    people, settings = read_people(office), office.settings
    templates = {
        file.removesuffix(_TEMPLATE) for file in office.library.template_sources() if "/" not in file
    }
    known = Known(
        languages=settings.languages,
        zone=settings.zone,
        fields={field.name: field.type for field in people.fields.fields.values()},
        segments=sorted(people.segments),
        senders=sorted(settings.senders),
        templates=sorted(
            name for name in templates if not name.endswith(".j2") and name not in _NOT_FOR_SERIES
        ),
        articles=sorted(office.library.articles()[0]),
    )
    return parse_series(text, path, name, known)


def standing_of(office: Office, name: str) -> SeriesStanding:
    """Where one series stands.

    Raises:
        ContentRefused: there is neither a file of that name nor an approval.
    """
    with office.database.read() as connection:
        known, sent = find_series(connection, name), count_steps(connection, name)
    if known is not None and name not in office.library.rules(RuleFile.SERIES):
        return SeriesStanding(name, "file is gone", known.series, known, (), sent)
    series: Series | None = known.series if known else None
    problems: tuple[Problem, ...] = ()
    try:
        series = read_series(office, name)
    except ContentRefused as refused:
        if name not in office.library.rules(RuleFile.SERIES):
            raise
        problems = refused.problems
    return SeriesStanding(name, _state(office, name, known), series, known, problems, sent)


def list_standings(office: Office) -> list[SeriesStanding]:
    """Every series that has a file or was approved once, by name."""
    with office.database.read() as connection:
        approved = {known.series.name for known in list_series(connection)}
    return [
        standing_of(office, name) for name in sorted(approved | set(office.library.rules(RuleFile.SERIES)))
    ]


def _state(office: Office, name: str, known: KnownSeries | None) -> str:
    if known is None:
        return "not approved"
    return known.state.value if series_digest(office, name) == known.digest else "changed"


def approve_series(office: Office, name: str, by: str, now: datetime) -> list[Problem]:
    """Check a series and let it run from now on; approving again what runs unchanged changes nothing.

    Returns:
        What is doubtful about it.

    Raises:
        ContentRefused: its file is wrong, or a mail of it cannot be made; nothing has changed.
    """
    series = read_series(office, name)
    _check_names(office, series)
    problems = [
        problem for day in _sample_ladder(office, series, now) for problem in _check(office, day, now)
    ]
    refuse_errors(problems)
    with office.database.write() as connection:
        before = find_series(connection, name)
        digest = series_digest(office, name)
        if before is None or before.digest != digest or before.state is not SeriesState.RUNNING:
            known = KnownSeries(series, SeriesState.RUNNING, digest, now, now, by)
            keep_series(connection, known)
    return [problem for problem in dict.fromkeys(problems) if problem.level is Level.WARNING]


def pause_series(office: Office, name: str) -> None:
    """Let a series rest: steps whose moment comes meanwhile go to nobody, then or later.

    Raises:
        MoveRefused: it does not run.
    """
    with office.database.write() as connection:
        if not move_series(connection, name, SeriesState.RUNNING, SeriesState.PAUSED):
            raise MoveRefused(Problem(f"Series '{name}' does not run.", "See `newsletter series list`."))


def resume_series(office: Office, name: str, now: datetime) -> None:
    """Let a series go on from now.

    Raises:
        MoveRefused: it is not paused, or its file has changed and needs approval.
    """
    if standing_of(office, name).state != SeriesState.PAUSED:
        remedy = f"See `newsletter series list`; a changed file needs `newsletter series approve {name}`."
        raise MoveRefused(Problem(f"Series '{name}' is not paused.", remedy))
    with office.database.write() as connection:
        move_series(connection, name, SeriesState.PAUSED, SeriesState.RUNNING, since=now)


def ladder_for(office: Office, name: str, moment: str, zone: str, now: datetime) -> list[StepDay]:
    """The whole series for somebody whose moment is `moment`: a date, or a wall-clock time; today when it is "".

    Args:
        zone: the person's, where the series goes by that; the office's when "".

    Raises:
        ContentRefused: there is no such series, its file is wrong, or the moment is none.
    """
    series = read_series(office, name)
    place = (zone or office.settings.zone) if series.zone == "reader" else series.zone
    return ladder_from(series, _counted_from(office, series, moment, place, now), place)


def build_steps(office: Office, name: str, folder: Path, now: datetime) -> list[Path]:
    """Write every step as files to look at, in each language.

    Raises:
        ContentRefused: the series, an article or a template is wrong.
    """
    files = []
    for day in _sample_ladder(office, read_series(office, name), now):
        campaign = replace(step_campaign(office, day), name=f"{name}-{day.step.name}")
        files += build_previews(office, campaign, folder, now)
    return files


def _counted_from(office: Office, series: Series, moment: str, zone: str, now: datetime) -> date:
    if not moment:
        return now.date() if series.moment is Moment.DATE else counted_from(series, now, zone)
    local = parse_local(moment if "T" in moment.upper() else f"{moment}T00:00")
    if series.moment is Moment.DATE or series.yearly:
        return local.date()
    return counted_from(series, to_instant(local, office.settings.zone), zone)


def _sample_ladder(office: Office, series: Series, now: datetime) -> list[StepDay]:
    zone = office.settings.zone if series.zone == "reader" else series.zone
    return ladder_from(series, counted_from(series, now, zone), zone)


def _check(office: Office, day: StepDay, now: datetime) -> list[Problem]:
    return check_campaign(office, step_campaign(office, day), now)


def _check_names(office: Office, series: Series) -> None:
    """`a-b` with a step `c` and `a` with a step `b-c` would both be called `a-b-c`."""
    mine = {f"{series.name}-{step.name}" for step in series.steps}
    with office.database.read() as connection:
        others = [known.series for known in list_series(connection) if known.series.name != series.name]
    for other in others:
        for step in other.steps:
            if f"{other.name}-{step.name}" in mine:
                what = f"A step would have the same name as '{step.name}' of series '{other.name}'."
                raise ContentRefused(
                    Problem(
                        what,
                        "Give it another name.",
                        office.library.rule_source(RuleFile.SERIES, series.name)[0],
                    )
                )
