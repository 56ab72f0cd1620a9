"""`newsletter segments`: live rules over people, and why somebody is in or out."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.explanation import print_explanation
from newsletter.cli.place import office
from newsletter.cli.show import AsJson, out, print_json, print_table
from newsletter.flows.segments import count_segments, explain_person, sample_people

app = typer.Typer(name="segments", help="Segments: live rules over people.", no_args_is_help=True)
Language = Annotated[str, typer.Option(help="Language of the words.")]


@app.command("list")
def list_segments(language: Language = "en", as_json: AsJson = False) -> None:
    """List the segments with the sentence that each one means."""
    with office() as here:
        counted = count_segments(here, (), here.clock(), language)
    if as_json:
        print_json({"segments": [one.as_dict() for one in counted]})
        return
    rows = [(one.name, one.sentence, one.people) for one in counted]
    print_table(
        "Segments", ["segment", "who", "people#"], rows, "No segments yet: write subscribers/segments.yaml."
    )


@app.command("count")
def count(
    names: Annotated[
        list[str] | None, typer.Argument(help="Segments to count; all when none is named.")
    ] = None,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Count the people of a segment now: how many, and how many of them may be mailed."""
    with office() as here:
        counted = count_segments(here, tuple(names or ()), here.clock(), language)
    if as_json:
        print_json({"segments": [one.as_dict() for one in counted]})
        return
    rows = [(one.name, one.people, one.mailable, one.sentence) for one in counted]
    print_table("Segments", ["segment", "people#", "may be mailed#", "who"], rows, "No segments yet.")


@app.command("sample")
def sample(
    segment: str,
    size: Annotated[int, typer.Option(min=1, max=100, help="How many people.")] = 10,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Show a few people of a segment, from all over it, and always the same ones."""
    with office() as here:
        found = sample_people(here, segment, size, here.clock(), language)
    if as_json:
        print_json(found.as_dict())
        return
    rows = [
        (one.address, one.given_name, one.language, one.country, one.standing, ", ".join(sorted(one.topics)))
        for one in found.sample
    ]
    columns = ["address", "name", "language", "country", "standing", "topics"]
    print_table(f"{found.sentence} {len(rows)} of {found.people}", columns, rows, "Nobody is in it now.")


@app.command("explain")
def explain(segment: str, address: str, language: Language = "en", as_json: AsJson = False) -> None:
    """Say why a person is in a segment or not, condition by condition."""
    with office() as here:
        explained = explain_person(here, segment, address, here.clock(), language)
    if as_json:
        print_json(explained.as_dict())
        return
    verdict = "is in" if explained.inside else "is not in"
    out.print(f"{explained.address} {verdict} '{segment}'.", markup=False, highlight=False)
    print_explanation(explained.explanation)
    if explained.withheld:
        reason = explained.withheld.replace("_", " ")
        out.print(f"No mail goes to this person now all the same: {reason}.", markup=False, highlight=False)
