"""`newsletter campaigns`: from draft to report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter.cli import missed
from newsletter.cli.explanation import print_explanation
from newsletter.cli.place import office
from newsletter.cli.show import AsJson, counted, local_text, out, print_findings, print_json, print_table
from newsletter.cli.timing import going_row, when
from newsletter.core.campaign import Campaign
from newsletter.core.wallclock import parse_local
from newsletter.flows import approve as steps
from newsletter.flows.build import build_previews
from newsletter.flows.check import check_campaign
from newsletter.flows.frozen_rules import explain_frozen
from newsletter.flows.issues import read_issue
from newsletter.flows.plan import audience_of, going_of, withheld_counts
from newsletter.flows.re_permission import draft_re_permission
from newsletter.flows.report import CampaignReport, report_campaign
from newsletter.flows.send_test import send_test
from newsletter.store.campaigns import list_campaigns

app = typer.Typer(
    name="campaigns", help="Campaigns: compose, check, approve, schedule, report.", no_args_is_help=True
)
missed.add_commands(app)
Name = Annotated[str, typer.Argument(help="Name of the campaign.")]
Language = Annotated[str, typer.Option(help="Language of the words.")]


def _row(campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign": campaign.name,
        "kind": campaign.kind.value,
        "state": campaign.state.value,
        "segment": campaign.segment,
        "basis": campaign.basis.value,
        "at": None if campaign.at is None else campaign.at.isoformat(timespec="minutes"),
        "zone": campaign.zone,
        "each_reader": campaign.timing.each_reader,
        "window": "" if campaign.timing.window is None else str(campaign.timing.window),
    }


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List campaigns by their time."""
    with office() as here, here.database.read() as connection:
        rows = [_row(campaign) for campaign in list_campaigns(connection)]
    if as_json:
        print_json({"campaigns": rows})
        return
    columns = ["campaign", "kind", "state", "segment", "at", "zone"]
    empty = "No campaigns yet. `newsletter campaigns create NAME` makes one from articles/NAME.issue.yaml."
    print_table("Campaigns", columns, [[row[column] for column in columns] for row in rows], empty)


@app.command("create")
def create(name: Name, as_json: AsJson = False) -> None:
    """Make a draft from articles/NAME.issue.yaml, or bring the draft up to date with it."""
    with office() as here:
        campaign = steps.create_campaign(here, read_issue(here, name), here.clock())
    if as_json:
        print_json(_row(campaign))
        return
    out.print(
        f"Draft '{name}' is stored. Look at it with `newsletter campaigns build {name}`.", highlight=False
    )


@app.command("re-permission")
def re_permission(
    segment: Annotated[str, typer.Argument(help="Whom to ask: name of a segment.")], as_json: AsJson = False
) -> None:
    """Draft a mail that asks a segment whether our letters are still welcome; who does not answer in time is set aside."""
    with office() as here:
        campaign = draft_re_permission(here, segment, here.clock())
        audience = audience_of(here, campaign, here.clock())
        days = here.settings.retention.answer_days
    asked = sum(count for (_, reason), count in audience.items() if reason is None)
    if as_json:
        print_json(_row(campaign) | {"would_get_it": asked, "answer_days": days})
        return
    name = campaign.name
    people = f"{asked} {'person' if asked == 1 else 'people'}"
    out.print(
        f"Draft '{name}' is stored. It would ask {people}; who has not answered {days} days after is set aside.",
        highlight=False,
    )
    out.print(f"Look at it with `newsletter campaigns build {name}`.", highlight=False)


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a campaign and its audience as it is now."""
    with office() as here:
        campaign = steps.known_campaign(here, name)
        audience = audience_of(here, campaign, here.clock())
        going = going_of(here, campaign, max(campaign.instant or here.clock(), here.clock()))
    languages: dict[str, int] = {}
    for (language, reason), count in audience.items():
        if reason is None:
            languages[language] = languages.get(language, 0) + count
    if as_json:
        told = {"would_get_it": languages, "withheld": withheld_counts(audience)}
        print_json(_row(campaign) | going_row(going) | told)
        return
    rows = [(key, value) for key, value in _row(campaign).items() if value]
    if campaign.at is not None and when(campaign, going):
        rows.append(("when", when(campaign, going)))
    rows.append(("articles", ", ".join(campaign.content.articles)))
    rows.append(("would get it", counted(languages)))
    rows.append(("withheld", counted(withheld_counts(audience))))
    print_table(name, ["what", "value"], rows, "")


@app.command("check")
def check(
    name: Name,
    network: Annotated[
        bool, typer.Option("--network", help="Ask others, too: the servers behind the links.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a campaign as approval will: articles, each edition as a reader gets it, audience."""
    with office() as here:
        problems = check_campaign(here, steps.known_campaign(here, name), here.clock(), network=network)
    print_findings({"campaign": name}, problems, "Ready to be approved.", as_json=as_json)


