"""`newsletter articles`: what there is to tell."""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.place import office
from newsletter.cli.show import AsJson, out, print_json, print_problems, print_table
from newsletter.core.refusal import ContentRefused, Level, Problem
from newsletter.flows.finds import find_advice
from newsletter.flows.workspace import check_articles, read_articles

app = typer.Typer(
    name="articles", help="Articles: Markdown files, one for each language.", no_args_is_help=True
)


@app.command("list")
def list_articles(as_json: AsJson = False) -> None:
    """List the articles of the workspace."""
    with office() as here:
        articles = read_articles(here)
        first = here.settings.languages[0]
    rows = []
    for slug, article in sorted(articles.items()):
        text = article.text_for(first, first)
        rows.append(
            {
                "article": slug,
                "title": text.title,
                "languages": sorted(article.texts),
                "topics": list(text.topics),
                "deadlines": [f"{slug}/{entry.id}" for entry in text.deadlines],
                "published": text.published.isoformat(),
            }
        )
    if as_json:
        print_json({"articles": rows})
        return
    shown = [
        (
            row["article"],
            row["title"],
            " ".join(row["languages"]),
            " ".join(row["topics"]),
            len(row["deadlines"]),
        )
        for row in rows
    ]
    print_table(
        "Articles", ["article", "title", "languages", "topics", "deadlines#"], shown, "No articles yet."
    )


@app.command("show")
def show_article(slug: str, language: str = "", as_json: AsJson = False) -> None:
    """Print one article as its file stands."""
    with office() as here:
        articles = read_articles(here)
        first = here.settings.languages[0]
    if slug not in articles:
        known = ", ".join(sorted(articles)) or "none yet"
        raise ContentRefused(Problem(f"There is no article '{slug}'.", f"Known articles: {known}."))
    text = articles[slug].text_for(language or first, first)
    if as_json:
        keys = ("slug", "language", "path", "title", "summary", "body")
        print_json({key: getattr(text, key) for key in keys})
        return
    out.print(f"{text.title}\n{text.path}\n\n{text.summary}\n\n{text.body}", markup=False, highlight=False)


@app.command("check")
def check(
    slugs: Annotated[
        list[str] | None, typer.Argument(help="Articles to check; all of them when none is named.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report every problem in the articles, with file and line."""
    with office() as here:
        now = here.clock()
        problems = check_articles(here, tuple(slugs or ()), now.date())
        problems += find_advice(here, tuple(slugs or ()), now)
    errors = sum(problem.level is Level.ERROR for problem in problems)
    if as_json:
        print_json({"errors": errors, "problems": [problem.as_dict() for problem in problems]})
    else:
        print_problems(problems)
        warnings = len(problems) - errors
        out.print(f"{errors} errors, {warnings} warnings." if problems else "No problems found.")
    if errors:
        raise typer.Exit(1)
