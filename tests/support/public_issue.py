"""The sample letter, sent: for what anybody may read of it."""

from __future__ import annotations

from dataclasses import replace

from newsletter.flows import approve
from newsletter.flows.issues import read_issue
from newsletter.flows.tick import launch_due


def send(office, clock, name="september-2021", articles=("sse-global-action", "kitchen-partners"), **content):
    """Approve and launch an issue of these articles, now."""
    issue = read_issue(office, "september-2021")
    issue = replace(issue, name=name, content=replace(issue.content, articles=articles, **content))
    approve.create_campaign(office, issue, clock())
    approve.approve_campaign(office, name, "Ada", clock())
    approve.schedule_campaign(office, name, clock.now.replace(tzinfo=None), "UTC", clock())
    assert launch_due(office, clock())[1] == []
