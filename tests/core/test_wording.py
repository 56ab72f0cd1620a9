import ast
import io
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from markupsafe import Markup

from newsletter.core.refusal import ContentRefused
from newsletter.core.wording import Catalogue, read_in

ROOT = Path(__file__).parents[2]
KEYWORDS = {"_": None, "gettext": None, "gettext_each": None, "ngettext": (1, 2)}
PO = """
msgid ""
msgstr "Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Hello, {name}"
msgstr "Bonjour {name}"

msgid "empty"
msgstr ""

#, fuzzy
msgid "unsure"
msgstr "douteux"

msgid "{days} day"
msgid_plural "{days} days"
msgstr[0] "{days} jour"
msgstr[1] "{days} jours"
"""
FRENCH = Catalogue.from_po("fr", PO)


def messages_in_use():
    found = set()
    for path in sorted((ROOT / "templates").rglob("*.j2")):
        found |= {
            found[1] for found in extract("jinja2.ext:babel_extract", io.BytesIO(path.read_bytes()), KEYWORDS)
        }
    for path in sorted((ROOT / "newsletter").rglob("*.py")):
        ast.parse(path.read_text(encoding="utf-8"))
        found |= {found[1] for found in extract("python", io.BytesIO(path.read_bytes()), KEYWORDS)}
    return found


def entries(language):
    lines = (ROOT / "templates" / "locale" / f"{language}.po").read_text(encoding="utf-8").split("\n")
    return {message.id: message.string for message in read_po([f"{line}\n" for line in lines]) if message.id}


def strings(value):
    return (value,) if isinstance(value, str) else tuple(value)


def placeholders(texts):
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_message_in_use_is_in_the_catalogue_and_no_other(language):
    assert set(entries(language)) == messages_in_use()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_translation_is_empty_and_each_keeps_its_placeholders(language):
    for message, translation in entries(language).items():
        for text in strings(translation):
            assert text.strip(), message
            assert placeholders([text]) == placeholders(strings(message)), message


def test_french_typography_is_right():
    for translation in entries("fr").values():
        for text in strings(translation):
            assert "'" not in text, text
            assert not re.search(r"(?<![\u00a0\u202f])[:;!?»]", text), text
            assert not re.search(r"«(?!\u00a0)", text), text


def test_a_message_is_said_in_its_language_with_its_placeholders_filled():
    assert FRENCH.gettext("Hello, {name}", name="Ada") == "Bonjour Ada"


@pytest.mark.parametrize("message", ["empty", "unsure", "not there"])
def test_a_message_that_is_not_translated_is_said_in_english(message):
    assert FRENCH.gettext(message) == message


@pytest.mark.parametrize(("number", "text"), [(0, "0 jour"), (1, "1 jour"), (2, "2 jours")])
def test_the_number_chooses_the_form_as_the_catalogue_says(number, text):
    assert FRENCH.ngettext("{days} day", "{days} days", number, days=number) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 days"), (1, "1 day"), (2, "2 days")])
def test_without_a_catalogue_the_number_chooses_as_english_does(number, text):
    assert Catalogue("xx").ngettext("{days} day", "{days} days", number, days=number) == text


def test_a_value_is_never_read_as_a_message():
    assert FRENCH.gettext("Hello, {name}", name="{name} {0.__class__}") == "Bonjour {name} {0.__class__}"


def test_markup_in_a_value_keeps_its_tags_and_everything_else_is_escaped():
    text = Catalogue("en").gettext("{a} < {b}", a=Markup("<b>1</b>"), b="<2>")
    assert text == "<b>1</b> &lt; &lt;2&gt;"
    assert isinstance(text, Markup)


def test_a_placeholder_that_the_message_has_not_is_refused_with_its_line():
    source = 'msgid ""\nmsgstr ""\n\nmsgid "Hello, {name}"\nmsgstr "Bonjour {nom}"\n'
    with pytest.raises(ContentRefused) as refused:
        Catalogue.from_po("fr", source, "templates/locale/fr.po")
    problem = refused.value.problems[0]
    assert (problem.path, problem.line) == ("templates/locale/fr.po", 4)
    assert "{nom}" in problem.what
    assert "{name}" in problem.remedy


def test_what_is_no_catalogue_is_refused():
    with pytest.raises(ContentRefused):
        Catalogue.from_po("fr", "<html>", "fr.po")


@pytest.mark.parametrize(
    ("language", "text"),
    [("fr", "Lire en français"), ("en", "Read in English"), ("sv", "Svenska"), ("zz-zz-zz", "zz-zz-zz")],
)
def test_another_edition_is_offered_in_its_own_language(language, text):
    assert read_in(language) == text


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_message_stands_once_in_a_catalogue(language):
    source = (ROOT / "templates" / "locale" / f"{language}.po").read_text(encoding="utf-8")
    said = re.findall(r'^msgid "(.+)"$', source, re.MULTILINE)
    assert sorted(said) == sorted(set(said))
