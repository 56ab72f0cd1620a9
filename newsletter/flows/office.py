"""What every flow needs to work: the settings and the ways out. Built by `newsletter.wiring`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.core.brand import Brand
from newsletter.core.lane import NO_LANES, Lanes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.destination import DestinationGroup
    from newsletter.core.dkim_key import DkimKey
    from newsletter.library import Library
    from newsletter.settings import Settings
    from newsletter.sources.dns import Dns
    from newsletter.sources.web import Web
    from newsletter.store.engine import Database
    from newsletter.transports.contract import Transport


@dataclass(frozen=True, slots=True)
class Office:
    """One office at work.

    Attributes:
        open_transport: makes the way out; it is opened and closed by `with`.
        clock: the instant now, UTC. A flow asks it once and passes `now` on.
        secret: signs links and Message-IDs.
        nonce: ten fresh hexadecimal digits, one per compile.
        worker: unique name of this process in leases.
        dns: asks about names; asking happens only when something is looked up.
        web: fetches pages, guarded.
        dkim_keys: each makes a signature on every mail.
        lanes: how fast mail may go, to all destinations and to groups of them.
        groups: which destinations have a lane of their own.
        former_secrets: what signed before, newest first: links in old mails go on working.
    """

    settings: Settings
    database: Database
    library: Library
    open_transport: Callable[[], Transport]
    clock: Callable[[], datetime]
    secret: bytes
    nonce: Callable[[], str]
    worker: str
    dns: Dns
    web: Web
    dkim_keys: tuple[DkimKey, ...] = ()
    lanes: Lanes = NO_LANES
    groups: tuple[DestinationGroup, ...] = ()
    former_secrets: tuple[bytes, ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Under each of these the token of a link may be signed."""
        return self.secret, *self.former_secrets

    @property
    def hash_key(self) -> bytes:
        """Under this addresses are hashed, for good: it is the first secret that the office ever had.

        A suppressed address is known by its hash alone, so nobody could hash it again with a new secret.
        """
        return self.keys[-1]

    @property
    def journals(self) -> Path:
        """Folder of the workers' acknowledgement journals."""
        return self.settings.path(self.settings.paths.var) / "journal"

    @property
    def brand(self) -> Brand:
        """How the organisation shows itself in a mail."""
        organisation = self.settings.organisation
        return Brand(
            wordmark=organisation.name,
            legal_name=organisation.legal_name,
            legal_note=organisation.legal_note,
            postal_address=organisation.postal_address,
            contact=organisation.contact,
            website=organisation.website,
            privacy_url=organisation.privacy_url,
            image_base=f"{self.settings.public_url.rstrip('/')}/images",
        )
