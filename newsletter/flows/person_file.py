"""What is stored about one person, in their hands: an archive with a page to read and the same as JSON.

It answers a request for access (GDPR Art. 15) in a form that a machine reads, too (Art. 20). The proof of consent (Art. 7(1)) is the same archive
with what proves it alone: where the person stands, each event with its wording and evidence, and the mails that went to them.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from newsletter.core.moments import Moments
from newsletter.core.refusal import ContentRefused, Problem
from newsletter.core.rights_request import RequestKind
from newsletter.core.template_set import TemplateSet
from newsletter.core.wallclock import to_local
from newsletter.flows.people import hash_of, known_person
from newsletter.flows.workspace import read_catalogues
from newsletter.store.people import suppression_of
from newsletter.store.person_records import records_of
from newsletter.store.rights_requests import close_requests_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from newsletter.flows.office import Office

_TEMPLATE, _STYLE = "person-file.html.j2", "person-file.css"
_PROVING = ("consents", "subscriber_topics", "deliveries")
_PROVED = ("address", "language", "standing", "joined", "granted_at", "source", "known_at", "tracking_at")


@dataclass(frozen=True, slots=True)
class PersonFile:
    """An archive that was written.

    Attributes:
        path: where it lies.
        sums: SHA-256 of each file in it, in hexadecimal.
        records: how many rows it tells, by table.
    """

    path: Path
    sums: dict[str, str]
    records: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The outcome for scripts."""
        return {"file": str(self.path), "sha256": self.sums, "records": self.records}


def write_person_file(
    office: Office, address: str, path: Path, now: datetime, language: str = ""
) -> PersonFile:
    """Write all that is stored about a person, and close their requests for access.

    Args:
        address: of the person.
        path: of the archive, which is made.
        now: instant, UTC.
        language: of the page; the person's own when "".

    Raises:
        ContentRefused: nobody has this address, the language has no catalogue, or the file is there or cannot be written.
    """
    records = _records(office, address)
    written = _write(office, "access", records, path, now, language)
    with office.database.write() as connection:
        today = to_local(now, office.settings.zone).date()
        close_requests_of(connection, RequestKind.ACCESS, address, today, "everything was handed over")
    return written


def write_proof(office: Office, address: str, path: Path, now: datetime, language: str = "") -> PersonFile:
    """Write what proves that a person may be written to; arguments and errors as `write_person_file`."""
    records = _records(office, address)
    kept = {name: records[name] for name in _PROVING if name in records}
    (person,) = records["subscribers"]
    proved = {"subscribers": [{key: person[key] for key in _PROVED if key in person}], **kept}
    return _write(office, "proof", proved, path, now, language)


def _records(office: Office, address: str) -> dict[str, list[dict[str, Any]]]:
    identity = known_person(office, address)
    with office.database.read() as connection:
        records = records_of(connection, identity)
        (person,) = records["subscribers"]
        suppressed = suppression_of(connection, hash_of(office, person["address"]))
    if suppressed is not None:
        records["suppressions"] = [{"reason": suppressed[0], "at": suppressed[1]}]
    return records


def _write(
    office: Office,
    kind: str,
    records: Mapping[str, list[dict[str, Any]]],
    path: Path,
    now: datetime,
    language: str,
) -> PersonFile:
    page = _page(office, kind, records, now, language)
    data = json.dumps(
        {"kind": kind, "made": now.isoformat(), "office": office.brand.legal_name, "records": records},
        default=_plain,
        ensure_ascii=False,
        indent=2,
    )
    files = {"index.html": page.encode(), "data.json": data.encode()}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    files["SHA256SUMS"] = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
    _write_archive(path, files, now)
    return PersonFile(path, sums, {name: len(rows) for name, rows in records.items()})


def _page(
    office: Office, kind: str, records: Mapping[str, list[dict[str, Any]]], now: datetime, language: str
) -> str:
    catalogues = read_catalogues(office)
    (person,) = records["subscribers"]
    wanted = language or person["language"]
    if language and language not in catalogues:
        what = f"There is no catalogue for '{language}'."
        raise ContentRefused(Problem(what, f"Choose one of: {', '.join(catalogues)}."))
    catalogue = catalogues.get(wanted) or next(iter(catalogues.values()))
    moments, zone = Moments(catalogue), person.get("zone") or office.settings.zone

    def told(value: Any) -> str:
        if isinstance(value, datetime):
            local = to_local(value, zone)
            return catalogue.gettext(
                "{date}, {time}", date=moments.long(local), time=moments.clock(local.time())
            )
        if isinstance(value, date):
            return moments.long(value)
        if isinstance(value, dict):
            return "; ".join(f"{key}: {told(one)}" for key, one in value.items()) or "–"
        return "–" if value is None or value == "" else str(value)

    sources = office.library.web_sources()
    context = {
        "_": catalogue.gettext,
        "kind": kind,
        "language": catalogue.language,
        "brand": office.brand,
        "person": person,
        "records": records,
        "made": told(now),
        "zone": zone,
        "told": told,
        "style": sources[_STYLE],
    }
    return TemplateSet(sources, "templates/web").render(_TEMPLATE, context)


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _write_archive(path: Path, files: Mapping[str, bytes], now: datetime) -> None:
    """For the eyes of its owner, and never over another file: it is somebody's life in letters."""
    stamp = now.timetuple()[:6]
    try:
        with path.open("xb") as out:
            path.chmod(0o600)
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in files.items():
                    archive.writestr(zipfile.ZipInfo(name, stamp), content, zipfile.ZIP_DEFLATED)
    except FileExistsError:
        raise ContentRefused(Problem(f"'{path.name}' is there already.", "Choose another name.")) from None
    except OSError as error:
        what = f"'{path.name}' cannot be written: {error.strerror}."
        raise ContentRefused(Problem(what, "Choose another folder, or make this one writable.")) from None
