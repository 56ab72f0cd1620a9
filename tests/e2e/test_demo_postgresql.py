"""The same six weeks on PostgreSQL: every mail is the same, byte for byte."""

from __future__ import annotations

from throwaway_postgresql import fresh_database

from newsletter.demo.play import play


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "inbox" / "new").iterdir())}


def test_postgresql_gives_the_same_mails(demo, postgresql, tmp_path):
    with fresh_database(postgresql) as url:
        performance = play(tmp_path / "play", lambda _moment: None, url)
    assert performance.duplicates == 0
    assert contents(tmp_path / "play") == contents(demo.folder)
