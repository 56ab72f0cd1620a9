"""The demonstration, played once by the real command in a process of its own; its mails as an independent reader sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


@dataclass(frozen=True)
class Mail:
    """A file of the Maildir with what tests ask of it again and again."""

    path: Path
    raw: bytes
    message: EmailMessage
    campaign: str
    address: str
    language: str


@dataclass(frozen=True)
class Play:
    """What `newsletter demo --json` printed, and where it played."""

    folder: Path
    document: dict
    mails: list[Mail]

    def of(self, campaign):
        return [mail for mail in self.mails if mail.campaign == campaign]

    def readers(self, campaign):
        return {mail.address for mail in self.of(campaign)}


def run_demo(folder, **environment):
    """Play into `folder`; gives the one document on standard output."""
    command = [sys.executable, "-m", "newsletter", "demo", "--json", "--to", str(folder)]
    done = subprocess.run(
        command, cwd=folder.parent, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_mail(path):
    raw = path.read_bytes()
    message = message_from_bytes(raw, policy=policy.default)
    campaign = str(message["X-Campaign"])
    address = message["To"].addresses[0].addr_spec
    return Mail(path, raw, message, campaign, address, str(message["Content-Language"]))


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "play"
    document = run_demo(folder)
    mails = [read_mail(path) for path in sorted((folder / "inbox" / "new").iterdir())]
    return Play(folder, document, mails)


@pytest.fixture(scope="session")
def play_again(tmp_path_factory):
    """Plays once more elsewhere, with a shell that is set up otherwise."""
    return lambda **environment: run_demo(tmp_path_factory.mktemp("again") / "play", **environment)
