"""The only reader of the workspace's folders: articles, templates, lists of people. It writes moved deadlines, drafts and rejects.

What it reads is the text of files; what the text means is asked of the core. Paths in problems are relative to the
workspace, so that a message reads the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from shutil import copymode
from typing import TYPE_CHECKING

from newsletter.core.article import Article
from newsletter.core.front_matter import parse_article
from newsletter.core.front_matter_edit import with_deadline_at, with_new_deadline
from newsletter.core.front_matter_fields import is_language_code
from newsletter.core.refusal import ContentRefused, Level, Problem
from newsletter.core.text_encoding import guess_encoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from newsletter.core.article import ArticleText, DeadlineEntry
    from newsletter.core.rule_file import RuleFile

_REMEMBERED = 512  # files of articles
_SAVE_AS_UTF8 = "Save the file again as UTF-8."


@dataclass(frozen=True, slots=True)
class Library:
    """The folders of a workspace, each relative to `workspace` or absolute."""

    workspace: Path
    articles_folder: Path
    templates_folder: Path
    subscribers_folder: Path

    def articles(self) -> tuple[dict[str, Article], list[Problem]]:
        """Every article by its slug, and what is wrong in the files.

        A file with an error is left out and told; the other languages of its article stay.
        """
        articles: dict[str, Article] = {}
        problems: list[Problem] = []
        for folder in self._article_folders():
            texts: dict[str, ArticleText] = {}
            for path in sorted(folder.glob("*.md")):
                text, found = self._article_text(path, folder.name)
                problems += found
                if text:
                    texts[text.language] = text
            if texts:
                articles[folder.name] = Article(folder.name, texts)
        return articles, problems

    def article_files(self, slug: str) -> frozenset[str]:
        """Paths of the files of an article, relative to its folder, with `/`."""
        folder = self._inside(self._articles, slug)
        found = (path for path in folder.rglob("*") if path.is_file())
        return frozenset(path.relative_to(folder).as_posix() for path in found)

    def write_deadline(self, slug: str, deadline: str, at: datetime) -> None:
        """Write the new time of a deadline into every language of its article; nothing else in the files changes.

        Args:
            slug: of the article.
            deadline: its id in the files.
            at: wall-clock time in the deadline's zone, without tzinfo.

        Raises:
            ContentRefused: a file has errors, has no such deadline or cannot be written. Then none was changed.
        """
        self._rewrite(slug, lambda source, shown, _: with_deadline_at(source, shown, slug, deadline, at))

    def add_deadline(self, slug: str, entries: Mapping[str, DeadlineEntry]) -> None:
        """Write a new deadline into the front matter of every language of an article; nothing else in the files changes.

        Args:
            slug: of the article.
            entries: the deadline by language, each with the label of its language.

        Raises:
            ContentRefused: a file has errors, has such a deadline already or cannot be written. Then none was changed.
        """
        self._rewrite(slug, lambda source, shown, code: with_new_deadline(source, shown, slug, entries[code]))

    def _rewrite(self, slug: str, change: Callable[[str, str, str], str]) -> None:
        """Put what `change` makes of source, shown path and language in the place of each language's file."""
        changed: dict[Path, str] = {}
        for path in self._language_files(self._inside(self._articles, slug)):
            # Decoded here and not by `_source`, so that a byte order mark goes back to where it was.
            source = _utf8(self._bytes(path), partial(self.shown, path))
            changed[path] = change(source, self.shown(path), path.stem)
        if not changed:
            raise self._missing(self._articles / slug / "en.md")
        for path, source in changed.items():
            self._replace(path, source)

    def has_article(self, slug: str) -> bool:
        """Whether there is a folder, or anything else, where an article of this name would be."""
        return self._inside(self._articles, slug).exists()

    def write_draft(self, slug: str, language: str, source: str) -> bool:
        """Write a new file of an article; False if there is one already with other words, which is left as it is.

        Raises:
            ContentRefused: it cannot be written.
        """
        path = self._inside(self._articles, slug) / f"{language}.md"
        beside = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(source.encode())
            try:
                path.hardlink_to(beside)  # the whole file or none, and never over another one
            except FileExistsError:
                return path.read_bytes() == source.encode()
            finally:
                beside.unlink(missing_ok=True)
        except OSError as error:
            what = f"The file cannot be written: {error.strerror}."
            raise ContentRefused(
                Problem(what, "Check the permissions of its folder.", self.shown(path))
            ) from None
        return True

    def rewrite_draft(self, slug: str, language: str, source: str, was: str) -> bool:
        """Write a file again if nobody has touched it since; False if somebody has, or if it is gone.

        Args:
            was: SHA-256 of the file as it was written last, in hexadecimal digits.

        Raises:
            ContentRefused: it cannot be written.
        """
        path = self._inside(self._articles, slug) / f"{language}.md"
        if not path.is_file() or sha256(self._bytes(path)).hexdigest() != was:
            return False
        self._replace(path, source)
        return True

    def read_image(self, slug: str, src: str) -> bytes:
        """The bytes of a picture of an article.

        Raises:
            ContentRefused: it is not there, or the path leads out of the article's folder.
        """
        return self._bytes(self._inside(self._inside(self._articles, slug), src))

    def template_sources(self) -> dict[str, str]:
        """The templates of the mails, `email/**/*.j2`, by their path inside `email`."""
        return self._texts(self._templates / "email", "**/*.j2")

    def template_image(self, name: str) -> bytes:
        """The bytes of a picture of the templates, from `email/images`.

        Raises:
            ContentRefused: it is not there, or the name leads out of that folder.
        """
        return self._bytes(self._inside(self._templates / "email" / "images", name))

    def locale_sources(self) -> dict[str, str]:
        """The catalogues of the templates' own words, `locale/*.po`, by language."""
        found = self._texts(self._templates / "locale", "*.po")
        return {name.removesuffix(".po"): text for name, text in found.items()}

    def public_sources(self) -> dict[str, str]:
        """The templates of the readers' pages, `public/**/*.j2`, by their path inside `public`."""
        return self._texts(self._templates / "public", "**/*.j2")

    def public_file(self, name: str) -> bytes:
        """The bytes of a file that goes with the readers' pages, from `public`.

        Raises:
            ContentRefused: it is not there, or the name leads out of that folder.
        """
        return self._bytes(self._inside(self._templates / "public", name))

    def web_sources(self) -> dict[str, str]:
        """The templates and style sheets of the demonstration's pages, `web/**/*`, by their path inside `web`."""
        folder = self._templates / "web"
        return self._texts(folder, "**/*.j2") | self._texts(folder, "**/*.css")

    def worker_files(self) -> dict[str, str]:
        """What a worker on another machine needs, by path below the workspace: configuration, catalogues, rules about people.

        Folders that lie elsewhere are left out; a worker finds them where the configuration says, or not at all.
        """
        paths = [self.workspace / "config.yaml", *sorted((self._templates / "locale").glob("*.po"))]
        paths += sorted(self._subscribers.glob("*.yaml"))
        inside = [path for path in paths if path.is_file() and path.is_relative_to(self.workspace)]
        return {path.relative_to(self.workspace).as_posix(): self._text(path) for path in inside}

    def segments_source(self) -> tuple[str, str]:
        """Path and text of `segments.yaml`.

        Raises:
            ContentRefused: it is missing or is not UTF-8.
        """
        return self._source(self._subscribers / "segments.yaml")

    def fields_source(self) -> tuple[str, str]:
        """Path and text of `fields.yaml`.

        Raises:
            ContentRefused: it is missing or is not UTF-8.
        """
        return self._source(self._subscribers / "fields.yaml")

    def rule_source(self, kind: RuleFile, name: str) -> tuple[str, str]:
        """Path and text of a file of rules, such as `articles/NAME.issue.yaml`.

        Raises:
            ContentRefused: it is missing or is not UTF-8; the refusal names those there are.
        """
        path = self._articles / f"{name}{kind.ending}"
        if name not in self.rules(kind):
            remedy = f"Files of this kind here: {', '.join(self.rules(kind)) or 'none yet'}."
            raise ContentRefused(Problem(f"There is no {kind} '{name}'.", remedy, self.shown(path)))
        return self._source(path)

    def rules(self, kind: RuleFile) -> list[str]:
        """Names of the files of rules of a kind, sorted."""
        found = self._articles.glob(f"*{kind.ending}")
        return sorted(path.name.removesuffix(kind.ending) for path in found)

    def write_rejects(self, path: Path, text: str) -> Path:
        """Write rejected rows beside the file that they came from, as NAME.rejects.csv.

        Raises:
            ContentRefused: it cannot be written.
        """
        rejects = path.with_suffix(".rejects.csv")
        try:
            rejects.write_text(text, encoding="utf-8", errors="replace", newline="")
        except OSError as error:
            what = f"The rejected rows cannot be written: {error.strerror}."
            raise ContentRefused(Problem(what, "Make the folder writable.", self.shown(rejects))) from None
        return rejects

    def shown(self, path: Path) -> str:
        """A path as people know it: relative to the workspace, with `/`; of a file elsewhere only the name."""
        root, whole = self.workspace.resolve(), path.resolve()
        return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else path.name

    @property
    def _articles(self) -> Path:
        return self.workspace / self.articles_folder

    @property
    def _templates(self) -> Path:
        return self.workspace / self.templates_folder

    @property
    def _subscribers(self) -> Path:
        return self.workspace / self.subscribers_folder

    def _article_folders(self) -> Iterator[Path]:
        if self._articles.is_dir():
            found = sorted(self._articles.iterdir())
            yield from (path for path in found if path.is_dir() and not path.name.startswith((".", "_")))

    def _article_text(self, path: Path, slug: str) -> tuple[ArticleText | None, list[Problem]]:
        if not is_language_code(path.stem):
            remedy = "Name it by its language, for example en.md."
            what = "This file is not read."
            return None, [Problem(what, remedy, self.shown(path), level=Level.WARNING)]
        try:
            source, warnings = self._decoded(path)
        except ContentRefused as refused:
            return None, list(refused.problems)
        text, problems = _parsed(source, self.shown(path), slug)
        return text, [*warnings, *problems]

    def _decoded(self, path: Path) -> tuple[str, list[Problem]]:
        """The text of a file, and a warning when it had to be guessed how it was encoded."""
        data = self._bytes(path)
        guess = _guessed(data)
        if guess is None:
            return _utf8(data, partial(self.shown, path)), []
        what = "The file is not UTF-8; it was read as Windows text."
        return guess, [Problem(what, _SAVE_AS_UTF8, self.shown(path), 1, level=Level.WARNING)]

    def _source(self, path: Path) -> tuple[str, str]:
        return self.shown(path), self._text(path)

    def _text(self, path: Path) -> str:
        return _utf8(self._bytes(path), partial(self.shown, path)).removeprefix("\ufeff")

    def _language_files(self, folder: Path) -> list[Path]:
        return [path for path in sorted(folder.glob("*.md")) if is_language_code(path.stem)]

    def _replace(self, path: Path, source: str) -> None:
        """Write beside the file, then put it in the file's place: a stop in between leaves the old file whole."""
        beside = path.with_name(f".{path.name}.new")
        try:
            beside.write_bytes(source.encode())
            copymode(path, beside)
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            what = f"The file cannot be written: {error.strerror}."
            raise ContentRefused(
                Problem(what, "Check the permissions of its folder.", self.shown(path))
            ) from None

    def _texts(self, folder: Path, pattern: str) -> dict[str, str]:
        paths = sorted(path for path in folder.glob(pattern) if path.is_file())
        return {path.relative_to(folder).as_posix(): self._text(path) for path in paths}

    def _bytes(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise self._unreadable(path, error) from None

    def _unreadable(self, path: Path, error: OSError) -> ContentRefused:
        if isinstance(error, FileNotFoundError):
            return self._missing(path)
        what = f"The file cannot be read: {error.strerror}."
        return ContentRefused(Problem(what, "Check its permissions.", self.shown(path)))

    def _inside(self, folder: Path, name: str) -> Path:
        """`folder/name`, after links are followed; refused when that is somewhere else."""
        try:
            path = (folder / name).resolve()
        except (OSError, ValueError, RuntimeError):  # a NUL in the name, a loop of links
            path = folder.parent.resolve()
        if "\\" in name or path == folder.resolve() or not path.is_relative_to(folder.resolve()):
            what = f"'{name}' is not inside {self.shown(folder)}."
            raise ContentRefused(Problem(what, "Write a path inside that folder.", self.shown(folder)))
        return path

    def _missing(self, path: Path) -> ContentRefused:
        what = f"There is no file '{self.shown(path)}'."
        return ContentRefused(Problem(what, "Put it there, or correct the name.", self.shown(path)))


@lru_cache(maxsize=_REMEMBERED)
def _parsed(source: str, path: str, slug: str) -> tuple[ArticleText | None, tuple[Problem, ...]]:
    """What a file says, by what stands in it: pages and beats ask for every article again and again."""
    text, problems = parse_article(source, path, slug)
    return text, tuple(problems)


def read_text(path: Path) -> str:
    """The text of any file, in a workspace or not; each end of a line is one line feed.

    Raises:
        ContentRefused: it is missing, empty, not UTF-8 or cannot be read.
    """
    try:
        text = _utf8(path.read_bytes(), lambda: path.name)
    except FileNotFoundError:
        what = f"There is no file '{path.name}'."
        raise ContentRefused(Problem(what, "Put it there, or correct the name.", str(path))) from None
    except (OSError, ValueError) as error:  # a folder, no permission, a NUL in the name
        reason = getattr(error, "strerror", None) or "its name is none"
        what = f"The file cannot be read: {reason}."
        raise ContentRefused(Problem(what, "Name a file that can be read.", str(path))) from None
    if not text.strip("\ufeff \t\r\n"):
        raise ContentRefused(Problem("The file is empty.", "Name a file with text in it.", str(path)))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _utf8(data: bytes, shown: Callable[[], str]) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "A character here is not UTF-8."
        raise ContentRefused(Problem(what, _SAVE_AS_UTF8, shown(), line)) from None


def _guessed(data: bytes) -> str | None:
    """The text of a file that another program wrote; None for UTF-8, and where a guess could spoil the text."""
    encoding = guess_encoding([data])
    return None if encoding is None else data.decode(encoding)