@app.command("build")
def build(
    name: Name,
    to: Annotated[Path, typer.Option(help="Folder for the files.")] = Path("var/preview"),
    as_json: AsJson = False,
) -> None:
    """Write the editions as files to look at: HTML and text for a sample reader in each language."""
    with office() as here:
        files = build_previews(here, steps.known_campaign(here, name), to, here.clock())
    if as_json:
        print_json({"campaign": name, "files": [str(path) for path in files]})
        return
    for path in files:
        out.print(str(path), highlight=False)


@app.command("test")
def test(
    name: Name,
    to: Annotated[list[str], typer.Option("--to", help="Address that gets the test; repeat for more.")],
    as_json: AsJson = False,
) -> None:
    """Send every edition to named addresses, marked as a test; nothing is written into the ledger."""
    with office() as here:
        sent = send_test(here, steps.known_campaign(here, name), to, here.clock())
    if as_json:
        print_json({"campaign": name, "sent": sent})
        return
    out.print(f"{len(sent)} test mails handed over.", highlight=False)


@app.command("approve")
def approve(
    name: Name, by: Annotated[str, typer.Option(help="Who approves.")] = "officer", as_json: AsJson = False
) -> None:
    """Check a draft and freeze its editions."""
    with office() as here:
        editions = steps.approve_campaign(here, name, by, here.clock())
    digests = {language: edition.mail.digest for language, edition in editions.items()}
    if as_json:
        print_json({"campaign": name, "state": "approved", "editions": digests})
        return
    out.print(
        f"'{name}' is approved in {', '.join(digests)}. Next: `newsletter campaigns schedule {name}`.",
        highlight=False,
    )


@app.command("reopen")
def reopen(name: Name, as_json: AsJson = False) -> None:
    """Take an approval back, and the time with it, to change the campaign."""
    with office() as here:
        steps.reopen_campaign(here, name)
    if as_json:
        print_json({"campaign": name, "state": "draft"})
        return
    out.print(f"'{name}' is a draft again.", highlight=False)


@app.command("schedule")
def schedule(
    name: Name,
    at: Annotated[
        str, typer.Option(help="Wall-clock time such as 2021-09-16T09:30; the issue file's when not given.")
    ] = "",
    zone: Annotated[str, typer.Option(help="Time zone of that time; the campaign's when not given.")] = "",
    as_json: AsJson = False,
) -> None:
    """Set the time of an approved campaign."""
    with office() as here:
        campaign = steps.known_campaign(here, name)
        local = parse_local(at) if at else _its_time(campaign)
        instant = steps.schedule_campaign(here, name, local, zone or campaign.zone, here.clock())
        campaign = steps.known_campaign(here, name)
        going = going_of(here, campaign, max(campaign.instant or instant, here.clock()))
    if as_json:
        told = {"campaign": name, "state": "scheduled", "instant": instant.isoformat()}
        print_json(told | going_row(going))
        return
    if campaign.timing.each_reader:
        out.print(f"'{name}' leaves on {when(campaign, going)}.", highlight=False)
        return
    out.print(f"'{name}' leaves on {local_text(instant, campaign.zone)}.", highlight=False)
    if going.opens:
        out.print(f"It {when(campaign, going)}.", highlight=False)


