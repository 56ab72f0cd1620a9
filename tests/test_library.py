"""The library reads a workspace, tells of what it cannot read, and never leaves its folders."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from newsletter.core.refusal import ContentRefused, Level
from newsletter.library import Library

ARTICLE = """\
---
title: A call
summary: Shört.
language: {language}
published: 2021-09-14
deadlines:
  - {{id: call, label: L, at: 2021-10-19T12:00, zone: UTC, url: "https://example.org/", audience: a}}
---
Text.
"""


@pytest.fixture
def library(tmp_path):
    for name in ("articles/call/images", "templates/email/parts", "templates/locale", "subscribers"):
        (tmp_path / name).mkdir(parents=True)
    for language in ("en", "fr"):
        source = ARTICLE.format(language=language)
        (tmp_path / f"articles/call/{language}.md").write_text(source, encoding="utf-8")
    (tmp_path / "articles/call/images/lead.png").write_bytes(b"png")
    (tmp_path / "secret.yaml").write_text("secret")
    return Library(tmp_path, Path("articles"), Path("templates"), Path("subscribers"))


def test_articles_are_read_with_their_languages(library):
    articles, problems = library.articles()
    assert problems == []
    assert set(articles["call"].texts) == {"en", "fr"}
    assert articles["call"].texts["fr"].path == "articles/call/fr.md"
    assert library.article_files("call") == {"en.md", "fr.md", "images/lead.png"}


def test_one_bad_file_does_not_take_the_others_with_it(library):
    (library.workspace / "articles/call/fr.md").write_text("no front matter")
    articles, (problem,) = library.articles()
    assert set(articles["call"].texts) == {"en"}
    assert (problem.path, problem.line) == ("articles/call/fr.md", 1)


def test_hidden_folders_are_not_articles_and_other_markdown_is_told(library):
    (library.workspace / "articles/.git").mkdir()
    (library.workspace / "articles/_drafts").mkdir()
    (library.workspace / "articles/call/README.md").write_text("x")
    articles, (problem,) = library.articles()
    assert set(articles) == {"call"}
    assert (problem.path, problem.level) == ("articles/call/README.md", Level.WARNING)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_files_of_other_programs_are_read(library, encoding):
    path = library.workspace / "articles/call/en.md"
    path.write_bytes(path.read_text(encoding="utf-8").replace("\n", "\r\n").encode(encoding))
    articles, problems = library.articles()
    assert articles["call"].texts["en"].summary == "Shört."
    assert [problem.level for problem in problems] == ([] if encoding == "utf-8-sig" else [Level.WARNING])


def test_damaged_utf8_is_told_with_its_line_and_not_guessed(library):
    path = library.workspace / "articles/call/en.md"
    path.write_bytes(path.read_bytes().replace(b"Text.", b"Te\xe9xt."))
    articles, (problem,) = library.articles()
    assert set(articles["call"].texts) == {"fr"}
    assert (problem.line, problem.level) == (9, Level.ERROR)


def test_a_workspace_without_articles_has_none(tmp_path):
    assert Library(tmp_path, Path("a"), Path("t"), Path("s")).articles() == ({}, [])


def test_pictures_are_read(library):
    assert library.read_image("call", "images/lead.png") == b"png"


@pytest.mark.parametrize(
    ("slug", "src"),
    [
        ("call", "../../secret.yaml"),
        ("call", "/etc/hostname"),
        ("call", ".."),
        ("call", ""),
        ("call", "images/../../../secret.yaml"),
        ("call", "a\x00b"),
        ("call", "..\\..\\secret.yaml"),
        ("..", "secret.yaml"),
        ("", "call/images/lead.png"),
    ],
)
def test_no_path_leads_out_of_its_folder(library, slug, src):
    with pytest.raises(ContentRefused, match="is not inside"):
        library.read_image(slug, src)


def test_a_link_that_leads_out_is_refused(library):
    (library.workspace / "articles/call/link.png").symlink_to(library.workspace / "secret.yaml")
    with pytest.raises(ContentRefused, match="is not inside"):
        library.read_image("call", "link.png")


def test_a_missing_file_is_named_without_the_machines_folders(library):
    with pytest.raises(ContentRefused) as refused:
        library.read_image("call", "images/gone.png")
    assert "articles/call/images/gone.png" in str(refused.value)
    assert str(library.workspace) not in str(refused.value)


def test_templates_and_catalogues_are_read_by_name(library):
    root = library.workspace / "templates"
    (root / "email/issue.mjml.j2").write_text("issue")
    (root / "email/parts/box.mjml.j2").write_text("box")
    (root / "email/notes.txt").write_text("not a template")
    (root / "locale/fr.po").write_text("words")
    assert library.template_sources() == {"issue.mjml.j2": "issue", "parts/box.mjml.j2": "box"}
    assert library.locale_sources() == {"fr": "words"}


def test_the_lists_about_people_are_read(library):
    folder = library.workspace / "subscribers"
    (folder / "segments.yaml").write_bytes(b"\xef\xbb\xbfa: b")
    assert library.segments_source() == ("subscribers/segments.yaml", "a: b")
    with pytest.raises(ContentRefused, match=r"subscribers/fields\.yaml"):
        library.fields_source()


NEW_TIME = datetime(2021, 10, 26, 17)  # noqa: DTZ001 - wall-clock


def test_a_moved_deadline_is_written_into_every_language(library):
    library.write_deadline("call", "call", NEW_TIME)
    articles, _ = library.articles()
    assert {text.deadlines[0].at for text in articles["call"].texts.values()} == {NEW_TIME}
    assert sorted(path.name for path in (library.workspace / "articles/call").iterdir()) == [
        "en.md",
        "fr.md",
        "images",
    ]


def test_a_deadline_that_one_language_lacks_is_written_into_none(library):
    path = library.workspace / "articles/call/fr.md"
    path.write_text(path.read_text(encoding="utf-8").replace("id: call", "id: appel"), encoding="utf-8")
    before = (library.workspace / "articles/call/en.md").read_bytes()
    with pytest.raises(ContentRefused, match=r"articles/call/fr\.md.*no deadline 'call'"):
        library.write_deadline("call", "call", NEW_TIME)
    assert (library.workspace / "articles/call/en.md").read_bytes() == before


def test_a_deadline_of_an_unknown_article_is_refused(library):
    with pytest.raises(ContentRefused, match="There is no file"):
        library.write_deadline("gone", "call", NEW_TIME)
