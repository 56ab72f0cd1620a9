"""`newsletter digests`: issues that are put together by rule."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, err, local_text, out, print_json, print_problems, print_table
from newsletter.core.digest import Digest
from newsletter.flows import digests as steps
from newsletter.flows.digest_files import read_digest, read_digests
from newsletter.store.digests import IssueRow

app = typer.Typer(name="digests", help="Digests: issues that are put together by rule.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the digest: of its file, articles/NAME.digest.yaml.")]


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the digests, when each goes next, and what became of its last issue. Ends with 1 when a file is wrong."""
    with office() as here:
        now = here.clock()
        found, refusals = read_digests(here)
        told = [(one, steps.next_moment(here, one, now), steps.last_issues(here, one, now)) for one in found]
    problems = [problem for refusal in refusals for problem in refusal.problems]
    if as_json:
        document = [_as_dict(digest) | _times(digest, at, last) for digest, at, last in told]
        print_json({"digests": document, "problems": [problem.as_dict() for problem in problems]})
    else:
        rows = [
            (
                one.name,
                one.segment,
                " ".join(one.topics) or "all",
                one.approval,
                local_text(at, one.own_zone),
                _in_words(last[-1], one) if last else "",
            )
            for one, at, last in told
        ]
        columns = ["digest", "segment", "topics", "approval", "next", "last issue"]
        print_table("Digests", columns, rows, "No digests yet: write articles/NAME.digest.yaml.")
        print_problems(problems, to=err)
    if problems:
        raise typer.Exit(1)


@app.command("preview")
def preview(name: Name, as_json: AsJson = False) -> None:
    """Show what the next issue would hold if it were made now, what is left out, and why."""
    with office() as here:
        digest = read_digest(here, name)
        found = steps.preview_digest(here, name, here.clock())
    if found is None:
        if as_json:
            print_json({"digest": name, "next": None})
        else:
            out.print(f"No issue of '{name}' is to come.", highlight=False)
        return
    left = {slug: reason.value for slug, reason in found.assembly.left_out.items()}
    if as_json:
        campaign = found.campaign
        print_json(
            {
                "digest": name,
                "next": found.instant,
                "prepared": digest.prepared_at(found.instant),
                "campaign": campaign.name if campaign else None,
                "articles": list(found.assembly.articles),
                "left_out": left,
                "skipped_because": found.reason or None,
                "subject": dict(campaign.content.subjects) if campaign else {},
            }
        )
        return
    rows = [("goes", local_text(found.instant, digest.own_zone))]
    rows.append(("is made", local_text(digest.prepared_at(found.instant), digest.own_zone)))
    rows += [("holds", slug) for slug in found.assembly.articles]
    rows += [("left out", f"{slug}: {reason}") for slug, reason in left.items()]
    rows += [("no issue", found.reason)] if found.reason else []
    rows += [("subject", text) for text in found.campaign.content.subjects.values()] if found.campaign else []
    print_table(name, ["what", "value"], rows, "")


@app.command("approve")
def approve(
    name: Name, by: Annotated[str, typer.Option(help="Who approves.")] = "officer", as_json: AsJson = False
) -> None:
    """Approve the issue that waits, and set it for its moment."""
    with office() as here:
        campaign = steps.approve_issue(here, name, by, here.clock())
    if as_json:
        print_json({"digest": name, "campaign": campaign.name, "instant": campaign.instant})
        return
    out.print(f"'{campaign.name}' leaves on {local_text(campaign.instant, campaign.zone)}.", highlight=False)


@app.command("skip")
def skip(name: Name, as_json: AsJson = False) -> None:
    """Let the next issue be."""
    with office() as here:
        instant, zone = steps.skip_digest(here, name, here.clock()), read_digest(here, name).own_zone
    if as_json:
        print_json({"digest": name, "skipped": instant})
        return
    out.print(f"No issue of '{name}' leaves on {local_text(instant, zone)}.", highlight=False)


def _as_dict(digest: Digest) -> dict[str, Any]:
    return {
        "digest": digest.name,
        "segment": digest.segment,
        "topics": list(digest.topics),
        "approval": digest.approval.value,
        "zone": digest.own_zone,
        "least": digest.least,
        "most": digest.most,
    }


def _times(digest: Digest, at: Any, last: list[IssueRow]) -> dict[str, Any]:
    return {
        "next": at,
        "prepared": None if at is None else digest.prepared_at(at),
        "issues": [
            {
                "instant": row.instant,
                "outcome": row.outcome.value,
                "reason": row.reason or None,
                "campaign": row.name or None,
                "state": row.state or None,
            }
            for row in last
        ],
    }


def _in_words(row: IssueRow, digest: Digest) -> str:
    when = local_text(row.instant, digest.own_zone)
    return f"{when}: {row.state or row.outcome.value}{f', {row.reason}' if row.reason else ''}"
