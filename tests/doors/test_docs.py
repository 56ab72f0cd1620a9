"""What the README tells people to type exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from newsletter.cli.main import make_app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(
    {found.strip() for found in re.findall(r"(?:^|`|/)newsletter ([a-z][a-z -]*[a-z])", README, re.MULTILINE)}
)


def _parts(words):
    """The names of commands at the beginning of what is typed; what follows are arguments."""
    group, names = get_command(make_app()), []
    for word in words.split():
        inner = getattr(group, "commands", {}).get(word)
        if inner is None:
            return names, group
        names.append(word)
        group = inner
    return names, group


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_of_the_readme_exists(words):
    names, command = _parts(words)
    assert names, f"there is no command {words}"
    assert not hasattr(command, "commands"), f"{words} is not complete"


def test_every_target_of_the_readme_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b(?= |`)", README)) - {"it"} <= targets


@pytest.mark.parametrize(
    "page", ["README.md", "docs/architecture.md", "docs/bench.md", "docs/operations.md", "CHANGELOG.md"]
)
def test_every_link_to_a_file_leads_somewhere(page):
    place = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", place.read_text(encoding="utf-8")):
        assert (place.parent / target).exists(), target
