"""`newsletter check`: the preflight of a file, whoever made it; no workspace is needed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.show import AsJson, print_findings
from newsletter.core.preflight.reading import read_mail_file
from newsletter.core.preflight.rules import check_mail, heaviest_first
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.flows.link_answers import check_links
from newsletter.sources.web import Web


def add_commands(app: typer.Typer) -> None:
    """Put the command of this module into `app`."""
    app.command("check")(check)


def check(
    file: Annotated[Path, typer.Argument(help="A message (.eml) or a page (.html).")],
    language: Annotated[
        str, typer.Option(help="Language that it should be in; what it says of itself when not given.")
    ] = "",
    network: Annotated[
        bool, typer.Option("--network", help="Ask the servers behind the links, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a finished mail: size, links, headings, contrast, dates, what was left over."""
    try:
        data = file.read_bytes()
    except OSError as error:
        what = f"'{file}' cannot be read: {error.strerror}."
        raise ContentRefused(Problem(what, "Give the path of a .eml or .html file.")) from None
    mail = read_mail_file(data, file.name, datetime.now(UTC).date(), language)
    problems = check_mail(mail)
    if network:
        problems = heaviest_first([*problems, *check_links(Web(), [mail], "")])
    print_findings({"file": str(file)}, problems, "Nothing to mend.", as_json=as_json)
