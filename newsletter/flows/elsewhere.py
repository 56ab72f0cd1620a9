"""Workers elsewhere: a machine with nothing but the address of the database and the secrets does its share of the work."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from newsletter.core.refusal import ConfigurationRefused, Problem
from newsletter.store.worker_files import publish_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsletter.flows.office import Office

FINGERPRINT = "secret.fingerprint"


def publish_workspace(office: Office, now: datetime) -> bool:
    """Put what workers need of this workspace into the database; True if it has changed. Secrets are not among it."""
    files = office.library.worker_files() | {FINGERPRINT: fingerprint(office.secret)}
    with office.database.write() as connection:
        return publish_files(connection, files, now)


def fingerprint(secret: bytes) -> str:
    """What tells two secrets apart and gives neither away."""
    return hmac.new(secret, b"newsletter secret fingerprint", hashlib.sha256).hexdigest()[:16]


def refuse_another_secret(files: Mapping[str, str], secret: bytes) -> None:
    """A worker with another key would put links into mails that nobody can follow.

    Raises:
        ConfigurationRefused: the scheduler's secret is another one.
    """
    known = files.get(FINGERPRINT, "")
    if known and not hmac.compare_digest(known, fingerprint(secret)):
        what = "NEWSLETTER_SECRET is not the one that the scheduler has: links in mails from here would not work."
        raise ConfigurationRefused(Problem(what, "Set it to the same value on every machine."))
