"""Small rooms: the maxima of the house, for files and functions."""

from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "newsletter").rglob("*.py"))
MIGRATIONS = ROOT / "newsletter" / "store" / "migrations" / "versions"
LONGEST_FILE, LONGEST_FUNCTION, USUAL_FUNCTION, USUAL_SHARE = 400, 60, 30, 0.9
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "stuff", "base"}


def functions():
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path.relative_to(ROOT), node.name, node.end_lineno - node.lineno + 1


def test_no_file_is_longer_than_400_lines():
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_test_file_is_longer_than_400_lines():
    tests = sorted((ROOT / "tests").rglob("*.py"))
    lengths = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in tests}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_60_lines():
    assert [found for found in functions() if found[2] > LONGEST_FUNCTION] == []


def test_nine_functions_in_ten_are_at_most_30_lines():
    lengths = [lines for _, _, lines in functions()]
    assert sum(lines <= USUAL_FUNCTION for lines in lengths) / len(lengths) >= USUAL_SHARE


def test_files_are_named_for_what_they_hold():
    assert [path for path in SOURCES if path.stem in VAGUE] == []


def test_every_module_begins_with_a_docstring():
    modules = [path for path in SOURCES if path.read_text(encoding="utf-8").strip()]
    missing = [path for path in modules if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert missing == []


def test_nothing_is_imported_inside_a_function():
    hidden = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bodies = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        inner = chain.from_iterable(ast.walk(body) for body in bodies)
        hidden += [path for node in inner if isinstance(node, ast.Import | ast.ImportFrom)]
    assert hidden == []