def _its_time(campaign: Campaign) -> datetime:
    if campaign.at is None:
        raise typer.BadParameter("the campaign has no time of its own: give one", param_hint="--at")
    return campaign.at


@app.command("pause")
def pause(name: Name, as_json: AsJson = False) -> None:
    """Stop handing over; what is in hand is finished."""
    with office() as here:
        steps.pause_campaign(here, name)
    if as_json:
        print_json({"campaign": name, "state": "paused"})
        return
    out.print(f"'{name}' is paused. `newsletter campaigns resume {name}` goes on.", highlight=False)


@app.command("resume")
def resume(name: Name, as_json: AsJson = False) -> None:
    """Go on after a pause."""
    with office() as here:
        steps.resume_campaign(here, name)
    if as_json:
        print_json({"campaign": name, "state": "sending"})
        return
    out.print(f"'{name}' goes on.", highlight=False)


@app.command("cancel")
def cancel(name: Name, as_json: AsJson = False) -> None:
    """Call a campaign off; who has it keeps it, nobody else gets it."""
    with office() as here:
        count = steps.cancel_campaign(here, name, here.clock())
    if as_json:
        print_json({"campaign": name, "state": "cancelled", "withheld": count})
        return
    out.print(f"'{name}' is cancelled; {count} people will not get it.", highlight=False)


@app.command("report")
def report(name: Name, as_json: AsJson = False) -> None:
    """Say what became of a campaign: who got it, who did not, and why."""
    with office() as here:
        found = report_campaign(here, name)
        zone = here.settings.zone
    if as_json:
        print_json(found.as_dict())
        return
    print_table(f"{name}: {found.campaign.state}", ["what", "value"], _report_rows(found, zone), "")
    if found.links:
        columns = ["link", "article", "leads to", "people#", "machines#"]
        rows = [[link.words, link.article, link.url, link.people, link.machines] for link in found.links]
        print_table("Clicks, without persons", columns, rows, "")


@app.command("explain")
def explain(name: Name, address: str, language: Language = "en", as_json: AsJson = False) -> None:
    """Say why a person was in the audience of a launched campaign or not, by the rules that were frozen with it."""
    with office() as here:
        found, zone = explain_frozen(here, name, address, language), here.settings.zone
    if as_json:
        print_json(found.as_dict())
        return
    verdict = "was in" if found.inside else "was not in"
    became = (
        f"; their mail: {(found.withheld or found.state or '').replace('_', ' ')}" if found.inside else ""
    )
    when = local_text(found.frozen_at, zone)
    lines = [f"{found.address} {verdict} the audience of '{name}', frozen {when}{became}.", found.sentence]
    for explanation in found.explanations.values():
        out.print("\n".join(lines), markup=False, highlight=False)
        print_explanation(explanation)
        lines = ["Left out again:"]
    told = [
        "Topics, language, country, domain and fields are shown as they are now; everything else as it was then."
    ]
    if found.differs:
        told.append(
            "By that the answer would be another one: the person, or what is known of them, has changed since."
        )
    out.print("\n".join(told), markup=False, highlight=False)


def _report_rows(found: CampaignReport, zone: str) -> list[tuple[str, str]]:
    rows = [("sent", counted(dict(found.by_language)) or "none")]
    rows += [
        (state, str(count))
        for state, count in sorted(found.by_state.items())
        if state not in {"sent", "skipped"}
    ]
    rows.append(("withheld", counted(dict(found.withheld)) or "nobody"))
    if found.links:
        rows.append(("clicks", f"{found.clicks[0]} by people, {found.clicks[1]} by machines"))
    if found.allowing is not None:
        known = found.allowing
        did = {"opened": known.opened, "clicked": known.clicked, "replied": known.replied}
        told = f"{counted(did) or 'nothing yet'}, of {known.readers} readers; of the others nothing is known"
        rows.append(("with consent", told))
    rows += [
        (name.removesuffix("_at"), local_text(at, zone)) for name, at in found.times.items() if at is not None
    ]
    return rows
