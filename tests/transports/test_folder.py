"""The Maildir: one file a message, readable by the standard library, faults of the disk."""

from __future__ import annotations

import errno
import mailbox
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.transports.contract import Envelope, Outcome, TransportDown
from newsletter.transports.folder import FolderTransport

DATE = "Sun, 28 Mar 2027 12:30:00 +0200"


def envelope(message_id="1@example.org", body="Hello.\r\n", date=DATE):
    head = f"To: ada@example.net\r\nDate: {date}\r\nMessage-ID: <{message_id}>\r\nSubject: Hello\r\n\r\n"
    return Envelope("bounce@example.org", "ada@example.net", message_id, (head + body).encode())


@pytest.fixture
def box(tmp_path):
    with FolderTransport(tmp_path / "mail") as transport:
        yield transport


def files(box):
    return sorted(str(path.relative_to(box.path)) for path in box.path.rglob("*") if path.is_file())


def test_the_standard_library_reads_it_and_its_lines_end_with_lf(box):
    box.send(envelope(body=".\r\nFrom me\r\n"))
    (message,) = mailbox.Maildir(box.path, create=False)
    assert message["Subject"] == "Hello"
    assert message.get_payload() == ".\nFrom me\n"
    (name,) = files(box)
    assert name.startswith("new")
    assert b"\r" not in (box.path / name).read_bytes()


def test_the_time_of_the_file_is_that_of_the_letter(box):
    box.send(envelope())
    (name,) = files(box)
    assert (box.path / name).stat().st_mtime == datetime(2027, 3, 28, 10, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Mar 2027 12:30:00 +0200"])
def test_a_letter_without_a_usable_date_is_kept_all_the_same(box, date):
    assert box.send(envelope(date=date)).outcome is Outcome.ACCEPTED
    assert len(files(box)) == 1


def test_the_same_message_twice_is_one_file_and_another_is_another(box):
    box.send(envelope())
    box.send(envelope())
    assert len(files(box)) == 1
    box.send(envelope("2@example.org"))
    assert len(files(box)) == 2


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,FRS"])
def test_a_message_that_was_read_does_not_come_back_as_new(box, flags):
    box.send(envelope())
    (name,) = files(box)
    (box.path / name).rename(box.path / "cur" / (Path(name).name + flags))
    assert box.send(envelope()).outcome is Outcome.ACCEPTED
    assert files(box) == [f"cur/{Path(name).name}{flags}"]


def test_a_message_id_cannot_lead_out_of_the_folder(box):
    for message_id in (
        "../../../x@example.org",
        "/x@example.org",
        "a:2,S@example.org",
        "." * 300 + "@example.org",
    ):
        assert box.send(envelope(message_id)).outcome is Outcome.ACCEPTED
    assert len(files(box)) == 4
    assert [path.name for path in box.path.parent.iterdir()] == ["mail"]


def test_nothing_is_left_in_tmp(box):
    box.send(envelope())
    assert not list((box.path / "tmp").iterdir())


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_for_later_and_leaves_nothing_behind(box, monkeypatch, code):
    def full(number):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    receipt = box.send(envelope())
    assert receipt.outcome is Outcome.LATER
    assert os.strerror(code) in receipt.text
    assert files(box) == []
    monkeypatch.undo()
    assert box.send(envelope()).outcome is Outcome.ACCEPTED
    assert len(files(box)) == 1


@pytest.mark.parametrize("name", ["tmp", "new", "cur"])
def test_a_folder_that_vanished_is_for_later(box, name):
    (box.path / name).rmdir()
    (box.path / name).write_text("in the way")
    receipt = box.send(envelope())
    assert receipt.outcome is Outcome.LATER
    assert str(box.path) in receipt.text
    assert files(box) == [name]


def test_a_path_that_is_a_file_cannot_be_opened(tmp_path):
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(TransportDown, match="cannot be made"), FolderTransport(path):
            pass


def test_what_is_there_already_stays(tmp_path):
    box = mailbox.Maildir(tmp_path / "mail", create=True)
    box.add("Subject: old\n\nold\n")
    with FolderTransport(tmp_path / "mail") as transport:
        transport.send(envelope())
    assert sorted(message["Subject"] for message in box) == ["Hello", "old"]
