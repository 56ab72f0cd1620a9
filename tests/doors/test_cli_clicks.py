"""Counted clicks on the command line: the report in words, and what `doctor` says of them."""

from __future__ import annotations

import json

ISSUE = "september-2021"


def test_a_campaign_whose_clicks_are_counted_tells_its_links(workspace, run):
    config = workspace / "config.yaml"
    text = config.read_text(encoding="utf-8").replace("clicks: off", "clicks: counted")
    text = text.replace("opens: off", "opens: consented").replace("public_url: https:", "public_url: http:")
    config.write_text(text, encoding="utf-8")
    run("campaigns", "create", ISSUE)
    assert "Clicks" not in run("campaigns", "report", ISSUE)[1]
    run("campaigns", "approve", ISSUE)
    words = " ".join(run("campaigns", "report", ISSUE)[1].split())
    assert "clicks 0 by people, 0 by machines" in words
    assert "with consent nothing yet, of 0 readers; of the others nothing is known" in words
    assert "Clicks, without persons" in words
    links = json.loads(run("campaigns", "report", ISSUE, "--json")[1])["clicks"]["links"]
    assert {link["article"] for link in links} > {"erasmus-accreditation"}
    found = json.loads(run("doctor", "--json")[1])
    assert found["facts"]["tracking"] == "clicks counted, opens consented"
    assert [one["level"] for one in found["problems"] if one["field"] == "public_url"] == ["warning"]
