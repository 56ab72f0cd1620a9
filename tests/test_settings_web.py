"""The keys of `config.yaml` about the web, feeds and officers, and what is said of wrong ones."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.core.refusal import ConfigurationRefused
from newsletter.settings import load_settings

FEED = "{url: https://city.example.org/f.xml, language: fr}"


def changed(workspace, old, new):
    config = workspace / "config.yaml"
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")
    return load_settings(workspace)


def test_what_the_sample_says(workspace):
    settings = load_settings(workspace)
    assert (settings.feeds, settings.officers, settings.web.allow) == ({}, (), ())
    assert (settings.web.most, settings.web.timeout) == (5_000_000, timedelta(seconds=20))


def test_a_feed_with_the_usual_values(workspace):
    feed = changed(workspace, "feeds: {}", f"feeds: {{city: {FEED}}}").feeds["city"]
    assert (feed.every, feed.most, feed.topics) == (timedelta(hours=6), 10, ())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("feeds: {}", "feeds: {City News: {url: https://x.example.org, language: fr}}", "short name"),
        ("feeds: {}", "feeds: {city: {url: file:///etc/passwd, language: fr}}", "begins with https"),
        ("feeds: {}", "feeds: {city: {url: https://x.example.org, language: French}}", "code of a language"),
        ("feeds: {}", "feeds: {city: {language: fr}}", "'url' is missing"),
        ("feeds: {}", "feeds: {city: {url: https://x.example.org, language: fr, every: 1s}}", "every"),
        ("feeds: {}", "feeds: {city: {url: https://x.example.org, language: fr, evry: 1h}}", "'every'"),
        ("allow: []", "allow: [10.0.0.1/8]", "a network such as"),
        ("most: 5 MB", "most: 5", "500 kB or 5 MB"),
        ("most: 5 MB", "most: 5 GB", "500 kB or 5 MB"),
        ("timeout: 20s", "timeout: 0s", "timeout"),
        ("officers: []", "officers: [ada]", "officers"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(workspace, old, new, words):
    with pytest.raises(ConfigurationRefused, match=r"config\.yaml:\d+") as caught:
        changed(workspace, old, new)
    assert words in str(caught.value)
